"""The guarded fast encoder against the reference `rfc8785`, byte for byte."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.standards import jcs

LIMIT = 2**53 - 1
texts = st.text(max_size=8) | st.text(
    '"\\\b\f\n\r\t\x00\x1f\x7f\x80é€\u2028\ud7ff\ue000\uffff😀𐀀.eE0123456789', max_size=20
)
numbers = (
    st.integers(-LIMIT, LIMIT)
    | st.integers(-(10**18), 10**18)
    | st.floats()
    | st.floats(1e14, 1e23)
    | st.builds(lambda digits, power: float(f"{digits}e{power}"), st.integers(-999, 999), st.integers(-330, 300))
    | st.sampled_from([1e16, 1e15, 1e21, 1e-6, 1e-7, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 1.0, 20.0, 7.5])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=15,
)


def outcome(encode: Any, value: Any) -> bytes | None:
    try:
        encoded = encode(value)
    except (ValueError, UnicodeError):
        return None
    assert isinstance(encoded, bytes)
    return encoded


@settings(max_examples=700, deadline=None)
@given(values)
@example(1e16)
@example({"a": [1e16, "1e+16"]})
@example({"1.5": "x", "1e5": 1234567890123456})
@example({"\ue000": 1, "😀": 2})
@example({"\U0010ffff": 1, "\uffff": 2, "a": 3})
@example(123456789012345)
@example(2**53)
@example([-0.0])
@example({"\x7f": "\x7f"})
@example("\ud800")
@example({"\udc00": 1})
def test_same_bytes_or_same_refusal_as_the_reference(value: Any) -> None:
    assert outcome(jcs.canonicalise, value) == outcome(rfc8785.dumps, value)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(texts, values, max_size=6))
def test_reading_and_writing_again_changes_nothing(value: Any) -> None:
    once = outcome(jcs.canonicalise, value)
    if once is not None:
        # A large float is written without a point; as an integer it would rightly be refused.
        again = json.loads(once, parse_int=lambda text: int(text) if abs(int(text)) <= LIMIT else float(text))
        assert jcs.canonicalise(again) == once


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53), "\ud800", ["\udfff"], object(), b"x", {1, 2}, 1j],
    ids=lambda value: "an object" if type(value) is object else ascii(value),
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    for place in (value, [value], {"a": value}):
        with pytest.raises(ValueError):  # noqa: PT011 - the standard library's own messages
            jcs.canonicalise(place)
