"""A receipt that names records on two chains: THE TABLE of what each may say, and those who would gain by the second."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.adapters.registry import AgreeingRegistry, RegistryByChain
from app.standards import anchor_receipt, did, merkle
from app.standards.anchor_receipt import ChainRecord, LeafKind, Proven
from app.verification.evidence import SILENT, ChainAnswer, Submission
from app.verification.gather import gather
from app.verification.ports import Registry
from app.verification.report import Anchoring, Level, Outcome, Report, Verdict
from tests.fakes import MemoryList, MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification import accredited, scenarios
from tests.unit.verification.accredited import SCHEME
from tests.unit.verification.scenarios import ACCREDITATIONS_URL
from tests.unit.verification.world import (
    CHAIN_ID,
    CONTRACT,
    NOW,
    WALLET,
    Document,
    World,
    a_world,
    checkpoints_for,
    did_document,
    signed_jcs,
    stamp,
)

SECOND = 8453
SIGNED_ON = NOW - timedelta(days=30)
THEN, LATER = SIGNED_ON + timedelta(minutes=10), SIGNED_ON + timedelta(days=9)
SALT = bytes(range(32))


def receipt_on_both(digest: bytes, *, second: int = SECOND, wallet: str = WALLET, key: str = "key-2026-09") -> Document:
    """The fourth of five leaves on the first chain; of nine on the second one."""
    leaves = [bytes([number]) * 32 for number in range(9)]
    leaves[3] = anchor_receipt.leaf_hash(LeafKind.CREDENTIAL, SALT, digest)
    tree = merkle.Tree(leaves)

    def proven(size: int, chain_id: int, by: str, at: datetime) -> Proven:
        record = ChainRecord(chain_id, CONTRACT, by, bytes(32), 0, 7, bytes(32), at, "finalized")
        return Proven(size, merkle.Tree(leaves[:size]).inclusion_path(3), tree.root(size), record)

    first = proven(5, CHAIN_ID, WALLET, THEN)
    unsigned = anchor_receipt.unsigned_receipt(
        issuer=sample.DID,
        digest=digest,
        kind=LeafKind.CREDENTIAL,
        salt=SALT,
        index=3,
        tree_size=5,
        path=first.path,
        root=first.root,
        record=first.record,
        also=[proven(9, second, wallet, LATER)],
    )
    return signed_jcs(unsigned, key, LATER)


def keys_on(*chains: int, **keys: dict[str, str]) -> Document:
    """The college's document, its wallet on each of `chains`."""
    document = did_document(**(keys or {"key_2026_09": {}}))
    [method] = [one for one in document["verificationMethod"] if "blockchainAccountId" in one]
    document["verificationMethod"].remove(method)
    for chain_id in chains:
        name = f"{sample.DID}#wallet-{chain_id}"
        account = did.caip10(chain_id, WALLET)
        document["verificationMethod"].append(method | {"id": name, "blockchainAccountId": account})
    document["capabilityInvocation"] = [f"{sample.DID}#wallet-{chain_id}" for chain_id in chains]
    return document


def a_world_of_two(registry: Registry, **changes: Any) -> World:
    made = a_world(signed_on=SIGNED_ON, **changes)
    assert made.receipt is not None
    made.receipt = receipt_on_both(digest_in(made.receipt))
    made.keys = keys_on(CHAIN_ID, SECOND)
    made.registry = registry
    return made


@dataclass(frozen=True)
class Says:
    """A chain that gives one answer to everything, as of an hour ago."""

    at: datetime | None = None
    final: bool = True
    code: str = ""
    never: bool = False

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        asked = NOW - timedelta(hours=1)
        if self.code:
            return ChainAnswer(asked, None, False, self.code, "So it says.")
        return ChainAnswer(asked, 0 if self.never else int((self.at or THEN).timestamp()), self.final)


HAS, HAS_LATER, PENDING, NEVER = Says(THEN), Says(LATER), Says(THEN, final=False), Says(never=True)
DEAD, FOREIGN = Says(code="chain_unreachable"), Says(code="chain_other")
OTHER_CONTRACT, DISOWNED, DIVIDED = (
    Says(code=code) for code in ("registry_unknown", "anchor_disowned", "chain_disagrees")
)
GOOD, BAD, TELL = Anchoring.ANCHORED, Anchoring.FAILED, Anchoring.UNKNOWN

