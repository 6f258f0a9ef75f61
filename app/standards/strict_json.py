"""I-JSON (RFC 7493) reading: one meaning per document, or a refusal.

Without this, two readers may see two documents in the same signed bytes (duplicate members, huge integers,
lone surrogates), and a deep nesting can exhaust the stack.
"""

import json
import re
from typing import Any, NoReturn

MAX_BYTES = 256 * 1024
MAX_DEPTH = 40
_LARGEST_EXACT = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = b"["[0]
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_FEW_BRACKETS = 4_096


class NotStrictJson(ValueError):
    """The bytes are not one unambiguous JSON document. `code` is stable; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse(data: bytes, max_bytes: int = MAX_BYTES) -> Any:
    """Parse UTF-8 JSON `data`; refuse what I-JSON refuses.

    Raises `NotStrictJson` with code document_too_large, not_utf8, too_deep, malformed_json,
    duplicate_member, number_not_exact or lone_surrogate.
    """
    if len(data) > max_bytes:
        raise NotStrictJson(
            "document_too_large", f"The document is over {max_bytes // 1024} kB, the most that is read."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrictJson("not_utf8", f"The text is not UTF-8 (at byte {error.start}).") from None
    if _depth(data) > MAX_DEPTH:
        raise NotStrictJson("too_deep", f"The document is nested more than {MAX_DEPTH} levels deep.")
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        raise NotStrictJson(
            "malformed_json", f"This is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    # Text that was UTF-8 has none but those that are spelled out.
    if "\\u" in text and _has_surrogate(value):
        raise NotStrictJson("lone_surrogate", "The text contains half of a character (a lone surrogate).")
    return value


def parse_object(data: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """As `parse`, for a document that must be one JSON object (code not_an_object otherwise)."""
    value = parse(data, max_bytes)
    if not isinstance(value, dict):
        raise NotStrictJson("not_an_object", "The document must be one JSON object.")
    return value


def _depth(data: bytes) -> int:
    # Whatever stands at an odd place between quotes is a string, once escaped quotes are gone. Where that is not so,
    # the document is no JSON from there on, and the parser stops there.
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    left = b"".join(data.split(b'"')[::2]).translate(_ONE_KIND, _NOT_BRACKETS)
    depth = 0
    # One level at a time, from inside: a few passes in C over what is usually a hundred brackets.
    while left and depth <= MAX_DEPTH and len(left) <= _FEW_BRACKETS:
        length = len(left)
        left = left.replace(b"[]", b"")
        if len(left) == length:
            break
        depth += 1
    return depth + _depth_by_counting(left)


def _depth_by_counting(brackets: bytes) -> int:
    depth = deepest = 0
    for bracket in brackets:
        if bracket == _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NotStrictJson("duplicate_member", f'The name "{name[:60]}" stands twice in one object.')
    return members


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > _LARGEST_EXACT:
        raise NotStrictJson("number_not_exact", f"The number {text[:24]} is too large to be read exactly.")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJson("number_not_exact", f"The number {text[:24]} is too large to be read exactly.")
    return value


def _constant(text: str) -> NoReturn:
    raise NotStrictJson("malformed_json", f"{text} is not a JSON number.")


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_surrogate(item) for item in value)
    return False


_decode = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=_constant
).decode
