"""What one learner can show: credentials, credits by level, evidence of KSBs, progress and awards. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from app.catalogue.model import (
    COVERAGES,
    KSB_KINDS,
    Coverage,
    Ksb,
    KsbKind,
    KsbMatch,
    Qualification,
    StandardVersion,
    Unit,
)
from app.credentials.model import Credential, CredentialKind
from app.stacking.evaluation import Evaluation
from app.stacking.explorer import Ladder
from app.stacking.pack import AwardType, RulePack, SignOff
from app.stacking.progression import NextStep
from app.stacking.t_level import TLevelResult
from app.stacking.t_level_held import NoOverall


@dataclass(frozen=True, slots=True)
class ProfileCredential:
    """A credential with its names. `credits` is the size of the unit or award; None = it carries no credit.

    `withdrawn_reason` is None while it is in force. `review_reason` says why an award is being reviewed.
    """

    id: UUID
    kind: CredentialKind
    unit_id: str | None
    title: str
    qualification_id: str
    qualification_title: str
    level: int
    credits: int | None
    grade: str
    passed: bool
    awarded_on: date
    in_force: bool
    withdrawn_reason: str | None
    review_reason: str | None


@dataclass(frozen=True, slots=True)
class LevelCredits:
    """Credits passed and in force at one level."""

    level: int
    credits: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A credential whose unit covers a statement, on whose word (`basis`), and whether that is confirmed."""

    credential_id: UUID
    title: str
    coverage: Coverage
    verified: bool
    basis: str
    awarded_on: date


