"""THE TABLE: every question that a verification asks about a publication, every bad answer, and what is then said.

Each question is put in a scenario in which its answer matters. A lie is well made: a document of the right form that
says something else. What tells nothing (`faults.SILENT`) is the same for every question.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.stacking import packs
from app.standards import checkpoint_list, data_integrity
from app.verification.evidence import Fetched
from app.verification.report import Verdict
from tests.unit.standards import sample
from tests.unit.verification import accredited, scenarios, world
from tests.unit.verification.accredited import BOARD, SCHEME, edge
from tests.unit.verification.faults import SILENT, Fault, instead
from tests.unit.verification.scenarios import ACCREDITATIONS_URL, SIGNED_ON, Scenario, accreditations, edges
from tests.unit.verification.world import CHECKPOINTS_URL, FORM, LIST_URL, NOW, Document, did_document

VALID, WAS, NO, TELL = Verdict.VALID, Verdict.WAS_VALID, Verdict.NOT_VALID, Verdict.CANNOT_TELL
THIEF = "did:web:thief.example"
YEAR_AGO = NOW - timedelta(days=365)

Row = tuple[Fault, Verdict, str]
"""A lie, the verdict under it, and the code of the finding of the question's check."""


@dataclass(frozen=True)
class Question:
    """One call of a port of `Publications`: what is asked for, of the past or of now, and which check needs it.

    `verdict` is what is said under `silent`, the code of the finding by silent fault.
    """

    scenario: Callable[[], Scenario]
    method: str
    name: str
    check: str
    verdict: Verdict
    silent: Mapping[str, str]
    lies: Mapping[str, Row]
    is_past: bool = False

    @property
    def rows(self) -> Mapping[str, Row]:
        told = {name: (fault, self.verdict, self.silent[name]) for name, fault in SILENT.items()}
        return {**told, **self.lies}

    def spoilt(self, fault: Fault) -> Mapping[tuple[str, str, bool], Fault]:
        return {(self.method, self.name, self.is_past): fault}


def silence(unreadable: str, unanswered: str | None = None) -> dict[str, str]:
    """Codes by silent fault: of no answer at all (None = each its own), and of an answer that is none."""
    own = {
        "raises": "publication_failed",
        "breaks": "database_unavailable",
        "hangs": "publication_timeout",
        "is away": "publication_unreachable",
    }
    return {name: unanswered or own[name] if name in own else unreadable for name in SILENT}


def edited(edit: Callable[[Any], object]) -> Fault:
    """The true document after `edit` changed it in place."""

    async def fault(truth: Awaitable[Fetched]) -> Fetched:
        whole = await truth
        document = json.loads(whole.data or b"{}")
        edit(document)
        return Fetched(whole.at, json.dumps(document).encode())

    return fault


def put(path: str, value: Any) -> Fault:
    """The true document with another value in one place."""
    *parents, last = path.split("/")

    def edit(document: Any) -> None:
        for name in parents:
            document = document[int(name)] if isinstance(document, list) else document[name]
        document[last] = value

    return edited(edit)


def resigned(document: Document, signer: str, key: str) -> Fault:
    """The same words, signed by another."""
    unsigned = data_integrity.unsecured(document)
    options = data_integrity.proof_options(data_integrity.RDFC, f"{signer}#{key}", NOW)
    signature = world.private_key(key).sign(data_integrity.hash_rdfc(FORM, unsigned, options))
    return instead(data_integrity.secured(unsigned, options, signature))


