"""A learner's profile behind a share link. The learner decides who has the link; nothing here is indexed or kept."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.database import transaction
from app.sharing import service as sharing
from app.stacking import service as stacking
from app.stacking.profile import LearnerProfile, ProfileCredential
from app.stacking.t_level import TLevelResult
from app.stacking.t_level_held import NoOverall
from app.stacking.t_level_rules import Overall
from app.web import rendering
from app.web.dependencies import wiring_of
from app.wiring import now

_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store, private"}
_KINDS = (("knowledge", "Knowledge"), ("skill", "Skills"), ("behaviour", "Behaviours"))


async def _profile(request: Request) -> Response:
    """Every opening is counted, so that the learner can see that a link is used."""
    moment = now()
    async with transaction(wiring_of(request).engine) as conn:
        link = await sharing.open_link(conn, request.path_params["token"], moment)
        found = await stacking.profile(conn, link.institution_id, link.learner_id, moment)
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
        statements=[
            (title, [item for item in found.ksbs if item.kind == kind])
            for kind, title in _KINDS
            if any(item.kind == kind for item in found.ksbs)
        ],
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


routes = [Route("/p/{token}", _profile)]
