"""One test for each known attack on a verifier, named for it. None may end in "valid" (or, on the register, "anchored").

Attacks on fetching are in tests/integration/verification/test_fetching.py, those by files in test_carriers.py, those by
time and stolen keys in test_signing_time.py.
"""

import asyncio
import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.registry import AgreeingRegistry
from app.errors import Refused
from app.standards import did, status_list
from app.verification import verify
from app.verification.evidence import ChainAnswer
from app.verification.report import Anchoring, Outcome, Report, Verdict
from tests.fakes import MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification.world import (
    CHAIN_ID,
    CONTRACT,
    LIST_URL,
    NOW,
    WALLET,
    Document,
    World,
    a_status_list,
    a_world,
    changed,
    did_document,
    public_key,
    receipt_for,
    recorded_by,
    signed,
    signed_jcs,
)

ATTACKER = "key-of-an-attacker"


def assert_refused(report: Report, check: str, code: str, verdict: Verdict = Verdict.NOT_VALID) -> None:
    assert (report.finding(check).code, report.verdict) == (code, verdict)


def signed_by_attacker(key_id: str, *, keys: Document | None = None) -> World:
    """The college's credential with another grade, signed with the attacker's key under a name of their choice."""
    world = a_world()
    document = {name: value for name, value in world.credential.items() if name != "proof"}
    document = changed(document)
    document["credentialSubject"]["result"][0]["value"] = "Distinction"
    forged, digest = signed(document, ATTACKER, NOW - timedelta(days=1))
    forged["proof"]["verificationMethod"] = key_id
    world.credential, world.receipt = forged, receipt_for(digest, NOW, key=ATTACKER)
    if keys is not None:
        world.keys = keys
    return world


# Identity -------------------------------------------------------------------------------------------------------


def test_a_multikey_fragment_that_is_not_in_the_did_document() -> None:
    """Some verifiers take a fragment that is a key at its word."""
    world = signed_by_attacker(f"{sample.DID}#{public_key(ATTACKER)}")
    assert_refused(world.report(), "issuer_key", "key_not_listed")


def test_a_did_document_whose_id_is_another() -> None:
    world = signed_by_attacker(f"{sample.DID}#{ATTACKER}", keys=did_document(key_of_an_attacker={}))
    world.keys["id"] = "did:web:evil.example"
    assert_refused(world.report(), "issuer_key", "did_document_unreadable", Verdict.CANNOT_TELL)


@pytest.mark.parametrize("purpose", ["authentication", "capabilityInvocation", "keyAgreement"])
def test_a_key_listed_for_another_purpose_only(purpose: str) -> None:
    keys = did_document(key_2026_09={}, key_of_an_attacker={})
    keys["assertionMethod"] = [f"{sample.DID}#key-2026-09"]
    keys[purpose] = [f"{sample.DID}#{ATTACKER}"]
    world = signed_by_attacker(f"{sample.DID}#{ATTACKER}", keys=keys)
    assert_refused(world.report(), "issuer_key", "key_not_listed")


def test_a_key_controlled_by_somebody_else() -> None:
    keys = did_document(key_of_an_attacker={})
    keys["verificationMethod"][0]["controller"] = "did:web:evil.example"
    world = signed_by_attacker(f"{sample.DID}#{ATTACKER}", keys=keys)
    assert_refused(world.report(), "issuer_key", "key_not_listed")


def test_the_wallet_signs_a_credential() -> None:
    world = signed_by_attacker(f"{sample.DID}#anchor-wallet-1")
    assert_refused(world.report(), "issuer_key", "key_not_listed")


def test_a_key_of_another_issuer() -> None:
    world = signed_by_attacker(f"did:web:evil.example#{ATTACKER}")
    world.others["did:web:evil.example"] = did_document(key_of_an_attacker={}) | {"id": "did:web:evil.example"}
    assert_refused(world.report(), "issuer_key", "key_of_other")


def test_a_made_up_college_with_keys_of_its_own() -> None:
    world = a_world()
    world.issuers = {}
    assert_refused(world.report(), "issuer", "issuer_unknown", Verdict.CANNOT_TELL)


