"""The walk along accreditations: who is accredited at issue and today, and every way in which nobody is."""

import itertools
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.standards import accreditation, proof_sets, status_list, vc
from app.standards.accreditation import Action, QualificationReference
from app.standards.data_integrity import Proof
from app.standards.multikey import base58_encode
from app.verification.accreditation import time_of_issue
from app.verification.evidence import RecognisedIssuer
from app.verification.report import Outcome
from tests.unit.standards.sample import changed_leaves
from tests.unit.verification.accredited import (
    BEGAN,
    BOARD,
    COLLEGE,
    COMPUTING,
    ENGINEERING,
    ISSUED,
    NOW,
    OTHER,
    SCHEME,
    Document,
    Member,
    World,
    badge,
    days,
    edge,
    signed,
)

ANYTHING = QualificationReference(accreditation.ANY_QUALIFICATION)
STRANGER = Member("stranger", 9)


async def test_a_college_is_accredited_through_its_awarding_organisation() -> None:
    world = World()
    result = await world.result()
    assert (result.finding.outcome, result.finding.code) == (Outcome.VALID, "accreditation_ok")
    assert [(step.name, step.role) for step in result.today.path] == [
        ("The Scheme", "scheme operator"),
        ("Board College", "awarding organisation"),
        ("Northgate College", "provider"),
    ]
    assert "by Board College, under The Scheme, the scheme operator of this installation (not Ofqual)" in (
        result.finding.sentence
    )
    assert result.finding.relied_on == NOW
    shown = result.as_json()
    assert shown["atIssue"]["outcome"] == shown["today"]["outcome"] == "VALID"
    # Each document once, and no history, as nothing was withdrawn.
    assert sorted(world.asked) == sorted(set(world.asked))
    assert len(world.asked) == 5


RECORD_TYPES, PRAISE_TYPES = (
    ["VerifiableCredential", "ClrCredential"],
    ["VerifiableCredential", "EndorsementCredential"],
)
PROGRAMME = {"id": ENGINEERING.id, "type": ["Achievement"], "name": "HNC Engineering"}


@pytest.mark.parametrize(
    ("types", "subject", "outcome"),
    [
        (RECORD_TYPES, {"type": ["ClrSubject"]}, Outcome.SKIPPED),
        # Listed to relate the parts: each part is checked for itself.
        (RECORD_TYPES, {"type": ["ClrSubject"], "achievement": [PROGRAMME]}, Outcome.SKIPPED),
        (PRAISE_TYPES, {"type": ["EndorsementSubject"], "endorsementComment": "Good."}, Outcome.SKIPPED),
        # Somebody calls an award something else, to be let off.
        (PRAISE_TYPES, {"type": ["EndorsementSubject"], "achievement": PROGRAMME}, Outcome.INVALID),
        ([*RECORD_TYPES, "OpenBadgeCredential"], {"achievement": PROGRAMME}, Outcome.INVALID),
        ([*PRAISE_TYPES, "AchievementCredential"], {"achievement": PROGRAMME}, Outcome.INVALID),
        ([*RECORD_TYPES, "EndorsementCredential"], {"achievement": PROGRAMME}, Outcome.INVALID),
        (["VerifiableCredential"], {"id": "did:example:somebody"}, Outcome.INVALID),
    ],
)
async def test_a_college_needs_no_approval_to_gather_what_it_awarded_or_to_praise(
    types: list[str], subject: Document, outcome: Outcome
) -> None:
    world = World()
    world.credential = badge() | {"type": types, "credentialSubject": subject}
    assert (await world.result()).finding.outcome is outcome


def edges(*shown: Any) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.edges = list(shown)

    return spoil


def withdrawn(parent: Member, place: int, before: tuple[int, ...] | None, when: datetime = ISSUED) -> Callable[[World], None]:  # fmt: skip
    """`before` = what was withdrawn in the list of the time of issue; None = that list is not to be had."""

    def spoil(world: World) -> None:
        world.withdrawn[parent.did] = (place,)
        if before is not None:
            world.past[parent.status_url] = parent.list_document(when, before)

    return spoil


def number(text: str | None, **achievement: Any) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.credential = badge(number=text, **achievement)

    return spoil


