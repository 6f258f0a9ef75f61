"""The pinned JSON-LD contexts, from the package data of openbadgeslib, each checked by SHA-256.

They are never fetched and never copied into this tree. A hash that does not match stops the start: a changed
context would change what every signature means.
"""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files

from app.errors import OutsideFailed
from app.standards import clr, open_badge, vc, vc_1_1
from app.standards.json_ld import Canonicaliser

_PACKAGE = "openbadgeslib.ob3.contexts"
# Not here: the unversioned https://purl.imsglobal.org/spec/ob/v3p0/context.json. What is published there differs from
# 3.0.3 and cannot be used together with credentials/v2; openbadgeslib serves 3.0.3 in its place. We refuse it by name
# (context_unknown, "cannot tell") rather than check a signature over definitions its issuer may not have meant.
_PINNED = {
    vc.CONTEXT: (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    open_badge.CONTEXT: (
        "ob-v3p0-context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": (
        "ob-v3p0-context-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": (
        "ob-v3p0-context-3.0.1.json",
        "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
    ),
    open_badge.EXTENSIONS: (
        "ob-v3p0-extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
    ),
    clr.CONTEXT: (
        "clr_context_2.0.1.json",
        "880f1902d4158f2f33ce06af41b90719977cd1ea337a9de2e41edb3ff5e543d6",
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "security-data-integrity-v2.json",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    "https://w3id.org/security/multikey/v1": (
        "security-multikey-v1.json",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
}

# Version 1.1 of the data model, from the package data of PyLD, which is installed for development and conformance
# testing alone: what an institution issues or an employer checks never needs it.
_OLDER_PACKAGE = "pyld"
_OLDER = "documentloader/frozen/bundled/credentials-v1.jsonld"
_OLDER_SHA256 = "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"


def pinned_contexts() -> dict[str, object]:
    """Context URL -> value of its `@context`. Raises `OutsideFailed("context_changed")`."""
    contexts: dict[str, object] = {}
    for url, (name, expected) in _PINNED.items():
        contexts[url] = _pinned(files(_PACKAGE).joinpath(name).read_bytes(), name, expected)
    return contexts


def older_contexts() -> dict[str, object]:
    """As `pinned_contexts`, for version 1.1 of the data model; empty where PyLD is not installed.

    A document of that version is then refused by name (context_unknown).
    """
    try:
        file = files(_OLDER_PACKAGE).joinpath(_OLDER)
        data = file.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
    return {vc_1_1.CONTEXT: _pinned(data, file.name, _OLDER_SHA256)}


@cache
def canonicaliser() -> Canonicaliser:
    """The one canonicaliser of this process, built on first use."""
    return Canonicaliser(pinned_contexts())


@cache
def conformance_canonicaliser() -> Canonicaliser:
    """As `canonicaliser`, and version 1.1 of the data model too, for what comes by the VC API."""
    return Canonicaliser(pinned_contexts() | older_contexts())


def _pinned(data: bytes, name: str, expected: str) -> object:
    if sha256(data).hexdigest() != expected:
        raise OutsideFailed("context_changed", f"The installed vocabulary file {name} is not the pinned one.")
    return json.loads(data)["@context"]