TABLE: list[tuple[str, Says, Says, Anchoring, str, datetime | None]] = [
    ("both have it", HAS, HAS_LATER, GOOD, "chain_ok", THEN),
    ("both have it, the second one earlier", HAS_LATER, HAS, GOOD, "chain_ok", THEN),
    ("the second is dead", HAS, DEAD, GOOD, "chain_ok", THEN),
    ("the second never had it", HAS, NEVER, GOOD, "chain_ok", THEN),
    ("the second is not asked here", HAS, FOREIGN, GOOD, "chain_ok", THEN),
    ("the second disowned it", HAS, DISOWNED, GOOD, "chain_ok", THEN),
    ("the first is dead", DEAD, HAS_LATER, GOOD, "chain_ok_elsewhere", LATER),
    ("the first is not asked here", FOREIGN, HAS_LATER, GOOD, "chain_ok_elsewhere", LATER),
    ("the first has it, not yet final", PENDING, HAS_LATER, GOOD, "chain_ok_elsewhere", LATER),
    ("both are dead", DEAD, DEAD, TELL, "chain_unreachable", None),
    ("the first is dead, the second not final", DEAD, PENDING, TELL, "chain_unreachable", None),
    ("the first is dead, the second never had it", DEAD, NEVER, TELL, "chain_unreachable", None),
    ("the first is dead, the second is not asked here", DEAD, FOREIGN, TELL, "chain_unreachable", None),
    ("the first is dead, the second another contract", DEAD, OTHER_CONTRACT, TELL, "chain_unreachable", None),
    ("the first is dead, the second disowned it", DEAD, DISOWNED, TELL, "chain_unreachable", None),
    ("the first is dead, the second divided", DEAD, DIVIDED, TELL, "chain_unreachable", None),
    ("not final on either", PENDING, PENDING, TELL, "not_final", None),
    ("the first never had it", NEVER, HAS_LATER, TELL, "chains_contradict", None),
    ("neither ever had it", NEVER, NEVER, BAD, "root_not_recorded", None),
    ("the first never had it, the second is dead", NEVER, DEAD, BAD, "root_not_recorded", None),
    ("the first never had it, the second not final", NEVER, PENDING, BAD, "root_not_recorded", None),
    ("the first is another contract", OTHER_CONTRACT, HAS_LATER, TELL, "registry_unknown", None),
    ("the first disowned it", DISOWNED, HAS_LATER, TELL, "anchor_disowned", None),
    ("the first is divided", DIVIDED, HAS_LATER, TELL, "chain_disagrees", None),
    ("the first says what we do not know yet", Says(code="of_tomorrow"), HAS_LATER, TELL, "of_tomorrow", None),
]


@pytest.mark.parametrize(
    ("first", "second", "anchoring", "code", "recorded"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_two_chains_say_together(
    first: Says, second: Says, anchoring: Anchoring, code: str, recorded: datetime | None
) -> None:
    report = a_world_of_two(RegistryByChain({CHAIN_ID: first, SECOND: second})).report()
    chain = report.finding("chain")
    assert (report.verdict, report.anchoring, chain.code) == (Verdict.VALID, anchoring, code)
    assert (chain.outcome is Outcome.VALID) == (anchoring is GOOD) == (report.level is Level.CHAIN)
    if recorded is not None:
        assert f"{recorded:%-d %B %Y}" in chain.sentence
    if code == "chain_ok_elsewhere":
        assert f"chain {SECOND} " in chain.sentence
        assert f"chain {CHAIN_ID}," in chain.sentence


@pytest.mark.parametrize("code", sorted(SILENT))
def test_every_way_of_not_answering_leaves_it_to_the_second(code: str) -> None:
    report = a_world_of_two(RegistryByChain({CHAIN_ID: Says(code=code), SECOND: HAS_LATER})).report()
    assert report.finding("chain").code == "chain_ok_elsewhere"


def test_a_node_that_lies_on_the_second_chain_is_found_out_by_another_one_there() -> None:
    divided = AgreeingRegistry([HAS_LATER, NEVER])
    report = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: divided})).report()
    assert (report.anchoring, report.finding("chain").code) == (TELL, "chain_unreachable")


