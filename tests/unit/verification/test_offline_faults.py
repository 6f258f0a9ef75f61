"""A bundle with a part missing, emptied, or taken from another bundle, checked offline: never green for it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.bundled import BundledPublications
from app.adapters.registry import NoRegistry
from app.verification import verify
from app.verification.bundling import Bundle, make_bundle
from app.verification.checks.trail import Trail
from app.verification.evidence import RecognisedIssuer
from app.verification.report import Level, Report, Verdict
from tests.unit.standards import sample
from tests.unit.verification import accredited, scenarios, world
from tests.unit.verification.accredited import BOARD, SCHEME, Trusted, edge
from tests.unit.verification.faults import SILENT, FaultyPublications
from tests.unit.verification.lies import ASKED_FOR_BUNDLES, ENTRIES_OF_THIEF, NO, TELL, VALID
from tests.unit.verification.scenarios import Scenario
from tests.unit.verification.world import CHECKPOINTS_URL, FORM, LIST_URL, NOW, Document, public_key

ANCHORS = "https://college.example.ac.uk/anchors"
KEYS = {sample.DID: public_key("key-2026-09"), SCHEME.did: SCHEME.public_key, BOARD.did: BOARD.public_key}


def published() -> Scenario:
    """All that a bundle can hold: a receipt, a list of entries, and accreditations."""
    there = scenarios.approved()
    receipt = dict(there.submission.receipt or {})
    keys = deepcopy(there.documents[sample.DID])
    keys["service"].append({"id": "#r", "type": "EvmAnchorRegistry", "serviceEndpoint": ANCHORS})
    documents = {
        **there.documents,
        sample.DID: keys,
        CHECKPOINTS_URL: world.checkpoints_for(receipt),
        f"{ANCHORS}/{receipt['binding']['digest']}": receipt,
    }
    return replace(there, documents=documents, submission=replace(there.submission, receipt=None))


def made(there: Scenario, spoilt: Mapping[Any, Any] | None = None, within: float = 30) -> Bundle:
    return asyncio.run(
        make_bundle(
            there.submission,
            publications=FaultyPublications(there.publications, spoilt or {}),
            registry=NoRegistry(),
            recogniser=there.recogniser,
            canonicaliser=FORM,
            trail=Trail(NOW),
            within=within,
        )
    )


def trusted(*, roots: bool = True) -> Trusted:
    """The verifier's own list, naming everybody's keys; with or without who begins accreditations."""
    names = [sample.DID, SCHEME.did, BOARD.did]
    known = [RecognisedIssuer(name, name, "10000000", (KEYS[name],), name == SCHEME.did and roots) for name in names]
    return Trusted({one.did: one for one in known})


def offline(bundle: Document, listed: Trusted | None = None) -> Report:
    submission, members = verify.read_submission(json.dumps(bundle).encode())
    known = listed or trusted()
    return asyncio.run(
        verify.verify(
            submission,
            publications=BundledPublications(members, known),
            registry=NoRegistry(),
            recogniser=known,
            canonicaliser=FORM,
            now=NOW,
        )
    )


BUNDLE: Document = json.loads(made(published()).document)
OTHERS_RECEIPT = world.receipt_for(bytes(32), NOW)
OTHERS_EDGES = [edge(SCHEME, BOARD, 1), edge(BOARD, accredited.COLLEGE, 2)]


def without(name: str) -> Callable[[Document], object]:
    return lambda bundle: bundle.pop(name)


def put(name: str, value: Any) -> Callable[[Document], object]:
    return lambda bundle: bundle.update({name: value})


def behind(name: str, value: Any = None) -> Callable[[Document], object]:
    """One of the accreditors' documents replaced, or left out (None)."""

    def edit(bundle: Document) -> None:
        del bundle["accreditorDocuments"][name]
        if value is not None:
            bundle["accreditorDocuments"][name] = value

    return edit


