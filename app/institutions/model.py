"""Institutions, their keys, wallets, accreditation and API keys: values and rules."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from app.institutions.roles import Role
from app.standards import did, vc
from app.standards.accreditation import SERVICE_TYPE
from app.standards.did import WalletAddress
from app.standards.wallet_statement import PERSON, WalletStatement, document

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])")


RETIRING = timedelta(days=1)
"""How long a key that was replaced still counts: what is being signed at that moment must not be lost."""


class Scope(StrEnum):
    """What an API key may do."""

    ISSUE = "issue"
    REVOKE = "revoke"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Institution:
    """A college, awarding organisation or scheme operator. `public_url` is where its documents are published.

    `ukprn` is "" for one that has none; `recognition_number` is Ofqual's, for awarding organisations.
    """

    id: UUID
    slug: str
    name: str
    ukprn: str
    did: str
    public_url: str
    created_at: datetime
    role: Role = Role.PROVIDER
    recognition_number: str = ""

    @property
    def page_url(self) -> str:
        return f"{self.public_url}/i/{self.slug}"

    @property
    def log_url(self) -> str:
        """Where its log is published for clients of transparency logs (C2SP tlog-tiles)."""
        return f"{self.page_url}/log"

    @property
    def status_url(self) -> str:
        return f"{self.page_url}/status"

    @property
    def accreditations_url(self) -> str:
        return f"{self.page_url}/accreditations"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 signing key: its dated name, its Multikey and where its encrypted half is kept.

    `expires_at`: retired, a newer key signs instead. `revoked_at`: somebody else may have signed with it since then.
    """

    institution_id: UUID
    name: str
    public_key: str
    keystore: str
    created_at: datetime
    revoked_at: datetime | None = None
    expires_at: datetime | None = None

    def id(self, institution_did: str) -> str:
        return f"{institution_did}#{self.name}"

    @property
    def is_current(self) -> bool:
        return self.expires_at is None and self.revoked_at is None


def next_key_name(now: datetime, taken: Callable[[str], bool]) -> str:
    """The first free name of the month of `now` (UTC): key-2026-09, then key-2026-09-2 and so on."""
    month = f"key-{now:%Y-%m}"
    names = (month if number == 1 else f"{month}-{number}" for number in count(1))
    return next(name for name in names if not taken(name))


@dataclass(frozen=True, slots=True)
class DidDocumentVersion:
    """A published DID document, and from when until when it was the one in force (`valid_until` None = still is)."""

    version: int
    document: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime | None

    @property
    def sha256(self) -> bytes:
        """What stands in the log as its digest."""
        return sha256(self.document).digest()


def in_force(versions: Sequence[DidDocumentVersion], at: datetime) -> DidDocumentVersion | None:
    """The one of `versions` (oldest first) that was published at `at`; None before the first."""
    return next((one for one in reversed(versions) if one.valid_from <= at), None)


@dataclass(frozen=True, slots=True)
class Wallet:
    """The public wallet: an address on a chain, the registry contract it anchors to, and its word on whose it is.

    The same wallet on a further chain is another value, with another contract and another statement. `statement` is the
    text as signed; empty, with the signature, while the wallet has not spoken yet. `scheme`: how the signature is
    checked.
    """

    institution_id: UUID
    address: str
    keystore: str
    chain_id: int
    contract: str
    created_at: datetime | None = None
    statement: str = ""
    signature: str = ""
    scheme: str = PERSON

    @property
    def account(self) -> str:
        """CAIP-10."""
        return did.caip10(self.chain_id, self.address)

    def speaks_for(self, institution: Institution) -> WalletStatement:
        """What the wallet says, or is to say."""
        since = self.created_at or institution.created_at
        return WalletStatement(
            institution.did, WalletAddress(self.chain_id, self.address.lower()), self.contract, since.date()
        )


