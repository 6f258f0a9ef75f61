"""From what went wrong to what the client is told: RFC 9457 problem details, or a page in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import AppError, Conflict, NotAllowed, NotFound, OutsideFailed, TooLarge
from app.web import negotiation, rendering

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:stackmark:problem:"
RETRY_SECONDS = 30

_BY_FAMILY: tuple[tuple[type[AppError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (TooLarge, 413),
    (OutsideFailed, 503),
)
# Codes whose status says more than their family's.
_BY_CODE = {
    "api_key_invalid": 401,
    "link_expired": 410,
    "link_withdrawn": 410,
    "record_replaced": 410,
    "credential_erased": 410,
    "media_type_unknown": 415,
    "too_many_requests": 429,
    # The bytes are not one readable document: nothing was understood that could be refused.
    "malformed_json": 400,
    "duplicate_member": 400,
    "not_utf8": 400,
    "too_deep": 400,
    "number_not_exact": 400,
    "lone_surrogate": 400,
    "not_an_object": 400,
    "form_malformed": 400,
    "bundle_malformed": 400,
    "presentation_malformed": 400,
    "clr_malformed": 400,
    "file_empty": 400,
    "text_not_credential": 400,
    "image_malformed": 400,
    "pdf_malformed": 400,
    "carried_not_json": 400,
    # Understood for what they are, and of a kind that is not verified here.
    "jwt_not_supported": 415,
    "sd_jwt_not_supported": 415,
    "enveloped_not_supported": 415,
    "badge_too_old": 415,
    "photo_not_credential": 415,
    "office_document": 415,
    "archive_not_credential": 415,
    "html_page": 415,
    "xml_unknown": 415,
    "file_unknown": 415,
    # This installation is not set up to do what was asked: nothing the client sends would help.
    "passphrase_missing": 503,
    "passphrase_wrong": 503,
    "custody_not_configured": 503,
    "custody_library_missing": 503,
    "custody_unknown": 503,
    "custody_kind_not_kept": 503,
    "pin_missing": 503,
    "pin_wrong": 503,
    "pin_locked": 503,
    "signing_key_missing": 503,
    "signature_not_verified": 503,
    "database_missing": 503,
}
_NOT_THE_CLIENTS = "This installation cannot do that at the moment; its operator has been told in the log."
_SETUP_CODES = frozenset(code for code, status in _BY_CODE.items() if status == 503)

_TITLES = {
    400: "The request cannot be read",
    401: "A valid API key is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Already recorded",
    410: "This link no longer works",
    413: "Too large",
    415: "This kind of file is not read here",
    422: "The request was refused",
    429: "Too many checks at once",
    500: "Something went wrong on our side",
    503: "Not available just now",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What the client is told. `detail` is one sentence; `details` are JSON-ready facts."""

    status: int
    code: str
    detail: str
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return _TITLES.get(self.status) or HTTPStatus(self.status).phrase

    def as_json(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return members | ({"details": dict(self.details)} if self.details else {})


def of_error(error: AppError) -> Problem:
    """The problem an `AppError` becomes."""
    status = _BY_CODE.get(error.code)
    if status is None:
        status = next((number for family, number in _BY_FAMILY if isinstance(error, family)), 422)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if status == 429:
        headers["Retry-After"] = str(error.details.get("retry_after_seconds", RETRY_SECONDS))
    message = _NOT_THE_CLIENTS if error.code in _SETUP_CODES else error.message
    return Problem(status, error.code, message, error.details, headers)


def unknown(reference: str) -> Problem:
    """A failure nobody foresaw: no detail leaves the process, only the `reference` under which it was logged."""
    return Problem(
        500,
        "internal_error",
        f"An unexpected error happened and was recorded under {reference}. Nothing was saved.",
        {"reference": reference},
    )


def respond(request: Request, problem: Problem) -> Response:
    """The problem as JSON for programs, as a page for browsers. The API answers JSON to everybody."""
    headers = {"Vary": "Accept", "Cache-Control": "no-store", "X-Robots-Tag": "noindex", **problem.headers}
    # A client that names no preference outside the API is more likely a program than a person.
    if request.url.path.startswith("/api/") or not negotiation.prefers_html(request, default=False):
        return JSONResponse(problem.as_json(), problem.status, headers, MEDIA_TYPE)
    return rendering.page(request, "error.html", problem.status, headers, problem=problem)


def install(app: FastAPI) -> None:
    """Answer every known failure of `app` with a problem; the unknown ones are the edge's."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_parameters)


async def _on_app_error(request: Request, error: Exception) -> Response:
    error = cast(AppError, error)
    if error.code in _SETUP_CODES:
        rendering.logger.error("not_set_up", code=error.code, reason=error.message)
    return respond(request, of_error(error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    if error.status_code == 404:
        problem = Problem(404, "address_unknown", "There is nothing at this address. Was it copied in full?")
    elif error.status_code == 405:
        problem = Problem(
            405, "method_not_allowed", "This address cannot be used in that way.", headers=error.headers or {}
        )
    else:
        problem = Problem(error.status_code, "request_refused", "The request cannot be answered.")
    return respond(request, problem)


async def _on_parameters(request: Request, error: Exception) -> Response:
    """Parameters of the address that FastAPI read. Their values are never repeated."""
    wrong = cast(RequestValidationError, error).errors()
    if any(item["loc"][0] == "path" for item in wrong):
        return respond(request, Problem(404, "address_unknown", "There is nothing at this address."))
    fields = [
        {"field": ".".join(str(part) for part in item["loc"][1:]), "message": sentence(item["type"])} for item in wrong
    ]
    return respond(request, Problem(422, "request_malformed", "Part of the address is not usable.", {"fields": fields}))


_SENTENCES = {
    "missing": "This field is needed.",
    "extra_forbidden": "This field is not known here; check its spelling.",
    "string_type": "Write this as text, in quotes.",
    "string_too_long": "This text is too long.",
    "string_too_short": "This text is too short.",
    "list_type": "Write this as a list, in square brackets.",
    "int_type": "Write this as a whole number.",
    "int_parsing": "Write this as a whole number.",
    "bool_parsing": "Write this as true or false.",
    "greater_than_equal": "This number is too small.",
    "less_than_equal": "This number is too large.",
    "uuid_parsing": "This is not an identifier of the form 00000000-0000-0000-0000-000000000000.",
}


def sentence(kind: str) -> str:
    """A plain sentence for a kind of validation error; it never repeats what was sent."""
    return _SENTENCES.get(kind, "This value is not usable here.")
