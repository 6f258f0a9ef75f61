"""A remembered canonical form is the same form; refusals stay refusals; the memory is bounded."""

import pytest

from app.adapters.contexts import canonicaliser
from app.standards import remembered
from app.standards.json_ld import NotCanonicalisable
from app.standards.remembered import RememberedForm

CONTEXT = ["https://www.w3.org/ns/credentials/v2"]


class Counting:
    """Counts how often the real form is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def n_quads(self, document: dict[str, object]) -> bytes:
        self.asked += 1
        return canonicaliser().n_quads(document)


def note(name: str) -> dict[str, object]:
    return {"@context": CONTEXT, "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-0b6c6f0d0001", "name": name}


def test_the_same_document_is_asked_once_and_another_is_not_mistaken_for_it() -> None:
    inner = Counting()
    form = RememberedForm(inner)
    for name in ("Anna", "Bob", "Anna", "Anna"):
        assert form.n_quads(note(name)) == canonicaliser().n_quads(note(name))
    assert inner.asked == 2


def test_a_refusal_is_a_refusal_every_time() -> None:
    form = RememberedForm(canonicaliser())
    for _ in range(2):
        with pytest.raises(NotCanonicalisable):
            form.n_quads({**note("Anna"), "invented": 1})


def test_the_memory_is_bounded() -> None:
    inner = Counting()
    form = RememberedForm(inner)
    for number in range(remembered.MAX_ENTRIES + 1):
        form.n_quads(note(str(number)))
    form.n_quads(note("0"))
    assert inner.asked == remembered.MAX_ENTRIES + 2
