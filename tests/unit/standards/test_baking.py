"""Baking: what goes in comes out, and a picture that says two things says nothing."""

import contextlib
import json
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards import baking
from app.standards.baking import BakingProblem
from tests.unit.verification.files import (
    CLR,
    END,
    HEADER,
    OB3,
    PIXEL,
    SIGNATURE,
    chunk,
    damaged,
    element,
    png,
    svg,
    text_chunk,
    zipped_chunk,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text(), VALUES, max_size=6)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


def code_of(unbake: object, image: bytes) -> str:
    with pytest.raises(BakingProblem) as caught:
        unbake(image)  # type: ignore[operator]
    return caught.value.code


@given(DOCUMENTS, st.sampled_from([OB3, CLR]), st.booleans())
def test_a_png_gives_back_what_was_baked(document: dict[str, object], vocabulary: str, ascii_only: bool) -> None:
    credential = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    image = baking.bake_png(png(), credential, vocabulary)
    assert baking.unbake_png(image) == credential
    assert image.startswith(SIGNATURE + HEADER)
    assert image.endswith(PIXEL + END)
    assert code_of(lambda again: baking.bake_png(again, credential), image) == "image_already_baked"


PICTURES = [
    svg(),
    svg(before='<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn > by hand -->\n'),
    svg(before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'),
    svg(attributes='data-note="a > b" data-other=\'">\''),
    svg(attributes=f'xmlns:openbadges="{OB3}"'),
    svg(attributes='xmlns:openbadges="urn:something-else"'),
    b"\xef\xbb\xbf" + svg(),
    b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    b'<s:svg xmlns:s="http://www.w3.org/2000/svg" />',
]


@given(DOCUMENTS, st.sampled_from(PICTURES), st.sampled_from([OB3, CLR]))
def test_an_svg_gives_back_what_was_baked(document: dict[str, object], picture: bytes, vocabulary: str) -> None:
    credential = json.dumps(document | {"marks": "]]> ]]]]>> <![CDATA[ & <"}).encode()
    image = baking.bake_svg(picture, credential, vocabulary)
    assert baking.unbake_svg(image) == credential
    assert re.search(rb"svg[^>]*(?:\"[^\"]*\"|'[^']*'|[^>\"'])*><(?:openbadges|clr):credential", image)
    assert code_of(lambda again: baking.bake_svg(again, credential), image) == "image_already_baked"


@pytest.mark.parametrize(
    ("picture", "credential", "code"),
    [
        (svg(), b'{"a":"\x08"}', "credential_not_text"),
        (svg(), b"\xff", "credential_not_text"),
        (svg(), '{"a":"\ufffe"}'.encode(), "credential_not_text"),
        (svg().decode().encode("utf-16"), b"{}", "image_malformed"),
        (svg(before='<?xml version="1.0" encoding="latin1"?>'), b"{}", "image_malformed"),
        (svg("<script/>"), b"{}", "image_active_content"),
        (b"<svg/>", b"{}", "image_malformed"),
        (svg('<a:assertion xmlns:a="http://openbadges.org" verify="x"/>'), b"{}", "image_already_baked"),
    ],
)
def test_what_cannot_be_baked_into_an_svg(picture: bytes, credential: bytes, code: str) -> None:
    assert code_of(lambda image: baking.bake_svg(image, credential), picture) == code


def test_what_cannot_be_baked_into_a_png() -> None:
    for picture in (png(text_chunk(b"{}")), png(zipped_chunk(b"{}")), png(text_chunk(b"{}", b"openbadges"))):
        assert code_of(lambda image: baking.bake_png(image, b"{}"), picture) == "image_already_baked"
    assert code_of(lambda image: baking.bake_png(image, b"{}"), png()[:-4]) == "image_malformed"


def lying_length(length: int) -> bytes:
    """A carrier chunk that says it is `length` bytes long."""
    honest = text_chunk(b"{}")
    return SIGNATURE + HEADER + struct.pack(">I", length) + honest[4:] + PIXEL + END


@pytest.mark.parametrize(
    ("attack", "image", "code"),
    [
        ("two chunks", png(text_chunk(b'{"a":1}'), text_chunk(b'{"a":2}')), "image_two_credentials"),
        ("twice the same", png(text_chunk(b"{}"), text_chunk(b"{}")), "image_two_credentials"),
        ("one of each vocabulary", png(text_chunk(b"{}"), text_chunk(b"{}", b"clrcredential")), "image_two_credentials"),
        ("the other kind of text chunk", png(text_chunk(b"{}"), text_chunk(b"{}", kind=b"tEXt")), "image_two_credentials"),
        ("a compressed second", png(text_chunk(b"{}"), zipped_chunk(b"{}")), "image_two_credentials"),
        ("zip bomb", png(zipped_chunk(b" " * 50_000_000)), "image_credential_encoding"),
        ("old zip bomb", png(text_chunk(b"x", kind=b"zTXt")), "image_credential_encoding"),
        ("plain tEXt", png(text_chunk(b"{}", kind=b"tEXt")), "image_credential_encoding"),
        ("no text in the chunk", png(chunk(b"iTXt", b"openbadgecredential\0\0\0")), "image_credential_encoding"),
        ("length beyond the end", lying_length(1_000), "image_malformed"),
        ("length beyond four gigabytes", lying_length(2**32 - 1), "image_malformed"),
        ("length too short", lying_length(3), "image_malformed"),
        ("length nought", lying_length(0), "image_malformed"),
        ("check value of another text", png(text_chunk(b"{}").replace(b"{}", b"[]")), "image_malformed"),
        ("hidden behind the end", png() + text_chunk(b"{}"), "image_malformed"),
        ("a page behind the end", png(text_chunk(b"{}")) + b"<html>", "image_malformed"),
        ("cut off", png(text_chunk(b"{}"))[:-20], "image_malformed"),
        ("no end", SIGNATURE + HEADER + text_chunk(b"{}"), "image_malformed"),
        ("no header", SIGNATURE + text_chunk(b"{}") + END, "image_malformed"),
        ("two headers", png(HEADER), "image_malformed"),
        ("nothing but its name", SIGNATURE, "image_malformed"),
        ("a chunk without a name", png(chunk(b"\0\0\0\0", b"")), "image_malformed"),
        ("chunks without end", png(chunk(b"teXt", b"") * baking.MAX_CHUNKS), "image_too_complex"),
        ("screenshot", png(), "image_without_credential"),
        ("nearly the keyword", png(text_chunk(b"{}", b"OpenBadgeCredential")), "image_without_credential"),
        ("Open Badges 2.0", png(text_chunk(b"{}", b"openbadges")), "badge_too_old"),
        ("Open Badges 2.0, as text", png(chunk(b"tEXt", b"openbadges\0{}")), "badge_too_old"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_png_attack(attack: str, image: bytes, code: str) -> None:
    assert code_of(baking.unbake_png, image) == code


@pytest.mark.parametrize(
    ("attack", "image", "code"),
    [
        ("two elements", svg(element("{}") + element("{}")), "image_two_credentials"),
        ("one of each vocabulary", svg(element("{}") + element("{}", CLR)), "image_two_credentials"),
        ("attribute and text", svg(element("{}", attributes='verify="a.b.c"')), "image_two_credentials"),
        ("one in the open, one hidden", svg(element("{}") + f"<g>{element('{}')}</g>"), "image_two_credentials"),
        ("buried", svg(f"<defs>{element('{}')}</defs>"), "image_credential_misplaced"),
        ("element inside", svg(element("<b>{}</b>")), "image_credential_encoding"),
        ("one inside the other", svg(element(element("{}"))), "image_credential_encoding"),
        ("script", svg(element("{}") + "<script>alert(1)</script>"), "image_active_content"),
        ("script of another name space", svg('<x:ScRiPt xmlns:x="http://www.w3.org/1999/xhtml"/>'), "image_active_content"),
        ("page inside the picture", svg("<foreignObject/>"), "image_active_content"),
        ("frame", svg('<iframe xmlns="http://www.w3.org/1999/xhtml"/>'), "image_active_content"),
        ("event handler", svg(element("{}"), 'onload="alert(1)"'), "image_active_content"),
        ("event handler in capitals", svg('<g OnClick="x"/>'), "image_active_content"),
        ("event handler from the DTD", svg(before='<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x">]>'), "image_active_content"),
        ("script link", svg('<a href="javascript:alert(1)"/>'), "image_active_content"),
        ("script link in pieces", svg('<a href=" java&#10;Script:alert(1)"/>'), "image_active_content"),
        ("script by animation", svg('<set attributeName="href" to="javascript:x"/>'), "image_active_content"),
        ("script in a list of values", svg('<animate values="#a;javascript:x"/>'), "image_active_content"),
        ("picture within", svg('<image href="data:image/svg+xml;base64,AAAA"/>'), "image_active_content"),
        ("page within", svg('<image href="data:text/html,x"/>'), "image_active_content"),
        ("style sheet", svg(before='<?xml-stylesheet href="x.xsl"?>'), "image_active_content"),
        ("billion laughs", svg(element("&l9;"), before=f"<!DOCTYPE svg [{LAUGHS}]>"), "image_entities"),
        ("one harmless entity", svg(element("&e;"), before='<!DOCTYPE svg [<!ENTITY e "{}">]>'), "image_entities"),
        ("file of this computer (XXE)", svg(element("&e;"), before='<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "image_entities"),
        ("other computer (XXE)", svg(before='<!DOCTYPE svg [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>'), "image_entities"),
        ("entity of a DTD elsewhere", svg(element("&e;"), before='<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/">'), "image_malformed"),
        ("too deep", svg("<g>" * 200 + "</g>" * 200), "image_too_complex"),
        ("too many", svg("<g/>" * (baking.MAX_ELEMENTS + 1)), "image_too_complex"),
        ("not closed", svg(element("{}"))[:-6], "image_malformed"),
        ("unknown encoding", svg(before='<?xml version="1.0" encoding="rot13"?>'), "image_malformed"),
        ("encoding that hides tags", svg(before='<?xml version="1.0" encoding="utf-7"?>'), "image_malformed"),
        ("not a picture", b"<credential/>", "image_malformed"),
        ("svg in name only", b"<svg>{}</svg>", "image_malformed"),
        ("picture alone", svg(), "image_without_credential"),
        ("Open Badges 2.0", svg('<a:assertion xmlns:a="http://openbadges.org" verify="x"/>'), "badge_too_old"),
        ("another name space", svg(element("{}", "https://evil.example/ob/v3p0")), "image_without_credential"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_svg_attack(attack: str, image: bytes, code: str) -> None:
    assert code_of(baking.unbake_svg, image) == code


def test_a_drawing_programs_picture_is_read() -> None:
    harmless = (
        '<style>rect{fill:red}</style><image href="data:image/png;base64,AAAA"/><a href="https://college.example"/>'
    )
    picture = svg(harmless + element("<![CDATA[ {} ]]>"), before=PICTURES[2].decode().partition("<svg")[0])
    assert baking.unbake_svg(picture) == b"{}"
    assert baking.unbake_svg(svg(element("", attributes='verify=" a.b.c "'))) == b"a.b.c"
    assert baking.unbake_svg(svg(element("{}", CLR))) == b"{}"


@given(damaged(png(text_chunk(b'{"a":1}')), svg(element('{"a":1}')), PICTURES[2]) | st.binary(max_size=200))
def test_no_damage_gives_more_than_a_refusal(image: bytes) -> None:
    for unbake in (baking.unbake_png, baking.unbake_svg):
        with contextlib.suppress(BakingProblem):
            unbake(image)
