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

from app.standards import checkpoint_feed
from app.web import negotiation, problems, rendering, vc_api
from app.web.bodies import CREDENTIAL_FILE_TYPES, MULTIPART, described_body
from app.web.documents import CREDENTIAL_TYPES, STATUS_TYPES

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
    "required": ["kind", "verdict", "summary", "anchor", "level", "checkedAt", "issuer", "checks"],
    "properties": {
        "kind": {
            "enum": ["credential", "record", "presentation", "profile"],
            "description": "What was checked; all but a credential hold others",
        },
        "verdict": {
            "enum": ["valid", "not valid", "was valid", "cannot tell"],
            "description": "Of what holds others: the worst of all",
        },
        "summary": {"type": "string"},
        "anchor": {"enum": ["anchored", "not yet anchored", "anchor does not match", "cannot tell"]},
        "level": {"enum": ["none", "signature", "inclusion", "signed checkpoint", "live chain"]},
        "checkedAt": {"type": "string", "format": "date-time"},
        "asOf": {"type": ["string", "null"], "format": "date-time", "description": "The past moment asked about"},
        "trueAsOf": {"type": ["string", "null"], "format": "date-time", "description": "Age of the oldest evidence"},
        "credentialId": {"type": ["string", "null"]},
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
                    "defendsAgainst": {"type": "string"},
                    "source": {"type": ["string", "null"], "description": "Where the evidence came from"},
                    "reliedOn": {"type": ["string", "null"], "format": "date-time"},
                    "ageSeconds": {"type": ["integer", "null"]},
                },
            },
        },
        "credentials": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/VerificationReport"},
            "description": "Reports on the credentials inside a presentation, a comprehensive record or a shared "
            "profile, in order",
        },
    },
}
_VC_API_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "detail", "code", "check"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "check": {"type": "string"},
        "credential": {"type": "integer", "description": "Which credential of a presentation, from 0"},
    },
}
_VC_API_REPORT_SCHEMA = {
    "allOf": [
        {"$ref": "#/components/schemas/VerificationReport"},
        {
            "type": "object",
            "required": ["verified", "errors", "warnings", "problemDetails"],
            "properties": {
                "verified": {"type": "boolean", "description": "Whether all that was asked holds"},
                **{
                    name: {"type": "array", "items": {"$ref": "#/components/schemas/VcApiProblem"}}
                    for name in ("errors", "warnings", "problemDetails")
                },
            },
        },
    ]
}
_REPORT = {"schema": {"$ref": "#/components/schemas/VerificationReport"}}
_NUMBER = {"number": {"type": "string", "format": "uuid"}}
_SLUG = {"slug": {"type": "string"}}
_LIST = _SLUG | {"list": {"type": "integer"}}
_PLAIN = {"text/plain": {"schema": {"type": "string"}}}
_SCHEMA: dict[str, Any] = {"application/schema+json": {"schema": {"type": "object"}}}
_FEED = {checkpoint_feed.MEDIA_TYPE: {"schema": {"type": "string"}}}


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
    schema["paths"] |= _public_paths() | _vc_api_paths()
    inner_models = _lift_definitions(schema["paths"])
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components |= {"Problem": _PROBLEM_SCHEMA, "VerificationReport": _REPORT_SCHEMA}
    components |= {"VcApiProblem": _VC_API_PROBLEM_SCHEMA, "VcApiReport": _VC_API_REPORT_SCHEMA, **inner_models}
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    return schema


