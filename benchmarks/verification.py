"""Verification of one bundle, without a network: the ports answer from memory.

The bundle is made by the product's own functions: a signed credential, its receipt from a log of 10,000 leaves, the
college's DID document and status list. One verification is `read_submission` (strict reading of the bytes) and
`verify` with all eight checks, every one of which passes; nothing is kept from one verification to the next. Unit:
milliseconds; p50 and p99 are wall time, all else processor time. Against: one bare Ed25519 verification, and
PyLD canonicalising the credential alone.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.adapters.contexts import canonicaliser
from app.institutions.model import did_document
from app.standards import anchor_receipt, data_integrity, merkle, status_list, strict_json
from app.standards.anchor_receipt import LeafKind
from app.standards.compiled_shape import ShapeCache
from app.verification import verify
from app.verification.evidence import ChainAnswer, Fetched, RecognisedIssuer, Recognition
from app.verification.report import Report
from benchmarks import material, references
from benchmarks.figures import Section, p50_p99, race
from benchmarks.scale import Scale

_LEAVES = 10_000
_LATER = material.NOW + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """All three ports of a verifier, answering at once. Nobody accredits this issuer."""

    did_bytes: bytes
    list_bytes: bytes
    issuer: RecognisedIssuer

    async def did_document(self, did: str, at: datetime | None = None) -> Fetched:
        return Fetched(_LATER, self.did_bytes)

    async def status_list(self, url: str, at: datetime | None = None) -> Fetched:
        return Fetched(_LATER, self.list_bytes)

    async def accreditations(self, url: str) -> Fetched:
        empty = {"type": "AccreditationList", "subject": self.issuer.did, "accreditations": []}
        return Fetched(_LATER, material.to_bytes(empty))

    async def status_reasons(self, url: str) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def checkpoints(self, url: str) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def receipt(self, url: str, digest: bytes) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return ChainAnswer(_LATER, int(material.NOW.timestamp()), final=True)

    async def recognise(self, did: str) -> Recognition:
        return Recognition(True, self.issuer)


def measure(scale: Scale, folder: Path) -> Section:
    """Verification, whole and in parts; `folder` holds the key file."""
    bundle, memory = _bundle(folder)
    full, pyld = canonicaliser(), references.PyLd()
    compiled = ShapeCache(full)
    credential = verify.read_submission(bundle)[0].credential
    listed = strict_json.parse_object(memory.list_bytes)

    def canonical_forms() -> None:
        for document in (credential, listed):
            data_integrity.hash_for(data_integrity.read_proof(document), document, full)

    with asyncio.Runner() as runner:

        def checked(canonical: data_integrity.CanonicalForm) -> Report:
            submission, _ = verify.read_submission(bundle)
            return runner.run(
                verify.verify(
                    submission,
                    publications=memory,
                    registry=memory,
                    recogniser=memory,
                    canonicaliser=canonical,
                    now=_LATER,
                )
            )

        assert checked(full).verdict == checked(compiled).verdict == "valid", checked(full).as_json()
        times = scale.verifications // scale.rounds
        taken = race(
            {
                "verify": references.repeated(lambda: checked(full), times),
                "compiled": references.repeated(lambda: checked(compiled), times),
                "canonical": references.repeated(canonical_forms, times),
                "reading": references.repeated(lambda: verify.read_submission(bundle), times),
                "pyld": references.repeated(
                    lambda: pyld.n_quads({name: value for name, value in credential.items() if name != "proof"}),
                    scale.slow_documents,
                ),
                "ed25519": references.repeated(references.bare_verify(), 10 * times),
            },
            scale.rounds,
        )
        bare = references.bare_verify()
        latencies, bare_latencies = [], []
        for _ in range(scale.verifications):
            latencies.append(_latency(lambda: checked(full)))
            bare_latencies.append(_latency(bare))

    section = Section("Verification of one bundle, evidence from memory")
    whole = taken["verify"]
    for label, value, reference in zip(("p50", "p99"), p50_p99(latencies), p50_p99(bare_latencies), strict=True):
        against = f"{references.ED25519_VERIFY}, {label}"
        section.add(f"verified from bytes, {label}", value, "ms", value / reference, against)
    against_signature = whole.slower_than(taken["ed25519"])
    section.add("verified from bytes", whole.milliseconds, "ms", against_signature, references.ED25519_VERIFY)
    section.add("verified from bytes", whole.milliseconds, "ms", whole.slower_than(taken["pyld"]), references.PYLD)
    for name, key in (("canonical forms of credential and status list", "canonical"), ("strict reading", "reading")):
        section.add(f"of which: {name}", taken[key].milliseconds, "ms", taken[key].slower_than(whole), "verified")
    section.add(
        "verified over shapes compiled before (same bytes)",
        taken["compiled"].milliseconds,
        "ms",
        taken["compiled"].slower_than(whole),
        "verified from bytes",
    )
    section.add(references.PYLD, taken["pyld"].milliseconds, "ms", 1.0, "reference")
    section.add(references.ED25519_VERIFY, taken["ed25519"].milliseconds, "ms", 1.0, "reference")
    section.notes.append(
        "Three Ed25519 signatures are verified in each bundle (credential, receipt, status list) and four graphs "
        "canonicalised (two documents, two sets of proof options)."
    )
    return section


def _latency(work: Callable[[], object]) -> float:
    """Wall milliseconds of one call."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def _bundle(folder: Path) -> tuple[bytes, Memory]:
    college = material.college(folder)
    issuer = college.issuer(canonicaliser())
    institution, wallet = college.identity.institution, college.identity.wallet
    signed, digest = issuer.sign(material.credentials(institution, 1)[0], material.NOW)

    salt, index = secrets.token_bytes(32), _LEAVES // 3
    hashes = [secrets.token_bytes(32) for _ in range(_LEAVES)]
    hashes[index] = anchor_receipt.leaf_hash(LeafKind.CREDENTIAL, salt, digest)
    tree = merkle.Tree(hashes)
    unsigned = anchor_receipt.unsigned_receipt(
        issuer=institution.did,
        digest=digest,
        kind=LeafKind.CREDENTIAL,
        salt=salt,
        index=index,
        tree_size=tree.size,
        path=tree.inclusion_path(index),
        root=tree.root(),
        record=anchor_receipt.ChainRecord(
            chain_id=wallet.chain_id,
            contract=wallet.contract,
            anchored_by=wallet.address,
            tx_hash=bytes(32),
            log_index=0,
            block_number=3,
            block_hash=bytes(32),
            block_time=material.NOW,
            finality="finalized",
        ),
    )
    receipt = data_integrity.sign_jcs(unsigned, issuer.key_id, material.NOW, issuer.sign_bytes)
    empty = bytes(status_list.LENGTH // 8)
    listed, _ = issuer.sign(
        status_list.unsigned_list(f"{institution.status_url}/1", {"id": institution.did}, empty, material.NOW),
        material.NOW,
    )
    bundle = material.to_bytes({"type": "CredentialBundle", "credential": signed, "anchorReceipt": receipt})
    published = material.to_bytes(did_document(institution, (college.identity.signing_key,), wallet))
    recognised = RecognisedIssuer(institution.did, institution.name, institution.ukprn)
    return bundle, Memory(published, material.to_bytes(listed), recognised)
