"""Credentials: issue one, list, look at one, correct, withdraw."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.anchoring import service as anchoring
from app.credentials import cohort_file
from app.credentials import service as credentials
from app.credentials.correcting import award_date
from app.credentials.model import Changes, Credential
from app.errors import Refused
from app.sharing import renaming
from app.web.bodies import Body, described_body, read_body
from app.web.dependencies import Connection, IssueKey, RevokeKey, Wired
from app.wiring import now

router = APIRouter(prefix="/credentials", tags=["credentials"])


class NewCredential(Body):
    """One result, its members those of a cohort file's row and under the same rules."""

    learner_name: str = Field(max_length=400, examples=["Renée Example"])
    uln: str = Field(max_length=40, examples=["9900000012"])
    email: str = Field(max_length=400, examples=["learner@example.org"])
    qualification: str = Field(max_length=200, description="Qualification number or catalogue id")
    component: str = Field(max_length=200, description="Unit or component code")
    grade: str = Field(max_length=100)
    award_date: str = Field(max_length=40, examples=["2026-06-26"])


class Withdrawal(Body):
    """Why a credential is withdrawn."""

    reason: str = Field(
        max_length=60,
        description="issued in error, grade changed, wrong learner details, malpractice, "
        "a part of it was withdrawn, or other",
    )
    note: str = Field(default="", max_length=2_000, description="Kept by the institution, never published")


class Amendment(Body):
    """What is corrected in a credential, and why. What is left out stays as it is."""

    grade: str | None = Field(default=None, max_length=100)
    award_date: str | None = Field(default=None, max_length=40, examples=["2026-06-26"])
    learner_name: str | None = Field(default=None, max_length=400, description="The name as it should be")
    reason: str = Field(
        max_length=60,
        description="grade changed, award date wrong, wrong learner details, change of name (which renews all of the "
        "learner's credentials), or other",
    )
    note: str = Field(default="", max_length=2_000, description="Kept by the institution, never published")


class Links(BaseModel):
    """Where the credential is found by anybody who has its number."""

    verify: str
    document: str
    bundle: str


class CredentialView(BaseModel):
    """What is recorded of one credential; null for what a record or an endorsement does not have."""

    id: UUID
    state: Literal["prepared", "signed"]
    anchor: Literal["pending", "anchored"]
    kind: Literal["unit", "award", "record", "endorsement"]
    learner_id: UUID | None
    qualification: str | None
    unit: str | None
    grade: str | None
    endorsed: str | None
    award_date: date
    created_at: datetime
    revoked_at: datetime | None
    revocation_reason: str | None
    review_reason: str | None
    edition: int
    corrected_at: datetime | None
    links: Links


class CredentialPage(BaseModel):
    """Some credentials, by award date; `next_offset` is null on the last page."""

    credentials: list[CredentialView]
    next_offset: int | None


class EditionView(BaseModel):
    """One signed edition: it stood from `valid_from` until `superseded_at`, for the `reason` given.

    `kept` is false when its text was erased because of the name in it.
    """

    number: int
    digest: str
    valid_from: datetime
    superseded_at: datetime | None
    reason: str | None
    kept: bool
    anchor: Literal["pending", "anchored"]


class EditionList(BaseModel):
    """Every edition of one credential, oldest first; the last one stands unless the credential was withdrawn."""

    editions: list[EditionView]


@router.post("", status_code=201, openapi_extra=described_body(NewCredential))
async def issue(request: Request, response: Response, key: IssueKey, conn: Connection, wiring: Wired) -> CredentialView:
    """Issue one credential. It is signed at once; its entry in the public register follows within minutes."""
    order = await read_body(request, NewCredential)
    moment = now()
    read = cohort_file.parse_result(order.model_dump(), today=moment.date())
    if read.has_errors:
        problems = [{"field": item.column, "code": item.code, "message": item.message} for item in read.problems]
        raise Refused("result_invalid", "Some fields of the result are wrong.", {"problems": problems})
    (row,) = read.rows
    issued = await credentials.issue_one(
        conn,
        await wiring.issuer(conn, key.institution_id),
        wiring.canonical,
        learner_name=row.learner_name,
        uln=row.uln,
        email=row.email,
        qualification=row.qualification,
        component=row.component,
        grade=row.grade,
        awarded_on=row.award_date,
        now=moment,
    )
    response.headers["Location"] = f"/api/credentials/{issued.id}"
    return view(issued, wiring.settings.public_url, anchored=False)


