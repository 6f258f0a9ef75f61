"""A learner's comprehensive record, and endorsements of units and institutions."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.credentials import endorsements, records
from app.web.api.credentials import CredentialView, is_anchored, view
from app.web.bodies import Body, described_body, read_body
from app.web.dependencies import Connection, IssueKey, Wired
from app.wiring import now

router = APIRouter()


class Endorsed(Body):
    """What is endorsed: one of the two."""

    unit: str | None = Field(default=None, max_length=200, description="Catalogue id of a unit or component")
    institution: str | None = Field(default=None, max_length=60, description="Short name of another institution")


class NewEndorsement(Body):
    """Your signed word about a unit or another institution. It is public and names no learner."""

    endorsed: Endorsed
    comment: str = Field(max_length=5_000, examples=["Every outcome is assessed on real work."])


@router.post("/learners/{learner_id}/record", status_code=201, tags=["learners"])
async def make_record(
    learner_id: UUID, response: Response, key: IssueKey, conn: Connection, wiring: Wired
) -> CredentialView:
    """Sign one document with all that a learner holds here in force. The record before it is withdrawn."""
    issuer = await wiring.issuer(conn, key.institution_id)
    made = await records.issue_record(conn, issuer, wiring.canonical, learner_id, now=now())
    response.headers["Location"] = f"/api/credentials/{made.id}"
    return view(made, wiring.settings.public_url, anchored=False)


@router.get("/learners/{learner_id}/record", tags=["learners"])
async def show_record(learner_id: UUID, key: IssueKey, conn: Connection, wiring: Wired) -> CredentialView:
    """The learner's record in force. `review_reason` says when something in it was withdrawn since."""
    found = await records.current_record(conn, key.institution_id, learner_id)
    return view(found, wiring.settings.public_url, anchored=await is_anchored(conn, found))


@router.post("/endorsements", status_code=201, tags=["endorsements"], openapi_extra=described_body(NewEndorsement))
async def endorse(
    request: Request, response: Response, key: IssueKey, conn: Connection, wiring: Wired
) -> CredentialView:
    """Endorse a unit of the catalogue or another institution. One endorsement of each is in force at a time."""
    wanted = await read_body(request, NewEndorsement)
    made = await endorsements.endorse(
        conn,
        await wiring.issuer(conn, key.institution_id),
        wiring.canonical,
        unit=wanted.endorsed.unit,
        institution=wanted.endorsed.institution,
        comment=wanted.comment,
        now=now(),
    )
    response.headers["Location"] = f"/api/credentials/{made.id}"
    return view(made, wiring.settings.public_url, anchored=False)
