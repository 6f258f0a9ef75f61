"""A verifier that remembers says what one that does not would say, whatever it saw before and in whatever order."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.standards import remembered, status_list
from app.standards.json_ld import NotCanonicalisable
from app.standards.remembered import Memory, RememberedForm
from app.verification.reader import Reader
from app.verification.report import Report, Verdict
from tests.fakes import MemoryRegistry
from tests.unit.verification import accredited
from tests.unit.verification.accredited import BOARD, COLLEGE, OTHER, SCHEME, edge
from tests.unit.verification.test_mutations import mutants
from tests.unit.verification.world import (
    FORM,
    LIST_URL,
    NOW,
    Document,
    World,
    a_status_list,
    a_world,
    checkpoints_for,
    did_document,
    signed_jcs,
)

PARTS = ("credential", "receipt", "keys", "listed", "checkpoints")
MOMENTS = (NOW, NOW + timedelta(days=9), NOW - timedelta(days=31), NOW - timedelta(hours=2))


def told(report: Report) -> tuple[Any, ...]:
    """All a report says but for the moments at which the stand-ins were asked."""
    findings = [
        replace(one, relied_on=one.relied_on if one.relied_on and one.relied_on < NOW else None)
        for one in report.findings
    ]
    return report.verdict, report.anchoring, report.level, report.summary, tuple(findings)


@cache
def base() -> World:
    world = a_world()
    assert world.receipt is not None
    world.checkpoints = checkpoints_for(world.receipt)
    return world


@cache
def spoiled(part: str) -> tuple[Document, ...]:
    return tuple(mutant for _, mutant in mutants(getattr(base(), part)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, datetime | None]:
    """The base, mostly with one of its documents changed in one place, and the moment asked about."""
    world = replace(base(), now=draw(st.sampled_from(MOMENTS)))
    part = draw(st.sampled_from((*PARTS, None)))
    if part is not None:
        world = replace(world, **{part: draw(st.sampled_from(spoiled(part)))})
    if draw(st.booleans()):
        world = replace(world, registry=MemoryRegistry({}, away=True))
    return world, draw(st.sampled_from((None, NOW - timedelta(days=1))))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(worlds(), min_size=2, max_size=12))
def test_whatever_was_seen_before_the_report_is_the_same(seen: list[tuple[World, datetime | None]]) -> None:
    reader, form = Reader(), RememberedForm(FORM)
    for world, as_of in [*seen, *reversed(seen)]:
        assert told(world.report(as_of, reader=reader, form=form)) == told(world.report(as_of))


@pytest.mark.parametrize("first_good", [True, False])
def test_another_list_under_the_same_address_is_another_list(first_good: bool) -> None:
    world, reader = a_world(), Reader()
    good = world.listed
    withdrawn = a_status_list(int(world.credential["credentialStatus"]["statusListIndex"]))
    assert good["id"] == withdrawn["id"]
    expected = {True: Verdict.VALID, False: Verdict.WAS_VALID}
    for is_good in (first_good, not first_good, first_good):
        world.listed = good if is_good else withdrawn
        assert world.report(reader=reader).verdict is expected[is_good]


def test_a_list_that_was_fine_counts_no_more_once_its_key_is_lost_or_gone() -> None:
    world, reader = a_world(), Reader()
    assert world.report(reader=reader).finding("status").code == "status_ok"
    lost = (NOW - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    for keys in (did_document(key_2026_09={"revoked": lost}), did_document(key_2026_10={})):
        changed = replace(world, keys=keys)
        assert told(changed.report(reader=reader)) == told(changed.report())
        assert changed.report(reader=reader).verdict is not Verdict.VALID


def test_a_remembered_list_runs_out_all_the_same() -> None:
    world, reader = a_world(), Reader()
    assert world.report(reader=reader).verdict is Verdict.VALID
    world.now = NOW + timedelta(days=8)
    report = world.report(reader=reader)
    assert (report.verdict, report.finding("status").code) == (Verdict.CANNOT_TELL, "status_list_stale")


def test_a_remembered_reason_or_list_of_checkpoints_is_the_one_signed() -> None:
    world, reader = base(), Reader()
    world = replace(world, registry=MemoryRegistry({}, away=True))
    assert world.report(reader=reader).finding("checkpoint").code == "checkpoint_ok"
    assert world.checkpoints is not None
    assert world.receipt is not None
    forged = {**deepcopy(world.checkpoints), "validFrom": "2026-11-25T09:00:00Z"}
    other = checkpoints_for(world.receipt, root="0x" + "00" * 32)
    for checkpoints, code in ((forged, "checkpoints_unsigned"), (other, "checkpoint_other")):
        assert replace(world, checkpoints=checkpoints).report(reader=reader).finding("checkpoint").code == code


def test_what_one_vocabulary_allows_is_not_carried_over_to_another() -> None:
    class Refusing:
        def n_quads(self, document: Any) -> bytes:
            if "encodedList" in str(document):
                raise NotCanonicalisable("term_undefined", "A word of it has no meaning here.")
            return FORM.n_quads(document)

    world, reader = a_world(), Reader()
    assert world.report(reader=reader).verdict is Verdict.VALID
    refused = world.report(reader=reader, form=Refusing())
    assert (refused.verdict, refused.finding("status").code) == (Verdict.CANNOT_TELL, "term_undefined")


def test_no_verification_changes_what_all_share() -> None:
    world, reader = base(), Reader()
    world = replace(world, registry=MemoryRegistry({}, away=True))
    documents = {name: data for name, data in world.publications().documents.items()}
    before = {name: remembered.content(reader.document(data)) for name, data in documents.items()}
    for as_of in (None, NOW - timedelta(days=1)):
        world.report(as_of, reader=reader)
    assert {name: remembered.content(reader.document(data)) for name, data in documents.items()} == before


def test_threads_may_share_what_is_remembered() -> None:
    reader, form = Reader(Memory(200_000)), RememberedForm(FORM)
    several = [replace(base(), **{part: mutant}) for part in PARTS for mutant in spoiled(part)[::97]]
    expected = [told(world.report()) for world in several]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda world: told(world.report(reader=reader, form=form)), several * 3))
    assert found == expected * 3


def _withdrawn(world: accredited.World) -> None:
    world.withdrawn[BOARD.did] = (2,)


def _key_gone(world: accredited.World) -> None:
    world.did_documents[BOARD.did] = BOARD.did_document(assertionMethod=[])


def _signed_by_other(world: accredited.World) -> None:
    world.edges = [edge(SCHEME, BOARD, 1), edge(BOARD, COLLEGE, 2, signer=OTHER, key_id=BOARD.key_id)]


def _spoiled_edge(world: accredited.World) -> None:
    world.edges = [edge(SCHEME, BOARD, 1), edge(BOARD, COLLEGE, 2) | {"validFrom": "2025-01-01T00:00:00Z"}]


def _malformed_edge(world: accredited.World) -> None:
    world.edges = [edge(SCHEME, BOARD, 1), edge(BOARD, COLLEGE, 2) | {"more": 1}]


def _other_root(world: accredited.World) -> None:
    world.roots = {}


def _keys_vouched_for(world: accredited.World) -> None:
    assert world.roots is not None
    world.roots = {SCHEME.did: replace(world.roots[SCHEME.did], keys=(OTHER.public_key,))}


def _anothers_list(world: accredited.World) -> None:
    world.subject = OTHER.did


def _forged_list(world: accredited.World) -> None:
    world.lists[BOARD.status_url] = BOARD.list_document(accredited.NOW) | {
        "credentialSubject": SCHEME.list_document(accredited.NOW)["credentialSubject"]
    }


def _before_the_list(world: accredited.World) -> None:
    world.lists[BOARD.status_url] = BOARD.list_document(accredited.NOW + timedelta(days=1))


SPOILS: tuple[Callable[[accredited.World], None], ...] = (
    lambda world: None,
    _withdrawn,
    _key_gone,
    _signed_by_other,
    _spoiled_edge,
    _malformed_edge,
    _other_root,
    _keys_vouched_for,
    _anothers_list,
    _forged_list,
    _before_the_list,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(SPOILS), min_size=2, max_size=10))
def test_accreditations_seen_before_accredit_nobody_else(spoils: list[Callable[[accredited.World], None]]) -> None:
    async def run() -> None:
        reader = Reader()
        for spoil in spoils:
            world = accredited.World()
            spoil(world)
            assert await world.result(reader) == await world.result()

    asyncio.run(run())


def test_a_list_under_the_address_of_reasons_gives_no_reason() -> None:
    world, reader = a_world(), Reader()
    index = int(world.credential["credentialStatus"]["statusListIndex"])
    world.listed = a_status_list(index)
    unsigned = {"type": "StatusReasons", "statusListCredential": LIST_URL}
    world.others[f"{LIST_URL}/reasons"] = signed_jcs(unsigned, "key-2026-09", NOW)
    assert told(world.report(reader=reader)) == told(world.report())


def test_nothing_that_fails_is_remembered() -> None:
    memory, asked = Memory(), []

    def failing() -> int:
        asked.append(1)
        raise ValueError("never good")

    for _ in range(2):
        with pytest.raises(ValueError, match="never good"):
            memory.recall(("x",), failing, lambda _: 1)
    assert len(asked) == 2
    assert memory.recall(("x",), lambda: 7, lambda _: 1) == 7


def test_a_memory_holds_no_more_than_its_limit_and_nothing_huge() -> None:
    memory, made = Memory(1_600), []

    def recall(number: int, weight: int) -> int:
        return memory.recall((number,), lambda: made.append(number) or number, lambda _: weight)  # type: ignore[func-returns-value]

    for number in range(17):
        recall(number, 100)
    assert [recall(number, 100) for number in range(1, 17)] == list(range(1, 17))
    assert made == list(range(17))  # all but the oldest were still there
    recall(0, 100)
    assert made == [*range(17), 0]
    for _ in range(2):
        recall(99, 101)  # more than a sixteenth
    assert made[-2:] == [99, 99]


def test_many_tiny_documents_fill_no_memory() -> None:
    memory = Memory(100_000)
    reader = Reader(memory)
    for number in range(500):
        reader.document(b'{"a":%d}' % number)
    assert len(memory._known) < 101


def test_two_readers_of_one_document_of_different_limits() -> None:
    reader, data = Reader(), b'{"a":"' + b"x" * 300 + b'"}'
    assert reader.document(data)["a"] == "x" * 300
    with pytest.raises(ValueError, match="the most that is read"):
        reader.document(data, 200)


def test_a_did_document_is_never_that_of_another_did() -> None:
    reader, data = Reader(), b'{"id":"did:web:a.example"}'
    assert reader.did_document(data, "did:web:a.example").id == "did:web:a.example"
    with pytest.raises(ValueError, match="another identifier"):
        reader.did_document(data, "did:web:b.example")


def test_bits_are_decoded_as_ever() -> None:
    reader, bits = Reader(), bytes(status_list.LENGTH // 8)
    assert reader.bits(status_list.encode(bits)) == reader.bits(status_list.encode(bits)) == bits
    for damaged in (None, 1, "u", "ü", "uAAAA"):
        with pytest.raises(status_list.StatusListProblem):
            reader.bits(damaged)
