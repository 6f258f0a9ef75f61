"""Who signs in the differential test, and all that can be fetched there: DID documents, status lists, a register.

A college with keys of every kind, and beside it issuers whose published keys have one fault each. An issuer with a
fault has an identifier of its own, as one of the verifiers remembers what it fetched. Every key is a test key, never a
secret.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.adapters.contexts import canonicaliser, pinned_contexts
from app.standards import clr, data_integrity, did, status_list, vc
from app.standards.compiled_shape import ShapeCache
from app.standards.multikey import KeyType, PublicKey
from tests.unit.standards import curves, sample
from tests.unit.verification.world import private_key

Document = dict[str, Any]

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FORM = ShapeCache(canonicaliser())
REGISTER = "https://register.example/issuers.json"


@dataclass(frozen=True)
class Key:
    """A key of an issuer, by the name that proofs give it. `suite` is what it signs with if nothing else is said."""

    id: str
    public: PublicKey
    sign: Callable[[bytes], bytes]
    suite: str

    @property
    def issuer(self) -> str:
        return self.id.partition("#")[0]


def _ed25519(key_id: str) -> Key:
    key = private_key(key_id)
    public = PublicKey(KeyType.ED25519, key.public_key().public_bytes_raw())
    return Key(key_id, public, key.sign, data_integrity.RDFC)


def _ecdsa(key_id: str, key_type: KeyType) -> Key:
    signer = curves.SIGNERS[key_type]
    return Key(key_id, signer.key, signer.sign, data_integrity.ECDSA_RDFC)


COLLEGE = _ed25519(f"{sample.DID}#key-2026-09")
SECOND = _ed25519(f"{sample.DID}#key-2026-10")
P256 = _ecdsa(f"{sample.DID}#key-p256", KeyType.P256)
P384 = _ecdsa(f"{sample.DID}#key-p384", KeyType.P384)
LOGIN = _ed25519(f"{sample.DID}#key-login")
"""Listed under authentication alone."""

STRANGER = _ed25519("did:web:stranger.example#key-1")
"""Nothing is wrong with this issuer, but nobody has put it on a list."""

LOST = _ed25519("did:web:lost-key.example#key-1")
RETIRED = _ed25519("did:web:retired-key.example#key-1")
TWO_FACED = _ed25519("did:web:two-faced.example#key-1")
BORROWED = _ed25519("did:web:borrowed-key.example#key-1")
AWAY = _ed25519("did:web:away.example#key-1")

KNOWN = {
    key.issuer: (f"Issuer {number}", f"{10_000_000 + number}")
    for number, key in enumerate((COLLEGE, LOST, RETIRED, TWO_FACED, BORROWED, AWAY))
}
"""The list of issuers, for the verifiers that have one: DID -> (name, UKPRN)."""


def secured(document: Mapping[str, Any], key: Key = COLLEGE, suite: str | None = None, **more: Any) -> Document:
    """`document` with one proof by `key`; `more` adds to the proof's options or replaces them."""
    return data_integrity.secure(
        document, suite or key.suite, key.id, sample.SIGNED_ON, key.sign, key.public.type, FORM, more
    )


def chained(document: Mapping[str, Any], first: Key, then: Key) -> Document:
    """`document` with a proof by `first`, and one by `then` that signs that proof too."""
    below = secured(document, first, id="urn:uuid:00000000-0000-4000-8000-000000000001")["proof"]
    options = data_integrity.proof_options(then.suite, then.id, sample.SIGNED_ON) | {"previousProof": below["id"]}
    signature = then.sign(data_integrity.hash_data({**document, "proof": [below]}, options, then.public.type, FORM))
    return {**document, "proof": [below, data_integrity.secured({}, options, signature)["proof"]]}


def _did_document(key: Key, *others: Key, login: tuple[Key, ...] = (), **limits: str) -> Document:
    """The document of the key's issuer; `limits` are members of each of its methods."""
    return {
        "@context": list(did.MULTIKEY_CONTEXTS),
        "id": key.issuer,
        "verificationMethod": [
            {
                "id": one.id,
                "type": "Multikey",
                "controller": one.issuer,
                "publicKeyMultibase": one.public.encode(),
                **limits,
            }
            for one in (key, *others, *login)
        ],
        "assertionMethod": [one.id for one in (key, *others)],
        "authentication": [one.id for one in login],
    }


_LONG_AGO = vc.timestamp(sample.SIGNED_ON - timedelta(days=30))
_DID_DOCUMENTS = {
    COLLEGE.issuer: _did_document(COLLEGE, SECOND, P256, P384, login=(LOGIN,)),
    STRANGER.issuer: _did_document(STRANGER),
    LOST.issuer: _did_document(LOST, revoked=_LONG_AGO),
    RETIRED.issuer: _did_document(RETIRED, expires=_LONG_AGO),
    TWO_FACED.issuer: _did_document(TWO_FACED) | {"id": "did:web:another-face.example"},
    BORROWED.issuer: _did_document(BORROWED, controller=STRANGER.issuer),
}


def _list_url(name: str) -> str:
    return f"https://college.example.ac.uk/status/{name}"


REVOKED_PLACES = range(60_000, 61_000)
"""Set in every list; all other places are not."""

LIST, SUSPENSIONS = _list_url("1"), _list_url("suspensions")
FOREIGN_LIST, OTHER_PURPOSE, BOTH_PURPOSES, UNSIGNED_LIST, STALE_LIST, CUT_LIST, FAR_LIST, NO_LIST = map(
    _list_url, ("foreign", "other-purpose", "both-purposes", "unsigned", "stale", "cut", "far", "away")
)


def _unsigned_list(url: str, issuer: str, made: datetime = NOW, **subject: Any) -> Document:
    bits = bytearray(status_list.LENGTH // 8)
    for place in REVOKED_PLACES:
        status_list.set_bit(bits, place)
    document = status_list.unsigned_list(url, {"id": issuer}, bytes(bits), made - timedelta(minutes=5))
    document["credentialSubject"].update(subject)
    return document


def _list(url: str, key: Key = COLLEGE, **changes: Any) -> Document:
    return secured(_unsigned_list(url, key.issuer, **changes), key)


_LISTS = {
    LIST: _list(LIST),
    SUSPENSIONS: _list(SUSPENSIONS, statusPurpose="suspension"),
    FOREIGN_LIST: _list(FOREIGN_LIST, STRANGER),
    OTHER_PURPOSE: _list(OTHER_PURPOSE, statusPurpose="suspension"),
    BOTH_PURPOSES: _list(BOTH_PURPOSES, statusPurpose=["revocation", "suspension"]),
    UNSIGNED_LIST: _unsigned_list(UNSIGNED_LIST, COLLEGE.issuer),
    STALE_LIST: _list(STALE_LIST, made=NOW - timedelta(days=60)),
    CUT_LIST: _list(CUT_LIST, encodedList="uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAA"),
    FAR_LIST: _list(FAR_LIST),
}

PUBLISHED: Mapping[str, Document] = {
    **_DID_DOCUMENTS,
    **{did.web_url(name): document for name, document in _DID_DOCUMENTS.items()},
    **_LISTS,
    clr.CONTEXT: {"@context": pinned_contexts()[clr.CONTEXT]},
    REGISTER: {"registry": {name: {"name": words[0]} for name, words in KNOWN.items()}},
}
"""All that there is on the web, by address, and by DID for the verifiers that are given DID documents."""


def status(url: str = LIST, place: int = 7, **changes: Any) -> Document:
    """A `credentialStatus`; `changes` replace members."""
    return status_list.entry(url, place) | changes
