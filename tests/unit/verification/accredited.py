"""A made-up scheme: an operator, an awarding organisation and two colleges, with keys, lists and accreditations."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.adapters.contexts import canonicaliser
from app.standards import accreditation, data_integrity, did, multikey, status_list
from app.standards.accreditation import Action, Entity, QualificationReference
from app.standards.did import WalletAddress
from app.verification.accreditation import AccreditationResult, accreditation_result, gather_accreditation
from app.verification.evidence import Fetched, RecognisedIssuer, Recognition
from app.verification.reader import Reader
from tests.fakes import MemoryPublications

FULL = canonicaliser()
Document = dict[str, Any]

ISSUED = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
COMPUTING = QualificationReference("https://scheme.example/catalogue/qualifications/hnc-computing", "603/7595/4")
ENGINEERING = QualificationReference("https://scheme.example/catalogue/qualifications/hnc-engineering", "610/0000/1")


@dataclass(frozen=True)
class Member:
    """An institution with its key, its wallet and the place of its status list."""

    name: str
    number: int

    @property
    def did(self) -> str:
        return f"did:web:{self.name}.example"

    @property
    def key_id(self) -> str:
        return f"{self.did}#key-2026-01"

    @property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.number]) * 32)

    @property
    def public_key(self) -> str:
        return multikey.PublicKey(multikey.KeyType.ED25519, self.key.public_key().public_bytes_raw()).encode()

    @property
    def wallet(self) -> WalletAddress:
        return WalletAddress(31337, "0x" + f"{self.number:02x}" * 20)

    @property
    def status_url(self) -> str:
        return f"https://{self.name}.example/status/1"

    @property
    def list_url(self) -> str:
        return f"https://{self.name}.example/accreditations"

    def did_document(self, **changes: Any) -> Document:
        wallet = f"{self.did}#anchor-wallet-1"
        return {
            "id": self.did,
            "verificationMethod": [
                {"id": self.key_id, "type": "Multikey", "controller": self.did, "publicKeyMultibase": self.public_key},
                {
                    "id": wallet,
                    "type": "EcdsaSecp256k1RecoveryMethod2020",
                    "controller": self.did,
                    "blockchainAccountId": did.caip10(self.wallet.chain_id, self.wallet.address),
                },
            ],
            "assertionMethod": [self.key_id],
            "capabilityInvocation": [wallet],
            "service": [
                {"id": f"{self.did}#accreditations", "type": "AccreditationList", "serviceEndpoint": self.list_url}
            ],
            **changes,
        }

    def entity(self) -> Entity:
        return Entity(self.did, f"{self.name.title()} College", ukprn="10000001", wallet=self.wallet)

    def list_document(self, made: datetime, withdrawn: tuple[int, ...] = ()) -> Document:
        """This member's signed status list as of `made`."""
        bits = bytearray(status_list.LENGTH // 8)
        for index in withdrawn:
            status_list.set_bit(bits, index)
        unsigned = status_list.unsigned_list(self.status_url, {"id": self.did}, bytes(bits), made)
        options = data_integrity.proof_options(data_integrity.RDFC, self.key_id, made)
        signature = self.key.sign(data_integrity.hash_rdfc(FULL, unsigned, options))
        return data_integrity.secured(unsigned, options, signature)


SCHEME, BOARD, COLLEGE, OTHER = (
    Member(name, number) for number, name in enumerate(("scheme", "board", "northgate", "southport"), 1)
)
MEMBERS = (SCHEME, BOARD, COLLEGE, OTHER)


def edge(parent: Member, child: Member, place: int, **changes: Any) -> Document:
    """A signed edge; `changes` replace arguments of the builder, `signer` and `key_id` who signs."""
    signer, key_id = changes.pop("signer", parent), changes.pop("key_id", None)
    given: dict[str, Any] = {
        "id": f"urn:uuid:00000000-0000-4000-8000-{place:012x}",
        "parent": parent.did,
        "child": child.entity(),
        "action": Action.ACCREDIT if child is BOARD else Action.ISSUE,
        "qualifications": [COMPUTING],
        "valid_from": BEGAN,
        "valid_until": None,
        "status": status_list.entry(parent.status_url, place),
        **changes,
    }
    return signed(accreditation.unsigned_accreditation(**given), signer, key_id)


def signed(document: Document, signer: Member, key_id: str | None = None) -> Document:
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return data_integrity.sign_jcs(unsigned, key_id or signer.key_id, BEGAN, signer.key.sign)


def badge(issuer: Member = COLLEGE, number: str | None = "603/7595/4", **achievement: Any) -> Document:
    """What a walk reads of a badge."""
    identifiers = [{"type": "IdentifierEntry", "identifier": number, "identifierType": "ext:QAN"}] if number else []
    return {
        "issuer": {"id": issuer.did},
        "validFrom": "2026-09-01T12:00:00Z",
        "credentialSubject": {
            "achievement": {
                "id": "https://northgate.example/catalogue/units/1",
                "otherIdentifier": identifiers,
                **achievement,
            }
        },
    }


class DatedPublications(MemoryPublications):
    """As the stand-in, with an earlier version of some lists; it notes what it is asked."""

    def __init__(self, documents: dict[str, bytes], past: dict[str, bytes]) -> None:
        super().__init__(documents)
        self.past = past
        self.asked: list[str] = []

    def _find(self, name: str, at: datetime | None = None) -> Fetched:
        self.asked.append(name)
        return super()._find(name, at)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        if at is not None and url in self.past:
            self.asked.append(f"{url} at {at.isoformat()}")
            return Fetched(NOW, self.past[url])
        return self._find(url)


class Trusted:
    """The verifier's own list."""

    def __init__(self, issuers: dict[str, RecognisedIssuer] | None) -> None:
        self.issuers = issuers

    async def recognise(self, did: str) -> Recognition:
        if self.issuers is None:
            return Recognition(False)
        return Recognition(True, self.issuers.get(did), any(one.is_root for one in self.issuers.values()))


@dataclass
class World:
    """A college accredited by a board under a scheme operator; a test spoils one thing."""

    edges: list[Any] = field(default_factory=lambda: [edge(SCHEME, BOARD, 1), edge(BOARD, COLLEGE, 2)])
    issuer: Member = COLLEGE
    credential: Document = field(default_factory=badge)
    did_documents: dict[str, Document] = field(default_factory=lambda: {one.did: one.did_document() for one in MEMBERS})
    withdrawn: dict[str, tuple[int, ...]] = field(default_factory=dict)
    lists: dict[str, Document] = field(default_factory=dict)
    past: dict[str, Document] = field(default_factory=dict)
    roots: dict[str, RecognisedIssuer] | None = field(
        default_factory=lambda: {SCHEME.did: RecognisedIssuer(SCHEME.did, "The Scheme", "", (), is_root=True)}
    )
    away: set[str] = field(default_factory=set)
    subject: str | None = None
    anchored_at: datetime | None = ISSUED
    brought: object = None
    asked: list[str] = field(default_factory=list)

    async def result(self, reader: Reader | None = None) -> AccreditationResult:
        listed = {
            "type": "AccreditationList",
            "subject": self.subject or self.issuer.did,
            "accreditations": self.edges,
        }
        documents: dict[str, Document] = {
            **self.did_documents,
            self.issuer.list_url: listed,
            **{one.status_url: one.list_document(NOW, self.withdrawn.get(one.did, ())) for one in MEMBERS},
            **self.lists,
        }
        encoded = {name: json.dumps(one).encode() for name, one in documents.items() if name not in self.away}
        past = {name: json.dumps(one).encode() for name, one in self.past.items()}
        publications = DatedPublications(encoded, past)
        issuer_document = self.did_documents[self.issuer.did]
        evidence = await gather_accreditation(
            self.credential,
            Fetched(NOW, json.dumps(issuer_document).encode()),
            publications=publications,
            recogniser=Trusted(self.roots),
            anchored_at=self.anchored_at,
            now=NOW,
            brought=self.brought,
            reader=reader,
        )
        self.asked = publications.asked
        return accreditation_result(
            evidence,
            self.credential,
            did.read_document(issuer_document, self.issuer.did),
            anchored_at=self.anchored_at,
            now=NOW,
            canonicaliser=FULL,
            reader=reader,
        )


def days(number: int) -> timedelta:
    return timedelta(days=number)
