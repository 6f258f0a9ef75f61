"""Verifications in which each question to the outside matters: what is there, and what is true of it.

Each is a made-up college in memory with everything signed for real; a test makes one of the answers bad.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.stacking import packs
from app.standards import did, status_reasons
from app.standards.accreditation import QualificationReference
from app.standards.status_reasons import Standing, StatusReason
from app.verification import verify
from app.verification.evidence import RecognisedIssuer, Submission
from app.verification.ports import Publications, Recogniser, Registry
from app.verification.report import Report, Verdict
from tests.fakes import MemoryPublications, MemoryRegistry
from tests.unit.standards import sample
from tests.unit.verification import accredited, world
from tests.unit.verification.accredited import BOARD, SCHEME, Trusted
from tests.unit.verification.awards import Result, Stack, stack_of
from tests.unit.verification.world import CHAIN_ID, FORM, LIST_URL, NOW, WALLET, Document, World

SIGNED_ON = NOW - timedelta(days=30)
LOST_ON = NOW - timedelta(days=10)
ACCREDITATIONS_URL = "https://college.example.ac.uk/accreditations"
INDEX = 3
QUALIFICATION = QualificationReference("https://awards.example/q/603-0001-2", "603/0001/2")
_PAIRS = ((SCHEME, BOARD, 1), (BOARD, accredited.COLLEGE, 2))
KNOWN = RecognisedIssuer(sample.DID, "Example College", "10000000")


@dataclass(frozen=True)
class Scenario:
    """What is published, by name, and the former versions of it; who is asked; what the verdict is while all answer."""

    name: str
    verdict: Verdict
    submission: Submission
    documents: dict[str, Document]
    registry: Registry
    recogniser: Recogniser
    history: dict[str, list[tuple[datetime, Document]]] = field(default_factory=dict)

    @property
    def publications(self) -> MemoryPublications:
        return MemoryPublications(
            {name: json.dumps(one).encode() for name, one in self.documents.items()},
            {name: [(since, json.dumps(one).encode()) for since, one in past] for name, past in self.history.items()},
        )

    @property
    def registry_answers(self) -> bool:
        return not (isinstance(self.registry, MemoryRegistry) and self.registry.away)

    def report(
        self,
        publications: Publications | None = None,
        registry: Registry | None = None,
        recogniser: Recogniser | None = None,
        within: float = 30,
        as_of: datetime | None = None,
    ) -> Report:
        """The report, with some of those who are asked replaced."""
        return asyncio.run(
            verify.verify(
                self.submission,
                publications=publications or self.publications,
                registry=registry or self.registry,
                recogniser=recogniser or self.recogniser,
                canonicaliser=FORM,
                now=NOW,
                as_of=as_of,
                within=within,
            )
        )


def _of(name: str, verdict: Verdict, made: World, recogniser: Recogniser | None = None) -> Scenario:
    documents = {sample.DID: made.keys, LIST_URL: made.listed, **made.others}
    if made.checkpoints is not None:
        documents[world.CHECKPOINTS_URL] = made.checkpoints
    submission = Submission(made.credential, made.receipt)
    known = recogniser or Trusted({sample.DID: KNOWN})
    return Scenario(name, verdict, submission, documents, made.registry, known, {sample.DID: made.history})


def plain() -> Scenario:
    """Signed a month ago with a key in use, and anchored."""
    made = world.a_world(signed_on=SIGNED_ON)
    return replace(_of("plain", Verdict.VALID, made), history={})


def withdrawn() -> Scenario:
    """Withdrawn an hour ago, with a reason."""
    made = world.a_world(signed_on=SIGNED_ON)
    made.listed = world.a_status_list(INDEX)
    made.others[f"{LIST_URL}/reasons"] = reasons()
    return replace(_of("withdrawn", Verdict.WAS_VALID, made), history={})


def reasons(key: str = "key-2026-09", **changes: object) -> Document:
    """Why it was withdrawn: it was corrected."""
    entries = {INDEX: StatusReason(Standing.SUPERSEDED, "a new spelling of the name", NOW - timedelta(hours=1))}
    return world.signed_jcs(status_reasons.unsigned(LIST_URL, sample.DID, entries, NOW) | changes, key, NOW)


def lost_key() -> Scenario:
    """The key that signed it was lost since; the register shows that it signed before."""
    made = world.a_world(key="key-2025-09", signed_on=SIGNED_ON)
    made.keys = keys_today()
    made.history = [(NOW - timedelta(days=400), keys_then()), (LOST_ON, keys_today())]
    return _of("lost key", Verdict.VALID, made)


def keys_then() -> Document:
    return world.did_document(key_2025_09={})


def keys_today() -> Document:
    return world.did_document(key_2025_09={"revoked": world.stamp(LOST_ON)}, key_2026_09={})


def no_chain() -> Scenario:
    """The register is away, and the college's own list of entries stands in for it."""
    made = world.a_world(signed_on=SIGNED_ON)
    made.registry = MemoryRegistry({}, away=True)
    assert made.receipt is not None
    made.checkpoints = world.checkpoints_for(made.receipt)
    return replace(_of("no chain", Verdict.VALID, made), history={})