def without_place_for_accreditations(bundle: Document) -> None:
    """As by somebody who wants nobody to ask: neither the list nor where it would be."""
    services = bundle["didDocument"]["service"]
    bundle["didDocument"]["service"] = [one for one in services if one["type"] != "AccreditationList"]
    bundle["accreditation"] = None


PARTS: Mapping[tuple[str, str], tuple[Callable[[Document], object], Verdict, str, str]] = {
    # (part, what became of it): how, the verdict, the check that says so, its code
    ("didDocument", "missing"): (without("didDocument"), TELL, "issuer_key", "bundle_lacks_document"),
    ("didDocument", "emptied"): (put("didDocument", {}), TELL, "issuer_key", "bundle_lacks_document"),
    ("didDocument", "another's"): (put("didDocument", BOARD.did_document()), TELL, "issuer_key", "bundle_lacks_document"),
    ("didDocument", "another's, renamed"): (put("didDocument", BOARD.did_document(id=sample.DID)), NO, "issuer_key", "key_not_listed"),
    ("didDocument", "a thief's"): (put("didDocument", world.did_document(thief={})), TELL, "issuer_key", "bundle_key_unknown"),
    ("statusListCredential", "missing"): (without("statusListCredential"), TELL, "status", "bundle_lacks_document"),
    ("statusListCredential", "emptied"): (put("statusListCredential", {}), TELL, "status", "bundle_lacks_document"),
    ("statusListCredential", "another's"): (put("statusListCredential", BOARD.list_document(NOW)), TELL, "status", "bundle_lacks_document"),
    ("statusListCredential", "another's, renamed"): (put("statusListCredential", BOARD.list_document(NOW) | {"id": LIST_URL}), TELL, "status", "status_list_unsigned"),
    ("accreditation", "missing"): (without("accreditation"), TELL, "accreditation", "accreditation_unreachable"),
    ("accreditation", "emptied"): (put("accreditation", []), TELL, "accreditation", "accreditation_missing"),
    ("accreditation", "left out altogether"): (without_place_for_accreditations, TELL, "accreditation", "accreditation_missing"),
    ("accreditation", "half of it"): (put("accreditation", BUNDLE["accreditation"][:1]), NO, "accreditation", "accreditation_of_other"),
    ("accreditation", "another's"): (put("accreditation", OTHERS_EDGES), NO, "accreditation", "accreditation_of_other"),
    ("accreditorDocuments", "missing"): (without("accreditorDocuments"), TELL, "accreditation", "accreditation_unreachable"),
    ("accreditorDocuments", "emptied"): (put("accreditorDocuments", {}), TELL, "accreditation", "accreditation_unreachable"),
    ("accreditorDocuments", "without the board's keys"): (behind(BOARD.did), TELL, "accreditation", "accreditation_unreachable"),
    ("accreditorDocuments", "with a thief's for the board's keys"): (behind(BOARD.did, accredited.OTHER.did_document(id=BOARD.did)), NO, "accreditation", "accreditation_wallet"),
    ("accreditorDocuments", "without the board's list"): (behind(BOARD.status_url), TELL, "accreditation", "accreditation_status_unknown"),
    ("accreditorDocuments", "with another's for the board's list"): (behind(BOARD.status_url, SCHEME.list_document(NOW) | {"id": BOARD.status_url}), TELL, "accreditation", "accreditation_status_unknown"),
    # What stands beside the verdict: how far the evidence reaches.
    ("anchorReceipt", "missing"): (without("anchorReceipt"), VALID, "inclusion", "anchor_pending"),
    ("anchorReceipt", "emptied"): (put("anchorReceipt", {}), VALID, "inclusion", "receipt_malformed"),
    ("anchorReceipt", "another's"): (put("anchorReceipt", OTHERS_RECEIPT), VALID, "inclusion", "receipt_of_other"),
    ("checkpoints", "missing"): (without("checkpoints"), VALID, "checkpoint", "bundle_lacks_document"),
    ("checkpoints", "emptied"): (put("checkpoints", {}), VALID, "checkpoint", "checkpoints_malformed"),
    ("checkpoints", "another's"): (put("checkpoints", ENTRIES_OF_THIEF), VALID, "checkpoint", "checkpoints_malformed"),
    # Nothing in this list is set, so there are no reasons; see the table of questions for when there are.
    ("statusReasons", "missing"): (without("statusReasons"), VALID, "status", "status_ok"),
    ("statusReasons", "emptied"): (put("statusReasons", {}), VALID, "status", "status_ok"),
    ("statusReasons", "another's"): (put("statusReasons", scenarios.reasons()), VALID, "status", "status_ok"),
    ("credential", "another's"): (lambda bundle: bundle["credential"].update(name="Another"), NO, "signature", "signature_wrong"),
}  # fmt: skip


