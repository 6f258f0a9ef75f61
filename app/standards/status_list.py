"""Bitstring Status List v1.0: the list, its entries, and reading one bit."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.standards import vc

LENGTH = 131_072
"""Entries in each of our lists: the smallest the specification allows, for group privacy."""
_MAX_BYTES = 8 * 1024 * 1024
TIME_TO_LIVE = timedelta(minutes=15)
VALID_FOR = timedelta(days=7)


class StatusListProblem(ValueError):
    """The list cannot be read or is not the one the credential names."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def encode(bits: bytes) -> str:
    """Multibase base64url of the gzipped bitstring, the same text for the same bits."""
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, 9, mtime=0)).rstrip(b"=").decode()


def decode(encoded: Any) -> bytes:
    """The bitstring. Raises `StatusListProblem` when it is damaged, too short or unreasonably large."""
    if not isinstance(encoded, str) or not encoded.startswith("u") or len(encoded) > _MAX_BYTES:
        raise StatusListProblem("status_list_malformed", "The list of withdrawn credentials is damaged.")
    try:
        packed = base64.b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(wbits=31)
        bits = unpacker.decompress(packed, _MAX_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise StatusListProblem("status_list_malformed", "The list of withdrawn credentials is damaged.") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise StatusListProblem("status_list_malformed", "The list of withdrawn credentials is damaged.")
    if len(bits) * 8 < LENGTH:
        raise StatusListProblem("status_list_too_short", "The list of withdrawn credentials is too short.")
    return bits


def is_set(bits: bytes | bytearray, index: int) -> bool:
    """Bit `index`, where 0 is the most significant bit of the first byte."""
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def set_bit(bits: bytearray, index: int) -> None:
    bits[index >> 3] |= 0x80 >> (index & 7)


def entry(list_url: str, index: int) -> dict[str, Any]:
    """The `credentialStatus` of a credential at `index` of the revocation list at `list_url`."""
    return {
        "id": f"{list_url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def unsigned_list(list_url: str, issuer: Mapping[str, Any], bits: bytes, now: datetime) -> dict[str, Any]:
    """The list credential, ready to be signed; valid for a week from `now`."""
    return {
        "@context": [vc.CONTEXT],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer["id"],
        "validFrom": vc.timestamp(now),
        "validUntil": vc.timestamp(now + VALID_FOR),
        "credentialSubject": {
            "id": f"{list_url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encode(bits),
            "ttl": int(TIME_TO_LIVE.total_seconds() * 1000),
        },
    }


def read_entry(document: Mapping[str, Any]) -> tuple[str, int] | None:
    """(list URL, index) of a credential's revocation entry; None when it has no status at all.

    Raises `StatusListProblem` for an entry this verifier cannot read: an unknown kind of status is "cannot tell".
    """
    status = document.get("credentialStatus")
    if status is None:
        return None
    entries = vc.several(status)
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise StatusListProblem("status_entry_unknown", "The credential's status entry cannot be read.")
    one = entries[0]
    index = one.get("statusListIndex")
    if (
        vc.several(one.get("type")) != ["BitstringStatusListEntry"]
        or one.get("statusPurpose") != "revocation"
        or one.get("statusSize", 1) != 1
        or not vc.is_url(one.get("statusListCredential"))
        or not (isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 10)
    ):
        raise StatusListProblem("status_entry_unknown", "The credential's status entry cannot be read.")
    return one["statusListCredential"], int(index)


def read_bit(
    list_credential: Mapping[str, Any],
    list_url: str,
    issuer: str,
    index: int,
    decode: Callable[[Any], bytes] = decode,
) -> bool:
    """Whether `index` is set in a list whose signature has been checked already.

    `decode` may remember what it decoded before. Raises `StatusListProblem` when the list is another one, of another
    issuer or purpose, or too short.
    """
    subject = list_credential.get("credentialSubject")
    types = list_credential.get("type")
    if (
        list_credential.get("id") != list_url
        or vc.issuer_id(list_credential) != issuer
        or not isinstance(types, list)
        or "BitstringStatusListCredential" not in types
        or not isinstance(subject, dict)
        or subject.get("type") != "BitstringStatusList"
        or "revocation" not in vc.several(subject.get("statusPurpose"))
    ):
        raise StatusListProblem("status_list_foreign", "The list found is not the one this credential names.")
    bits = decode(subject.get("encodedList"))
    if index >= len(bits) * 8:
        raise StatusListProblem("status_index_out_of_range", "The credential's place is outside the list.")
    return is_set(bits, index)