def replaced(there: Scenario, submission: Submission) -> Scenario:
    return replace(there, submission=submission)


def other_entries() -> Document:
    """The college's list of entries, signed, with another root in the place of this one."""
    receipt = no_chain().submission.receipt
    assert receipt is not None
    return world.checkpoints_for(dict(receipt), root="0x" + "11" * 32)


def approved() -> Scenario:
    """Accredited by a board, under a scheme operator whom the verifier trusts."""
    made = world.a_world(signed_on=SIGNED_ON)
    made.keys["service"].append(
        {"id": f"{sample.DID}#a", "type": "AccreditationList", "serviceEndpoint": ACCREDITATIONS_URL}
    )
    made.others = {one.did: one.did_document() for one in (SCHEME, BOARD)}
    made.others |= {one.status_url: one.list_document(NOW) for one in (SCHEME, BOARD)}
    made.others[ACCREDITATIONS_URL] = accreditations(*edges())
    root = RecognisedIssuer(SCHEME.did, "The Scheme", "", is_root=True)
    board = RecognisedIssuer(BOARD.did, "The Board", "")
    known = Trusted({sample.DID: KNOWN, SCHEME.did: root, BOARD.did: board})
    return replace(_of("approved", Verdict.VALID, made, known), history={})


def stopped() -> Scenario:
    """As `approved`, and the board withdrew its accreditation since: genuine, as it was issued before."""
    before = approved()
    documents = before.documents | {BOARD.status_url: BOARD.list_document(NOW, (2,))}
    past = [(SIGNED_ON - timedelta(days=1), BOARD.list_document(SIGNED_ON - timedelta(days=1)))]
    return replace(before, name="stopped since", documents=documents, history={BOARD.status_url: past})


def never_approved() -> Scenario:
    """The board had withdrawn its accreditation before this was issued."""
    before = stopped()
    past = [(SIGNED_ON - timedelta(days=1), BOARD.list_document(SIGNED_ON - timedelta(days=1), (2,)))]
    return replace(before, name="stopped before", verdict=Verdict.NOT_VALID, history={BOARD.status_url: past})


def edges(**changes: Any) -> tuple[Document, Document]:
    """Scheme operator to board to college; `changes` of what the second says of the college."""
    above, down = (accredited.edge(*pair, qualifications=[QUALIFICATION]) for pair in _PAIRS)
    wallet = did.caip10(CHAIN_ID, WALLET)
    subject = {**down["credentialSubject"], "id": sample.DID, "name": "Example College", "wallet": wallet}
    return above, accredited.signed(down | {"credentialSubject": subject | changes}, BOARD)


def accreditations(*listed: Document, subject: str = sample.DID) -> Document:
    return {"type": "AccreditationList", "subject": subject, "accreditations": list(listed)}


def stacked(old_key: bool = False) -> Scenario:
    """A small award of two parts; `old_key`: the first was signed with a key that was lost since."""
    made = lost_key() if old_key else plain()
    results = small_results()
    parts = {one.place: world.signed(one.unsigned(), "key-2026-09", SIGNED_ON)[0] for one in results[1:]}
    first, digest = world.signed(results[0].unsigned(), "key-2025-09" if old_key else "key-2026-09", SIGNED_ON)
    parts = {1: first, **parts}
    rules = json.loads(SMALL.rules)
    whole = replace(SMALL, documents=parts, spelled=_spelled)
    documents = {
        **made.documents,
        whole.rules_url: rules,
        **{whole.address(place): part for place, part in parts.items()},
    }
    award, of_award = world.signed(whole.unsigned(), "key-2026-09", SIGNED_ON)
    recorded = SIGNED_ON + timedelta(minutes=10)
    receipts = [world.receipt_for(one, recorded) for one in (of_award, digest)]
    documents[f"{whole.address(1)}/receipt"] = receipts[1]
    roots = [world.recorded_by(receipt, recorded).recorded for receipt in receipts]
    return replace(
        made,
        name="stacked of old" if old_key else "stacked",
        submission=Submission(award, receipts[0]),
        documents=documents,
        registry=MemoryRegistry({**roots[0], **roots[1]}),
    )


def stacked_of_old() -> Scenario:
    """An award of which only the register tells that one part is genuine."""
    return stacked(old_key=True)


def small_results() -> list[Result]:
    units = {unit.id: unit for unit in packs.find_pack("mc-programming-database").units}
    return [Result(1, units["u01"], "Pass"), Result(2, units["u04"], "Merit")]


def _spelled(document: Any) -> bytes:
    return json.dumps(document).encode()


def _small() -> Stack:
    """Rules of the college's own, which is no shipped pack under another spelling."""
    whole = stack_of("mc-programming-database", 1, small_results())
    own = _spelled(json.loads(whole.rules) | {"id": "programming-and-databases-here"})
    return replace(whole, pack=packs.parse_pack(own), rules=own)


SMALL = _small()


SCENARIOS: tuple[Callable[[], Scenario], ...] = (
    plain,
    withdrawn,
    lost_key,
    no_chain,
    approved,
    stopped,
    never_approved,
    stacked,
    stacked_of_old,
)
