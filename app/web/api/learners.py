"""Finding a learner, changing a name, and the links to a learner's profile.

A ULN or an e-mail address is personal: it is taken in a body, never in an address, and never given back whole.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.catalogue.identifiers import masked_uln
from app.credentials import service as credentials
from app.credentials.model import Learner
from app.sharing import renaming
from app.sharing import service as sharing
from app.sharing.model import ShareLink
from app.web.bodies import Body, described_body, read_body
from app.web.dependencies import Connection, IssueKey, Wired
from app.wiring import now

router = APIRouter(tags=["learners"])


class Search(Body):
    """Whom to look for. Every member given must fit."""

    name: str = Field(default="", max_length=200, description="Part of the name")
    uln: str = Field(default="", max_length=20, description="The whole number")
    email: str = Field(default="", max_length=254, description="The whole address")


class LearnerView(BaseModel):
    """A learner, just enough to choose the right one."""

    id: UUID
    name: str
    uln_ending: str


class LearnerList(BaseModel):
    """At most fifty learners, by name."""

    learners: list[LearnerView]


class NewName(Body):
    """The name a learner has from now on."""

    name: str = Field(max_length=400)
    note: str = Field(default="", max_length=2_000, description="Kept by the institution; not with the former name")


class Renamed(BaseModel):
    """The learner under the new name, and the numbers of the credentials signed again with it."""

    learner: LearnerView
    corrected: list[UUID]


class NewShareLink(Body):
    """A link to be made for a learner."""

    audience: str = Field(default="", max_length=200, description="Whom the learner gives it to")
    days: int = Field(default=90, ge=1, le=730, description="How long it works")


class LinkView(BaseModel):
    """A link without its address; `views` counts how often it was opened."""

    id: UUID
    audience: str
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    works: bool
    views: int


class CreatedLink(LinkView):
    """A link just made. `url` is shown this once: only its fingerprint is kept."""

    url: str


class LinkList(BaseModel):
    """Every link ever made to one learner's profile."""

    links: list[LinkView]


@router.get("/learners")
async def list_learners(
    key: IssueKey, conn: Connection, name: Annotated[str, Query(min_length=2, max_length=200)]
) -> LearnerList:
    """Learners whose name contains `name`."""
    return _list(await credentials.search_learners(conn, key.institution_id, name=name))


@router.post("/learners/search", openapi_extra=described_body(Search))
async def search_learners(request: Request, key: IssueKey, conn: Connection) -> LearnerList:
    """Learners by name, ULN or e-mail address."""
    wanted = await read_body(request, Search)
    return _list(
        await credentials.search_learners(
            conn, key.institution_id, name=wanted.name, uln=wanted.uln, email=wanted.email
        )
    )


@router.post("/learners/{learner_id}/name", openapi_extra=described_body(NewName))
async def change_name(learner_id: UUID, request: Request, key: IssueKey, conn: Connection, wiring: Wired) -> Renamed:
    """Change a learner's name in every credential in force. The former name is kept nowhere."""
    wanted = await read_body(request, NewName)
    issuer = await wiring.issuer(conn, key.institution_id)
    corrected = await renaming.change_name(
        conn, issuer, wiring.canonical, learner_id, name=wanted.name, note=wanted.note, now=now()
    )
    learner = await credentials.get_learner(conn, key.institution_id, learner_id)
    return Renamed(learner=_learner(learner), corrected=[credential.id for credential in corrected])


@router.post("/learners/{learner_id}/links", status_code=201, openapi_extra=described_body(NewShareLink))
async def create_link(
    learner_id: UUID, request: Request, response: Response, key: IssueKey, conn: Connection, wiring: Wired
) -> CreatedLink:
    """Make a link to a learner's profile, on the learner's request."""
    wanted = await read_body(request, NewShareLink)
    moment = now()
    made = await sharing.create(
        conn,
        key.institution_id,
        learner_id,
        audience=wanted.audience,
        lifetime=timedelta(days=wanted.days),
        now=moment,
    )
    response.headers["Cache-Control"] = "no-store"
    url = f"{wiring.settings.public_url}/p/{made.token}"
    return CreatedLink(**_view(made.link, moment).model_dump(), url=url)


@router.get("/learners/{learner_id}/links")
async def list_links(learner_id: UUID, key: IssueKey, conn: Connection) -> LinkList:
    """Every link to this learner's profile, and how often each was opened."""
    learner = await credentials.get_learner(conn, key.institution_id, learner_id)
    moment = now()
    found = await sharing.links_of(conn, key.institution_id, learner.id)
    return LinkList(links=[_view(link, moment) for link in found])


@router.delete("/links/{link_id}", status_code=204)
async def withdraw_link(link_id: UUID, key: IssueKey, conn: Connection) -> None:
    """Stop a link from working, at once and for good."""
    await sharing.withdraw(conn, key.institution_id, link_id, now())


def _list(found: tuple[Learner, ...]) -> LearnerList:
    return LearnerList(learners=[_learner(learner) for learner in found])


def _learner(learner: Learner) -> LearnerView:
    return LearnerView(id=learner.id, name=learner.name, uln_ending=masked_uln(learner.uln)[-4:])


def _view(link: ShareLink, moment: datetime) -> LinkView:
    return LinkView(
        id=link.id,
        audience=link.audience,
        created_at=link.created_at,
        expires_at=link.expires_at,
        withdrawn_at=link.withdrawn_at,
        works=link.works_at(moment),
        views=link.views,
    )
