"""What one learner can show: credentials, credits by level, evidence of KSBs, progress and awards. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.catalogue.model import Coverage, Ksb, KsbKind, Qualification, Unit
from app.credentials.model import Credential, CredentialKind
from app.stacking.evaluation import Evaluation
from app.stacking.explorer import Ladder
from app.stacking.pack import RulePack
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


@dataclass(frozen=True, slots=True)
class KsbEvidence:
    """One statement and what evidences it. `text` is our summary unless `is_official_wording`."""

    ksb_id: str
    occupation_id: str
    code: str
    kind: KsbKind
    text: str
    is_official_wording: bool
    evidence: tuple[Evidence, ...]

    @property
    def verified(self) -> bool:
        """Whether at least one of the mappings is confirmed, not only proposed."""
        return any(entry.verified for entry in self.evidence)


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
    next_steps: tuple[NextStep, ...] = ()
    ladders: tuple[Ladder, ...] = ()

    @property
    def awards(self) -> tuple[ProfileCredential, ...]:
        return tuple(entry for entry in self.credentials if entry.kind is CredentialKind.AWARD)


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
                Evidence(entry.id, entry.title, mapping.coverage, mapping.verified, mapping.basis)
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
        )
        for ksb in sorted(ksbs, key=lambda ksb: ksb.id)
        if ksb.id in found
    )


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
        withdrawn_reason=None if credential.revoked_at is None else str(credential.revocation_reason or "other"),
        review_reason=credential.review_reason,
    )