DIRECT = edge(SCHEME, COLLEGE, 3)
FROM_BOARD = edge(BOARD, COLLEGE, 2)
TO_BOARD = edge(SCHEME, BOARD, 1)
PARTS = QualificationReference(ENGINEERING.id, None, ("https://northgate.example/catalogue/units/1",))

GOOD = [
    ("straight from the operator", edges(DIRECT), "accreditation_ok"),
    ("for every qualification", edges(edge(SCHEME, BOARD, 1, qualifications=[ANYTHING]), FROM_BOARD), "accreditation_ok"),
    ("the number written without slashes", number("60375954"), "accreditation_ok"),
    ("no number, the qualification's address", number(None, id=COMPUTING.id), "accreditation_ok"),
    ("no number, a part that is named", lambda world: (edges(edge(SCHEME, COLLEGE, 3, qualifications=[PARTS]))(world), number(None)(world)), "accreditation_ok"),
    ("a second edge that ran out", edges(edge(SCHEME, COLLEGE, 4, valid_until=BEGAN + days(9)), TO_BOARD, FROM_BOARD), "accreditation_ok"),
    ("edges in any order", edges(FROM_BOARD, TO_BOARD), "accreditation_ok"),
    ("it ran out since", edges(edge(SCHEME, COLLEGE, 3, valid_until=ISSUED + days(1))), "accreditation_lapsed_today"),
    ("it was withdrawn since", withdrawn(BOARD, 2, ()), "accreditation_lapsed_today"),
    ("the board's was withdrawn since", withdrawn(SCHEME, 1, ()), "accreditation_lapsed_today"),
    ("junk of the issuer's own beside it", edges({"type": "x"}, edge(COLLEGE, COLLEGE, 7), edge(STRANGER, COLLEGE, 8), TO_BOARD, FROM_BOARD), "accreditation_ok"),
    ("no list published, brought in a bundle", lambda world: (world.away.add(COLLEGE.list_url), setattr(world, "brought", world.edges)), "accreditation_ok"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "code"), GOOD, ids=[row[0] for row in GOOD])
async def test_what_is_accredited_at_issue(what: str, change: Callable[[World], Any], code: str) -> None:
    world = World()
    change(world)
    result = await world.result()
    assert (result.finding.code, result.finding.outcome) == (code, Outcome.VALID)
    assert result.at_issue.outcome is Outcome.VALID
    expected = Outcome.INVALID if code == "accreditation_lapsed_today" else Outcome.VALID
    assert result.today.outcome is expected


def replaced(document: Document, **members: Any) -> Document:
    return {**document, **members}


def subject(document: Document, **members: Any) -> Document:
    return {**document, "credentialSubject": {**document["credentialSubject"], **members}}


def unsigned(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "proof"}


def spoil_document(member: Member, **changes: Any) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.did_documents[member.did] = member.did_document(**changes)

    return spoil


def key_of_another(world: World) -> None:
    """Whoever holds the operator's address puts a key of their own there, and signs with it."""
    impostor = Member("scheme", 8)
    world.did_documents[SCHEME.did] = impostor.did_document()
    world.lists[SCHEME.status_url] = impostor.list_document(NOW)
    world.edges = [edge(impostor, COLLEGE, 3)]
    world.roots = {SCHEME.did: RecognisedIssuer(SCHEME.did, "The Scheme", "", (SCHEME.public_key,), is_root=True)}


def dated(name: str, value: str) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.did_documents[SCHEME.did]["verificationMethod"][0][name] = value

    return spoil


def key_for_logging_in(world: World) -> None:
    world.did_documents[SCHEME.did] = SCHEME.did_document(assertionMethod=[], authentication=[SCHEME.key_id])


def list_by(member: Member) -> Callable[[World], None]:
    """The operator's status list, signed by somebody else."""

    def spoil(world: World) -> None:
        theirs = SCHEME.list_document(NOW)
        method = theirs["proof"]["verificationMethod"]
        world.lists[SCHEME.status_url] = {**theirs, "proof": {**signed(theirs, member)["proof"], "verificationMethod": method}}  # fmt: skip

    return spoil


def away(*names: str) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.away |= set(names)

    return spoil


def nobody_trusted(world: World) -> None:
    world.roots = {SCHEME.did: RecognisedIssuer(SCHEME.did, "The Scheme", "", ())}


