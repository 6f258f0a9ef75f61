"""How much is measured: a smoke run, the usual run, and the long one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts, all bounded, so that a run ends in known time.

    `credentials` are signed in each of `rounds`; the slow paths (general JSON-LD) take `slow_documents` of them.
    `leaves` are log sizes; of sizes over 200,000 only the root is built. `growth` are the sizes of logs whose proofs
    are read from tiles on disk, `audited` that of the one that is audited from outside. `rows` of the sample file are
    imported, None = all. `requests` go to each address in each of `http_rounds`. `learners` are re-evaluated.
    """

    rounds: int
    credentials: int
    slow_documents: int
    verifications: int
    leaves: tuple[int, ...]
    growth: tuple[int, ...]
    audited: int
    rows: int | None
    http_rounds: int
    requests: int
    learners: int


QUICK = Scale(
    rounds=1,
    credentials=200,
    slow_documents=10,
    verifications=30,
    leaves=(1_000, 10_000),
    growth=(1_000, 10_000),
    audited=10_000,
    rows=200,
    http_rounds=1,
    requests=200,
    learners=2_000,
)
USUAL = Scale(
    rounds=5,
    credentials=2_000,
    slow_documents=40,
    verifications=400,
    leaves=(10_000, 100_000),
    growth=(10_000, 100_000, 1_000_000, 10_000_000),
    audited=1_000_000,
    rows=None,
    http_rounds=3,
    requests=1_500,
    learners=100_000,
)
FULL = Scale(
    rounds=9,
    credentials=2_000,
    slow_documents=60,
    verifications=1_500,
    leaves=(10_000, 100_000, 1_000_000),
    growth=(10_000, 100_000, 1_000_000, 10_000_000),
    audited=1_000_000,
    rows=None,
    http_rounds=5,
    requests=4_000,
    learners=100_000,
)