UNSIGNED = edited(lambda document: document.pop("proof"))
NO_KEYS = put("assertionMethod", [])
OTHER_KEY = put("verificationMethod/0/publicKeyMultibase", world.public_key("thief"))
OLD_KEYS = instead(did_document(key_2024_09={}))
OTHER_LIST = data_integrity.unsecured(world.a_status_list()) | {"id": f"{LIST_URL}1"}
CLEAR = world.a_status_list()["credentialSubject"]["encodedList"]
ENTRIES_YEAR_AGO = world.signed_jcs(checkpoint_list.unsigned_list(sample.DID, [], YEAR_AGO), "key-2026-09", YEAR_AGO)
ENTRIES_OF_THIEF = world.signed_jcs(checkpoint_list.unsigned_list(THIEF, [], NOW), "thief", NOW)
LIST_OF_SCHEME_RENAMED = SCHEME.list_document(NOW) | {"id": BOARD.status_url, "issuer": BOARD.did}

PART = scenarios.SMALL.address(1)
OTHER_PART = scenarios.stacked().documents[scenarios.SMALL.address(2)]
LATER_PART = world.signed(
    scenarios.small_results()[0].unsigned(valid_from=SIGNED_ON + timedelta(days=2)), "key-2026-09", NOW
)[0]
OTHER_RULES = json.loads(packs.pack_bytes("hnc-computing-2022", 2))

_LIST: Mapping[str, Row] = {
    "another institution's": (instead(BOARD.list_document(NOW)), TELL, "status_list_unsigned"),
    "another list of the college": (instead(world.signed(OTHER_LIST, "key-2026-09", NOW)[0]), TELL, "status_list_foreign"),
    "an older one, run out": (instead(world.a_status_list(made=NOW - timedelta(days=8))), TELL, "status_list_stale"),
    "signed by another key": (resigned(world.a_status_list(), sample.DID, "thief"), TELL, "status_list_unsigned"),
    "signed by another": (resigned(world.a_status_list(), THIEF, "thief"), TELL, "status_list_unsigned"),
    "unsigned": (UNSIGNED, TELL, "proof_missing"),
    "another purpose": (put("credentialSubject/statusPurpose", "suspension"), TELL, "status_list_unsigned"),
    "another end": (put("validUntil", "2036-01-01T00:00:00Z"), TELL, "status_list_unsigned"),
}  # fmt: skip
_LIST_SILENCE = silence("malformed_json") | {
    "null": "not_an_object",
    "a list": "not_an_object",
    "an empty object": "status_list_malformed",
    "a member twice": "duplicate_member",
    "no text": "not_utf8",
    "too deep": "too_deep",
    "too large": "document_too_large",
}
_PAST_OF_ACCREDITOR: Mapping[str, Row] = {
    "another institution's": (instead(SCHEME.list_document(SIGNED_ON)), TELL, "accreditation_history_missing"),
    "of today": (instead(BOARD.list_document(NOW, (2,))), TELL, "accreditation_history_missing"),
    "of a year before": (instead(BOARD.list_document(YEAR_AGO)), TELL, "accreditation_history_missing"),
    "signed by another": (instead(LIST_OF_SCHEME_RENAMED), TELL, "accreditation_history_missing"),
    "unsigned": (UNSIGNED, TELL, "accreditation_history_missing"),
}

