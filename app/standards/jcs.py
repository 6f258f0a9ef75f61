"""JSON Canonicalization Scheme (RFC 8785).

`canonicalise` takes the standard library's C encoder where its output is provably the canonical form and
`rfc8785` everywhere else. The guard: canonical JSON differs from sorted, compact JSON only in (a) how a number
that is not a small integer is written and (b) the order of member names outside the Basic Multilingual Plane's
lower part. ASCII output has no (b). For (a) a digit followed by `.`, `e` or `E`, or sixteen digits in a row, in
the output outside string literals sends the document to `rfc8785`.
"""

import json
import re
from typing import Any

import rfc8785

_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_INEXACT = re.compile(r"\d[.eE]|\d{16}")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonicalise(value: Any) -> bytes:
    """Canonical bytes of a JSON value (dict, list, str, int, float, bool, None).

    Raises `ValueError` for what has no canonical form (NaN, integers beyond 2**53, lone surrogates, other types).
    """
    try:
        text = _encode(value)
    except TypeError as error:
        raise ValueError(str(error)) from None
    if text.isascii() and not _INEXACT.search(_outside_strings(text)) and "\x7f" not in text:
        return text.encode("ascii")
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from None
    except UnicodeEncodeError as error:
        raise ValueError(str(error)) from None


def _outside_strings(text: str) -> str:
    # Without escapes, every other piece between quotes is a string.
    return _STRINGS.sub("", text) if "\\" in text else "".join(text.split('"')[::2])