def test_a_record_on_a_chain_of_a_forgers_own_changes_nothing() -> None:
    """He signs receipts with a stolen key and names a chain on which he recorded whatever he likes."""
    made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD}))
    assert made.receipt is not None
    digest = digest_in(made.receipt)
    made.receipt = receipt_on_both(digest, second=666)
    # Even where the college's document, which he may have written too, names the wallet there.
    made.keys = keys_on(CHAIN_ID, 666)
    report = made.report()
    assert (report.anchoring, report.finding("chain").code) == (TELL, "chain_unreachable")
    made.registry = RegistryByChain({CHAIN_ID: NEVER})
    report = made.report()
    assert (report.anchoring, report.finding("chain").code) == (BAD, "root_not_recorded")


def test_a_record_by_a_wallet_that_the_issuer_does_not_publish_there_changes_nothing() -> None:
    thief = "0x" + "bb" * 20
    for wallets, wallet in ((keys_on(CHAIN_ID, SECOND), thief), (keys_on(CHAIN_ID), WALLET)):
        made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: HAS_LATER}))
        assert made.receipt is not None
        made.receipt = receipt_on_both(digest_in(made.receipt), wallet=wallet)
        made.keys = wallets
        report = made.report()
        assert (report.anchoring, report.finding("chain").code) == (TELL, "chain_unreachable")


def test_the_first_record_must_be_by_the_issuers_wallet_whatever_the_second_is() -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: HAS_LATER}))
    made.keys = keys_on(SECOND)
    report = made.report()
    assert (report.anchoring, report.finding("chain").code) == (BAD, "wallet_not_issuers")


def test_a_further_record_added_by_somebody_else_breaks_the_receipts_signature() -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: HAS_LATER}))
    plain = a_world(signed_on=SIGNED_ON)
    assert made.receipt is not None
    assert plain.receipt is not None
    made.receipt = plain.receipt | {"alsoAnchored": made.receipt["alsoAnchored"]}
    report = made.report()
    assert (report.anchoring, report.finding("inclusion").code) == (BAD, "receipt_signature_wrong")


def test_one_taken_away_leaves_what_the_rest_shows() -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: HAS_LATER}))
    assert made.receipt is not None
    del made.receipt["alsoAnchored"]
    report = made.report()
    assert report.finding("inclusion").code == "receipt_signature_wrong"
    assert report.anchoring is BAD


def test_a_second_record_of_another_root_is_no_record_of_this_credential() -> None:
    """The root of somebody else's leaves, which really is on the second chain."""
    made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: HAS_LATER}))
    assert made.receipt is not None
    receipt = {name: value for name, value in made.receipt.items() if name != "proof"}
    receipt["alsoAnchored"][0]["root"] = "0x" + "11" * 32
    made.receipt = signed_jcs(receipt, "key-2026-09", LATER)
    report = made.report()
    assert (report.anchoring, report.finding("inclusion").code) == (BAD, "inclusion_wrong")


@pytest.mark.parametrize(
    ("first", "lost_on", "verdict", "code"),
    [
        (HAS, THEN + timedelta(days=1), Verdict.VALID, "signed_before_compromise"),
        # The later record alone shows nothing of the days between.
        (DEAD, THEN + timedelta(days=1), Verdict.CANNOT_TELL, "signing_time_unproven"),
        (HAS_LATER, THEN + timedelta(days=1), Verdict.NOT_VALID, "key_compromised"),
        (DEAD, LATER + timedelta(days=1), Verdict.VALID, "signed_before_compromise"),
        (NEVER, LATER + timedelta(days=1), Verdict.CANNOT_TELL, "signing_time_unproven"),
    ],
    ids=["both answer", "lost between", "both are of later", "lost after both", "they contradict"],
)
def test_of_a_lost_key_only_what_the_chain_that_answers_proves(
    first: Says, lost_on: datetime, verdict: Verdict, code: str
) -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: first, SECOND: HAS_LATER}), key="key-2025-09")
    assert made.receipt is not None
    digest = digest_in(made.receipt)
    made.receipt = receipt_on_both(digest, key="key-2026-09")
    made.keys = keys_on(CHAIN_ID, SECOND, key_2025_09={"revoked": stamp(lost_on)}, key_2026_09={})
    made.history = [
        (SIGNED_ON - timedelta(days=9), keys_on(CHAIN_ID, key_2025_09={})),
        (lost_on, made.keys),
    ]
    report: Report = made.report()
    assert (report.verdict, report.finding("signing_time").code) == (verdict, code)