QUESTIONS: Mapping[str, Question] = {
    "the issuer's keys": Question(scenarios.plain, "did_document", sample.DID, "issuer_key", TELL, silence("did_document_unreadable"), {
        "another institution's": (instead(BOARD.did_document()), TELL, "did_document_unreadable"),
        "another's under this name": (instead(BOARD.did_document(id=sample.DID)), NO, "key_not_listed"),
        "without keys": (NO_KEYS, NO, "key_not_listed"),
        "another key under the name": (OTHER_KEY, NO, "issuer_key_ok"),
        "another name of the key": (put("verificationMethod/0/id", f"{sample.DID}#key-other"), NO, "key_not_listed"),
        "a key of another": (put("verificationMethod/0/controller", THIEF), NO, "key_not_listed"),
        "an older one, of other keys": (OLD_KEYS, NO, "key_not_listed"),
    }),
    "the issuer's keys after a theft": Question(scenarios.lost_key, "did_document", sample.DID, "issuer_key", TELL, silence("did_document_unreadable"), {
        # The lists were signed again with a key that the older page does not have.
        "an older one, that hides the theft": (instead(scenarios.keys_then()), TELL, "issuer_key_ok"),
    }),
    "the issuer's keys of then": Question(scenarios.lost_key, "did_document", sample.DID, "issuer_key", TELL, silence("did_document_unreadable"), {
        "another institution's": (instead(BOARD.did_document()), TELL, "did_document_unreadable"),
        "without keys": (NO_KEYS, NO, "key_not_listed"),
        "another key under the name": (OTHER_KEY, NO, "key_not_listed"),
        "of today, where it was lost": (instead(scenarios.keys_today()), TELL, "history_missing"),
        "an older one, of other keys": (OLD_KEYS, NO, "key_not_listed"),
    }, is_past=True),
    "the list of withdrawals": Question(scenarios.plain, "status_list", LIST_URL, "status", TELL, _LIST_SILENCE, {
        **_LIST,
        "a place set": (put("credentialSubject/encodedList", world.a_status_list(3)["credentialSubject"]["encodedList"]), TELL, "status_list_unsigned"),
    }),
    "the list that has it withdrawn": Question(scenarios.withdrawn, "status_list", LIST_URL, "status", TELL, _LIST_SILENCE, {
        **_LIST,
        "its place cleared": (put("credentialSubject/encodedList", CLEAR), TELL, "status_list_unsigned"),
    }),
    # The bit is believed without the words that go with it: only what is said of it changes.
    "the reasons for withdrawals": Question(scenarios.withdrawn, "status_reasons", LIST_URL, "status", WAS, silence("revoked", "revoked"), {
        "of another list": (instead(scenarios.reasons(statusListCredential=f"{LIST_URL}1")), WAS, "revoked"),
        "of another institution": (instead(scenarios.reasons(issuer=THIEF)), WAS, "revoked"),
        "signed by another key": (instead(scenarios.reasons("thief")), WAS, "revoked"),
        "another word": (put("reasons/3/reason", "forgiven"), WAS, "revoked"),
        "none": (put("reasons", {}), WAS, "revoked"),
    }),
    # It stands in for the chain beside the verdict, never in it: see the level, which a test looks at.
    "the issuer's list of entries": Question(scenarios.no_chain, "checkpoints", CHECKPOINTS_URL, "checkpoint", VALID, silence("checkpoints_malformed"), {
        "another root": (instead(scenarios.other_entries()), VALID, "checkpoint_other"),
        "none": (instead(ENTRIES_YEAR_AGO), VALID, "checkpoint_not_listed"),
        "another institution's": (instead(ENTRIES_OF_THIEF), VALID, "checkpoints_malformed"),
        "one word changed": (put("validFrom", "2026-11-25T11:00:00Z"), VALID, "checkpoints_unsigned"),
        "unsigned": (UNSIGNED, VALID, "checkpoints_unsigned"),
    }),
    "the issuer's accreditations": Question(scenarios.approved, "accreditations", ACCREDITATIONS_URL, "accreditation", TELL, silence("accreditation_list_malformed", "accreditation_unreachable"), {
        "emptied": (instead(accreditations()), TELL, "accreditation_missing"),
        "half of it": (instead(accreditations(edges()[1])), TELL, "accreditation_root_unknown"),
        "another institution's": (instead(accreditations(*edges(), subject=THIEF)), NO, "accreditation_of_other"),
        "of another's making": (instead(accreditations(edges()[0], edge(accredited.OTHER, BOARD, 5))), NO, "accreditation_of_other"),
        "for somebody else": (instead(accreditations(edges()[0], edges(id=THIEF)[1])), NO, "accreditation_of_other"),
        "for other qualifications": (instead(accreditations(edge(SCHEME, BOARD, 1), edges()[1])), NO, "accreditation_scope"),
        "of another wallet": (instead(accreditations(*edges(wallet="eip155:1:0x" + "11" * 20))), NO, "accreditation_wallet"),
        "one word changed": (put("accreditations/1/credentialSubject/name", "Another"), NO, "accreditation_unsigned"),
        "unsigned": (edited(lambda document: document["accreditations"][1].pop("proof")), NO, "accreditation_unsigned"),
    }),
    "an accreditor's keys": Question(scenarios.approved, "did_document", BOARD.did, "accreditation", TELL, silence("accreditation_unreachable", "accreditation_unreachable"), {
        "another institution's": (instead(SCHEME.did_document()), TELL, "accreditation_unreachable"),
        "without keys": (NO_KEYS, NO, "accreditation_unsigned"),
        "another key under the name": (OTHER_KEY, NO, "accreditation_unsigned"),
        "a key that was lost": (put("verificationMethod/0/revoked", "2026-02-01T00:00:00Z"), NO, "accreditation_unsigned"),
    }),
    "an accreditor's list": Question(scenarios.approved, "status_list", BOARD.status_url, "accreditation", TELL, silence("accreditation_status_unknown", "accreditation_status_unknown"), {
        "another institution's": (instead(SCHEME.list_document(NOW)), TELL, "accreditation_status_unknown"),
        "withdrawn": (instead(BOARD.list_document(NOW, (2,))), TELL, "accreditation_history_missing"),
        "an older one, run out": (instead(BOARD.list_document(NOW - timedelta(days=8))), TELL, "accreditation_status_unknown"),
        "of a time to come": (instead(BOARD.list_document(NOW + timedelta(days=1))), TELL, "accreditation_status_unknown"),
        "signed by another": (instead(LIST_OF_SCHEME_RENAMED), TELL, "accreditation_status_unknown"),
        "unsigned": (UNSIGNED, TELL, "accreditation_status_unknown"),
    }),
    "an accreditor's list of then": Question(scenarios.stopped, "status_list", BOARD.status_url, "accreditation", TELL, silence("accreditation_history_missing", "accreditation_history_missing"), _PAST_OF_ACCREDITOR, is_past=True),
    "the list of then of one stopped before": Question(scenarios.never_approved, "status_list", BOARD.status_url, "accreditation", TELL, silence("accreditation_history_missing", "accreditation_history_missing"), _PAST_OF_ACCREDITOR, is_past=True),
    "a part of an award": Question(scenarios.stacked, "credential", PART, "adds_up", TELL, silence("part_missing", "part_missing"), {
        "another part": (instead(OTHER_PART), NO, "part_changed"),
        "one word changed": (put("credentialSubject/result/0/value", "Distinction"), NO, "part_changed"),
        "spelled otherwise": (edited(lambda document: document.update(name=document.pop("name"))), NO, "part_changed"),
        "a later edition by a thief": (resigned(LATER_PART, sample.DID, "thief"), NO, "part_changed"),
        "unsigned": (UNSIGNED, NO, "part_changed"),
    }),
    "the rules of an award": Question(scenarios.stacked, "rules", scenarios.SMALL.rules_url, "adds_up", TELL, silence("rules_missing", "rules_missing"), {
        "another version": (put("version", 2), NO, "rules_changed"),
        "one number changed": (put("minimums/0/credits", 15), NO, "rules_changed"),
        "those of another award": (instead(OTHER_RULES), NO, "rules_changed"),
    }),
    "the receipt of a part": Question(scenarios.stacked_of_old, "credential_receipt", PART, "adds_up", TELL, silence("part_unclear", "part_unclear"), {
        "of another credential": (instead(world.receipt_for(bytes(32), SIGNED_ON)), TELL, "part_unclear"),
        "one word changed": (put("root", "0x" + "11" * 32), TELL, "part_unclear"),
    }),
}  # fmt: skip

ASKED_FOR_BUNDLES = ("receipt",)
"""Questions that no verification asks: see the tests of bundles."""