def test_the_whole_bundle_is_good_and_every_part_of_it_is_in_the_table() -> None:
    report = offline(BUNDLE)
    assert (report.verdict, report.level) == (VALID, Level.CHECKPOINT)
    assert report.finding("accreditation").code == "accreditation_ok"
    assert BUNDLE.keys() - {"type"} == {part for part, _ in PARTS}
    assert {SCHEME.did, BOARD.did, SCHEME.status_url, BOARD.status_url} == BUNDLE["accreditorDocuments"].keys()


@pytest.mark.parametrize(("part", "fate"), PARTS, ids=[f"{part}: {fate}" for part, fate in PARTS])
def test_a_part_of_a_bundle(part: str, fate: str) -> None:
    edit, verdict, check, code = PARTS[part, fate]
    bundle = deepcopy(BUNDLE)
    edit(bundle)
    report = offline(bundle)
    assert (report.verdict, report.finding(check).code) == (verdict, code)
    if part in ("anchorReceipt", "checkpoints"):
        assert report.level is (Level.SIGNATURE if part == "anchorReceipt" else Level.INCLUSION)


@pytest.mark.parametrize("parts", [("accreditation",), ("accreditation", "accreditorDocuments")])
def test_an_accreditation_taken_out_of_a_bundle_is_missed(parts: tuple[str, ...]) -> None:
    """The board stopped the college before this was issued: online that is told, so offline it must not be hidden."""
    there = scenarios.never_approved()
    assert there.report().verdict is NO
    bundle = json.loads(made(there).document)
    assert offline(bundle).verdict is not VALID
    for part in parts:
        bundle[part] = type(bundle[part])()
    assert offline(bundle).verdict is TELL
    without_place_for_accreditations(bundle)
    assert offline(bundle).verdict is TELL


@settings(deadline=None, max_examples=150)
@given(st.sets(st.sampled_from(sorted(PARTS)), min_size=2, max_size=3))
def test_several_parts_at_once(chosen: set[tuple[str, str]]) -> None:
    bundle, applied = deepcopy(BUNDLE), []
    for row in sorted(chosen):
        try:
            PARTS[row][0](bundle)
        except (KeyError, TypeError, AttributeError):
            continue  # the part that it changes is gone already
        applied.append(row)
    spoilt = {part: PARTS[part, fate][1] for part, fate in applied}
    report = offline(bundle)
    assert report.verdict is not VALID or all(verdict is VALID for verdict in spoilt.values())


@pytest.mark.parametrize("fault", SILENT)
def test_a_bundle_is_made_without_what_could_not_be_had(fault: str) -> None:
    """The questions that only a bundle asks: it is made all the same, names what is missing, and is no better for it."""
    assert ASKED_FOR_BUNDLES == ("receipt",)
    bundle = made(published(), {("receipt", ANCHORS, False): SILENT[fault]}, within=0.05)
    report = offline(json.loads(bundle.document))
    assert (report.verdict, report.level) == (VALID, Level.SIGNATURE)
    assert bundle.missing or fault == "an empty object"
