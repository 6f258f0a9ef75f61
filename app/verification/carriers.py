"""From the bytes somebody handed in to the document inside: plain, baked into a picture, or attached to a PDF.

What a file is, is read off its content, never off its name or a stated media type. Whatever is not a credential is
refused with a code of its own and a sentence that says what to do instead.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from app.errors import Refused, TooLarge
from app.standards import baking, strict_json

MAX_BYTES = 10 * 1024 * 1024
"""Of a file of any kind. The document inside has its own, smaller limit (`submission.MAX_BYTES`)."""

PdfReader = Callable[[bytes], bytes]
"""From a PDF to the one JSON file attached to it. Raises `Refused` (codes `pdf_…`). Behind a port, because whatever
parses a stranger's PDF is kept apart from this process."""

_BOM = b"\xef\xbb\xbf"
_MAX_LINK = 2_000
_LINK = re.compile(r"https?://[^\s\"<>]+", re.IGNORECASE)
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)(?:\.[A-Za-z0-9_-]*){2}(?:(?:\.[A-Za-z0-9_-]*){2})?")
_PAGE = re.compile(
    rb"(?:\s++|<\?[^>]*+>|<!--(?:(?!-->).)*+-->)*+"
    rb"<(?:!doctype\s+html|(?:html|head|body|title|meta|div|p|a|table|h1|script|style)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")

_PHOTOS = (b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\x01\0", b"\xff\x0a", b"\0\0\0\x0cJXL ")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\0")
_OLD_OFFICE, _RICH_TEXT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf"
_OFFICE_PARTS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument")

_USE_INSTEAD = "Use the file exactly as it was downloaded, or the link or number printed on it."
_SENTENCES = {
    "file_empty": "This file is empty. Was it received in full?",
    "photo_not_credential": (
        f"This is a photo or a scan. What is printed can be copied by anyone, so a photo cannot be checked. "
        f"{_USE_INSTEAD}"
    ),
    "archive_not_credential": "This is an archive of several files. Unpack it and choose the credential inside.",
    "office_document": (
        f"This is a document of a word processor or a spreadsheet, which anyone can write. {_USE_INSTEAD}"
    ),
    "html_page": (
        "This is a saved web page. What a page says cannot be checked: paste its link instead, or use the credential "
        "file that the page offers."
    ),
    "xml_unknown": "This is an XML file of a kind that is not read here.",
    "text_not_credential": f"This is plain text, not a credential. {_USE_INSTEAD}",
    "file_unknown": f"This is a kind of file that is not read here. {_USE_INSTEAD}",
    "jwt_not_supported": (
        "This credential is signed as a JWT, which this verifier does not read yet; we cannot tell whether it is "
        "genuine. Ask the holder for it as Open Badges 3.0 with an embedded signature (a Data Integrity proof)."
    ),
    "sd_jwt_not_supported": (
        "This credential is an SD-JWT, which this verifier does not read yet; we cannot tell whether it is genuine. "
        "Ask the holder for it as Open Badges 3.0 with an embedded signature (a Data Integrity proof)."
    ),
    "enveloped_not_supported": (
        "This credential is sealed in an envelope of a kind that this verifier does not read yet; we cannot tell "
        "whether it is genuine."
    ),
}


class Kind(StrEnum):
    """What was handed in."""

    JSON = "json"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Carried:
    """The document found inside, as bytes: JSON, not read yet; for a link, the link itself."""

    kind: Kind
    payload: bytes


def unwrap(data: bytes, read_pdf: PdfReader) -> Carried:
    """What `data` carries. Raises `Refused`, `TooLarge("file_too_large")`, and nothing else that `read_pdf` does not.

    Codes: those of `_SENTENCES`, of `baking.unbake_png`, `baking.unbake_svg`, and of `read_pdf`.
    """
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise TooLarge("file_too_large", f"The file is larger than the {limit} MB that are read here.")
    if data.startswith(baking.PNG_SIGNATURE):
        return Carried(Kind.PNG, _unbaked(baking.unbake_png, data))
    if data.startswith(b"%PDF-"):
        return Carried(Kind.PDF, _document(read_pdf(data)))
    _refuse_foreign(data)
    plain = data.removeprefix(_BOM).strip()
    if not plain:
        refuse("file_empty")
    if plain[:1] in b"{[":
        link = _wrapped_link(plain)
        return Carried(Kind.LINK, link) if link else Carried(Kind.JSON, plain)
    if plain[:1] == b"<":
        return _markup(plain)
    return _text(plain)


