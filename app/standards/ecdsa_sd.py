"""ecdsa-sd-2023: reading and verifying the proof of a credential of which only some statements are shown.

Source: W3C Data Integrity ECDSA Cryptosuites v1.0, sections 3.5.8 (parse the derived proof value) and 3.6.7
(verify). The issuer signs the mandatory statements together, and each other statement alone with a key made for
this credential only. The holder drops statements of the second kind; blank nodes keep the unguessable labels that
the issuer signed, which the holder sends along.

Stricter than the section, because one proof must have one spelling and no two readers may differ: shortest-form
CBOR without tags; every blank node has exactly one label and no label serves two; indexes strictly ascend.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, NoReturn

import cbor2

from app.standards import multikey, signatures

MAX_CHARACTERS = 160_000
MAX_STATEMENTS = 1_000
MAX_LABELS = 500
_BASE = b"\xd9\x5d\x00"
_DERIVED = b"\xd9\x5d\x01"
_BASE64URL = re.compile("[A-Za-z0-9_-]*")
# The terms of canonical N-Quads; only a blank node's label is caught.
_TERM = re.compile(r'<[^>]*>|"(?:[^"\\]|\\.)*"|_:([^\s]+)')


class BaseProof(ValueError):
    """The issuer's full proof: with it anyone can show any part, so it is the holder's secret and never verified."""


@dataclass(frozen=True, slots=True)
class DerivedProof:
    """What a derived proof value holds. `labels`: canonical label -> signed label, both without `_:`."""

    base_signature: bytes
    public_key: multikey.PublicKey
    signatures: tuple[bytes, ...]
    labels: dict[str, str]
    mandatory: tuple[int, ...]


def parse(value: str) -> DerivedProof:
    """The parts of a derived `proofValue`. Raises `BaseProof` for a base proof and `ValueError` for anything else."""
    data = _base64url(value)
    if data.startswith(_BASE):
        raise BaseProof("a base proof")
    if not data.startswith(_DERIVED):
        raise ValueError("not a derived proof")
    body = data[len(_DERIVED) :]
    parts = _decode(body)
    if type(parts) is not list or len(parts) != 5:
        raise ValueError("not five parts")
    base_signature, key, shown, labels, mandatory = parts
    if not _is_bytes(base_signature, 64) or not _is_bytes(key, 35) or not key.startswith(multikey.KeyType.P256.prefix):
        raise ValueError("not a signature and a key of P-256")
    if not _is_list(shown, lambda item: _is_bytes(item, 64)) or not _is_list(mandatory, _is_index):
        raise ValueError("not signatures and indexes")
    if any(after <= before for before, after in pairwise(mandatory)):
        raise ValueError("indexes do not ascend")
    if type(labels) is not dict or len(labels) > MAX_LABELS:
        raise ValueError("not a map of labels")
    if not all(_is_index(number) and _is_bytes(label, 32) for number, label in labels.items()):
        raise ValueError("not a map of labels")
    if len(set(labels.values())) != len(labels):
        raise ValueError("two blank nodes with one label")
    if cbor2.dumps(parts) != body:
        raise ValueError("not in shortest form, or something follows")
    return DerivedProof(
        base_signature,
        multikey.PublicKey(multikey.KeyType.P256, key[2:]),
        tuple(shown),
        {f"c14n{number}": _shown_label(label) for number, label in labels.items()},
        tuple(mandatory),
    )


def verify(proof: DerivedProof, key: multikey.PublicKey, options: bytes, document: bytes) -> bytes | None:
    """The binding digest (32 bytes) where `proof` holds by the issuer's P-256 `key`; None where it does not.

    `options` and `document` are canonical N-Quads. The digest, `ecdsa-sd-sha256`, is SHA-256 of proof hash || proof
    key (35 bytes) || mandatory hash || base signature: the same for every selection from one credential.
    """
    shown = statements(document, proof.labels)
    if shown is None or len(shown) != len(proof.mandatory) + len(proof.signatures):
        return None
    if proof.mandatory and proof.mandatory[-1] >= len(shown):
        return None
    chosen = set(proof.mandatory)
    together = b"".join(statement for index, statement in enumerate(shown) if index in chosen)
    alone = [statement for index, statement in enumerate(shown) if index not in chosen]
    bound = sha256(options).digest() + proof.public_key.type.prefix + proof.public_key.data + sha256(together).digest()
    if not signatures.verify(key, proof.base_signature, bound):
        return None
    pairs = zip(alone, proof.signatures, strict=True)
    if not all(signatures.verify(proof.public_key, signature, statement) for statement, signature in pairs):
        return None
    return sha256(bound + proof.base_signature).digest()


def statements(document: bytes, labels: dict[str, str]) -> list[bytes] | None:
    """The sorted lines of canonical N-Quads with the labels that were signed.

    None unless `labels` (as in `DerivedProof`) names exactly the blank nodes there are.
    """
    met: set[str] = set()

    def relabel(term: re.Match[str]) -> str:
        label = term[1]
        if label is None:
            return term[0]
        met.add(label)
        return "_:" + labels.get(label, "")

    # N-Quads end lines with a line feed and nothing else; in a literal it is escaped.
    lines = document.decode().split("\n")[:-1]
    relabelled = sorted((_TERM.sub(relabel, line) + "\n").encode() for line in lines)
    return relabelled if met == labels.keys() else None


def _base64url(value: str) -> bytes:
    text = value[1:]
    if not value.startswith("u") or len(value) > MAX_CHARACTERS or not _BASE64URL.fullmatch(text):
        raise ValueError("not multibase base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise ValueError("not the one spelling of these bytes")
    return data


def _decode(body: bytes) -> Any:
    try:
        return cbor2.loads(
            body,
            max_depth=2,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            # Section 3.5.7: no part is tagged. A tag could also ask the decoder for work without bound.
            semantic_decoders=defaultdict(_tag_refuser),
        )
    except cbor2.CBORError as error:
        raise ValueError(str(error)) from None


def _tag_refuser() -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise ValueError("a tag")

    return refuse


def _is_bytes(value: Any, length: int) -> bool:
    return type(value) is bytes and len(value) == length


def _is_index(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_STATEMENTS


def _is_list(value: Any, is_item: Callable[[Any], bool]) -> bool:
    return type(value) is list and len(value) <= MAX_STATEMENTS and all(is_item(item) for item in value)


def _shown_label(label: bytes) -> str:
    return "u" + urlsafe_b64encode(label).decode().rstrip("=")
