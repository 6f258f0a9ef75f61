"""Decentralized identifiers: did:web names, and reading a DID document (DID 1.0, CID 1.0, did:web method)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from app.standards import multikey
from app.standards.vc import parse_timestamp

_DID_WEB = re.compile(r"did:web:([A-Za-z0-9.-]+(?:%3[Aa]\d{1,5})?)((?::[A-Za-z0-9._~%-]+)*)", re.ASCII)
_NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*", re.ASCII)
_CAIP10_EVM = re.compile(r"eip155:(\d{1,20}):(0x[0-9a-fA-F]{40})", re.ASCII)
MULTIKEY_CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A signing key that the document lists under assertionMethod. Times are None when not stated."""

    id: str
    key: multikey.PublicKey
    expires: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class WalletAddress:
    """A published wallet: an EVM chain number and an address in lower case."""

    chain_id: int
    address: str


@dataclass(frozen=True, slots=True)
class DidDocument:
    """What verification needs of a DID document."""

    id: str
    signing_keys: tuple[VerificationKey, ...]
    wallets: tuple[WalletAddress, ...]

    def signing_key(self, key_id: str) -> VerificationKey | None:
        return next((key for key in self.signing_keys if key.id == key_id), None)


def web_did(host: str, *path: str) -> str:
    """did:web for `host` (with `:port` where needed) and path parts."""
    return ":".join(["did:web", quote(host, safe=""), *(quote(part, safe="") for part in path)])


def web_url(did: str) -> str:
    """Where the document of a did:web lives (did:web section Read). Raises `ValueError`.

    An IP address is refused, as the method demands; `http` is used for localhost alone.
    """
    match = _DID_WEB.fullmatch(did) if len(did) < 512 else None
    if match is None:
        raise ValueError("not a did:web identifier")
    host = unquote(match.group(1))
    name = host.partition(":")[0]
    # Resolvers also read 127.1, 0x7f.1 and 2130706433 as addresses: no real host name ends in a number.
    last = name.rstrip(".").rpartition(".")[2]
    if _NUMBER.fullmatch(last):
        raise ValueError("a did:web names a host, not an IP address")
    parts = [unquote(part) for part in match.group(2).split(":")[1:]]
    if any(part in ("", ".", "..") or "/" in part or "\\" in part for part in parts):
        raise ValueError("not a did:web identifier")
    path = "/".join(quote(part) for part in parts) if parts else ".well-known"
    scheme = "http" if name == "localhost" else "https"
    return f"{scheme}://{host}/{path}/did.json"


def caip10(chain_id: int, address: str) -> str:
    """A chain-qualified account (CAIP-10), address in lower case."""
    return f"eip155:{chain_id}:{address.lower()}"


def parse_caip10(text: Any) -> WalletAddress | None:
    match = _CAIP10_EVM.fullmatch(text) if isinstance(text, str) else None
    return WalletAddress(int(match.group(1)), match.group(2).lower()) if match else None


def read_document(document: Mapping[str, Any], did: str) -> DidDocument:
    """Read a resolved document of `did`. Raises `ValueError` when it belongs to another identifier.

    Only keys under assertionMethod count, named by absolute id, whose controller is the DID itself: a key listed
    for another purpose, or one borrowed from elsewhere, must not sign credentials.
    """
    if document.get("id") != did:
        raise ValueError("the document belongs to another identifier")
    methods = document.get("verificationMethod")
    by_id = {
        method["id"]: method
        for method in (methods if isinstance(methods, list) else [])
        if isinstance(method, dict) and isinstance(method.get("id"), str) and method.get("controller") == did
    }
    keys = []
    for key_id in _references(document.get("assertionMethod")):
        method = by_id.get(key_id)
        if method is None or method.get("type") != "Multikey" or not key_id.startswith(f"{did}#"):
            continue
        try:
            key = multikey.decode_multikey(str(method.get("publicKeyMultibase", "")))
            keys.append(VerificationKey(key_id, key, _moment(method, "expires"), _moment(method, "revoked")))
        except ValueError:
            continue
    wallets = [
        wallet
        for key_id in _references(document.get("capabilityInvocation"))
        if (wallet := parse_caip10(by_id.get(key_id, {}).get("blockchainAccountId"))) is not None
    ]
    return DidDocument(did, tuple(keys), tuple(wallets))


def _references(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _moment(method: Mapping[str, Any], name: str) -> datetime | None:
    if name not in method:
        return None
    moment = parse_timestamp(method[name])
    if moment is None:
        # An unreadable limit on a key must not become "no limit".
        raise ValueError(f"{name} is not a date")
    return moment