def refuse(code: str) -> NoReturn:
    """Raises the `Refused` of `code`, one of this module's own."""
    raise Refused(code, _SENTENCES[code])


def refuse_token(text: str) -> None:
    """Raises `Refused` (jwt_not_supported, sd_jwt_not_supported) when `text` is a token that holds its signature."""
    token, disclosed, _ = text.strip().partition("~")
    shaped = _TOKEN.fullmatch(token)
    if shaped is not None and _is_token_header(shaped[1]):
        refuse("sd_jwt_not_supported" if disclosed else "jwt_not_supported")


def refuse_envelope(identifier: object) -> NoReturn:
    """Raises the `Refused` for an EnvelopedVerifiableCredential whose `id` is `identifier`."""
    media_type = re.split("[;,]", str(identifier)[:100].lower())[0]
    if media_type.endswith("sd-jwt"):
        refuse("sd_jwt_not_supported")
    refuse("jwt_not_supported" if media_type.endswith("jwt") else "enveloped_not_supported")


def _unbaked(unbake: Callable[[bytes], bytes], image: bytes) -> bytes:
    try:
        return _document(unbake(image))
    except baking.BakingProblem as problem:
        raise Refused(problem.code, str(problem)) from None


def _document(inside: bytes) -> bytes:
    """The JSON inside a picture or a PDF."""
    plain = inside.removeprefix(_BOM).strip()
    if plain[:1] != b"{":
        refuse_token(plain.decode("ascii", "replace"))
        raise Refused("carried_not_json", "What is inside this file is not a credential that can be read here.")
    return plain


def _refuse_foreign(data: bytes) -> None:
    """Files of other kinds, by the bytes they begin with."""
    is_boxed = data[4:8] == b"ftyp" or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")
    is_bitmap = data.startswith(b"BM") and data[6:10] == bytes(4)
    if is_boxed or is_bitmap or data.startswith(_PHOTOS):
        refuse("photo_not_credential")
    if data.startswith((_OLD_OFFICE, _RICH_TEXT)):
        refuse("office_document")
    if data.startswith(_ARCHIVES):
        refuse("office_document" if any(part in data[:4_000] for part in _OFFICE_PARTS) else "archive_not_credential")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("not_utf8", "The text is not UTF-8. Use the file exactly as it was downloaded.")


def _wrapped_link(plain: bytes) -> bytes | None:
    """The link of `{"url": "…"}`. Anything unclear is left to whoever reads the document."""
    if len(plain) > 2 * _MAX_LINK or b'"url"' not in plain:
        return None
    try:
        value = strict_json.parse(plain)
    except strict_json.NotStrictJson:
        return None
    url = value["url"] if isinstance(value, dict) and list(value) == ["url"] else None
    return url.strip().encode() if isinstance(url, str) else None


def _markup(plain: bytes) -> Carried:
    # By how it begins: a page may hold pictures.
    if _PAGE.match(plain[:8_000]):
        refuse("html_page")
    if b"<svg" not in plain and b":svg" not in plain:
        refuse("xml_unknown")
    return Carried(Kind.SVG, _unbaked(baking.unbake_svg, plain))


def _text(plain: bytes) -> Carried:
    try:
        text = plain.decode()
    except UnicodeDecodeError:
        refuse("file_unknown")
    if _CONTROL.search(text):
        refuse("file_unknown")
    if text.startswith('"'):
        try:
            quoted = strict_json.parse(plain)
        except strict_json.NotStrictJson:
            refuse("text_not_credential")
        text = str(quoted).strip()
    if text.lower().startswith("data:application/"):
        refuse_envelope(text)
    refuse_token(text)
    if len(text) <= _MAX_LINK and _LINK.fullmatch(text):
        return Carried(Kind.LINK, text.encode())
    refuse("text_not_credential")


def _is_token_header(part: str) -> bool:
    try:
        header = json.loads(urlsafe_b64decode(part[:20_000] + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header