@pytest.mark.parametrize(
    "name", ["\u0415\u0445ample College", "Example College ✓", "Example\u200b College", "EXAMPLE COLLEGE"]
)
def test_a_homograph_of_a_colleges_name(name: str) -> None:
    """The name shown comes from the verifier's list. What the document calls itself is not repeated anywhere."""
    world = a_world(members={"issuer": {"id": sample.DID, "type": ["Profile"], "name": name}})
    report = world.report()
    assert report.issuer_name == "Example College"
    assert name not in json.dumps(report.as_json(), ensure_ascii=False)


# The proof ------------------------------------------------------------------------------------------------------


def test_a_swapped_purpose() -> None:
    world = a_world()
    world.credential["proof"]["proofPurpose"] = "authentication"
    assert_refused(world.report(), "issuer_key", "purpose_wrong")


def strangers_proof(document: Document) -> Document:
    """A good signature on `document` by a stranger's own key, in a stranger's own name."""
    made, _ = signed({name: value for name, value in document.items() if name != "proof"}, ATTACKER, NOW)
    made["proof"]["verificationMethod"] = f"did:web:evil.example#{ATTACKER}"
    return made["proof"]


def test_a_foreign_first_proof_beside_the_issuers_own() -> None:
    """The document is as good as the issuer's signature on it; the stranger's is told, and not vouched for."""
    world = a_world()
    for proofs in (
        [strangers_proof(world.credential), world.credential["proof"]],
        [world.credential["proof"], {"type": "DataIntegrityProof"}],
        [{"type": "Ed25519Signature2020"}, world.credential["proof"]],
    ):
        world.credential = world.credential | {"proof": proofs}
        report = world.report()
        assert report.verdict is Verdict.VALID
        assert "not vouched for" in report.finding("signature").sentence
        world = a_world()


def test_a_foreign_first_proof_over_a_changed_document() -> None:
    world = a_world()
    own = world.credential["proof"]
    forged = changed(world.credential)
    forged["credentialSubject"]["result"][0]["value"] = "Distinction"
    world.credential = forged | {"proof": [strangers_proof(forged), own]}
    assert_refused(world.report(), "signature", "signature_wrong")
    world.credential = forged | {"proof": [strangers_proof(forged)]}
    assert_refused(world.report(), "issuer_key", "key_of_other")


def test_a_chain_of_proofs_whose_foundation_is_a_strangers() -> None:
    world = a_world()
    foundation = {**strangers_proof(world.credential), "id": "urn:uuid:1"}
    world.credential["proof"] = [foundation, world.credential["proof"] | {"previousProof": "urn:uuid:1"}]
    report = world.report()
    assert report.verdict in (Verdict.CANNOT_TELL, Verdict.NOT_VALID)


@pytest.mark.parametrize("occasion", [{"challenge": "1"}, {"domain": "employer.example"}])
def test_a_signature_for_one_occasion_used_for_another(occasion: Document) -> None:
    world = a_world()
    world.credential["proof"] |= occasion
    assert_refused(world.report(), "issuer_key", "proof_not_lasting")


def test_no_proof_at_all() -> None:
    world = a_world()
    del world.credential["proof"]
    assert_refused(world.report(), "structure", "proof_missing")


