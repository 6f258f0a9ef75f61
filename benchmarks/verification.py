"""Verification of bundles, without a network: the ports answer from memory.

The bundles are made by the product's own functions: signed credentials, each with its receipt from a log of 10,000
leaves, and the college's DID document and status list. One verification is `read_submission` (strict reading of the
bytes) and `verify` with every check, all of which pass. "A stranger's": nothing is kept from one verification to the
next. "Warm": as the web process checks its own institutions' credentials, over shapes compiled before and with a reader
that remembers what all of them share (keys, status list); every bundle is of another learner, so that nothing of the
credential or its receipt was seen before. Unit: milliseconds; p50 and p99 are wall time, all else processor time.
Against: one bare Ed25519 verification, and PyLD canonicalising the credential alone.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from app.adapters.contexts import canonicaliser
from app.institutions.model import did_document
from app.standards import anchor_receipt, data_integrity, merkle, status_list, strict_json
from app.standards.anchor_receipt import LeafKind
from app.standards.compiled_shape import ShapeCache
from app.verification import verify
from app.verification.evidence import ChainAnswer, Fetched, RecognisedIssuer, Recognition
from app.verification.reader import Reader
from app.verification.report import Report
from benchmarks import material, references
from benchmarks.figures import Round, Section, p50_p99, race
from benchmarks.scale import Scale

_LEAVES = 10_000
_LEARNERS = 400
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

    async def credential(self, url: str, at: datetime | None = None) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def credential_receipt(self, url: str) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def rules(self, url: str) -> Fetched:
        return Fetched(_LATER, None, "not_published", "It is not published.")

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return ChainAnswer(_LATER, int(material.NOW.timestamp()), final=True)

    async def recognise(self, did: str) -> Recognition:
        return Recognition(True, self.issuer)


def measure(scale: Scale, folder: Path) -> Section:
    """Verification, whole and in parts; `folder` holds the key file."""
    bundles, memory = _bundles(folder)
    full, pyld = canonicaliser(), references.PyLd()
    compiled, reader = ShapeCache(full), Reader()
    credential = verify.read_submission(bundles[0])[0].credential
    receipt = verify.read_submission(bundles[0])[0].receipt or {}
    listed = strict_json.parse_object(memory.list_bytes)
    each = cycle(bundles)

    def canonical_forms() -> None:
        for document in (credential, listed):
            data_integrity.hash_for(data_integrity.read_proof(document), document, full)

    async def checked(bundle: bytes, canonical: data_integrity.CanonicalForm, reader: Reader | None = None) -> Report:
        submission, _ = verify.read_submission(bundle)
        return await verify.verify(
            submission,
            publications=memory,
            registry=memory,
            recogniser=memory,
            canonicaliser=canonical,
            now=_LATER,
            reader=reader,
        )

    with asyncio.Runner() as runner:

        def stranger() -> Report:
            return runner.run(checked(next(each), full))

        def in_one_loop(canonical: data_integrity.CanonicalForm, reader: Reader | None) -> Round:
            async def several() -> int:
                # As in a server, whose loop runs already.
                for bundle in islice(each, times):
                    await checked(bundle, canonical, reader)
                return times

            return lambda: runner.run(several())

        for report in (stranger(), runner.run(checked(bundles[0], compiled, reader))):
            assert report.verdict == "valid", report.as_json()
        times = scale.verifications // scale.rounds
        proof = data_integrity.read_proof(credential)
        taken = race(
            {
                "verify": references.repeated(stranger, times),
                "warm": in_one_loop(compiled, reader),
                "canonical": references.repeated(canonical_forms, times),
                "reading": references.repeated(lambda: verify.read_submission(bundles[0]), times),
                "hash": references.repeated(lambda: data_integrity.hash_for(proof, credential, compiled), times),
                "receipt": references.repeated(lambda: _receipt_work(receipt), times),
                "pyld": references.repeated(
                    lambda: pyld.n_quads({name: value for name, value in credential.items() if name != "proof"}),
                    scale.slow_documents,
                ),
                "ed25519": references.repeated(references.bare_verify(), 10 * times),
            },
            scale.rounds,
        )
        bare = references.bare_verify()

        async def latencies(canonical: data_integrity.CanonicalForm, reader: Reader | None) -> list[float]:
            found = []
            for bundle in islice(each, scale.verifications):
                started = time.perf_counter()
                await checked(bundle, canonical, reader)
                found.append(1000 * (time.perf_counter() - started))
            return found

        strangers, warm = (runner.run(latencies(*how)) for how in ((full, None), (compiled, reader)))
        bare_latencies = [_latency(bare) for _ in range(scale.verifications)]

    section = Section("Verification of one bundle, evidence from memory")
    for name, found in (("warm", warm), ("a stranger's", strangers)):
        for label, value, reference in zip(("p50", "p99"), p50_p99(found), p50_p99(bare_latencies), strict=True):
            against = f"{references.ED25519_VERIFY}, {label}"
            section.add(f"{name}, from bytes, {label}", value, "ms", value / reference, against)
    warmed, whole = taken["warm"], taken["verify"]
    signature = taken["ed25519"]
    section.add("warm", warmed.milliseconds, "ms", warmed.slower_than(signature), references.ED25519_VERIFY)
    parts = {
        "two Ed25519 verifications (credential, receipt)": 2 * signature.milliseconds,
        "strict reading of the bundle's bytes": taken["reading"].milliseconds,
        "canonical form and hashes of the credential": taken["hash"].milliseconds,
        "the receipt: reading, path, canonical form": taken["receipt"].milliseconds,
    }
    parts["checks, findings, event loop, look-ups"] = warmed.milliseconds - sum(parts.values())
    for name, value in parts.items():
        section.add(f"of which: {name}", value, "ms", value / warmed.milliseconds, "warm")
    section.add("a stranger's", whole.milliseconds, "ms", whole.slower_than(signature), references.ED25519_VERIFY)
    section.add("a stranger's", whole.milliseconds, "ms", whole.slower_than(taken["pyld"]), references.PYLD)
    shared = taken["canonical"]
    section.add(
        "of which: canonical forms of credential and status list",
        shared.milliseconds,
        "ms",
        shared.slower_than(whole),
        "a stranger's",
    )
    section.add(references.PYLD, taken["pyld"].milliseconds, "ms", 1.0, "reference")
    section.add(references.ED25519_VERIFY, signature.milliseconds, "ms", 1.0, "reference")
    section.notes.append(
        "A stranger's bundle takes three Ed25519 verifications (credential, receipt, status list) and four canonical "
        "graphs (two documents, two sets of proof options). A warm one takes two and two: no check that passes can do "
        f"with less than 2 x {references.ED25519_VERIFY.lower()}, because a receipt carries a signature of its own."
    )
    return section


def _receipt_work(receipt: Mapping[str, Any]) -> None:
    """What is done with a receipt, but for the check of the signature itself: it is read by two who need it."""
    anchor_receipt.read_receipt(receipt)
    anchor_receipt.read_receipt(receipt).proves_inclusion()
    data_integrity.hash_jcs(receipt, data_integrity.read_proof(receipt).options)


def _latency(work: Callable[[], object]) -> float:
    """Wall milliseconds of one call."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def _bundles(folder: Path) -> tuple[list[bytes], Memory]:
    college = material.college(folder)
    issuer = college.issuer(canonicaliser())
    institution, wallet = college.identity.institution, college.identity.wallet
    signed = [issuer.sign(one, material.NOW) for one in material.credentials(institution, _LEARNERS)]
    salts = [secrets.token_bytes(32) for _ in signed]
    hashes = [secrets.token_bytes(32) for _ in range(_LEAVES)]
    places = random.sample(range(_LEAVES), _LEARNERS)
    for place, salt, (_, digest) in zip(places, salts, signed, strict=True):
        hashes[place] = anchor_receipt.leaf_hash(LeafKind.CREDENTIAL, salt, digest)
    tree = merkle.Tree(hashes)

    def bundle(place: int, salt: bytes, credential: Mapping[str, Any], digest: bytes) -> bytes:
        unsigned = anchor_receipt.unsigned_receipt(
            issuer=institution.did,
            digest=digest,
            kind=LeafKind.CREDENTIAL,
            salt=salt,
            index=place,
            tree_size=tree.size,
            path=tree.inclusion_path(place),
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
        return material.to_bytes({"type": "CredentialBundle", "credential": credential, "anchorReceipt": receipt})

    bundles = [bundle(place, salt, *one) for place, salt, one in zip(places, salts, signed, strict=True)]
    empty = bytes(status_list.LENGTH // 8)
    listed, _ = issuer.sign(
        status_list.unsigned_list(f"{institution.status_url}/1", {"id": institution.did}, empty, material.NOW),
        material.NOW,
    )
    published = material.to_bytes(did_document(institution, (college.identity.signing_key,), (wallet,)))
    recognised = RecognisedIssuer(institution.did, institution.name, institution.ukprn)
    return bundles, Memory(published, material.to_bytes(listed), recognised)
