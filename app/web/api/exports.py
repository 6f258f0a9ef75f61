"""What a learner takes away, for the institution to hand over: transcript, JSON Resume, Europass document.

The ULN is in a file only where `with_uln` asks for it.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.stacking.exports import service as exports
from app.web import negotiation
from app.web.dependencies import Connection, IssueKey, Wired
from app.web.documents import download
from app.wiring import now

router = APIRouter(prefix="/learners/{learner_id}", tags=["learners"])

_Uln = Annotated[bool, Query(description="Write the learner's ULN into the file")]
_UnitId = Annotated[str, Query(pattern="^[a-z0-9][a-z0-9-]*$", max_length=200)]
_FILE: dict[int | str, dict[str, object]] = {200: {"content": {negotiation.JSON: {"schema": {"type": "object"}}}}}


@router.get("/transcript", response_class=Response, responses=_FILE)
async def show_transcript(
    learner_id: UUID,
    key: IssueKey,
    conn: Connection,
    wiring: Wired,
    module: Annotated[
        list[_UnitId] | None, Query(max_length=20, description="A bundle, or units of one course; else every module")
    ] = None,
    with_uln: _Uln = False,
) -> Response:
    """The standardised transcript (LLE) of one module completed, or of all. A module has at least 30 credits."""
    made = await exports.make_transcript(
        conn,
        key.institution_id,
        learner_id,
        public_url=wiring.settings.public_url,
        now=now(),
        chosen=module or (),
        with_uln=with_uln,
    )
    return download(made, "lle-transcript")


@router.get("/json-resume", response_class=Response, responses=_FILE)
async def show_json_resume(
    learner_id: UUID, key: IssueKey, conn: Connection, wiring: Wired, with_uln: _Uln = False
) -> Response:
    """A JSON Resume (v1.0.0) of what the learner holds, each certificate with the address that checks it."""
    made = await exports.make_json_resume(
        conn, key.institution_id, learner_id, public_url=wiring.settings.public_url, now=now(), with_uln=with_uln
    )
    return download(made, "json-resume")


@router.get("/europass", response_class=Response, responses=_FILE)
async def show_europass(
    learner_id: UUID, key: IssueKey, conn: Connection, wiring: Wired, with_uln: _Uln = False
) -> Response:
    """The same in the shape of the European Learning Model (Europass). It is not sealed."""
    made = await exports.make_europass(
        conn, key.institution_id, learner_id, public_url=wiring.settings.public_url, now=now(), with_uln=with_uln
    )
    return download(made, "europass")
