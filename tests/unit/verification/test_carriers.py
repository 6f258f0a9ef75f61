"""What a file is, read off its content alone, and what is said of one that holds no credential."""

import contextlib
import json
from base64 import urlsafe_b64encode
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused, TooLarge
from app.standards import baking
from app.verification import carriers
from app.verification.carriers import Carried, Kind
from tests.unit.verification.files import damaged, element, png, svg, text_chunk


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


JWT = f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part({'vc': {}})}.c2lnbmF0dXJl"
JWE = f"{part({'alg': 'ECDH-ES', 'enc': 'A256GCM'})}..aXY.dGV4dA.dGFn"
LINK = "http://localhost:8000/verify/0b54c1de-7a0f-4a53-9f6e-2c1d8f3a7b90"


def no_pdf(data: bytes) -> NoReturn:
    raise Refused("pdf_without_credential", "Nothing is attached.")


def pdf_holding(content: bytes) -> carriers.PdfReader:
    return lambda data: content


def code_of(data: bytes, read_pdf: carriers.PdfReader = no_pdf) -> str:
    with pytest.raises(Refused) as caught:
        carriers.unwrap(data, read_pdf)
    sentence = caught.value.message
    assert sentence[0].isupper()
    assert sentence.endswith((".", "?"))
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "kind", "payload"),
    [
        (b'{"a":1}', Kind.JSON, b'{"a":1}'),
        (b'\xef\xbb\xbf \r\n{"a":1}\n', Kind.JSON, b'{"a":1}'),
        (b"[1]", Kind.JSON, b"[1]"),
        (b"{", Kind.JSON, b"{"),
        (b'{"\xff', Kind.JSON, b'{"\xff'),
        (b'{"url":"x","id":"y"}', Kind.JSON, b'{"url":"x","id":"y"}'),
        (b'{"url":"x","url":"y"}', Kind.JSON, b'{"url":"x","url":"y"}'),
        (b'{"url":5}', Kind.JSON, b'{"url":5}'),
        (png(text_chunk(b'{"a":1}')), Kind.PNG, b'{"a":1}'),
        (png(text_chunk(b'\n {"a":1}\n', b"clrcredential")), Kind.PNG, b'{"a":1}'),
        (svg(element('{"a":1}')), Kind.SVG, b'{"a":1}'),
        (svg("<!-- <html> -->" + element("{}"), before="<!-- <html> -->"), Kind.SVG, b"{}"),
        (b"%PDF-1.7 anything", Kind.PDF, b'{"a":1}'),
        (LINK.encode(), Kind.LINK, LINK.encode()),
        (f"\n{LINK} \r\n".encode(), Kind.LINK, LINK.encode()),
        (json.dumps(LINK).encode(), Kind.LINK, LINK.encode()),
        (json.dumps({"url": f" {LINK}"}).encode(), Kind.LINK, LINK.encode()),
        (b'{"url":"file:///etc/passwd"}', Kind.LINK, b"file:///etc/passwd"),
    ],
)
def test_what_is_understood(data: bytes, kind: Kind, payload: bytes) -> None:
    assert carriers.unwrap(data, pdf_holding(b' {"a":1} ')) == Carried(kind, payload)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\t", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "photo_not_credential"),
        (b"GIF89a", "photo_not_credential"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "photo_not_credential"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "photo_not_credential"),
        (b"II*\0\x08\0\0\0", "photo_not_credential"),
        (b"BM6\0\0\0\0\0\0\0\x36", "photo_not_credential"),
        (b"PK\x03\x04\x14\0\0\0\x08\0photo.jpg", "archive_not_credential"),
        (b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml", "office_document"),
        (b"PK\x03\x04\x14\0\0\0\0\0mimetypeapplication/vnd.oasis.opendocument.text", "office_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "office_document"),
        (b"{\\rtf1 I certify}", "office_document"),
        (b"\x1f\x8b\x08\0", "archive_not_credential"),
        (b"<!doctype html><title>x</title>", "html_page"),
        (b"\xef\xbb\xbf<!-- saved --> <HTML lang='en'><svg/>", "html_page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>', "html_page"),
        (b"<p>I certify</p>", "html_page"),
        (b"<!--" + b"x" * 20_000, "xml_unknown"),
        (b"<achievement/>", "xml_unknown"),
        (b"not json", "text_not_credential"),
        ("I certify that Zoë passed.".encode(), "text_not_credential"),
        (b"0b54c1de-7a0f-4a53-9f6e-2c1d8f3a7b90", "text_not_credential"),
        (b"a.b.c", "text_not_credential"),
        (b"https://one.example https://two.example", "text_not_credential"),
        (b"https://one.example/" + b"x" * 3_000, "text_not_credential"),
        (b"BMW certificate", "text_not_credential"),
        (b"true", "text_not_credential"),
        (b'"half a string', "text_not_credential"),
        (b"\xa2gversion", "file_unknown"),
        (b"text with \0 in it", "file_unknown"),
        (b"\x7fELF\x02\x01", "file_unknown"),
        (b'{"a":1}'.decode().encode("utf-16"), "not_utf8"),
        (JWT.encode(), "jwt_not_supported"),
        (f" {JWT}\n".encode(), "jwt_not_supported"),
        (json.dumps(JWT).encode(), "jwt_not_supported"),
        (JWE.encode(), "jwt_not_supported"),
        (f"data:application/vc+jwt,{JWT}".encode(), "jwt_not_supported"),
        (f"{JWT}~{part(['salt', 'name', 'Anna'])}~".encode(), "sd_jwt_not_supported"),
        (f"data:application/vc+sd-jwt,{JWT}~".encode(), "sd_jwt_not_supported"),
        (b"data:application/vc+cose;base64,AAAA", "enveloped_not_supported"),
        (png(text_chunk(JWT.encode())), "jwt_not_supported"),
        (svg(element("", attributes=f'verify="{JWT}"')), "jwt_not_supported"),
        (png(text_chunk(b"https://college.example/verify/1")), "carried_not_json"),
        (png(text_chunk(b"\xff\xfe")), "carried_not_json"),
        (svg(element("")), "carried_not_json"),
        (png(), "image_without_credential"),
        (svg(), "image_without_credential"),
        (svg("<script/>"), "image_active_content"),
        (png(text_chunk(b"{}"), text_chunk(b"{}")), "image_two_credentials"),
        (b"%PDF-1.7", "pdf_without_credential"),
    ],
)  # fmt: skip
def test_what_is_refused_and_by_which_name(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_what_a_pdf_holds_is_read_like_what_a_picture_holds() -> None:
    assert code_of(b"%PDF-1.7", pdf_holding(JWT.encode())) == "jwt_not_supported"
    assert code_of(b"%PDF-1.7", pdf_holding(LINK.encode())) == "carried_not_json"


def test_a_file_over_the_limit_is_not_looked_into() -> None:
    with pytest.raises(TooLarge) as caught:
        carriers.unwrap(b"%PDF-" + b"x" * carriers.MAX_BYTES, pdf_holding(b"{}"))
    assert caught.value.code == "file_too_large"


def test_a_token_is_told_by_its_header_not_by_its_dots() -> None:
    for header in (b"x", b"{}", b"[" * 10_000, b'{"typ":"JWT"}', b"\xff"):
        token = urlsafe_b64encode(header).rstrip(b"=") + b".e30.e30"
        assert code_of(token) == "text_not_credential"


@given(st.binary(max_size=300) | damaged(png(text_chunk(b"{}")), svg(element("{}")), JWT.encode(), b'{"url":"x"}'))
def test_whatever_comes_it_is_carried_or_refused(data: bytes) -> None:
    with contextlib.suppress(Refused):
        assert carriers.unwrap(data, no_pdf).payload


@given(
    st.sampled_from([baking.PNG_SIGNATURE, b"<svg", b"%PDF-", b"PK\x03\x04", b"{", b'"', b"<!doctype "]), st.binary()
)
def test_a_good_beginning_promises_nothing(beginning: bytes, rest: bytes) -> None:
    test_whatever_comes_it_is_carried_or_refused.hypothesis.inner_test(beginning + rest)  # type: ignore[attr-defined]
