"""The issuer at work: one institution's identity, its key and the canonical form, signing and checking itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import Refused
from app.institutions.model import Institution
from app.institutions.ports import KeyStore
from app.institutions.service import Identity
from app.standards import data_integrity, multikey
from app.standards.anchor_receipt import binding_digest
from app.standards.data_integrity import CanonicalForm
from app.standards.json_ld import NotCanonicalisable


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs an institution's documents. `canonical` may be any canonicaliser; the outcome is checked here."""

    identity: Identity
    keystore: KeyStore
    canonical: CanonicalForm

    @property
    def institution(self) -> Institution:
        return self.identity.institution

    @property
    def key_id(self) -> str:
        return self.identity.key_id

    def sign_bytes(self, data: bytes) -> bytes:
        return self.keystore.sign(self.identity.signing_key.keystore, data)

    def sign(self, document: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], bytes]:
        """(secured document, binding digest) with one eddsa-rdfc-2022 proof.

        Raises `Refused` with the code of `NotCanonicalisable` when a part of the document would not be signed, and
        `Refused("signature_not_verified")` when the key does not match the published one.
        """
        options, signature, digest = self._sign(document, now)
        return data_integrity.secured(document, options, signature), digest

    def sign_prepared(self, data: bytes, now: datetime) -> tuple[bytes, bytes]:
        """As `sign`, for a document as bytes: they stay as they were prepared, and the proof is added last.

        Raises as `sign` does, and `ValueError` for what is not one unsecured object without anything around it.
        """
        document = json.loads(data)
        if not document or "proof" in document or not (data.startswith(b"{") and data.endswith(b"}")):
            raise ValueError("not an unsecured document")
        options, signature, digest = self._sign(document, now)
        proof = json.dumps(data_integrity.proof_with(options, signature), ensure_ascii=False, separators=(",", ":"))
        return data[:-1] + b',"proof":' + proof.encode() + b"}", digest

    def _sign(self, document: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], bytes, bytes]:
        """(proof options, signature, binding digest)."""
        # Whoever waited for a change of keys has an older time: no key says that it signed before it was made.
        created = max(now, self.identity.signing_key.created_at)
        options = data_integrity.proof_options(data_integrity.RDFC, self.key_id, created)
        try:
            hash_data = data_integrity.hash_rdfc(self.canonical, document, options)
        except NotCanonicalisable as error:
            raise Refused(error.code, f"This cannot be signed. {error}") from None
        signature = self.sign_bytes(hash_data)
        public_key = multikey.decode_multikey(self.identity.signing_key.public_key)
        if not data_integrity.verify_signature(public_key, signature, hash_data):
            raise Refused("signature_not_verified", "The signing key is not the one this institution publishes.")
        return options, signature, binding_digest(hash_data, signature)


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """The issuer as the signer of anchor receipts (a port of anchoring)."""

    issuer: Issuer

    @property
    def key_id(self) -> str:
        return self.issuer.key_id

    @property
    def public_key(self) -> bytes:
        return multikey.decode_multikey(self.issuer.identity.signing_key.public_key).data

    @property
    def log_url(self) -> str:
        return self.issuer.institution.log_url

    def sign(self, data: bytes) -> bytes:
        return self.issuer.sign_bytes(data)
