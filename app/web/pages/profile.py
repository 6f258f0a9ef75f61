"""A learner's profile behind a share link. The learner decides who has the link; nothing here is indexed or kept.

The files that a learner takes away are behind the same link, without the ULN: whoever has the link did not get that.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.catalogue.seed import packaged
from app.database import transaction
from app.sharing import service as sharing
from app.stacking import service as stacking
from app.stacking.exports import service as exports
from app.stacking.exports.writing import COVERED
from app.stacking.profile import LearnerProfile, ProfileCredential
from app.stacking.t_level import TLevelResult
from app.stacking.t_level_held import NoOverall
from app.stacking.t_level_rules import Overall
from app.web import rendering
from app.web.dependencies import wiring_of
from app.web.documents import download
from app.wiring import now

_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store, private"}
_KINDS = {"knowledge": "Knowledge", "skill": "Skills", "behaviour": "Behaviours"}


async def _profile(request: Request) -> Response:
    """Every opening is counted, so that the learner can see that a link is used."""
    moment = now()
    async with transaction(wiring_of(request).engine) as conn:
        link = await sharing.open_link(conn, request.path_params["token"], moment)
        found = await stacking.profile(conn, link.institution_id, link.learner_id, moment)
        modules = await exports.modules_completed(conn, found)
    awards, shown = shared(found)
    t_levels, without_result = shared_t_levels(found)
    return rendering.page(
        request,
        "profile.html",
        headers=_HEADERS,
        profile=found,
        link=link,
        awards=awards,
        credentials=shown,
        t_levels=t_levels,
        t_levels_without_result=without_result,
        kinds=_KINDS,
        covered=COVERED,
        modules=modules,
        attribution=packaged().attribution,
    )


def shared(found: LearnerProfile) -> tuple[list[ProfileCredential], list[ProfileCredential]]:
    """(awards, other credentials) that a profile shows: what was achieved and holds.

    What did not is nobody's business but the learner's.
    """
    others = [item for item in found.credentials if item.passed and item.in_force and item not in found.awards]
    return [item for item in found.awards if item.in_force], others


def shared_t_levels(found: LearnerProfile) -> tuple[list[TLevelResult], list[NoOverall]]:
    """(results, T Levels without one) that a profile shows: those of which something was achieved, or is pending.

    Of a result only what was achieved is shown, as in `shared`: what is still to come reads the same for a component
    never sat and for one without a grade.
    """
    _, others = shared(found)
    achieved = {item.qualification_id for item in others}
    results = [item for item in found.t_levels if item.achieved or item.overall is Overall.PENDING]
    return results, [item for item in found.t_levels_without_result if item.t_level_id in achieved]


Make = Callable[..., Awaitable[bytes]]


async def _file(request: Request, make: Make, name: str) -> Response:
    """A file made of the profile now. To take one is to open the link, and is counted as that."""
    moment = now()
    async with transaction(wiring_of(request).engine) as conn:
        link = await sharing.open_link(conn, request.path_params["token"], moment)
        made = await make(
            conn, link.institution_id, link.learner_id, public_url=wiring_of(request).settings.public_url, now=moment
        )
    return download(made, name)


routes = [
    Route("/p/{token}", _profile),
    Route("/p/{token}/transcript", partial(_file, make=exports.make_transcript, name="lle-transcript")),
    Route("/p/{token}/json-resume", partial(_file, make=exports.make_json_resume, name="json-resume")),
    Route("/p/{token}/europass", partial(_file, make=exports.make_europass, name="europass")),
]
