"""One meaning per document, or a refusal with its code."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.standards import strict_json


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":2}', "duplicate_member"),
        (b'{"a":{"b":1,"b":1}}', "duplicate_member"),
        (b'{"a":1,"\\u0061":2}', "duplicate_member"),
        (b"[" * 41 + b"]" * 41, "too_deep"),
        (b'{"a":' * 41 + b"1" + b"}" * 41, "too_deep"),
        (b"[" * 200_000, "too_deep"),
        (b"9007199254740992", "number_not_exact"),
        (b"-9007199254740992", "number_not_exact"),
        (b'{"a":' + b"9" * 100_000 + b"}", "number_not_exact"),
        (b"1e400", "number_not_exact"),
        (b"-1e400", "number_not_exact"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'{"\\udc00":1}', "lone_surrogate"),
        (b'["\\ude00\\ud83d"]', "lone_surrogate"),
        (b'"' + b" " * strict_json.MAX_BYTES, "document_too_large"),
        (b"\xff", "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b'"\xc0\xaf"', "not_utf8"),
        (b'{"a":1}'.decode().encode("utf-16"), "not_utf8"),
        (b'\xef\xbb\xbf{"a":1}', "malformed_json"),
        (b"", "malformed_json"),
        (b"NaN", "malformed_json"),
        (b"[Infinity]", "malformed_json"),
        (b"[-Infinity]", "malformed_json"),
        (b'{"a":1}{"a":1}', "malformed_json"),
        (b'{"a":1,}', "malformed_json"),
        (b"{'a':1}", "malformed_json"),
        (b'"\n"', "malformed_json"),
        (b"01", "malformed_json"),
        (b'"\\x41"', "malformed_json"),
        (b"]]]]", "malformed_json"),
        # Unfinished strings full of escaped quotes: a scan that starts again at each quote would never end.
        (b'"' + b'\\"' * 131_000, "malformed_json"),
        (b'["' + b"\\\\\\\n" * 65_000, "malformed_json"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, bytes) else value,
)
def test_refused(data: bytes, code: str) -> None:
    with pytest.raises(strict_json.NotStrictJson) as refusal:
        strict_json.parse(data)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"9007199254740991", 2**53 - 1),
        (b"-9007199254740991", 1 - 2**53),
        (b"1.5e3", 1500.0),
        (b"-0", 0),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"é😀"'.encode(), "é😀"),
        (b'"[[[[{{{{"', "[[[[{{{{"),
        (b'"\\"[\\\\"', '"[\\'),
        (b"[" * 40 + b"]" * 40, None),
        (b' {"a": {"a": 1}} ', {"a": {"a": 1}}),
        (b"null", None),
    ],
    ids=ascii,
)
def test_read(data: bytes, value: object) -> None:
    read = strict_json.parse(data)
    assert read == value or data.startswith(b"[[")


def test_an_object_is_demanded() -> None:
    assert strict_json.parse_object(b"{}") == {}
    with pytest.raises(strict_json.NotStrictJson) as refusal:
        strict_json.parse_object(b"[]")
    assert refusal.value.code == "not_an_object"


def test_the_size_limit_is_the_callers() -> None:
    assert strict_json.parse(b'"12"', max_bytes=4) == "12"
    with pytest.raises(strict_json.NotStrictJson) as refusal:
        strict_json.parse(b'"123"', max_bytes=4)
    assert refusal.value.code == "document_too_large"


def test_refusals_do_not_repeat_endless_input() -> None:
    name = "x" * 10_000
    with pytest.raises(strict_json.NotStrictJson) as refusal:
        strict_json.parse(f'{{"{name}":1,"{name}":2}}'.encode())
    assert len(str(refusal.value)) < 200


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Hypothesis makes no surrogates here: they have no UTF-8.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(json_values, st.booleans())
def test_every_proper_document_is_read_as_the_standard_library_reads_it(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert strict_json.parse(text.encode()) == json.loads(text)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]":,\\u0d8c1eE+-. \n', max_size=60).map(str.encode))
def test_nothing_ends_otherwise_than_in_a_value_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(strict_json.NotStrictJson):
        assert strict_json.parse(data) == json.loads(data)