def test_an_inline_context_that_gives_words_another_meaning() -> None:
    world = a_world()
    remap = {"result": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#narrative"}
    world.credential["@context"] = [*world.credential["@context"], remap]
    assert_refused(world.report(), "signature", "context_unknown", Verdict.CANNOT_TELL)


def test_a_context_nobody_knows() -> None:
    world = a_world()
    world.credential["@context"] = [*world.credential["@context"], "https://evil.example/context"]
    assert_refused(world.report(), "signature", "context_unknown", Verdict.CANNOT_TELL)


def test_words_that_json_ld_drops_in_silence() -> None:
    world = a_world()
    world.credential["credentialSubject"]["honours"] = "first class"
    assert_refused(world.report(), "signature", "term_undefined")


UNREADABLE = [
    ("duplicate keys", b'{"type":"a","type":"b"}', "duplicate_member"),
    ("duplicate keys, one escaped", b'{"type":"a","typ\\u0065":"b"}', "duplicate_member"),
    ("deep nesting", b"[" * 100_000, "too_deep"),
    ("deep nesting of objects", b'{"a":' * 500 + b"1" + b"}" * 500, "too_deep"),
    ("a number beyond 2^53", b'{"a":9007199254740993}', "number_not_exact"),
    ("a number beyond everything", b'{"a":' + b"9" * 5000 + b"}", "number_not_exact"),
    ("an infinite number", b'{"a":1e999}', "number_not_exact"),
    ("no number", b'{"a":NaN}', "malformed_json"),
    ("half a character", b'{"a":"\\ud800"}', "lone_surrogate"),
    ("another encoding", '{"a":"é"}'.encode("latin-1"), "not_utf8"),
    ("a list", b"[]", "not_an_object"),
]


@pytest.mark.parametrize(("what", "data", "code"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
def test_bytes_that_two_readers_would_read_differently(what: str, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        verify.read_submission(data)
    assert refusal.value.code == code


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1b", "\x7f", "\x85", "\ufffe"])
def test_control_characters_that_canonicalisers_write_differently(character: str) -> None:
    world = a_world()
    world.credential["name"] += character
    assert_refused(world.report(), "signature", "control_character")


# The status list ------------------------------------------------------------------------------------------------


def of_another_issuer() -> Document:
    other = "did:web:evil.example"
    bits = bytes(status_list.LENGTH // 8)
    return signed(status_list.unsigned_list(LIST_URL, {"id": other}, bits, NOW), "key-2026-09", NOW)[0]


def with_subject(**changes: Any) -> Document:
    listed = status_list.unsigned_list(LIST_URL, {"id": sample.DID}, bytes(status_list.LENGTH // 8), NOW)
    listed["credentialSubject"] |= changes
    return signed(listed, "key-2026-09", NOW)[0]


def packed(size: int) -> str:
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(size))).rstrip(b"=").decode()


LISTS = [
    ("a list of another issuer", of_another_issuer(), "status_list_foreign"),
    ("a list for another purpose", with_subject(statusPurpose="suspension"), "status_list_foreign"),
    ("a list that is too short", with_subject(encodedList=packed(100)), "status_list_too_short"),
    ("a gzip bomb", with_subject(encodedList=packed(20_000_000)), "status_list_malformed"),
    ("a damaged list", with_subject(encodedList="uAAAA"), "status_list_malformed"),
    ("a list signed by somebody else", a_status_list(key=ATTACKER), "status_list_unsigned"),
    ("a list from last month", a_status_list(made=NOW - timedelta(days=30)), "status_list_stale"),
]


@pytest.mark.parametrize(("what", "listed", "code"), LISTS, ids=[row[0] for row in LISTS])
def test_a_false_status_list(what: str, listed: Document, code: str) -> None:
    world = a_world()
    world.listed = listed
    assert_refused(world.report(), "status", code, Verdict.CANNOT_TELL)


ENTRIES = [
    ("another purpose", {"statusPurpose": "suspension"}),
    ("an index out of range", {"statusListIndex": "200000"}),
    ("a negative index", {"statusListIndex": "-1"}),
    ("an index that is a number", {"statusListIndex": 3}),
    ("an index in other digits", {"statusListIndex": "٣"}),
    ("more than one bit", {"statusSize": 2}),
]


@pytest.mark.parametrize(("what", "changes"), ENTRIES, ids=[row[0] for row in ENTRIES])
def test_a_status_that_cannot_be_read_is_cannot_tell(what: str, changes: Document) -> None:
    """A well-known verifier shows such a credential as fine."""
    entry = status_list.entry(LIST_URL, 3) | changes
    report = a_world(members={"credentialStatus": entry}).report()
    assert report.verdict in (Verdict.CANNOT_TELL, Verdict.NOT_VALID)
    assert report.finding("status").outcome in (Outcome.ERROR, Outcome.SKIPPED)


@pytest.mark.parametrize("kind", ["StatusList2021Entry", "1EdTechRevocationList", "RevocationList2020Status", "x"])
def test_a_kind_of_status_without_a_vocabulary_we_know_is_never_green(kind: str) -> None:
    world = a_world()
    world.credential["credentialStatus"] = {"id": "https://college.example.ac.uk/revoked", "type": kind}
    report = world.report()
    assert report.verdict in (Verdict.CANNOT_TELL, Verdict.NOT_VALID)
    with pytest.raises(status_list.StatusListProblem):
        status_list.read_entry(world.credential)


def test_withdrawn_is_not_valid_any_more() -> None:
    world = a_world()
    world.listed = a_status_list(3)
    assert_refused(world.report(), "status", "revoked", Verdict.WAS_VALID)


# The register ---------------------------------------------------------------------------------------------------


def assert_not_anchored(report: Report, check: str, code: str, anchoring: Anchoring) -> None:
    assert (report.finding(check).code, report.anchoring) == (code, anchoring)


def test_a_receipt_of_another_credential() -> None:
    world, other = a_world(), a_world(grade="Merit")
    world.receipt, world.registry = other.receipt, other.registry
    assert_not_anchored(world.report(), "inclusion", "receipt_of_other", Anchoring.FAILED)


def test_a_root_anchored_by_another_wallet() -> None:
    world = a_world()
    assert world.receipt is not None
    stranger = "0x" + "bb" * 20
    world.registry = recorded_by(world.receipt, NOW, wallet=stranger)
    assert_not_anchored(world.report(), "chain", "root_not_recorded", Anchoring.FAILED)
    receipt = {name: value for name, value in changed(world.receipt).items() if name != "proof"}
    receipt["anchor"]["anchoredBy"] = did.caip10(CHAIN_ID, stranger)
    world.receipt = signed_jcs(receipt, "key-2026-09", NOW)
    assert_not_anchored(world.report(), "chain", "wallet_not_issuers", Anchoring.FAILED)


class Answers:
    """A node that says one thing."""

    def __init__(self, answer: ChainAnswer) -> None:
        self.answer = answer

    async def anchored(self, chain_id: int, contract: str, address: str, root: bytes) -> ChainAnswer:
        return self.answer


def test_a_receipt_before_finality() -> None:
    world = a_world()
    world.registry = Answers(ChainAnswer(NOW, 1_700_000_000, final=False))
    assert_not_anchored(world.report(), "chain", "not_final", Anchoring.UNKNOWN)


def test_a_chain_of_another_number() -> None:
    world = a_world()
    assert world.receipt is not None
    receipt = {name: value for name, value in changed(world.receipt).items() if name != "proof"}
    receipt["anchor"] |= {"contract": did.caip10(1, CONTRACT), "anchoredBy": did.caip10(1, WALLET)}
    world.receipt = signed_jcs(receipt, "key-2026-09", NOW)
    assert_not_anchored(world.report(), "chain", "wallet_not_issuers", Anchoring.FAILED)


KNOWS = ChainAnswer(NOW, 1_760_000_000, final=True)
DISAGREEING = [
    ("one says never", [KNOWS, ChainAnswer(NOW, 0, final=True)], "chain_disagrees"),
    ("one says another time", [KNOWS, ChainAnswer(NOW, 1_700_000_000, final=True)], "chain_disagrees"),
    ("one is away", [KNOWS, ChainAnswer(NOW, None, code="chain_unreachable", failure="Away.")], "chain_unreachable"),
    ("one says not final", [KNOWS, ChainAnswer(NOW, KNOWS.anchored_at, final=False)], "not_final"),
]


@pytest.mark.parametrize(("what", "answers", "code"), DISAGREEING, ids=[row[0] for row in DISAGREEING])
def test_a_lying_node(what: str, answers: list[ChainAnswer], code: str) -> None:
    for order in (answers, answers[::-1]):
        world = a_world()
        world.registry = AgreeingRegistry([Answers(answer) for answer in order])
        assert_not_anchored(world.report(), "chain", code, Anchoring.UNKNOWN)


def test_nodes_that_agree_are_believed() -> None:
    world = a_world()
    world.registry = AgreeingRegistry([Answers(KNOWS), Answers(KNOWS)])
    assert world.report().anchoring is Anchoring.ANCHORED
    answer = asyncio.run(AgreeingRegistry([Answers(KNOWS)]).anchored(1, CONTRACT, WALLET, bytes(32)))
    assert answer == KNOWS


def test_a_register_that_forgot() -> None:
    world = a_world()
    world.registry = MemoryRegistry({})
    assert_not_anchored(world.report(), "chain", "root_not_recorded", Anchoring.FAILED)
