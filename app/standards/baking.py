"""Baked badges: a credential inside a PNG or SVG picture (Open Badges 3.0, Document Format; CLR 2.0).

A picture comes from anybody. One with two credentials shows one thing to one reader and another to the next; one with
scripts is a program: both are refused, never mended. Only the credential's bytes come out of here.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

OPEN_BADGE, CLR = "https://purl.imsglobal.org/ob/v3p0", "https://purl.imsglobal.org/clr/v2p0"
"""The two vocabularies, named by their SVG namespaces."""

_KEYWORDS = {OPEN_BADGE: b"openbadgecredential", CLR: b"clrcredential"}
_PREFIXES = {OPEN_BADGE: "openbadges", CLR: "clr"}
_OLD_KEYWORD, _OLD_ELEMENT = b"openbadges", "{http://openbadges.org}assertion"

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 10_000
_TEXT_CHUNKS = (b"iTXt", b"tEXt", b"zTXt")

_SVG = "{http://www.w3.org/2000/svg}svg"
MAX_ELEMENTS = 50_000
MAX_DEPTH = 100
_ACTIVE_ELEMENTS = {"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"}
_ACTIVE_VALUE = re.compile(r"(?:java|vb)script:|data:(?:text/(?:html|xml)|image/svg|application/(?:xhtml|xml))")
_BLANKS = re.compile(r"[\x00-\x20]+")
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_START_TAG = re.compile(rb"<([^\s/>]++)(?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+>")


class BakingProblem(ValueError):
    """The picture does not hold exactly one credential in the way of the standard. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk of a PNG: its type, its data, and where the next one begins."""

    type: bytes
    data: memoryview
    end: int


def unbake_png(image: bytes) -> bytes:
    """The JSON or compact JWS inside `image`. Raises `BakingProblem`.

    Codes: image_malformed, image_too_complex, image_without_credential, image_two_credentials,
    image_credential_encoding, badge_too_old.
    """
    carriers, has_old = [], False
    for chunk in _chunks(image):
        if chunk.type in _TEXT_CHUNKS:
            keyword, ended, rest = bytes(chunk.data).partition(b"\0")
            if ended and keyword in _KEYWORDS.values():
                carriers.append((chunk.type, rest))
            has_old = has_old or keyword == _OLD_KEYWORD
    if len(carriers) > 1:
        _two()
    if not carriers:
        _none(has_old)
    kind, rest = carriers[0]
    # Two bytes (compressed or not, how), the language, the keyword in that language, the text.
    _, ended, translated = rest[2:].partition(b"\0")
    _, also_ended, text = translated.partition(b"\0")
    if kind != b"iTXt" or rest[:1] != b"\0" or not ended or not also_ended:
        # Never inflated: the standard forbids it, and a few bytes may hide gigabytes.
        raise BakingProblem(
            "image_credential_encoding",
            "The credential inside this picture is compressed, or stored in another way that the standard forbids.",
        )
    return text


def bake_png(image: bytes, credential: bytes, vocabulary: str = OPEN_BADGE) -> bytes:
    """`image` with `credential` (UTF-8 JSON) in it, right after the header.

    Raises `BakingProblem` (image_already_baked, image_malformed, image_too_complex): a picture is never baked twice.
    """
    try:
        unbake_png(image)
    except BakingProblem as problem:
        if problem.code in ("image_malformed", "image_too_complex"):
            raise
        if problem.code != "image_without_credential":
            _already_baked()
    else:
        _already_baked()
    header = next(_chunks(image))
    body = b"iTXt" + _KEYWORDS[vocabulary] + b"\0\0\0\0\0" + credential
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return image[: header.end] + chunk + image[header.end :]


def unbake_svg(image: bytes) -> bytes:
    """The JSON or compact JWS inside `image`. Raises `BakingProblem`.

    Codes: image_malformed, image_too_complex, image_active_content, image_entities, image_without_credential,
    image_two_credentials, image_credential_misplaced, image_credential_encoding, badge_too_old.
    """
    read = _read_svg(image)
    if not read.carriers:
        _none(read.has_old)
    text, signed = "".join(read.text).strip(), read.carriers[0].get("verify", "").strip()
    if text and signed:
        _two()
    return (text or signed).encode()


def bake_svg(image: bytes, credential: bytes, vocabulary: str = OPEN_BADGE) -> bytes:
    """`image` (UTF-8) with `credential` (UTF-8 JSON) directly after its first tag. Every other byte stays.

    Raises `BakingProblem` (image_already_baked, credential_not_text, the codes of `unbake_svg` for a bad picture).
    """
    read = _read_svg(image)
    if read.carriers or read.has_old:
        _already_baked()
    declared = _DECLARED.match(image.removeprefix(b"\xef\xbb\xbf"))
    start = _START_TAG.match(image, read.root_at)
    is_utf8 = b"\0" not in image and (declared is None or declared[1].lower() in (b"utf-8", b"us-ascii"))
    if start is None or not is_utf8:
        raise BakingProblem("image_malformed", "This picture is not an SVG file in UTF-8.")
    try:
        text = credential.decode()
    except UnicodeDecodeError:
        text = "\0"
    if _NOT_XML.search(text):
        raise BakingProblem("credential_not_text", "The credential holds characters that cannot stand in an SVG file.")
    prefix, tag = _PREFIXES[vocabulary], start[0]
    # A section of character data ends at its first "]]>", so one inside the text is split over two sections.
    data = text.replace("]]>", "]]]]><![CDATA[>")
    # Declared on the root, as the standard shows it, unless the name is in use there.
    name = f"xmlns:{prefix}"
    declaration = f' {name}="{vocabulary}"'
    on_root = name.encode() not in tag
    element = f"<{prefix}:credential{'' if on_root else declaration}><![CDATA[{data}]]></{prefix}:credential>"
    opened = tag[:-2].rstrip() if tag.endswith(b"/>") else tag[:-1]
    closing = b"</" + start[1] + b">" if tag.endswith(b"/>") else b""
    opened += (declaration if on_root else "").encode() + b">"
    return image[: start.start()] + opened + element.encode() + closing + image[start.end() :]


def _chunks(image: bytes) -> Iterator[_Chunk]:
    """The chunks from IHDR to IEND, each in bounds and with the right check value; nothing before, between or after."""
    if not image.startswith(PNG_SIGNATURE):
        _malformed("This picture is not a PNG file.")
    view, position = memoryview(image), len(PNG_SIGNATURE)
    for count in range(MAX_CHUNKS):
        if position + 12 > len(image):
            _malformed("This picture is cut off. Was it received in full?")
        length, kind = struct.unpack_from(">I4s", image, position)
        end = position + 12 + length
        if end > len(image):
            _malformed("This picture is cut off. Was it received in full?")
        if zlib.crc32(view[position + 4 : end - 4]) != struct.unpack_from(">I", image, end - 4)[0]:
            _malformed("This picture is damaged: part of it does not match its own check value.")
        if not (kind.isalpha() and kind.isascii()) or (kind == b"IHDR") != (count == 0):
            _malformed("This picture is damaged: its parts are not in order.")
        yield _Chunk(kind, view[position + 8 : end - 4], end)
        if kind == b"IEND":
            if end != len(image):
                _malformed("Something else is hidden behind the end of this picture.")
            return
        position = end
    _too_complex()


def _read_svg(image: bytes) -> "_SvgReader":
    reader = _SvgReader()
    parser = DefusedXMLParser(target=reader, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    reader.expat = parser.parser
    try:
        parser.feed(image)
        parser.close()
    except BakingProblem:
        raise
    except DefusedXmlException:
        raise BakingProblem(
            "image_entities",
            "This picture defines abbreviations of its own (XML entities), which can be used to hide text or to reach "
            "into other computers. It was not read any further.",
        ) from None
    except (ParseError, ValueError, LookupError):
        _malformed("This picture is damaged: it is not a readable SVG file.")
    return reader


class _SvgReader:
    """What the XML parser reports to. Keeps the credential's text alone; stops at the first thing that is not allowed.

    A DOCTYPE is let through, for drawing programs write one; its entities are not, and nothing is ever loaded.
    """

    def __init__(self) -> None:
        self.expat: Any = None
        self.root_at = 0
        self.carriers: list[dict[str, str]] = []
        self.text: list[str] = []
        self.has_old = False
        self._depth = self._elements = 0
        self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            _too_complex()
        if self._depth == 1:
            if tag != _SVG:
                _malformed("This is not an SVG picture.")
            self.root_at = self.expat.CurrentByteIndex
        if self._inside:
            raise BakingProblem("image_credential_encoding", "The credential inside this picture is damaged.")
        _refuse_active(tag, attributes)
        self.has_old = self.has_old or tag == _OLD_ELEMENT
        if tag in (f"{{{OPEN_BADGE}}}credential", f"{{{CLR}}}credential"):
            self._carrier(attributes)

    def _carrier(self, attributes: dict[str, str]) -> None:
        self.carriers.append(attributes)
        if len(self.carriers) > 1:
            _two()
        if self._depth != 2:
            raise BakingProblem(
                "image_credential_misplaced",
                "The credential is not where the standard puts it in a picture, so other readers might not see it.",
            )
        self._inside = True

    def data(self, text: str) -> None:
        if self._inside:
            self.text.append(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._inside = False

    def pi(self, target: str, data: str | None = None) -> None:
        if target.lower() == "xml-stylesheet":
            _active()


def _refuse_active(tag: str, attributes: dict[str, str]) -> None:
    if tag.rpartition("}")[2].lower() in _ACTIVE_ELEMENTS:
        _active()
    for name, value in attributes.items():
        # Browsers skip blanks inside a scheme, and read it in any case.
        if name.lower().startswith("on") or _ACTIVE_VALUE.search(_BLANKS.sub("", value).lower()):
            _active()


def _none(has_old: bool) -> NoReturn:
    if has_old:
        raise BakingProblem(
            "badge_too_old",
            "This picture holds an older kind of badge (Open Badges 2.0), which carries no signature that can be "
            "checked here. Ask the issuer for the badge as Open Badges 3.0.",
        )
    raise BakingProblem(
        "image_without_credential",
        "This is a picture without a credential inside. A screenshot, a photo or a picture that was saved again loses "
        "it: use the file exactly as it was downloaded.",
    )


def _two() -> NoReturn:
    raise BakingProblem(
        "image_two_credentials",
        "This picture holds more than one credential, so different readers would see different things. It was not "
        "checked.",
    )


def _active() -> NoReturn:
    raise BakingProblem(
        "image_active_content",
        "This picture contains a program (a script or something that starts one). A credential never needs that; it "
        "was not checked.",
    )


def _too_complex() -> NoReturn:
    raise BakingProblem("image_too_complex", "This picture has more parts than a badge has. It was not read.")


def _malformed(message: str) -> NoReturn:
    raise BakingProblem("image_malformed", message)


def _already_baked() -> NoReturn:
    raise BakingProblem("image_already_baked", "This picture holds a credential already.")
