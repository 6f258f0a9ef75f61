"""The line of every value, whatever the text looks like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards.json_lines import line_of, lines_of

TEXT = """{
  "a": 1,
  "b": [
    true,
    {"c": "x, ]}\\" y",
     "d": []}
  ],
  "e":
    {}
}"""


def test_members_and_places() -> None:
    assert lines_of(TEXT) == {
        (): 1,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 1): 5,
        ("b", 1, "c"): 5,
        ("b", 1, "d"): 6,
        ("e",): 8,
    }


@pytest.mark.parametrize(("path", "line"), [(("b", 1, "d"), 6), (("b", 1, "new"), 5), (("z",), 1), ((), 1)])
def test_what_is_not_there_is_where_it_would_be(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(lines_of(TEXT), path) == line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def paths(value: object, at: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    return {at}.union(*(paths(each, (*at, name)) for name, each in inside))


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_every_value_of_any_text_is_found(value: object, indent: int | None, plain: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    found = lines_of(text)
    assert set(found) == paths(value)
    assert max(found.values()) <= text.count("\n") + 1
