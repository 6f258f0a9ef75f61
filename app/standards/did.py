"""Decentralized identifiers: did:web and did:key names, and reading a DID document (DID 1.0, CID 1.0, did:web)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from app.standards import multikey
from app.standards.vc import parse_timestamp

_DID_WEB = re.compile(r"did:web:([A-Za-z0-9.-]+(?:%3[Aa]\d{1,5})?)((?::[A-Za-z0-9._~%-]+)*)", re.ASCII)
_NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*", re.ASCII)
_CAIP10_EVM = re.compile(r"eip155:(\d{1,20}):(0x[0-9a-fA-F]{40})", re.ASCII)
_RELATIONSHIPS = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement")
MULTIKEY_CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key of the document. Times are None when not stated.

    `expires` (CID 1.0, section 2.2): it should no longer be used from then on. `revoked`: nothing that was signed
    at or after that moment may be believed.
    """

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
    """What verification needs of a DID document.

    `signing_keys` are listed under assertionMethod. `withdrawn_keys` are no longer listed for anything, but kept
    with the moment from which they count for nothing. `holder_keys` are listed under authentication. `services` are
    (type, address), first come first.
    """

    id: str
    signing_keys: tuple[VerificationKey, ...]
    wallets: tuple[WalletAddress, ...]
    withdrawn_keys: tuple[VerificationKey, ...] = ()
    holder_keys: tuple[VerificationKey, ...] = ()
    services: tuple[tuple[str, str], ...] = ()

    def signing_key(self, key_id: str) -> VerificationKey | None:
        return next((key for key in self.signing_keys if key.id == key_id), None)

    def withdrawn_key(self, key_id: str) -> VerificationKey | None:
        return next((key for key in self.withdrawn_keys if key.id == key_id), None)

    def service(self, kind: str) -> str | None:
        return next((address for found, address in self.services if found == kind), None)


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
    listed = {name: _references(document.get(name)) for name in ("assertionMethod", "authentication")}
    used = {key_id for name in _RELATIONSHIPS for key_id in _references(document.get(name))}
    signing, holder = (
        [key for key_id in listed[name] if (key := _key(by_id.get(key_id), did)) is not None]
        for name in ("assertionMethod", "authentication")
    )
    withdrawn = [
        key
        for key_id, method in by_id.items()
        if key_id not in used and (key := _key(method, did)) is not None and key.revoked is not None
    ]
    wallets = [
        wallet
        for key_id in _references(document.get("capabilityInvocation"))
        if (wallet := parse_caip10(by_id.get(key_id, {}).get("blockchainAccountId"))) is not None
    ]
    return DidDocument(
        did, tuple(signing), tuple(wallets), tuple(withdrawn), tuple(holder), tuple(_services(document.get("service")))
    )


def key_document(did: str) -> dict[str, Any]:
    """The document of a did:key (did:key method, section 3.1.5): the key that the name itself is, for both purposes.

    Raises `ValueError` for another method or a key of a type not read here.
    """
    name = did.removeprefix("did:key:")
    if name == did:
        raise ValueError("not a did:key identifier")
    multikey.decode_multikey(name)
    key_id = f"{did}#{name}"
    method = {"id": key_id, "type": "Multikey", "controller": did, "publicKeyMultibase": name}
    return {
        "@context": list(MULTIKEY_CONTEXTS),
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [key_id],
        "authentication": [key_id],
    }


def _key(method: Mapping[str, Any] | None, did: str) -> VerificationKey | None:
    if method is None or method.get("type") != "Multikey" or not method["id"].startswith(f"{did}#"):
        return None
    try:
        key = multikey.decode_multikey(str(method.get("publicKeyMultibase", "")))
        return VerificationKey(method["id"], key, _moment(method, "expires"), _moment(method, "revoked"))
    except ValueError:
        return None


def _services(value: Any) -> Iterator[tuple[str, str]]:
    for service in value if isinstance(value, list) else []:
        if isinstance(service, dict):
            kind, address = service.get("type"), service.get("serviceEndpoint")
            if isinstance(kind, str) and isinstance(address, str):
                yield kind, address


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
