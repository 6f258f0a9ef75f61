"""The description of the API: what FastAPI knows of the authenticated part, and the public part by hand.

The public routes are plain Starlette routes, which FastAPI does not describe. The page at /api/docs is made from the
same description, without scripts or anything from another host.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.web import negotiation, problems, rendering
from app.web.documents import CREDENTIAL_TYPES

_TAG = "public"
_PROBLEM = {
    "description": "An RFC 9457 problem with a stable `code`",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": [f"{problems.TYPE_PREFIX}credential_unknown"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["credential_unknown"]},
        "details": {"type": "object"},
    },
}
_REPORT_SCHEMA = {
    "type": "object",
    "required": ["verdict", "summary", "anchor", "checkedAt", "issuer", "checks"],
    "properties": {
        "verdict": {"enum": ["valid", "not valid", "was valid", "cannot tell"]},
        "summary": {"type": "string"},
        "anchor": {"enum": ["anchored", "not yet anchored", "anchor does not match", "cannot tell"]},
        "checkedAt": {"type": "string", "format": "date-time"},
        "issuer": {"type": ["string", "null"], "description": "From the recognised list, never from the document"},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "check": {"type": "string"},
                    "outcome": {"enum": ["VALID", "INVALID", "ERROR", "SKIPPED"]},
                    "code": {"type": "string"},
                    "sentence": {"type": "string"},
                    "reliedOn": {"type": ["string", "null"], "format": "date-time"},
                    "ageSeconds": {"type": ["integer", "null"]},
                },
            },
        },
    },
}
_REPORT = {"schema": {"$ref": "#/components/schemas/VerificationReport"}}
_NUMBER = {"number": {"type": "string", "format": "uuid"}}
_SLUG = {"slug": {"type": "string"}}


def install(app: FastAPI) -> None:
    """Serve the description and its page."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]

    async def document(request: Request) -> Response:
        return JSONResponse(described(), headers={"Access-Control-Allow-Origin": "*"})

    async def page(request: Request) -> Response:
        return rendering.page(request, "api.html", operations=_operations(described()))

    app.router.routes += [Route("/api/openapi.json", document), Route("/api/docs", page)]


def _describe(app: FastAPI) -> dict[str, Any]:
    schema: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {"4XX": _PROBLEM, "503": _PROBLEM}
            operation["responses"].pop("422", None)
    schema["paths"] |= _public_paths()
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components |= {"Problem": _PROBLEM_SCHEMA, "VerificationReport": _REPORT_SCHEMA}
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    return schema


def _public_paths() -> dict[str, Any]:
    any_json: dict[str, Any] = {negotiation.JSON: {"schema": {"type": "object"}}}
    page: dict[str, Any] = {negotiation.HTML: {}}
    report = {negotiation.JSON: _REPORT, **page}
    credential = {kind: {"schema": {"type": "object"}} for kind in CREDENTIAL_TYPES if kind != negotiation.HTML}
    sent = {kind: {"schema": {"type": "object"}} for kind in (negotiation.JSON, "application/vc")}
    verify = _get("Check a credential of this installation", report, _NUMBER)
    submitted = _operation("Check a credential or a bundle that you hold", report)
    submitted["requestBody"] = {"required": True, "content": sent}
    return {
        "/credentials/{number}": {"get": _get("The signed credential, byte for byte", credential, _NUMBER)},
        "/credentials/{number}/bundle": {
            "get": _get("The credential with all it takes to check it elsewhere", any_json, _NUMBER)
        },
        "/verify/{number}": {"get": verify},
        "/verify": {"post": submitted},
        "/i/{slug}": {"get": _get("An institution: its wallet, keys and entries", any_json | page, _SLUG)},
        "/i/{slug}/did.json": {"get": _get("Its DID document", any_json, _SLUG)},
        "/i/{slug}/status/{list}": {
            "get": _get("A signed list of withdrawn credentials", credential, _SLUG | {"list": {"type": "integer"}})
        },
        "/i/{slug}/anchors": {"get": _get("Its final checkpoints in the public register", any_json, _SLUG)},
        "/i/{slug}/anchors/{digest}": {
            "get": _get("The register receipt for a digest", any_json, _SLUG | {"digest": {"type": "string"}})
        },
        "/i/{slug}/anchors/consistency": {
            "get": _get("Proof that the log only grew (RFC 9162)", any_json, _SLUG, ("first", "second"))
        },
        "/ims/ob/v3p0/discovery": {"get": _get("What is offered of the Open Badges 3.0 API", any_json, {})},
        "/catalogue/units/{id}": {"get": _get("A unit of the catalogue", any_json | page, {"id": {"type": "string"}})},
        "/catalogue/qualifications/{id}": {
            "get": _get("A qualification of the catalogue", any_json | page, {"id": {"type": "string"}})
        },
        "/rules/{pack}/{version}": {
            "get": _get("A published rule set", any_json, {"pack": {"type": "string"}, "version": {"type": "integer"}})
        },
    }


def _get(
    summary: str, content: dict[str, Any], in_path: dict[str, Any], in_query: tuple[str, ...] = ()
) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": kind} for name, kind in in_path.items()]
    parameters += [{"name": name, "in": "query", "required": True, "schema": {"type": "integer"}} for name in in_query]
    return _operation(summary, content) | {"parameters": parameters}


def _operation(summary: str, content: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": {"description": summary, "content": content}, "4XX": _PROBLEM, "503": _PROBLEM}
    return {"summary": summary, "tags": [_TAG], "responses": responses}


def _operations(schema: dict[str, Any]) -> dict[str, list[tuple[str, str, str]]]:
    """Operations by tag, the public ones first: (method, path, what it does), for the page."""
    found: dict[str, list[tuple[str, str, str]]] = {_TAG: []}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            words = operation.get("description") or operation.get("summary", "")
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, words.replace("`", "")))
    return found
