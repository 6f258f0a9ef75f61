"""The documents of the differential test: every kind as it is signed, then every change of one after signing.

Made from seeds, so that a disagreement can be made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, product
from random import Random

from tests.vectors.differential.changes import HARMFUL, HARMLESS, Change
from tests.vectors.differential.kinds import FAULT, GENUINE, KINDS
from tests.vectors.differential.publishers import Document

OF_EACH_KIND, OF_EACH_HARM = 6, 4
# A harmful change of what was not good before may hide the fault from who looks only for that.
HARMED = (*GENUINE, "that ended", "revoked", "suspended", "an endorsement, revoked")


@dataclass(frozen=True)
class Case:
    """One document. `change` None = it is as it was signed. `good` is what a verifier must find."""

    seed: int
    kind: str
    change: str | None
    document: Document
    good: bool

    @property
    def name(self) -> str:
        return f"{self.seed}: {self.kind}" + (f", then {self.change}" if self.change else "")


def as_signed() -> Iterator[Case]:
    for seed, kind in enumerate(list(KINDS) * OF_EACH_KIND):
        yield Case(seed, kind, None, KINDS[kind](Random(seed), seed), kind not in FAULT)


def changed_after() -> Iterator[Case]:
    """Each harmless change of each genuine kind, and each harmful one of a few kinds by turns."""
    for seed, (kind, change) in enumerate(product(GENUINE, HARMLESS), start=10_000):
        document = _changed(seed, kind, HARMLESS[change])
        if document is not None:
            yield Case(seed, kind, change, document, good=True)
    turns = cycle(HARMED)
    for seed, change in enumerate(list(HARMFUL) * OF_EACH_HARM, start=20_000):
        made = ((kind, _changed(seed, kind, HARMFUL[change])) for kind in turns)
        kind, document = next((kind, document) for kind, document in made if document is not None)
        yield Case(seed, kind, change, document, good=False)


def _changed(seed: int, kind: str, change: Change) -> Document | None:
    chance = Random(seed)
    return change(chance, KINDS[kind](chance, seed))
