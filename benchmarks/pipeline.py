"""A results file, from its bytes to the last receipt, on a real database and a real chain.

The stages are the product's own, called in order as the web process and the worker call them, without the queue's
waiting times: commit (check every row, prepare and store every document), sign (batches, each its own transaction),
seal (positions, tiles, root), anchor (transaction sent, mined, final: the local chain mines on request), receipts
(paths, signatures, stored). Unit: seconds, and credentials per second of wall time, on one core beside the database's.
Against: in the same database, one binary COPY of the same signed bytes and digests into a bare table, and one bare
Ed25519 signature for each; no issuer of these credentials can do less.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import psycopg

from app.anchoring import receipting, sending
from app.anchoring import service as anchoring
from app.credentials import cohort_import
from app.credentials import service as credentials
from app.database import libpq_url, transaction
from app.wiring import Wiring, now
from benchmarks import references
from benchmarks.figures import Section
from benchmarks.installation import Installation, anchor_all
from benchmarks.scale import Scale

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "hnc-computing-2026.csv"
FLOOR = "COPY of the signed bytes and one bare signature each"


class Stages:
    """Wall seconds by stage, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @asynccontextmanager
    async def timing(self, stage: str) -> AsyncIterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - started


async def measure(scale: Scale, installation: Installation) -> Section:
    """Import the sample once; a second import of the same file would do nothing."""
    data = sample(scale.rows)
    count = data.count(b"\n") - 1
    stages = Stages()
    async with installation.open() as wiring:
        # What is not the import's: the college's own first entries, and opening its key file.
        await anchor_all(wiring, installation.chain, installation.college)
        async with transaction(wiring.engine) as conn:
            (await wiring.issuer(conn, installation.college)).sign_bytes(b"")
        await import_file(wiring, installation, data, stages)
        async with transaction(wiring.engine) as conn:
            waiting, sealed, receipts = await anchoring.progress(conn, installation.college)
            issued = await credentials.list_issued(conn, installation.college, limit=None)
            signed = await credentials.documents(conn, [one.id for one in issued])
        assert (waiting, sealed, len(signed)) == (0, receipts, count)
        compiled = sum(_is_compiled(wiring, document) for document in signed.values())
    documents = list(signed.values())
    copying = _copy(libpq_url(installation.settings.secret_database_url()), documents)
    floor = copying + _sign(count)

    section = Section(f"Import of samples/{SAMPLE.name}: {count:,} credentials from file to receipts")
    total = sum(stages.seconds.values())
    for stage, seconds in stages.seconds.items():
        section.add(stage, seconds, "s", seconds / total, "the whole import")
    section.add("the whole import", total, "s", total / floor, FLOOR)
    section.add("from file to receipts", count / total, "credentials/s", floor / total, FLOOR)
    section.add(FLOOR, count / floor, "credentials/s", 1.0, "reference")
    section.add("of which: COPY alone", count / copying, "rows/s")
    section.add("signed by compiled shape", 100 * compiled / count, "% of credentials")
    section.notes.append(f"One stored document is {sum(map(len, documents)) / count / 1000:.1f} kB.")
    return section


def sample(rows: int | None) -> bytes:
    """The sample file's heading and its first `rows` results; None = all."""
    lines = SAMPLE.read_bytes().splitlines(keepends=True)
    return b"".join(lines if rows is None else lines[: rows + 1])


async def import_file(wiring: Wiring, installation: Installation, data: bytes, stages: Stages) -> None:
    """Every stage of one import, timed."""
    college = installation.college
    async with stages.timing("commit: check every row, prepare and store"), transaction(wiring.engine) as conn:
        issuer = await wiring.issuer(conn, college)
        cohort, _ = await cohort_import.commit(
            conn, issuer, data, file_name=SAMPLE.name, idempotency_key=None, now=now()
        )
    async with stages.timing("sign"):
        more = True
        while more:
            async with transaction(wiring.engine) as conn:
                issuer = await wiring.issuer(conn, college)
                more = await credentials.issue_import(conn, issuer, wiring.canonical, cohort.id, now())
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, college)
    async with stages.timing("seal: positions, tiles, root"), transaction(wiring.engine) as conn:
        checkpoint = await anchoring.seal(conn, log.id, now())
        assert checkpoint is not None
    async with stages.timing("anchor: send, mine, final"):
        await sending.submit(wiring.steps, log, checkpoint)
        while not await sending.confirm(wiring.steps, log):
            installation.chain.finalize()
    async with stages.timing("receipts: paths, signatures, stored"):
        await receipting.issue_receipts(wiring.steps, log)


def _is_compiled(wiring: Wiring, document: bytes) -> bool:
    unsigned = json.loads(document)
    del unsigned["proof"]
    return wiring.compiled.is_compiled(unsigned)


def _copy(database_url: str, documents: list[bytes]) -> float:
    """Seconds to COPY the documents, each with 32 bytes, into a table without an index; median of three."""
    taken = []
    with psycopg.connect(database_url) as conn:
        for _ in range(3):
            conn.execute("CREATE TABLE bench_copy (digest bytea, document bytea)")
            started = time.perf_counter()
            with conn.cursor().copy("COPY bench_copy FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["bytea", "bytea"])
                for document in documents:
                    copy.write_row((document[:32], document))
            taken.append(time.perf_counter() - started)
            conn.rollback()
    return median(taken)


def _sign(count: int) -> float:
    sign = references.bare_sign()
    started = time.perf_counter()
    references.repeated(sign, count)()
    return time.perf_counter() - started
