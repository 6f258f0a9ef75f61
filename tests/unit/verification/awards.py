"""Awards of made-up colleges: parts, rules and the award itself, everything signed for real and published in memory.

A test takes a whole award, spoils one thing and asks for the report.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from app.adapters.registry import NoRegistry
from app.stacking import packs, rules
from app.stacking.evaluation import Evaluation
from app.stacking.held import HeldCredential, HeldKind, Origin
from app.stacking.pack import PackUnit, RulePack
from app.standards import anchor_receipt, data_integrity, multikey, open_badge, status_list
from app.standards.open_badge import Part, Profile
from app.verification import verify
from app.verification.evidence import Submission
from app.verification.ports import Publications
from app.verification.reader import Reader
from app.verification.report import Report
from tests.fakes import MemoryList, MemoryPublications
from tests.unit.verification.world import FORM, NOW, Document, private_key

MADE_ON = NOW - timedelta(days=30)
EARNED_ON = date(2026, 9, 14)
READER = Reader()


@dataclass(frozen=True)
class College:
    """An issuer by its host; its one key is named after it."""

    host: str
    name: str

    @property
    def did(self) -> str:
        return f"did:web:{self.host}"

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def list_url(self) -> str:
        return f"{self.origin}/status/1"

    def keys(self) -> Document:
        public = private_key(self.host).public_key().public_bytes_raw()
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": [
                {
                    "id": f"{self.did}#key-1",
                    "type": "Multikey",
                    "controller": self.did,
                    "publicKeyMultibase": multikey.PublicKey(multikey.KeyType.ED25519, public).encode(),
                }
            ],
            "assertionMethod": [f"{self.did}#key-1"],
        }

    def signed(self, document: Mapping[str, Any], on: datetime = MADE_ON) -> Document:
        options = data_integrity.proof_options(data_integrity.RDFC, f"{self.did}#key-1", on)
        hashed = data_integrity.hash_rdfc(FORM, document, options)
        return data_integrity.secured(document, options, private_key(self.host).sign(hashed))

    def listed(self, *withdrawn: int) -> Document:
        bits = bytearray(status_list.LENGTH // 8)
        for index in withdrawn:
            status_list.set_bit(bits, index)
        made = NOW - timedelta(hours=1)
        return self.signed(status_list.unsigned_list(self.list_url, {"id": self.did}, bytes(bits), made), made)


HOME = College("college.example.ac.uk", "Example College")
OTHER = College("other.example.ac.uk", "Other College")
COLLEGES = (HOME, OTHER)


def number(place: int) -> UUID:
    return UUID(bytes=anchor_receipt.sha256(str(place).encode()).digest()[:16], version=4)


def uri(place: int) -> str:
    return f"urn:uuid:{number(place)}"


def written(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Result:
    """A unit that somebody took: the part that is made of it has the number and the place in a status list `place`."""

    place: int
    unit: PackUnit
    grade: str
    passed: bool = True
    college: College = HOME
    learner: str = "Anna Müller-O’Neill"
    on: date = EARNED_ON

    def held(self) -> HeldCredential:
        return HeldCredential(
            id=number(self.place),
            qualification_id="",
            qualification_kind="",
            unit_id=self.unit.accepts[0],
            title=self.unit.title,
            level=self.unit.level,
            credits=self.unit.credits or None,
            grade=self.grade,
            awarded_on=self.on,
            passed=self.passed,
            origin=Origin.HOME if self.college is HOME else Origin.TRANSFER,
            kind=HeldKind.UNIT,
        )

    def document(self, **changes: Any) -> Document:
        """The signed part; `changes` replace fields of what varies from learner to learner."""
        return self.college.signed(self.unsigned(**changes))

    def unsigned(self, **changes: Any) -> Document:
        credits = self.unit.credits or None
        achievement = open_badge.Achievement(
            id=f"{self.college.origin}/catalogue/units/{self.unit.accepts[0]}",
            name=self.unit.title,
            description=f"{self.unit.title}, part of a qualification.",
            criteria="Assessed.",
            achievement_type="MicroCredential",
            credits=credits,
            code=self.unit.code,
            grades=("Unclassified", "Pass", "Merit", "Distinction"),
            lowest_pass="Pass",
            identifiers=(
                (open_badge.CATALOGUE_UNIT, self.unit.accepts[0]),
                (open_badge.LEVEL, str(self.unit.level)),
            ),
        )
        earned = None if credits is None else credits if self.passed else 0
        given = _given(self.place, self.college, self.learner, self.grade, earned, self.on)
        return open_badge.achievement_credential(
            Profile(self.college.did, self.college.name), achievement, replace(given, **changes)
        )


def _given(
    place: int, college: College, learner: str, grade: str, earned: int | None, on: date, at: datetime = MADE_ON
) -> open_badge.Award:
    # As in life, the salt differs from credential to credential: nobody can link them by it.
    salt = f"salt-{place}"
    return open_badge.Award(
        id=uri(place),
        valid_from=at,
        awarded_on=on,
        learner_name=learner,
        email_hash=open_badge.hash_email("learner@example.org", salt),
        email_salt=salt,
        award_reference=f"AR-{place}",
        grade=grade,
        credits_earned=earned,
        status=status_list.entry(college.list_url, place),
    )


@dataclass(frozen=True)
class Stack:
    """An award of `HOME` and all that is published. `claims` replace what it says; `members` those of the document.

    `documents` are the parts as published, by place; `named` as the award names them, where that is another thing.
    """

    pack: RulePack
    rules: bytes
    documents: Mapping[int, Document]
    made: Evaluation
    place: int = 1_000
    learner: str = "Anna Müller-O’Neill"
    claims: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[int, Document] = field(default_factory=dict)
    withdrawn: Mapping[College, tuple[int, ...]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    published: Mapping[str, bytes] = field(default_factory=dict)
    spelled: Callable[[Mapping[str, Any]], bytes] = written

    @property
    def rules_url(self) -> str:
        return HOME.origin + self.pack.path

    def address(self, place: int) -> str:
        return f"{HOME.origin}/credentials/{number(place)}"

    def award(self) -> Document:
        return HOME.signed(self.unsigned())

    def unsigned(self) -> Document:
        named = {**self.documents, **self.named}
        parts = [
            Part(uri(place), open_badge.digest_sri(self.spelled(one)), "application/vc") for place, one in named.items()
        ]
        rule_set = Part(self.rules_url, open_badge.digest_sri(self.rules), packs.MEDIA_TYPE)
        assert self.made.grade is not None
        assert self.made.awarded_on is not None
        given = _given(self.place, HOME, self.learner, self.made.grade, self.made.credits_passed, self.made.awarded_on)
        achievement = open_badge.Achievement(
            id=f"{HOME.origin}/catalogue/qualifications/{self.pack.qualification_id}",
            name=f"Completed: {self.pack.qualification_title}",
            description="All of it.",
            criteria="The parts add up.",
            achievement_type="Certificate",
            identifiers=(
                (open_badge.CATALOGUE_QUALIFICATION, self.pack.qualification_id),
                (open_badge.LEVEL, str(self.pack.level)),
            ),
        )
        document = open_badge.achievement_credential(
            Profile(HOME.did, HOME.name), achievement, replace(given, parts=(*parts, rule_set), **self.claims)
        )
        return {name: one for name, one in {**document, **self.members}.items() if one is not None}

    def publications(self) -> MemoryPublications:
        there: dict[str, bytes] = {self.rules_url: self.rules}
        for college in COLLEGES:
            there[college.did] = written(college.keys())
            there[college.list_url] = written(college.listed(*self.withdrawn.get(college, ())))
        there |= {self.address(place): written(one) for place, one in self.documents.items()}
        there |= self.published
        return MemoryPublications({name: one for name, one in there.items() if name not in self.lost})

    def report(
        self,
        *,
        publications: Publications | None = None,
        submission: Submission | None = None,
        as_of: datetime | None = None,
        known: Sequence[College] = COLLEGES,
        within: float = 30,
    ) -> Report:
        return asyncio.run(
            verify.verify(
                submission or Submission(self.award(), None),
                publications=publications or self.publications(),
                registry=NoRegistry(),
                recogniser=MemoryList({one.did: (one.name, "10000000") for one in known}),
                canonicaliser=FORM,
                now=NOW,
                as_of=as_of,
                within=within,
                reader=READER,
            )
        )


def stack_of(pack_id: str, version: int, results: Sequence[Result]) -> Stack:
    """What `results` make under a shipped pack: only those that count are its parts."""
    pack = packs.find_pack(pack_id, version)
    made = rules.evaluate(pack, [result.held() for result in results], MADE_ON.date())
    counted = {result.place: result.document() for result in results if number(result.place) in made.counted}
    return Stack(pack, packs.pack_bytes(pack_id, version), counted, made)


HNC_UNITS = ("u01", "u02", "u03", "u04", "u05", "u06", "u07", "u13")


def hnc_results(grades: str = "PPPPMMDD", **changes: Any) -> list[Result]:
    """The eight units of the HNC pathway: one letter a unit, U P M or D."""
    units = {unit.id: unit for unit in packs.find_pack("hnc-computing-2022", 2).units}
    words = {"U": "Unclassified", "P": "Pass", "M": "Merit", "D": "Distinction"}
    return [
        Result(place, units[name], words[letter], letter != "U", **changes)
        for place, (name, letter) in enumerate(zip(HNC_UNITS, grades, strict=True), 1)
    ]


@cache
def hnc() -> Stack:
    """A Merit of 120 credits."""
    return stack_of("hnc-computing-2022", 2, hnc_results())
