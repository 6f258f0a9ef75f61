"""Cohort imports in two steps: a dry run that writes nothing, and a commit that is all or nothing.

The commit is idempotent: the same file, or the same idempotency key, gives the same import again and never a second
credential. It stores every row as a PREPARED credential in one transaction; a job signs them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app import jobs
from app.catalogue import service as catalogue
from app.catalogue.model import Unit
from app.credentials import issuing, store
from app.credentials.cohort_file import CohortFile, Problem, check_against_catalogue, parse_cohort
from app.credentials.model import CohortImport, ImportState, Learner
from app.credentials.signing import Issuer
from app.errors import Conflict, NotAllowed, Refused
from app.institutions import service as institutions

SHOWN_PROBLEMS = 200
_SETTLED = "Your college has set another name for this learner, and the credential will bear that one."


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a file would do. `row_count` counts the rows without an error."""

    file: CohortFile
    units: dict[tuple[str, str], Unit]
    problems: tuple[Problem, ...]
    file_sha256: bytes

    @property
    def row_count(self) -> int:
        return len(self.file.rows)

    @property
    def learner_count(self) -> int:
        return len({row.uln for row in self.file.rows})

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")


async def dry_run(conn: AsyncConnection, issuer: Issuer, data: bytes, today: date) -> DryRun:
    """Every problem of a results file, by row and column. Writes nothing."""
    file = parse_cohort(data, today=today)
    units = await catalogue.resolve_components(conn, file.references)
    problems = [*file.problems, *check_against_catalogue(file, units)]
    accredited = await institutions.accreditations(conn, issuer.institution.id)
    titles = {
        unit.qualification_id: await catalogue.get_qualification(conn, unit.qualification_id) for unit in units.values()
    }
    for row in file.rows:
        unit = units.get((row.qualification, row.component))
        if unit is None:
            continue
        try:
            issuing.check_accredited(accredited, titles[unit.qualification_id], row.award_date, today)
        except NotAllowed as error:
            problems.append(Problem(row.row, "qualification", error.code, error.message))
    settled = await store.settled_names(conn, issuer.institution.id)
    problems += [
        Problem(row.row, "learner_name", "name_settled", _SETTLED, "warning")
        for row in file.rows
        if settled.get(row.uln, row.learner_name) != row.learner_name
    ]
    problems.sort(key=lambda problem: problem.row)
    return DryRun(file, units, tuple(problems), sha256(data).digest())


async def commit(
    conn: AsyncConnection,
    issuer: Issuer,
    data: bytes,
    *,
    file_name: str,
    idempotency_key: str | None,
    now: datetime,
) -> tuple[CohortImport, bool]:
    """(the import, whether it was made now). Rows with warnings are taken; one error refuses the whole file.

    Raises `Refused("file_has_errors")` with the problems in `details`, `Conflict` (idempotency_key_reused,
    award_duplicate) and what `issuing.order_units` raises.
    """
    institution_id = issuer.institution.id
    await store.lock_importing(conn, institution_id)
    known = await store.find_import(conn, institution_id=institution_id, file_sha256=sha256(data).digest())
    if idempotency_key is not None:
        by_key = await store.find_import(conn, institution_id=institution_id, idempotency_key=idempotency_key)
        if by_key is not None and by_key.file_sha256 != sha256(data).digest():
            raise Conflict("idempotency_key_reused", "This idempotency key was used for another file.")
        known = by_key or known
    if known is not None:
        return known, False
    checked = await dry_run(conn, issuer, data, now.date())
    if checked.errors:
        raise Refused(
            "file_has_errors",
            f"The file has {len(checked.errors)} errors; nothing was saved. Mend them and send it again.",
            {"problems": [describe(problem) for problem in checked.errors[:SHOWN_PROBLEMS]]},
        )
    if not checked.file.rows:
        raise Refused("file_empty", "The file has headings but no results.")
    cohort = CohortImport(
        id=uuid4(),
        institution_id=institution_id,
        file_name=file_name[:200],
        file_sha256=checked.file_sha256,
        row_count=checked.row_count,
        state=ImportState.COMMITTED,
        created_at=now,
        issued_at=None,
    )
    await store.insert_import(conn, cohort, idempotency_key)
    people = {row.uln: (row.learner_name, row.email) for row in checked.file.rows}
    learners: dict[str, Learner] = await store.save_learners(conn, institution_id, people)
    wanted = [
        (learners[row.uln], checked.units[row.qualification, row.component], row.grade, row.award_date)
        for row in checked.file.rows
    ]
    orders = await issuing.order_units(conn, issuer, wanted, now.date())
    await issuing.prepare(conn, issuer, orders, now, cohort.id)
    await jobs.enqueue(conn, jobs.ISSUE_IMPORT, lock=f"issue:{institution_id}", import_id=str(cohort.id))
    return cohort, True


def describe(problem: Problem) -> dict[str, object]:
    """A problem as JSON."""
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
    }