@pytest.mark.parametrize(
    ("first", "retired_on", "code"),
    [
        (HAS, THEN + timedelta(days=1), "signing_time_ok"),
        (HAS_LATER, THEN + timedelta(days=1), "signing_time_unproven"),
        # As if nobody had answered: the issuer's own word, as for what is not recorded yet.
        (DEAD, THEN + timedelta(days=1), "signing_time_claimed"),
        (DEAD, LATER + timedelta(days=1), "signing_time_ok"),
    ],
)
def test_a_key_retired_between_the_two_records(first: Says, retired_on: datetime, code: str) -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: first, SECOND: HAS_LATER}))
    made.keys = keys_on(CHAIN_ID, SECOND, key_2026_09={"expires": stamp(retired_on)})
    assert made.report().finding("signing_time").code == code


@pytest.mark.parametrize(
    ("first", "day", "anchoring", "code"),
    [
        (HAS, THEN + timedelta(days=1), GOOD, "chain_ok"),
        (HAS_LATER, THEN + timedelta(days=1), Anchoring.PENDING, "not_recorded_then"),
        # It may have been: the chain that would know does not answer.
        (DEAD, THEN + timedelta(days=1), TELL, "recorded_then_unknown"),
        (DEAD, LATER + timedelta(days=1), GOOD, "chain_ok_elsewhere"),
    ],
)
def test_as_of_a_day_between_the_two_records(first: Says, day: datetime, anchoring: Anchoring, code: str) -> None:
    made = a_world_of_two(RegistryByChain({CHAIN_ID: first, SECOND: HAS_LATER}))
    made.history = [(SIGNED_ON - timedelta(days=9), made.keys)]
    report = made.report(day)
    assert (report.anchoring, report.finding("chain").code) == (anchoring, code)


@pytest.mark.parametrize(
    ("first", "verdict", "code"),
    [
        (HAS, Verdict.VALID, "accreditation_lapsed_today"),
        (HAS_LATER, Verdict.NOT_VALID, "not_accredited_at_issue"),
        # As if nobody had answered: neither good by the issuer's own word, nor made bad by the later record.
        (DEAD, Verdict.CANNOT_TELL, "accreditation_time_unproven"),
    ],
)
def test_an_accreditation_that_ended_between_the_two_records(first: Says, verdict: Verdict, code: str) -> None:
    there = scenarios.approved()
    made = a_world_of_two(RegistryByChain({CHAIN_ID: first, SECOND: HAS_LATER}))
    edge = accredited.edge(
        SCHEME,
        accredited.COLLEGE,
        1,
        qualifications=[scenarios.QUALIFICATION],
        valid_from=accredited.BEGAN,
        valid_until=THEN + timedelta(days=1),
    )
    subject = {name: value for name, value in edge["credentialSubject"].items() if name != "wallet"}
    signed = accredited.signed(edge | {"credentialSubject": subject | {"id": sample.DID}}, SCHEME)
    documents = there.documents | {ACCREDITATIONS_URL: scenarios.accreditations(signed)}
    documents[sample.DID] = made.keys | {"service": there.documents[sample.DID]["service"]}
    submission = Submission(there.submission.credential, receipt_on_both(digest_in(there.submission.receipt)))
    report = replace(there, documents=documents, registry=made.registry, submission=submission).report()
    assert (report.verdict, report.finding("accreditation").code) == (verdict, code)


def digest_in(receipt: Mapping[str, Any] | None) -> bytes:
    assert receipt is not None
    return bytes.fromhex(receipt["binding"]["digest"])


def test_the_issuers_list_stands_in_only_where_no_chain_answers() -> None:
    for second, code in ((DEAD, "checkpoint_ok"), (HAS_LATER, "not_needed")):
        made = a_world_of_two(RegistryByChain({CHAIN_ID: DEAD, SECOND: second}))
        assert made.receipt is not None
        made.checkpoints = checkpoints_for(made.receipt)
        assert made.report().finding("checkpoint").code == code


async def test_each_chain_is_asked_about_its_own_record_and_no_other() -> None:
    asked: list[tuple[int, str, str, bytes]] = []

    class Noting(MemoryRegistry):
        async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
            asked.append((chain_id, contract, address, root))
            return await super().anchored(chain_id, contract, address, root)

    made = a_world_of_two(Noting({}))
    assert made.receipt is not None
    await gather(Submission(made.credential, made.receipt), made.publications(), made.registry, MemoryList({}), NOW)
    read = anchor_receipt.read_receipt(made.receipt)
    assert asked == [(CHAIN_ID, CONTRACT, WALLET, read.root), (SECOND, CONTRACT, WALLET, read.also[0].root)]
