"""Cohort imports: try a results file, commit it, watch its progress."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import cohort_import
from app.credentials import service as credentials
from app.credentials.model import CohortImport, ImportState
from app.errors import AppError, Refused
from app.web.bodies import MULTIPART, media_type, plain_name, read_upload
from app.web.dependencies import Connection, IssueKey, Wired
from app.wiring import Wiring, now

router = APIRouter(prefix="/imports", tags=["imports"])

_CSV_TYPES = ("text/csv", "text/plain", "application/csv", "application/vnd.ms-excel")
_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The results file: seven columns, one row per learner and unit, at most 10 MB.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


_CHAIN_SECONDS = 3


class ProblemView(BaseModel):
    """One thing to mend. Headings are row 1, as in a spreadsheet; `column` is null where the whole row is meant."""

    row: int
    column: str | None
    code: str
    message: str
    severity: Literal["error", "warning"]


class CostView(BaseModel):
    """The most that the file's entry in the public register costs at today's fees, whatever the number of rows.

    `fee_wei` in the smallest unit of the chain's currency; `pounds` null where the installation has set no rate.
    """

    gas: int
    fee_wei: str
    currency: str
    pounds: float | None
    sentence: str


class DryRunView(BaseModel):
    """What the file would do. `problems` holds the first 200; `problem_counts` counts all of them by code.

    `cost` is null while the public register cannot be asked.
    """

    can_be_imported: bool
    rows_without_error: int
    learners: int
    errors: int
    warnings: int
    problem_counts: dict[str, int]
    problems: list[ProblemView]
    file_sha256: str
    cost: CostView | None


class ImportView(BaseModel):
    """A committed file. Every row is a credential: prepared, then signed, then anchored in the public register."""

    id: UUID
    file_name: str
    file_sha256: str
    rows: int
    state: ImportState
    prepared: int
    signed: int
    anchored: int
    created_at: datetime
    issued_at: datetime | None


class ImportList(BaseModel):
    """The institution's imports, oldest first, without their progress."""

    imports: list["ImportSummary"]


class ImportSummary(BaseModel):
    """An import without its progress."""

    id: UUID
    file_name: str
    rows: int
    state: ImportState
    created_at: datetime
    issued_at: datetime | None


@router.post(
    "", openapi_extra=_FILE_BODY, responses={201: {"description": "Saved now"}, 200: {"description": "Saved before"}}
)
async def import_file(
    request: Request,
    response: Response,
    key: IssueKey,
    conn: Connection,
    wiring: Wired,
    dry_run: bool = False,
    file_name: Annotated[str, Query(max_length=200)] = "results.csv",
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> DryRunView | ImportView:
    """Try a results file (`dry_run=true` writes nothing) or commit it: all of it, or nothing.

    The same file, or the same Idempotency-Key, gives the same import again and never a second credential.
    """
    data, name = await _file(request, file_name)
    issuer = await wiring.issuer(conn, key.institution_id)
    moment = now()
    if dry_run:
        tried = await cohort_import.dry_run(conn, issuer, data, moment.date())
        return _dry_run_view(tried, await _cost(wiring, key.institution_id))
    cohort, is_new = await cohort_import.commit(
        conn, issuer, data, file_name=name, idempotency_key=idempotency_key, now=moment
    )
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/api/imports/{cohort.id}"
    return await _view(conn, cohort)


@router.get("")
async def list_imports(key: IssueKey, conn: Connection) -> ImportList:
    """The institution's imports, oldest first."""
    found = await credentials.list_imports(conn, key.institution_id)
    return ImportList(
        imports=[
            ImportSummary(
                id=cohort.id,
                file_name=cohort.file_name,
                rows=cohort.row_count,
                state=cohort.state,
                created_at=cohort.created_at,
                issued_at=cohort.issued_at,
            )
            for cohort in found
        ]
    )


@router.get("/{import_id}")
async def show(import_id: UUID, key: IssueKey, conn: Connection) -> ImportView:
    """One import and how far it is."""
    return await _view(conn, await credentials.find_import(conn, import_id, key.institution_id))


async def _file(request: Request, file_name: str) -> tuple[bytes, str]:
    kind = media_type(request)
    if kind == MULTIPART:
        return await read_upload(request, "file")
    if kind not in _CSV_TYPES:
        raise Refused("media_type_unknown", "Send the file as text/csv, or in a form as multipart/form-data.")
    return await request.body(), plain_name(file_name)


async def _view(conn: AsyncConnection, cohort: CohortImport) -> ImportView:
    progress = await credentials.import_progress(conn, cohort)
    return ImportView(
        id=cohort.id,
        file_name=cohort.file_name,
        file_sha256=cohort.file_sha256.hex(),
        rows=cohort.row_count,
        state=cohort.state,
        prepared=progress.prepared,
        signed=progress.signed,
        anchored=progress.anchored,
        created_at=cohort.created_at,
        issued_at=cohort.issued_at,
    )


async def _cost(wiring: Wiring, institution_id: UUID) -> CostView | None:
    try:
        async with asyncio.timeout(_CHAIN_SECONDS):
            found = await wiring.forecast(institution_id)
    except (AppError, TimeoutError):
        return None
    return CostView(
        gas=found.gas, fee_wei=str(found.fee), currency=found.currency, pounds=found.pounds, sentence=f"{found}."
    )


def _dry_run_view(tried: cohort_import.DryRun, cost: CostView | None) -> DryRunView:
    shown = tried.problems[: cohort_import.SHOWN_PROBLEMS]
    return DryRunView(
        can_be_imported=not tried.errors and tried.row_count > 0,
        rows_without_error=tried.row_count,
        learners=tried.learner_count,
        errors=len(tried.errors),
        warnings=len(tried.problems) - len(tried.errors),
        problem_counts=dict(Counter(problem.code for problem in tried.problems).most_common()),
        problems=[ProblemView.model_validate(cohort_import.describe(problem)) for problem in shown],
        file_sha256=tried.file_sha256.hex(),
        cost=cost,
    )