@dataclass(frozen=True, slots=True)
class Accreditation:
    """That an institution may issue records for a qualification, from a date and perhaps until one."""

    qualification_id: str
    valid_from: date
    valid_until: date | None

    def covers(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    id: UUID
    institution_id: UUID
    label: str
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None

    def may(self, scope: Scope) -> bool:
        return self.revoked_at is None and (scope in self.scopes or Scope.ADMIN in self.scopes)


def did_document(
    institution: Institution,
    keys: tuple[SigningKey, ...],
    wallets: tuple[Wallet, ...],
    accounts: tuple[Wallet, ...] = (),
) -> dict[str, Any]:
    """The published DID document (did:web, Multikey, CAIP-10 wallets, services). `keys`, `wallets`: all ever used;
    `accounts`: those wallets on further chains.

    A retired key stays under assertionMethod, or what it signed would verify nowhere. A compromised one leaves it at
    once: other verifiers read no dates, they only notice that a key is gone. A wallet stays for what it recorded, too;
    it can record nothing more once it is succeeded, and what it records after it was disowned counts for nothing.
    """
    numbers = {wallet.address: number for number, wallet in enumerate(wallets, start=1)}
    named = {f"{institution.did}#anchor-wallet-{numbers[one.address]}": one.account for one in wallets}
    # On a chain that a verifier does not find here, a record by a wallet counts for nothing.
    further = {
        f"{institution.did}#anchor-wallet-{numbers[one.address]}-{one.chain_id}": one.account for one in accounts
    }
    known_as = [wallets[-1].account, *(one.account for one in accounts if one.address == wallets[-1].address)]
    security = "https://w3id.org/security#"
    return {
        "@context": [
            *did.MULTIKEY_CONTEXTS,
            {
                "blockchainAccountId": f"{security}blockchainAccountId",
                "EcdsaSecp256k1RecoveryMethod2020": f"{security}EcdsaSecp256k1RecoveryMethod2020",
            },
        ],
        "id": institution.did,
        "alsoKnownAs": [f"did:pkh:{account}" for account in known_as],
        "verificationMethod": [
            *(_key_method(institution.did, key) for key in keys),
            *(
                {
                    "id": wallet_id,
                    "type": "EcdsaSecp256k1RecoveryMethod2020",
                    "controller": institution.did,
                    "blockchainAccountId": account,
                }
                for wallet_id, account in {**named, **further}.items()
            ),
        ],
        "assertionMethod": [key.id(institution.did) for key in keys if key.revoked_at is None],
        "capabilityInvocation": [*named, *further],
        "service": [
            {"id": f"{institution.did}#{name}", "type": kind, "serviceEndpoint": f"{institution.page_url}/{path}"}
            for name, kind, path in _SERVICES
            # Nobody stands above the operator, so nobody accredits it.
            if kind != SERVICE_TYPE or institution.role is not Role.SCHEME_OPERATOR
        ],
    }


_SERVICES = (
    ("anchors", "EvmAnchorRegistry", "anchors"),
    ("accreditation", SERVICE_TYPE, "accreditations"),
    ("checkpoints", "CheckpointList", "checkpoints"),
    ("log", "TransparencyLog", "log"),
)


def _key_method(controller: str, key: SigningKey) -> dict[str, Any]:
    method = {
        "id": key.id(controller),
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": key.public_key,
    }
    if key.expires_at is not None:
        method["expires"] = vc.timestamp(key.expires_at)
    if key.revoked_at is not None:
        method["revoked"] = vc.timestamp(key.revoked_at)
    return method


def published_wallet(
    institution: Institution, wallet: Wallet, *keys: SigningKey, accounts: tuple[Wallet, ...] = ()
) -> dict[str, Any]:
    """The public statement of an institution's wallet and keys: `wallets/public/<slug>.json` and its page.

    The keys (given oldest first, shown newest first) are there for those who verify without asking anybody: without
    them they would have to believe a forger. A compromised one is named apart, with the moment it became so.
    """
    return {
        "institution": institution.name,
        "role": institution.role,
        "ukprn": institution.ukprn,
        "did": institution.did,
        "chainId": wallet.chain_id,
        "address": wallet.address,
        "contract": wallet.contract,
        **({"alsoOn": [{"chainId": one.chain_id, "contract": one.contract} for one in accounts]} if accounts else {}),
        "signingKeys": [key.public_key for key in reversed(keys) if key.revoked_at is None],
        "compromisedKeys": [
            {"key": key.public_key, "since": vc.timestamp(key.revoked_at)}
            for key in reversed(keys)
            if key.revoked_at is not None
        ],
        "publishedAt": institution.page_url,
    }


def published_statement(institution: Institution, wallet: Wallet, accounts: tuple[Wallet, ...] = ()) -> dict[str, Any]:
    """`anchor-wallets.json`: the wallet's signed word on whom it anchors for; under `also`, on each further chain."""
    members = _statement(institution, wallet)
    also = [_statement(institution, one) for one in accounts if one.statement]
    return members | ({"also": also} if also else {})


def _statement(institution: Institution, wallet: Wallet) -> dict[str, Any]:
    return document(wallet.speaks_for(institution), wallet.statement, wallet.signature, wallet.scheme)
