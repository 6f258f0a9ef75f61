"""The published list of checkpoints after 30 years, over a socket: as large as it is, it is fetched and read."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.adapters.publications import HttpPublications
from app.standards import checkpoint_list, strict_json
from tests.integration.serving import served
from tests.unit.anchoring.test_a_list_of_decades import FIRST, ISSUER, OLD_LIMIT, SECOND, THIRTY_YEARS, final, listed


async def test_a_list_of_thirty_years_is_fetched_and_one_without_end_is_not() -> None:
    pages = {
        "thirty": listed(THIRTY_YEARS, FIRST, SECOND),
        "endless": b" " * (checkpoint_list.MAX_BYTES + 1),
    }

    async def page(request: Request) -> Response:
        return Response(pages[request.path_params["name"]], media_type="application/json")

    with served(Starlette(routes=[Route("/{name}", page)])) as url:
        publications = HttpPublications(allow_localhost=True, served_at=url)
        found = await publications.checkpoints("http://localhost:8000/thirty")
        endless = await publications.checkpoints("http://localhost:8000/endless")
        # Other publications have the limit that they had.
        other = await publications.accreditations("http://localhost:8000/thirty")
    assert found.data == pages["thirty"]
    assert len(found.data) > OLD_LIMIT
    read = checkpoint_list.read(strict_json.parse_object(found.data, checkpoint_list.MAX_BYTES), ISSUER)
    assert read.root_of(final(THIRTY_YEARS - 1).tree_size) == final(THIRTY_YEARS - 1).root
    assert (endless.code, other.code) == ("publication_too_large", "publication_too_large")