@dataclass(frozen=True, slots=True)
class KsbEvidence:
    """One statement and what evidences it. `text` is our summary unless `is_official_wording`.

    `version` is the standard's; None where it is not known: no statement is ever read under another version's code.
    """

    ksb_id: str
    occupation_id: str
    code: str
    kind: KsbKind
    text: str
    is_official_wording: bool
    evidence: tuple[Evidence, ...]
    version: str | None = None
    matches: tuple[KsbMatch, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether at least one of the mappings is confirmed, not only proposed."""
        return any(entry.verified for entry in self.evidence)

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """How it was covered, each way once; "not_stated" only where no evidence says more."""
        found = {entry.coverage for entry in self.evidence}
        stated = tuple(each for each in COVERAGES if each in found and each != "not_stated")
        return stated or ("not_stated",)

    @property
    def latest(self) -> date:
        """When it was evidenced last."""
        return max(entry.awarded_on for entry in self.evidence)

    def within(self, credential_ids: Collection[UUID]) -> "KsbEvidence | None":
        """The statement with the evidence of these credentials alone; None where they are no evidence of it."""
        evidence = tuple(entry for entry in self.evidence if entry.credential_id in credential_ids)
        return replace(self, evidence=evidence) if evidence else None


@dataclass(frozen=True, slots=True)
class OccupationCoverage:
    """The statements of one version of an occupational standard that are evidenced so far, by kind and code."""

    standard: StandardVersion
    statements: tuple[KsbEvidence, ...]

    @property
    def evidenced(self) -> int:
        return len(self.statements)

    @property
    def confirmed(self) -> int:
        """Those with a confirmed mapping; all others rest on a proposed one."""
        return sum(statement.verified for statement in self.statements)

    @property
    def proposed(self) -> int:
        return self.evidenced - self.confirmed

    @property
    def latest(self) -> date:
        return max(statement.latest for statement in self.statements)

    @property
    def sentence(self) -> str:
        """For people: what there is, never what there is not."""
        of = f"{self.evidenced} of {self.standard.statements}"
        if self.standard.is_whole:
            return f"{of} evidenced so far"
        return f"{of} statements on record here evidenced so far"

    @property
    def basis(self) -> str:
        """On whose word, for people: `2 by a confirmed mapping, 4 by a proposed one`."""
        parts = ((self.confirmed, "by a confirmed mapping"), (self.proposed, "by a proposed mapping"))
        return ", ".join(f"{count} {words}" for count, words in parts if count)

    @property
    def by_kind(self) -> tuple[tuple[KsbKind, tuple[KsbEvidence, ...]], ...]:
        """Knowledge, skills, behaviours: only the kinds there are."""
        grouped = groupby(self.statements, key=lambda statement: statement.kind)
        return tuple((kind, tuple(statements)) for kind, statements in grouped)


@dataclass(frozen=True, slots=True)
class PackProgress:
    """Progress under one pack."""

    pack: RulePack
    progress: Evaluation


@dataclass(frozen=True, slots=True)
class LearnerProfile:
    """All of it, as it stood at `as_of`. `awards` are the stacked awards among `credentials`.

    `t_levels` and `t_levels_without_result` are together the T Levels of which a component is held. `next_steps` are
    nearest first; `ladders` the published paths with what is held marked.
    """

    learner_id: UUID
    learner_name: str
    institution_id: UUID
    institution_name: str
    as_of: datetime
    credentials: tuple[ProfileCredential, ...]
    credits_by_level: tuple[LevelCredits, ...]
    ksbs: tuple[KsbEvidence, ...]
    progress: tuple[PackProgress, ...]
    t_levels: tuple[TLevelResult, ...] = ()
    t_levels_without_result: tuple[NoOverall, ...] = ()
    occupations: tuple[OccupationCoverage, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    ladders: tuple[Ladder, ...] = ()

    @property
    def under_way(self) -> tuple[PackProgress, ...]:
        """Progress towards qualifications that are made without anybody's decision and are not held yet."""
        held = {award.qualification_id for award in self.awards if award.in_force}
        return tuple(
            entry
            for entry in self.progress
            if not entry.progress.complete
            and entry.pack.award_type is AwardType.QUALIFICATION
            and entry.pack.sign_off is SignOff.AUTOMATIC
            and entry.pack.qualification_id not in held
        )

    @property
    def awards(self) -> tuple[ProfileCredential, ...]:
        return tuple(entry for entry in self.credentials if entry.kind is CredentialKind.AWARD)

    @property
    def current(self) -> tuple[ProfileCredential, ...]:
        """What was achieved and holds, awards too. What did not is nobody's business but the learner's."""
        return tuple(entry for entry in self.credentials if entry.passed and entry.in_force)


def describe(held: Iterable[Credential], qualifications: Mapping[str, Qualification]) -> tuple[ProfileCredential, ...]:
    """Credentials with their names, by award date and id. `qualifications` are by id."""
    ordered = sorted(held, key=lambda credential: (credential.awarded_on, credential.id))
    return tuple(_described(credential, qualifications[credential.qualification_id]) for credential in ordered)


def credits_by_level(credentials: Iterable[ProfileCredential]) -> tuple[LevelCredits, ...]:
    """Lowest level first. Each unit once, passed and in force; an award adds nothing to its parts."""
    units = {entry.unit_id: entry for entry in credentials if _evidences(entry)}
    sums: dict[int, int] = defaultdict(int)
    for entry in units.values():
        if entry.credits is not None:
            sums[entry.level] += entry.credits
    return tuple(LevelCredits(level, sums[level]) for level in sorted(sums))


def ksb_evidence(
    credentials: Iterable[ProfileCredential], units: Mapping[str, Unit], ksbs: Sequence[Ksb]
) -> tuple[KsbEvidence, ...]:
    """Statements of `ksbs` that units passed and in force are mapped to, by id. `units` are by id."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    for entry in credentials:
        if entry.unit_id is None or not _evidences(entry):
            continue
        for mapping in units[entry.unit_id].ksbs:
            found[mapping.ksb_id].append(
                Evidence(entry.id, entry.title, mapping.coverage, mapping.verified, mapping.basis, entry.awarded_on)
            )
    return tuple(
        KsbEvidence(
            ksb_id=ksb.id,
            occupation_id=ksb.occupation_id,
            code=ksb.code,
            kind=ksb.kind,
            text=ksb.text,
            is_official_wording=ksb.is_official_wording,
            evidence=tuple(found[ksb.id]),
            version=ksb.version,
            matches=ksb.matches,
        )
        for ksb in sorted(ksbs, key=lambda ksb: ksb.id)
        if ksb.id in found
    )


def occupation_coverage(
    evidenced: Iterable[KsbEvidence], standards: Iterable[StandardVersion]
) -> tuple[OccupationCoverage, ...]:
    """Per version of a standard, the one with most statements evidenced first. `standards` not touched are left out."""
    known = {(each.occupation_id, each.version): each for each in standards}
    found: dict[tuple[str, str | None], list[KsbEvidence]] = defaultdict(list)
    for statement in evidenced:
        found[statement.occupation_id, statement.version].append(statement)
    covered = [
        OccupationCoverage(known[key], tuple(sorted(statements, key=_place))) for key, statements in found.items()
    ]
    return tuple(sorted(covered, key=lambda each: (-each.evidenced, each.standard.occupation_id, each.standard.label)))


def _place(statement: KsbEvidence) -> tuple[int, int, str]:
    # K2 before K10, and knowledge, skills, behaviours in the order of every standard.
    number = statement.code[1:]
    return KSB_KINDS.index(statement.kind), int(number) if number.isdigit() else 0, statement.ksb_id


def _evidences(entry: ProfileCredential) -> bool:
    return entry.kind is CredentialKind.UNIT and entry.passed and entry.in_force


def _described(credential: Credential, qualification: Qualification) -> ProfileCredential:
    unit = next((unit for unit in qualification.units if unit.id == credential.unit_id), None)
    if unit is None:
        title, level, credits, passed = (
            f"Completed: {qualification.title}",
            qualification.level,
            qualification.total_credits,
            True,
        )
    else:
        title, level, credits, passed = unit.title, unit.level, unit.credits, unit.is_pass(credential.grade)
    return ProfileCredential(
        id=credential.id,
        kind=credential.kind,
        unit_id=credential.unit_id,
        title=title,
        qualification_id=qualification.id,
        qualification_title=qualification.title,
        level=level,
        credits=credits,
        grade=credential.grade,
        passed=passed,
        awarded_on=credential.awarded_on,
        in_force=credential.revoked_at is None,
        withdrawn_reason=None if credential.revoked_at is None else str(credential.reason_given or "other"),
        review_reason=credential.review_reason,
    )
