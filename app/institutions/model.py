"""Institutions, their keys, wallets, accreditation and API keys: values and rules."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.institutions.roles import Role
from app.standards import did, vc
from app.standards.accreditation import SERVICE_TYPE

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])")


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
    def status_url(self) -> str:
        return f"{self.page_url}/status"

    @property
    def accreditations_url(self) -> str:
        return f"{self.page_url}/accreditations"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 signing key: its dated name, its Multikey and where its encrypted half is kept."""

    institution_id: UUID
    name: str
    public_key: str
    keystore: str
    created_at: datetime
    revoked_at: datetime | None = None

    def id(self, institution_did: str) -> str:
        return f"{institution_did}#{self.name}"


@dataclass(frozen=True, slots=True)
class Wallet:
    """The public wallet: an address on a chain, and the registry contract it anchors to."""

    institution_id: UUID
    address: str
    keystore: str
    chain_id: int
    contract: str


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


def did_document(institution: Institution, keys: tuple[SigningKey, ...], wallet: Wallet) -> dict[str, Any]:
    """The published DID document (did:web, Multikey, CAIP-10 wallet, anchors service)."""
    methods: list[dict[str, Any]] = []
    for key in keys:
        method = {
            "id": key.id(institution.did),
            "type": "Multikey",
            "controller": institution.did,
            "publicKeyMultibase": key.public_key,
        }
        if key.revoked_at is not None:
            method["revoked"] = vc.timestamp(key.revoked_at)
        methods.append(method)
    wallet_id = f"{institution.did}#anchor-wallet-1"
    methods.append(
        {
            "id": wallet_id,
            "type": "EcdsaSecp256k1RecoveryMethod2020",
            "controller": institution.did,
            "blockchainAccountId": did.caip10(wallet.chain_id, wallet.address),
        }
    )
    services = [
        {
            "id": f"{institution.did}#anchors",
            "type": "EvmAnchorRegistry",
            "serviceEndpoint": f"{institution.page_url}/anchors",
        }
    ]
    if institution.role is not Role.SCHEME_OPERATOR:
        # Nobody stands above the operator.
        services.append(
            {
                "id": f"{institution.did}#accreditations",
                "type": SERVICE_TYPE,
                "serviceEndpoint": institution.accreditations_url,
            }
        )
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
        "alsoKnownAs": [f"did:pkh:{did.caip10(wallet.chain_id, wallet.address)}"],
        "verificationMethod": methods,
        "assertionMethod": [key.id(institution.did) for key in keys if key.revoked_at is None],
        "capabilityInvocation": [wallet_id],
        "service": services,
    }


def published_wallet(institution: Institution, wallet: Wallet, key: SigningKey) -> dict[str, Any]:
    """The public statement of an institution's wallet and key: `wallets/public/<slug>.json` and its page.

    The key is there for those who verify without asking anybody: without it they would have to believe a forger.
    """
    return {
        "institution": institution.name,
        "role": institution.role,
        "ukprn": institution.ukprn,
        "did": institution.did,
        "chainId": wallet.chain_id,
        "address": wallet.address,
        "contract": wallet.contract,
        "signingKeys": [key.public_key],
        "publishedAt": institution.page_url,
    }
