"""Verdicts on a real, anchored credential: what is known, what is false and what cannot be told."""

import copy
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.adapters.contexts import canonicaliser
from app.credentials import service as credentials
from app.database import transaction
from app.standards import did, status_list
from app.verification import verify
from app.verification.ports import Registry
from app.verification.report import Anchoring, Level, Outcome, Report, Verdict
from app.wiring import now
from tests.fakes import MemoryList, MemoryPublications, MemoryRegistry
from tests.integration.conftest import Foundation, Installation, fresh_installation

Document = dict[str, Any]


@dataclass
class Case:
    """A bundle and everything a verifier would be told; a test spoils one thing."""

    credential: Document
    receipt: Document | None
    documents: dict[str, bytes]
    issuers: dict[str, tuple[str, str]] | None
    registry: Registry
    at: datetime

    async def report(self) -> Report:
        bundle = {"type": "CredentialBundle", "credential": self.credential, "anchorReceipt": self.receipt}
        submission, _ = verify.read_submission(json.dumps(bundle).encode())
        return await verify.verify(
            submission,
            publications=MemoryPublications(self.documents),
            registry=self.registry,
            recogniser=MemoryList(self.issuers),
            canonicaliser=canonicaliser(),
            now=self.at,
        )


@pytest_asyncio.fixture(scope="module")
async def anchored(foundation: Foundation) -> AsyncIterator[tuple[Installation, Document]]:
    """An installation with one anchored credential, and its bundle."""
    async with fresh_installation(foundation) as installation:
        credential = await installation.issue_one()
        await installation.issue_one(component="2")
        await installation.work()
        yield installation, json.loads(await installation.bundle(credential.id))


@pytest.fixture
def case(anchored: tuple[Installation, Document]) -> Case:
    installation, bundle = anchored[0], copy.deepcopy(anchored[1])
    issuer = installation.issuer.institution
    entry = status_list.read_entry(bundle["credential"])
    assert entry is not None
    return Case(
        bundle["credential"],
        bundle["anchorReceipt"],
        {
            issuer.did: json.dumps(bundle["didDocument"]).encode(),
            entry[0]: json.dumps(bundle["statusListCredential"]).encode(),
            issuer.accreditations_url: json.dumps(
                {"type": "AccreditationList", "subject": issuer.did, "accreditations": bundle["accreditation"]}
            ).encode(),
        },
        {issuer.did: (issuer.name, issuer.ukprn)},
        installation.wiring.registry,
        now(),
    )


async def test_all_is_well(case: Case) -> None:
    report = await case.report()
    # The issuer's list of checkpoints is for those who cannot ask the chain.
    assert {finding.check: finding.outcome for finding in report.findings if finding.outcome is not Outcome.VALID} == {
        "checkpoint": Outcome.SKIPPED,
        "accreditation": Outcome.SKIPPED,
        # It is a unit, made of nothing else.
        "adds_up": Outcome.SKIPPED,
    }
    assert report.level is Level.CHAIN
    assert (report.verdict, report.anchoring) == (Verdict.VALID, Anchoring.ANCHORED)
    assert report.issuer_name == "Northgate College (test)"
    shown = report.as_json()
    assert all(check["ageSeconds"] is None or check["ageSeconds"] >= 0 for check in shown["checks"])
    assert {check["check"]: check["ageSeconds"] for check in shown["checks"]}["status"] is not None


def change(path: str, value: object) -> Callable[[Case], None]:
    def spoil(case: Case) -> None:
        *parents, last = path.split(".")
        target: Any = case
        for name in parents:
            target = target[name] if isinstance(target, dict) else getattr(target, name)
        target[last] = value

    return spoil


def lose(part: str) -> Callable[[Case], None]:
    def spoil(case: Case) -> None:
        case.documents = {name: data for name, data in case.documents.items() if part not in name}

    return spoil


def spoil_registry(registry: Registry) -> Callable[[Case], None]:
    def spoil(case: Case) -> None:
        case.registry = registry

    return spoil


def spoil_key(name: str, value: str) -> Callable[[Case], None]:
    """Change the issuer's DID document: a limit on its first key."""

    def spoil(case: Case) -> None:
        did_name = case.credential["issuer"]["id"]
        document = json.loads(case.documents[did_name])
        document["verificationMethod"][0][name] = value
        case.documents[did_name] = json.dumps(document).encode()

    return spoil


def wallet_of_another(case: Case) -> None:
    did_name = case.credential["issuer"]["id"]
    document = json.loads(case.documents[did_name])
    document["verificationMethod"][1]["blockchainAccountId"] = did.caip10(31337, "0x" + "11" * 20)
    case.documents[did_name] = json.dumps(document).encode()


def no_issuers(case: Case) -> None:
    case.issuers = {}


def no_list(case: Case) -> None:
    case.issuers = None


def no_receipt(case: Case) -> None:
    case.receipt = None


def in_ten_days(case: Case) -> None:
    case.at += timedelta(days=10)


def a_year_ago(case: Case) -> None:
    case.at = datetime(2025, 1, 1, tzinfo=UTC)


