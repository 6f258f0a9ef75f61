"""Which keys an institution has, where each lies, and whether it can be signed with: for ceremonies and drills."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import OutsideFailed
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards import data_integrity, multikey

# Longer than what any proof signs (64 bytes), so that no answer can be taken for one.
_CHALLENGE = b"Stackmark asks whether this key can be signed with. The answer says nothing else.\n"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A signing key or the wallet: its public half (a Multikey or an address) and the reference of the private one."""

    institution: str
    name: str
    public: str
    reference: str
    in_use: bool
    is_wallet: bool


def places(identity: Identity) -> tuple[KeyPlace, ...]:
    """Every signing key, oldest first, then the wallet."""
    slug = identity.institution.slug
    keys = (KeyPlace(slug, key.name, key.public_key, key.keystore, key.is_current, False) for key in identity.keys)
    wallet = identity.wallet
    return (*keys, KeyPlace(slug, "wallet", wallet.address, wallet.keystore, True, True))


def prove(keystore: KeyStore, place: KeyPlace, recover: Callable[[str, bytes], str | None]) -> None:
    """Sign a fresh challenge and hold the answer against the public half. `recover`: whose wallet signed a text.

    Raises what signing raises, and `OutsideFailed("key_other")` where another key answered.
    """
    challenge = _CHALLENGE + secrets.token_hex(16).encode()
    if place.is_wallet:
        text = challenge.decode()
        signature = bytes.fromhex(keystore.sign_statement(place.reference, text)[2:])
        good = recover(text, signature) == place.public.lower()
    else:
        signature = keystore.sign(place.reference, challenge)
        good = data_integrity.verify_signature(multikey.decode_multikey(place.public), signature, challenge)
    if not good:
        raise OutsideFailed("key_other", f"Under {place.reference} lies another key than the one that is published.")
