"""An institution's public page: who it is, its wallet, its keys, what it may issue for, its entries in the register."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.adapters.local_chain import CHAIN_ID as PRACTICE_CHAIN
from app.anchoring import service as anchoring
from app.anchoring.publishing import checkpoints_json
from app.catalogue import service as catalogue
from app.database import transaction
from app.institutions import service as institutions
from app.institutions.model import published_wallet
from app.web import negotiation, rendering
from app.web.dependencies import wiring_of
from app.web.documents import OPEN

_SHOWN_CHECKPOINTS = 50


async def _institution(request: Request) -> Response:
    async with transaction(wiring_of(request).engine) as conn:
        found = await institutions.get(conn, request.path_params["slug"])
        identity = await institutions.identity(conn, found.id)
        checkpoints = (await anchoring.finalized_checkpoints(conn, found.id))[::-1]
        approved = await institutions.accreditations(conn, found.id)
        if negotiation.prefers_html(request):
            titles = {item.id: item.title for item in await catalogue.list_qualifications(conn)}
    wallet = published_wallet(found, identity.wallet, *identity.keys, accounts=identity.also_on)
    if not negotiation.prefers_html(request):
        members = {
            **wallet,
            "didDocument": f"{found.page_url}/did.json",
            "didDocumentVersions": f"{found.page_url}/did/versions",
            "anchorWallets": f"{found.page_url}/anchor-wallets.json",
            "accreditations": found.accreditations_url,
            "approvedFor": [
                {
                    "qualification": f"{found.public_url}/catalogue/qualifications/{item.qualification_id}",
                    "from": item.valid_from.isoformat(),
                    "until": item.valid_until.isoformat() if item.valid_until else None,
                }
                for item in approved
            ],
            "checkpoints": checkpoints_json(checkpoints)[::-1],
        }
        return JSONResponse(members, headers={**OPEN, "Vary": "Accept"})
    return rendering.page(
        request,
        "institution.html",
        institution=found,
        identity=identity,
        wallet=wallet,
        keys=identity.keys[::-1],
        is_practice=identity.wallet.chain_id == PRACTICE_CHAIN,
        approved=sorted(
            ((titles.get(item.qualification_id, item.qualification_id), item) for item in approved),
            key=lambda pair: pair[0],
        ),
        checkpoints=checkpoints[:_SHOWN_CHECKPOINTS],
        checkpoint_count=len(checkpoints),
    )


routes = [Route("/i/{slug}", _institution)]