SPOILT = [
    ("a changed grade", change("credential.awardedDate", "2020-01-01T00:00:00Z"), "signature", "signature_wrong", Verdict.NOT_VALID),
    ("an invented member", change("credential.honours", "first"), "signature", "term_undefined", Verdict.NOT_VALID),
    ("an inner context", change("credential.credentialSubject.@context", {}), "signature", "keyword_not_allowed", Verdict.NOT_VALID),
    ("an unknown context", change("credential.@context", ["https://www.w3.org/ns/credentials/v2", "https://evil.example/"]), "signature", "context_unknown", Verdict.CANNOT_TELL),
    ("another purpose", change("credential.proof.proofPurpose", "authentication"), "issuer_key", "purpose_wrong", Verdict.NOT_VALID),
    ("a key of somebody else", change("credential.proof.verificationMethod", "did:web:evil.example#key-2026-11"), "issuer_key", "key_of_other", Verdict.NOT_VALID),
    ("a multikey fragment", change("credential.proof.verificationMethod", "did:web:localhost%3A8000:i:northgate#z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"), "issuer_key", "key_not_listed", Verdict.NOT_VALID),
    ("a key withdrawn before", spoil_key("revoked", "2026-01-01T00:00:00Z"), "signing_time", "key_revoked", Verdict.NOT_VALID),
    ("a key run out before", spoil_key("expires", "2026-01-01T00:00:00Z"), "signing_time", "key_expired", Verdict.NOT_VALID),
    ("no keys to be had", lose("did:web"), "issuer_key", "publication_unreachable", Verdict.CANNOT_TELL),
    ("no status list to be had", lose("/status/"), "status", "publication_unreachable", Verdict.CANNOT_TELL),
    ("an old status list", in_ten_days, "status", "status_list_stale", Verdict.CANNOT_TELL),
    ("not valid yet", a_year_ago, "dates", "not_yet_valid", Verdict.NOT_VALID),
    ("an unknown issuer", no_issuers, "issuer", "issuer_unknown", Verdict.CANNOT_TELL),
    ("no list of issuers", no_list, "issuer", "issuer_list_missing", Verdict.CANNOT_TELL),
]  # fmt: skip


@pytest.mark.parametrize(("what", "spoil", "check", "code", "verdict"), SPOILT, ids=[row[0] for row in SPOILT])
async def test_one_thing_is_wrong(
    case: Case, what: str, spoil: Callable[[Case], None], check: str, code: str, verdict: Verdict
) -> None:
    spoil(case)
    report = await case.report()
    assert report.finding(check).code == code
    assert report.verdict is verdict


ANCHORS = [
    ("no receipt yet", no_receipt, "inclusion", "anchor_pending", Anchoring.PENDING),
    ("a changed path", change("receipt.inclusionPath", []), "inclusion", "inclusion_wrong", Anchoring.FAILED),
    ("a changed root", change("receipt.root", "0x" + "00" * 32), "inclusion", "inclusion_wrong", Anchoring.FAILED),
    ("a receipt of another credential", change("receipt.binding.digest", "00" * 32), "inclusion", "receipt_of_other", Anchoring.FAILED),
    ("a receipt of another issuer", change("receipt.issuer", "did:web:evil.example"), "inclusion", "receipt_of_other", Anchoring.FAILED),
    ("a changed hint", change("receipt.anchor.blockNumber", 1), "inclusion", "receipt_signature_wrong", Anchoring.FAILED),
    ("a receipt that is none", change("receipt.version", "2"), "inclusion", "receipt_malformed", Anchoring.FAILED),
    ("a wallet that is not published", wallet_of_another, "chain", "wallet_not_issuers", Anchoring.FAILED),
    ("a chain without the root", spoil_registry(MemoryRegistry({})), "chain", "root_not_recorded", Anchoring.FAILED),
    ("a chain that is away", spoil_registry(MemoryRegistry({}, away=True)), "chain", "chain_unreachable", Anchoring.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("what", "spoil", "check", "code", "anchoring"), ANCHORS, ids=[row[0] for row in ANCHORS])
async def test_the_anchor_is_told_apart_from_the_verdict(
    case: Case, what: str, spoil: Callable[[Case], None], check: str, code: str, anchoring: Anchoring
) -> None:
    spoil(case)
    report = await case.report()
    assert report.finding(check).code == code
    assert report.anchoring is anchoring
    assert report.verdict is Verdict.VALID
    assert "register" in report.summary


async def test_a_withdrawn_credential_was_valid(installation: Installation) -> None:
    credential = await installation.issue_one()
    submission, _ = verify.read_submission(await installation.bundle(credential.id))
    assert (await installation.wiring.verify(submission)).verdict is Verdict.VALID
    async with transaction(installation.wiring.engine) as conn:
        await credentials.revoke(conn, installation.issuer, credential.id, reason="issued in error", now=now())
    # The page changes at once: nothing is remembered from the first look.
    report = await installation.wiring.verify(submission)
    assert report.verdict is Verdict.WAS_VALID
    assert report.finding("status").code == "revoked"