def no_list(world: World) -> None:
    world.roots = None


def another_subject(world: World) -> None:
    world.subject = OTHER.did


def undated(world: World) -> None:
    world.anchored_at = None
    del world.credential["validFrom"]


def dated_back(world: World) -> None:
    """A college that was stopped signs today what it dates before; nothing but its word says when."""
    world.anchored_at = None
    withdrawn(BOARD, 2, ())(world)


def chain(length: int) -> list[Document]:
    names = [SCHEME, *(Member(f"middle{number}", 20 + number) for number in range(length - 1)), COLLEGE]
    return [
        edge(parent, child, place, action=Action.ISSUE if child is COLLEGE else Action.ACCREDIT)
        for place, (parent, child) in enumerate(itertools.pairwise(names))
    ]


NO, TELL = Outcome.INVALID, Outcome.ERROR
ATTACKS = [
    ("edge of another subject", edges(edge(SCHEME, OTHER, 3)), NO, "accreditation_of_other"),
    ("stolen edge presented for another college", edges(subject(DIRECT, id=OTHER.did), edge(SCHEME, OTHER, 5)), NO, "accreditation_of_other"),
    ("stolen edge renamed to the thief", edges(subject(edge(SCHEME, OTHER, 5), id=COLLEGE.did, wallet=COLLEGE.did_document()["verificationMethod"][1]["blockchainAccountId"])), NO, "accreditation_unsigned"),
    ("list of another institution", another_subject, NO, "accreditation_of_other"),
    ("edge signed by the child itself", edges(edge(SCHEME, COLLEGE, 3, signer=COLLEGE)), NO, "accreditation_unsigned"),
    ("edge signed by the child under the parent's key name", edges(edge(SCHEME, COLLEGE, 3, signer=COLLEGE, key_id=SCHEME.key_id)), NO, "accreditation_unsigned"),
    ("edge that the child gave itself", edges(edge(COLLEGE, COLLEGE, 3)), TELL, "accreditation_root_unknown"),
    ("edge that is not signed", edges(unsigned(DIRECT)), NO, "accreditation_unsigned"),
    ("edge with several proofs", edges(replaced(DIRECT, proof=[DIRECT["proof"]])), TELL, "proof_several"),
    ("edge signed for another purpose", edges(replaced(DIRECT, proof={**DIRECT["proof"], "proofPurpose": "authentication"})), NO, "accreditation_unsigned"),
    ("expired edge", edges(edge(SCHEME, COLLEGE, 3, valid_until=ISSUED - days(1))), NO, "not_accredited_at_issue"),
    ("edge that began later", edges(edge(SCHEME, COLLEGE, 3, valid_from=ISSUED + days(1))), NO, "not_accredited_at_issue"),
    ("expired edge above a good one", edges(edge(SCHEME, BOARD, 1, valid_until=ISSUED - days(1)), FROM_BOARD), NO, "not_accredited_at_issue"),
    ("edge whose end was moved", edges(replaced(edge(SCHEME, COLLEGE, 3, valid_until=ISSUED - days(1)), validUntil="2099-01-01T00:00:00Z")), NO, "accreditation_unsigned"),
    ("edge withdrawn before", withdrawn(BOARD, 2, (2,)), NO, "not_accredited_at_issue"),
    ("edge withdrawn above a good one", withdrawn(SCHEME, 1, (1,)), NO, "not_accredited_at_issue"),
    ("edge withdrawn, nobody knows when", withdrawn(BOARD, 2, None), TELL, "accreditation_history_missing"),
    ("edge withdrawn, a list of too early shown", withdrawn(BOARD, 2, (), ISSUED - days(8)), TELL, "accreditation_history_missing"),
    ("edge withdrawn, a list of too late shown", withdrawn(BOARD, 2, (), ISSUED + days(1)), TELL, "accreditation_history_missing"),
    ("edge that can never be withdrawn", edges(signed({name: value for name, value in DIRECT.items() if name != "credentialStatus"}, SCHEME)), TELL, "accreditation_malformed"),
    ("edge whose place is in another's list", edges(edge(SCHEME, COLLEGE, 3, status=status_list.entry(OTHER.status_url, 3))), TELL, "accreditation_status_unknown"),
    ("status list signed by the child", list_by(COLLEGE), TELL, "accreditation_status_unknown"),
    ("parent that is not a root", edges(edge(STRANGER, COLLEGE, 3)), TELL, "accreditation_root_unknown"),
    ("recognised college that is not a root", nobody_trusted, TELL, "accreditation_root_unknown"),
    ("verifier without a list", no_list, TELL, "accreditation_root_unknown"),
    ("root impersonated with other keys", key_of_another, NO, "accreditation_root_key"),
    ("root's key under authentication only", key_for_logging_in, NO, "accreditation_unsigned"),
    ("root's key withdrawn", dated("revoked", "2026-06-01T00:00:00Z"), NO, "accreditation_unsigned"),
    ("root's key run out before", dated("expires", "2025-06-01T00:00:00Z"), NO, "accreditation_unsigned"),
    ("a cycle", edges(edge(SCHEME, OTHER, 8, qualifications=[ENGINEERING], action=Action.ACCREDIT), edge(OTHER, BOARD, 6), edge(BOARD, OTHER, 5, action=Action.ACCREDIT), edge(OTHER, COLLEGE, 7)), NO, "accreditation_scope"),
    ("a cycle below the root", edges(TO_BOARD, edge(BOARD, SCHEME, 5, action=Action.ACCREDIT), edge(BOARD, BOARD, 6)), NO, "accreditation_of_other"),
    ("another qualification", edges(edge(SCHEME, COLLEGE, 3, qualifications=[ENGINEERING])), NO, "accreditation_scope"),
    ("scope widened down the chain", edges(edge(SCHEME, BOARD, 1, qualifications=[ENGINEERING]), edge(BOARD, COLLEGE, 2, qualifications=[COMPUTING, ENGINEERING])), NO, "accreditation_scope"),
    ("scope widened to everything down the chain", edges(edge(SCHEME, BOARD, 1, qualifications=[ENGINEERING]), edge(BOARD, COLLEGE, 2, qualifications=[ANYTHING])), NO, "accreditation_scope"),
    ("a covered number carrying in another", number("603/7595/4", otherIdentifier=[{"identifierType": "ext:QAN", "identifier": text} for text in ("603/7595/4", "610/0000/1")]), NO, "accreditation_scope"),
    ("a number that is no text", number("603/7595/4", otherIdentifier=[{"identifierType": "ext:QAN", "identifier": 60375954}]), NO, "accreditation_scope"),
    ("a badge that names no qualification", number(None), NO, "accreditation_scope"),
    ("a board that may not accredit", edges(edge(SCHEME, BOARD, 1, action=Action.ISSUE), FROM_BOARD), NO, "accreditation_action"),
    ("a college that may only accredit", edges(edge(SCHEME, COLLEGE, 3, action=Action.ACCREDIT)), NO, "accreditation_action"),
    ("an unknown action", edges(signed(subject(DIRECT, recognizedTo=[{"type": "RecognizedAction", "action": "anything", "qualification": [{"id": COMPUTING.id}]}]), SCHEME)), NO, "accreditation_action"),
    ("a limit that is not understood", edges(signed(subject(DIRECT, recognizedTo=[{**DIRECT["credentialSubject"]["recognizedTo"][0], "limitJurisdiction": "Wales"}]), SCHEME)), NO, "accreditation_action"),
    ("wallet mismatch", edges(signed(subject(DIRECT, wallet="eip155:31337:0x" + "99" * 20), SCHEME)), NO, "accreditation_wallet"),
    ("wallet of the same address on another chain", edges(signed(subject(DIRECT, wallet="eip155:1:" + COLLEGE.wallet.address), SCHEME)), NO, "accreditation_wallet"),
    ("wallet of the board mismatch", spoil_document(BOARD, capabilityInvocation=[]), NO, "accreditation_wallet"),
    ("too many edges listed", edges(*[DIRECT] * (accreditation.MAX_LISTED + 1)), TELL, "accreditation_too_many"),
    ("too many edges that could count", edges(*[edge(SCHEME, COLLEGE, place) for place in range(21)]), TELL, "accreditation_too_many"),
    ("too many accreditors named", edges(DIRECT, *[edge(Member(f"s{number}", 30), COLLEGE, number) for number in range(20)]), TELL, "accreditation_too_many"),
    ("too long a chain", edges(*chain(5)), NO, "accreditation_of_other"),
    ("a list that was emptied", edges(*[]) , TELL, "accreditation_missing"),
    ("unreachable list", away(COLLEGE.list_url), TELL, "accreditation_unreachable"),
    ("unreachable parent", away(BOARD.did), TELL, "accreditation_unreachable"),
    ("unreachable root", away(SCHEME.did), TELL, "accreditation_unreachable"),
    ("unreachable status list", away(BOARD.status_url), TELL, "accreditation_status_unknown"),
    ("a badge dated back by one who was stopped", dated_back, TELL, "accreditation_time_unproven"),
    ("nobody says when it was issued", undated, TELL, "accreditation_time_unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "spoil", "outcome", "code"), ATTACKS, ids=[row[0] for row in ATTACKS])
async def test_an_attack_leads_nowhere(what: str, spoil: Callable[[World], None], outcome: Outcome, code: str) -> None:
    world = World()
    spoil(world)
    result = await world.result()
    assert (result.finding.code, result.finding.outcome) == (code, outcome)
    assert result.at_issue.outcome is not Outcome.VALID or spoil is dated_back
    assert result.finding.sentence.endswith(".")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_no_change_of_any_edge_makes_a_path(data: st.DataObject) -> None:
    """Start where there is no path; drop, change or swap any part of any edge: there is none after it either."""
    world = World(
        edges=[
            edge(SCHEME, BOARD, 1, qualifications=[ENGINEERING]),
            edge(SCHEME, BOARD, 4, valid_until=ISSUED - days(1)),
            edge(BOARD, COLLEGE, 2),
            edge(SCHEME, OTHER, 3),
        ]
    )
    chosen = data.draw(st.integers(0, len(world.edges) - 1))
    changed = [*(copy for _, copy in changed_leaves(world.edges[chosen])), *_without(world.edges[chosen])]
    other = data.draw(st.sampled_from(world.edges))
    changed += [
        replaced(world.edges[chosen], **{name: deepcopy(other[name])}) for name in other if name in world.edges[chosen]
    ]
    world.edges[chosen] = data.draw(st.sampled_from(changed))
    if data.draw(st.booleans()):
        world.edges.remove(data.draw(st.sampled_from(world.edges)))
    result = await world.result()
    assert Outcome.VALID not in (result.at_issue.outcome, result.today.outcome, result.finding.outcome)


async def test_no_part_of_a_good_edge_can_be_changed_or_dropped() -> None:
    """Every edge of the path is needed as it is: with any part of it changed there is no path."""
    for chosen in range(2):
        whole = World().edges
        for changed in [*(copy for _, copy in changed_leaves(whole[chosen])), *_without(whole[chosen])]:
            world = World(edges=[*whole[:chosen], changed, *whole[chosen + 1 :]])
            assert (await world.result()).at_issue.outcome is not Outcome.VALID, changed


def _without(document: Document) -> list[Document]:
    """Copies with one member, at any depth, left out."""
    found = []

    def places(value: Any, path: tuple[Any, ...]) -> Any:
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, inner in pairs:
            yield (*path, name)
            yield from places(inner, (*path, name))

    for *parents, last in places(document, ()):
        copy = deepcopy(document)
        holder: Any = copy
        for name in parents:
            holder = holder[name]
        del holder[last]
        found.append(copy)
    return found


async def test_a_list_of_a_stranger_sends_the_verifier_nowhere() -> None:
    """Only accreditors between a trusted root and the issuer are asked for anything."""
    stranger = Member("internal.host", 40)
    world = World(edges=[edge(stranger, COLLEGE, 1), edge(SCHEME, stranger, 2), edge(SCHEME, OTHER, 3)])
    await world.result()
    assert world.asked == [COLLEGE.list_url]


async def test_the_operators_keys_on_the_verifiers_own_list_are_enough_where_its_page_is_away() -> None:
    world = World(edges=[DIRECT], away={SCHEME.did})
    world.roots = {SCHEME.did: RecognisedIssuer(SCHEME.did, "The Scheme", "", (SCHEME.public_key,), is_root=True)}
    assert (await world.result()).finding.code == "accreditation_ok"
    world.roots = {SCHEME.did: RecognisedIssuer(SCHEME.did, "The Scheme", "", (COLLEGE.public_key,), is_root=True)}
    assert (await world.result()).finding.code == "accreditation_unsigned"


async def test_it_was_not_at_issue_and_is_today() -> None:
    world = World(edges=[edge(SCHEME, COLLEGE, 3, valid_from=ISSUED + days(1))])
    result = await world.result()
    assert (result.finding.code, result.today.outcome) == ("not_accredited_at_issue", Outcome.VALID)
    assert result.finding.sentence.endswith("It is accredited today.")


@pytest.mark.parametrize("how", ["no place for the list", "an empty list"])
async def test_an_issuer_that_shows_nothing_is_missed_one_where_the_verifier_knows_who_accredits(how: str) -> None:
    world = World(edges=[])
    if how == "no place for the list":
        world.did_documents[COLLEGE.did] = COLLEGE.did_document(service=[])
    result = await world.result()
    assert (result.finding.code, result.finding.outcome) == ("accreditation_missing", Outcome.ERROR)
    # Whoever has no list of colleges knows nothing either; whoever trusts nobody to accredit misses nothing.
    world.roots = None
    assert (await world.result()).finding.outcome is Outcome.ERROR
    world.roots = {COLLEGE.did: RecognisedIssuer(COLLEGE.did, "Northgate College", "10000001")}
    result = await world.result()
    assert (result.finding.code, result.finding.outcome) == ("accreditation_none", Outcome.SKIPPED)
    # Nobody accredits the one who begins it.
    world.roots = {COLLEGE.did: RecognisedIssuer(COLLEGE.did, "Northgate College", "", is_root=True)}
    assert (await world.result()).finding.outcome is Outcome.SKIPPED


def a_proof(signer: Member, created: str | None, suite: str = "ecdsa-jcs-2019", **changes: Any) -> Document:
    """As read; what it signs is nobody's business here."""
    options = {"type": "DataIntegrityProof", "cryptosuite": suite, "verificationMethod": signer.key_id}
    if created is not None:
        options["created"] = created
    return options | {"proofPurpose": "assertionMethod", "proofValue": "z" + base58_encode(bytes(64)), **changes}


EARLIEST = "2026-02-01T00:00:00Z"
DATES: list[tuple[str, Any, str]] = [
    ("one of another suite", a_proof(COLLEGE, EARLIEST), EARLIEST),
    ("the earliest of two", [a_proof(COLLEGE, "2026-03-01T00:00:00Z"), a_proof(COLLEGE, EARLIEST, "eddsa-rdfc-2022")], EARLIEST),
    ("a stranger's beside it", [a_proof(STRANGER, "2020-01-01T00:00:00Z"), a_proof(COLLEGE, EARLIEST)], EARLIEST),
    ("one for an occasion beside it", [a_proof(COLLEGE, "2020-01-01T00:00:00Z", challenge="now"), a_proof(COLLEGE, EARLIEST)], EARLIEST),
    ("one of an unknown kind beside it", [a_proof(COLLEGE, "2020-01-01T00:00:00Z", "new-2030"), a_proof(COLLEGE, EARLIEST)], EARLIEST),
    ("one without a date", a_proof(COLLEGE, None), "2026-09-01T12:00:00Z"),
    ("none", None, "2026-09-01T12:00:00Z"),
    ("none that can be read", "x", "2026-09-01T12:00:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "proof", "moment"), DATES, ids=[row[0] for row in DATES])
def test_the_time_of_issue_is_the_earliest_that_the_issuer_says(what: str, proof: Any, moment: str) -> None:
    assert time_of_issue(badge() | {"proof": proof}, None) == vc.parse_timestamp(moment)
    assert time_of_issue(badge() | {"proof": proof}, NOW) == NOW
    assert time_of_issue({"proof": proof}, None) is None


def test_only_signatures_that_hold_say_when_once_it_is_known_which_do() -> None:
    forged, real = a_proof(COLLEGE, EARLIEST), a_proof(COLLEGE, "2026-03-01T00:00:00Z")
    document = badge() | {"proof": [forged, real]}
    holding = [one for one in proof_sets.read_proofs(document) if isinstance(one, Proof)][1:]
    assert time_of_issue(document, None, holding) == vc.parse_timestamp("2026-03-01T00:00:00Z")
    assert time_of_issue(document, None, ()) == ISSUED
