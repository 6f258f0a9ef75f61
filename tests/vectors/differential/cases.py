"""The documents of the differential test: every kind as it is signed, then every change of one after signing.

Made from seeds, so that a disagreement can be made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from tests.vectors.differential.changes import HARMFUL, HARMLESS
from tests.vectors.differential.kinds import FAULT, GENUINE, KINDS
from tests.vectors.differential.publishers import Document

OF_EACH_KIND, OF_EACH_CHANGE = 6, 6
# A harmful change of what was not good before may hide the fault from who looks only for that.
CHANGED_KINDS = (*GENUINE, "that ended", "revoked", "suspended", "an endorsement, revoked")


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
    for number, kind in enumerate(list(KINDS) * OF_EACH_KIND):
        yield Case(number, kind, None, KINDS[kind](Random(number), number), kind not in FAULT)


def changed_after() -> Iterator[Case]:
    for number, change in enumerate([*HARMLESS, *HARMFUL] * OF_EACH_CHANGE, start=10_000):
        yield _changed(number, change)


def _changed(seed: int, change: str) -> Case:
    """Of the first kind, as chance has it, that the change applies to."""
    chance = Random(seed)
    for _ in count():
        kind = chance.choice(GENUINE if change in HARMLESS else CHANGED_KINDS)
        document = (HARMLESS | HARMFUL)[change](chance, KINDS[kind](chance, seed))
        if document is not None:
            return Case(seed, kind, change, document, change in HARMLESS)
    raise AssertionError("not reached")