def _public_paths() -> dict[str, Any]:
    any_json: dict[str, Any] = {negotiation.JSON: {"schema": {"type": "object"}}}
    page: dict[str, Any] = {negotiation.HTML: {}}
    report = {negotiation.JSON: _REPORT, **page}
    credential = {kind: {"schema": {"type": "object"}} for kind in CREDENTIAL_TYPES if kind != negotiation.HTML}
    listed = {kind: {"schema": {"type": "object"}} for kind in STATUS_TYPES}
    verify = _get("Check a credential of this installation", report, _NUMBER)
    submitted = _operation(
        "Check a file that you hold: a credential, bundle, presentation or CLR, a PNG or SVG badge, a PDF, or our link",
        report,
    )
    submitted["responses"]["303"] = {"description": "A page was asked for, and a link of ours was sent: it is there"}
    submitted["requestBody"] = {"required": True, "content": _credential_files()}
    return {
        "/credentials/{number}": {"get": _get("The signed credential, byte for byte", credential, _NUMBER)},
        "/credentials/{number}/bundle": {
            "get": _get("The credential with all it takes to check it elsewhere", any_json, _NUMBER)
        },
        "/verify/{number}": {"get": verify},
        "/verify": {"post": submitted},
        "/i/{slug}": {"get": _get("An institution: its wallet, keys and entries", any_json | page, _SLUG)},
        "/i/{slug}/did.json": {
            "get": _as_of(_get("Its DID document, now or as of a time", any_json, _SLUG), "versionTime")
        },
        "/i/{slug}/did/versions": {"get": _get("Every DID document, and when it was in force", any_json, _SLUG)},
        "/i/{slug}/anchor-wallets.json": {
            "get": _get("Its wallet's signed word on whom it anchors for", any_json, _SLUG)
        },
        "/.well-known/did.json": {
            "get": _as_of(
                _get("The DID document of the institution whose own domain this is", any_json, {}), "versionTime"
            )
        },
        "/.well-known/anchor-wallets.json": {
            "get": _get("The wallet's word, on an institution's own domain", any_json, {})
        },
        "/.well-known/did-configuration.json": {
            "get": _get("Which DIDs belong to this origin (DIF Well Known DID Configuration)", any_json, {})
        },
        "/i/{slug}/status/{list}": {
            "get": _as_of(_get("A signed list of withdrawn credentials", listed, _LIST), "timestamp")
        },
        "/i/{slug}/status/{list}/reasons": {
            "get": _as_of(_get("Why and when places of the list were set, signed", any_json, _LIST), "timestamp")
        },
        "/i/{slug}/accreditations": {
            "get": _get("The signed accreditations behind it, up to the scheme operator", any_json, _SLUG)
        },
        "/i/{slug}/transfer-agreements": {
            "get": _get("Which credit it takes from other institutions, each agreement signed", any_json, _SLUG)
        },
        "/i/{slug}/anchors": {"get": _get("Its final checkpoints in the public register", any_json, _SLUG)},
        "/i/{slug}/checkpoints": {"get": _get("The same, signed by the institution", any_json, _SLUG)},
        "/i/{slug}/log/checkpoint": {"get": _get("Its newest final checkpoint as a signed note", _PLAIN, _SLUG)},
        "/i/{slug}/log/checkpoints": {"get": _get("The feed of its final checkpoints", _FEED, _SLUG)},
        "/i/{slug}/log/vkeys": {"get": _get("The keys its checkpoints are signed with", _PLAIN, _SLUG)},
        "/i/{slug}/erasures/{number}": {"get": _get("The signed receipt of an erasure", any_json, _SLUG | _NUMBER)},
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
        "/pathways": {"get": _get("The ladders of the catalogue, as paths and as a graph", any_json | page, {})},
        "/rules": {"get": _get("The published rule sets", any_json | page, {})},
        "/rules/schema/2": {"get": _get("The JSON Schema of rule sets", _SCHEMA, {})},
        "/rules/{pack}/{version}": {
            "get": _get(
                "A published rule set", any_json | page, {"pack": {"type": "string"}, "version": {"type": "integer"}}
            )
        },
        "/rules/{pack}/{version}/statements/{slug}": {
            "get": _get(
                "What an institution says of a rule set it uses, signed",
                {"application/vc": {"schema": {"type": "object"}}},
                {"pack": {"type": "string"}, "version": {"type": "integer"}} | _SLUG,
            )
        },
    }


def _vc_api_paths() -> dict[str, Any]:
    report = {negotiation.JSON: {"schema": {"$ref": "#/components/schemas/VcApiReport"}}}
    either: dict[str, Any] = {**report, problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    unverified = {"description": "Not verified: the report; or a request that cannot be read", "content": either}
    key: dict[str, Any] = {"security": [{"HTTPBearer": []}]}
    verify = (
        ("/credentials/verify", "Check a credential, as the VC API has it", vc_api.VerifyCredential),
        (
            "/presentations/verify",
            "Check a presentation and all in it, as the VC API has it",
            vc_api.VerifyPresentation,
        ),
    )
    paths: dict[str, Any] = {}
    for path, summary, body in verify:
        operation = _operation(summary, report)
        operation["responses"]["400"] = unverified
        paths[path] = {"post": operation | described_body(body)}
    issue = _operation("Sign a credential: for the conformance tenant alone, 403 elsewhere", {})
    issue["responses"] = {"201": {"description": "The signed credential", "content": {negotiation.JSON: {}}}} | {
        code: answer for code, answer in issue["responses"].items() if code != "200"
    }
    paths["/credentials/issue"] = {"post": issue | described_body(vc_api.IssueCredential) | key}
    status = _operation("Withdraw a credential, as the VC API has it", {negotiation.JSON: {}})
    paths["/credentials/status"] = {"post": status | described_body(vc_api.ChangeStatus) | key}
    return paths


def _lift_definitions(paths: dict[str, Any]) -> dict[str, Any]:
    """Models inside the models of bodies, taken out of these to where references look for them."""
    found: dict[str, Any] = {}
    for operations in paths.values():
        for operation in operations.values():
            for sent in operation.get("requestBody", {}).get("content", {}).values():
                found |= sent.get("schema", {}).pop("$defs", {})
    return found


def _credential_files() -> dict[str, Any]:
    """The bodies of POST /verify: documents as JSON, everything else as the bytes of the file."""
    documents = (negotiation.JSON, "application/vc", "application/vp")
    file, text = {"type": "string", "format": "binary"}, {"type": "string"}
    form = {"type": "object", "properties": {"document": file, "reference": text | {"description": "A link of ours"}}}
    return {
        **{
            kind: {"schema": {"type": "object" if kind in documents else "string"}}
            for kind in CREDENTIAL_FILE_TYPES
            if kind
        },
        MULTIPART: {"schema": form},
    }


def _get(
    summary: str, content: dict[str, Any], in_path: dict[str, Any], in_query: tuple[str, ...] = ()
) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": kind} for name, kind in in_path.items()]
    parameters += [{"name": name, "in": "query", "required": True, "schema": {"type": "integer"}} for name in in_query]
    return _operation(summary, content) | {"parameters": parameters}


def _as_of(operation: dict[str, Any], name: str) -> dict[str, Any]:
    """The operation with an optional parameter for the moment as of which the answer is wanted."""
    moment = {"name": name, "in": "query", "required": False, "schema": {"type": "string", "format": "date-time"}}
    return operation | {"parameters": [*operation["parameters"], moment]}


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
