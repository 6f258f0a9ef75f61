"""Reading what was sent: strict JSON into a pydantic model, or one file. Always after authentication."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.errors import Refused, TooLarge
from app.standards import strict_json
from app.web.problems import sentence

MULTIPART = "multipart/form-data"
# What a credential may be sent as. Programs must say something; what a file really is, is read off its content.
CREDENTIAL_FILE_TYPES = (
    "application/json",
    "application/vc",
    "application/vp",
    "image/png",
    "image/svg+xml",
    "application/pdf",
    "application/jwt",
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/octet-stream",
    "text/plain",
    "",
)


class Body(BaseModel):
    """A JSON body: unknown members are refused, for they are misspelt known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Sent = TypeVar("Sent", bound=Body)


def media_type(request: Request) -> str:
    """The type of the body in lower case, without parameters; empty when none is stated."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, model: type[Sent], max_bytes: int = strict_json.MAX_BYTES) -> Sent:
    """The body, of at most `max_bytes`, as `model`.

    Raises `Refused` (media_type_unknown, the codes of `NotStrictJson`, request_malformed with
    `details["fields"]`); values that were sent are not repeated.
    """
    kind = media_type(request)
    if kind not in ("", "application/json") and not kind.endswith("+json"):
        raise Refused("media_type_unknown", "Send this as application/json.")
    try:
        value = strict_json.parse_object(await request.body(), max_bytes)
    except strict_json.NotStrictJson as error:
        family = TooLarge if error.code == "document_too_large" else Refused
        raise family(error.code, str(error)) from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = [
            {"field": ".".join(str(part)[:60] for part in item["loc"]), "message": sentence(item["type"])}
            for item in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise Refused("request_malformed", "Some fields are missing or wrong.", {"fields": fields}) from None


async def read_upload(request: Request, field: str) -> tuple[bytes, str]:
    """(bytes, file name) of the one file in a form. Raises `Refused` (form_malformed, file_missing)."""
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            upload = form.get(field)
            if not isinstance(upload, UploadFile) or not upload.filename:
                raise Refused("file_missing", "No file was chosen. Choose a file and send it again.")
            return await upload.read(), plain_name(upload.filename)
    except HTTPException:
        raise Refused("form_malformed", "The form was damaged on its way; please send it again.") from None


async def read_upload_or_text(request: Request, file_field: str, text_field: str) -> bytes:
    """The one file in a form, or else what was typed. Raises `Refused` (form_malformed, file_missing)."""
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            upload, text = form.get(file_field), form.get(text_field)
            if isinstance(upload, UploadFile) and upload.filename:
                return await upload.read()
            if isinstance(text, str) and text.strip():
                return text.encode("utf-8", "replace")
    except HTTPException:
        raise Refused("form_malformed", "The form was damaged on its way; please send it again.") from None
    raise Refused("file_missing", "No file was chosen. Choose a file and send it again.")


def plain_name(name: str) -> str:
    """The last part of a file name, printable and short."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[:200] or "file"


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """`value` with what each reference stands for in its place: a body is described outside the components."""
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(item, definitions) for name, item in value.items()}


def described_body(model: type[Body], description: str = "") -> dict[str, Any]:
    """The OpenAPI description of a JSON body that a handler reads itself."""
    schema = model.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "description": description, "content": content}}