@router.get("")
async def list_credentials(
    key: IssueKey,
    conn: Connection,
    wiring: Wired,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> CredentialPage:
    """The institution's credentials, by award date."""
    found = await credentials.list_issued(conn, key.institution_id, limit=limit + 1, offset=offset)
    shown = found[:limit]
    digests = [credential.digest for credential in shown if credential.digest is not None]
    anchored = await anchoring.anchored(conn, key.institution_id, digests)
    return CredentialPage(
        credentials=[view(item, wiring.settings.public_url, anchored=item.digest in anchored) for item in shown],
        next_offset=offset + limit if len(found) > limit else None,
    )


@router.get("/{credential_id}")
async def show(credential_id: UUID, key: IssueKey, conn: Connection, wiring: Wired) -> CredentialView:
    """One credential of the institution, and whether it is in the public register yet."""
    found = await credentials.get(conn, key.institution_id, credential_id)
    return view(found, wiring.settings.public_url, anchored=await is_anchored(conn, found))


@router.post("/{credential_id}/correct", openapi_extra=described_body(Amendment))
async def correct(
    credential_id: UUID, request: Request, key: IssueKey, conn: Connection, wiring: Wired
) -> CredentialView:
    """Correct a credential: a new edition with the same number is signed, and the old one is withdrawn, at once."""
    wanted = await read_body(request, Amendment)
    moment = now()
    found = await renaming.correct(
        conn,
        await wiring.issuer(conn, key.institution_id),
        wiring.canonical,
        credential_id,
        changes=Changes(
            grade=wanted.grade,
            awarded_on=None if wanted.award_date is None else award_date(wanted.award_date, moment.date()),
            learner_name=wanted.learner_name,
        ),
        reason=wanted.reason,
        note=wanted.note,
        now=moment,
    )
    return view(found, wiring.settings.public_url, anchored=await is_anchored(conn, found))


@router.get("/{credential_id}/editions")
async def list_editions(credential_id: UUID, key: IssueKey, conn: Connection) -> EditionList:
    """Every edition of a credential that was ever signed."""
    found = await credentials.editions_of(conn, key.institution_id, credential_id)
    anchored = await anchoring.anchored(conn, key.institution_id, [edition.digest for edition in found])
    return EditionList(
        editions=[
            EditionView(
                number=edition.number,
                digest=edition.digest.hex(),
                valid_from=edition.valid_from,
                superseded_at=edition.superseded_at,
                reason=edition.reason,
                kept=edition.kept,
                anchor="anchored" if edition.digest in anchored else "pending",
            )
            for edition in found
        ]
    )


@router.post("/{credential_id}/revoke", openapi_extra=described_body(Withdrawal))
async def revoke(
    credential_id: UUID, request: Request, key: RevokeKey, conn: Connection, wiring: Wired
) -> CredentialView:
    """Withdraw a credential for good. Verifiers see it within fifteen minutes; this page's own check at once."""
    withdrawal = await read_body(request, Withdrawal)
    issuer = await wiring.issuer(conn, key.institution_id)
    found = await credentials.revoke(
        conn, issuer, credential_id, reason=withdrawal.reason, note=withdrawal.note, now=now()
    )
    return view(found, wiring.settings.public_url, anchored=await is_anchored(conn, found))


def view(credential: Credential, public_url: str, *, anchored: bool) -> CredentialView:
    """The record as the API shows it."""
    return CredentialView(
        id=credential.id,
        state=credential.state.value,
        anchor="anchored" if anchored else "pending",
        kind=credential.kind.value,
        learner_id=credential.learner_id,
        qualification=credential.qualification_id or None,
        unit=credential.unit_id,
        grade=credential.grade or None,
        endorsed=credential.endorsed_id,
        award_date=credential.awarded_on,
        created_at=credential.created_at,
        revoked_at=credential.revoked_at,
        revocation_reason=credential.revocation_reason,
        review_reason=credential.review_reason,
        edition=credential.edition,
        corrected_at=credential.corrected_at,
        links=Links(
            verify=f"{public_url}/verify/{credential.id}",
            document=f"{public_url}/credentials/{credential.id}",
            bundle=f"{public_url}/credentials/{credential.id}/bundle",
        ),
    )


async def is_anchored(conn: Connection, credential: Credential) -> bool:
    """Whether the credential has its receipt of the public register."""
    digest = credential.digest
    return digest is not None and await anchoring.find_receipt(conn, credential.institution_id, digest) is not None
