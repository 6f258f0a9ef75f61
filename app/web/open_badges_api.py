"""The discovery document of the Open Badges 3.0 API, and an honest answer where the rest of that API would be.

The specification asks every server for this document, with the addresses of an OAuth service in it. There is no such
service here: the addresses are named because the form demands them, the document says in words that nothing stands
behind them, no scope is offered, and each answers "unsupported".
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.web.dependencies import wiring_of
from app.web.documents import OPEN

BASE = "/ims/ob/v3p0"
UNSUPPORTED = {
    "imsx_codeMajor": "unsupported",
    "imsx_severity": "error",
    "imsx_description": f"This part of the Open Badges API is not offered here. What is: {BASE}/discovery",
}
"""Imsx_StatusInfo, the one form of refusal that clients of this API read."""
_KEPT = {**OPEN, "Cache-Control": "public, max-age=3600"}
_DESCRIPTION = (
    "This installation issues Open Badges 3.0 credentials and publishes each at an address of its own, "
    "{url}/credentials/{{number}}, to be read without an account. Of the Open Badges API it offers this document: "
    "reading or writing credentials and profiles under this base is not supported, and neither is OAuth 2.0, whose "
    "addresses below answer 501. The interface that institutions use is described at {url}/api/openapi.json. No "
    "separate terms or privacy policy are published yet; both addresses lead to the front page."
)


def service_description(public_url: str) -> dict[str, Any]:
    """The Service Description Document (Open Badges 3.0, section 6.3.1) of the installation at `public_url`."""
    base = public_url + BASE
    return {
        "openapi": "3.0.1",
        "info": {
            "title": "Stackmark: Open Badges 3.0",
            "version": "3.0",
            "description": _DESCRIPTION.format(url=public_url),
            "termsOfService": f"{public_url}/",
            "x-imssf-image": f"{public_url}/static/img/mark.svg",
            "x-imssf-privacyPolicyUrl": f"{public_url}/",
        },
        "servers": [{"url": base}],
        "paths": {
            "/discovery": {
                "get": {
                    "operationId": "getServiceDescription",
                    "summary": "This document",
                    "responses": {
                        "200": {
                            "description": "What this server offers",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {
                "OAuth2ACG": {
                    "type": "oauth2",
                    "description": "Not supported: no client can be registered and no access is given.",
                    "x-imssf-registrationUrl": f"{base}/oauth/register",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{base}/oauth/authorize",
                            "tokenUrl": f"{base}/oauth/token",
                            "refreshUrl": f"{base}/oauth/token",
                            "scopes": {},
                        }
                    },
                }
            }
        },
    }


async def _discovery(request: Request) -> Response:
    return JSONResponse(service_description(wiring_of(request).settings.public_url), headers=_KEPT)


async def _unsupported(request: Request) -> Response:
    return JSONResponse(UNSUPPORTED, 501, _KEPT)


routes = [
    Route(f"{BASE}/discovery", _discovery),
    Route(f"{BASE}/{{rest:path}}", _unsupported, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
]
