"""Values and states of credentials."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.institutions.model import Institution
from app.standards.open_badge import Achievement, Part


class CredentialState(StrEnum):
    """PREPARED: stored unsigned, no key used yet. SIGNED: final bytes."""

    PREPARED = "prepared"
    SIGNED = "signed"


class CredentialKind(StrEnum):
    """UNIT: one unit or component. AWARD: a stacked award that names its parts.

    RECORD: what one learner holds here, whole credentials in one document. ENDORSEMENT: a word about a unit or
    another institution. These two award nothing.
    """

    UNIT = "unit"
    AWARD = "award"
    RECORD = "record"
    ENDORSEMENT = "endorsement"


ACHIEVEMENTS: Final = (CredentialKind.UNIT, CredentialKind.AWARD)
"""The kinds that say what a learner achieved: only they are held, counted and put into a record."""


class RevocationReason(StrEnum):
    """Why a credential was withdrawn; the words are shown to people."""

    ISSUED_IN_ERROR = "issued in error"
    GRADE_CHANGED = "grade changed"
    IDENTITY_ERROR = "wrong learner details"
    MALPRACTICE = "malpractice"
    PART_WITHDRAWN = "a part of it was withdrawn"
    PART_CORRECTED = "a part of it was corrected"
    NEWER_RECORD = "a newer record was made"
    DETAILS_CHANGED = "learner details changed"
    OTHER = "other"


class CorrectionReason(StrEnum):
    """Why a credential was corrected; the words are the institution's own, see `published`."""

    GRADE_CHANGED = "grade changed"
    AWARD_DATE_WRONG = "award date wrong"
    WRONG_DETAILS = "wrong learner details"
    CHANGE_OF_NAME = "change of name"
    PART_CORRECTED = "a part of it was corrected"
    OTHER = "other"

    @property
    def concerns_name(self) -> bool:
        """Whether what was corrected is a name that must not be kept."""
        return self in (CorrectionReason.WRONG_DETAILS, CorrectionReason.CHANGE_OF_NAME)

    @property
    def published(self) -> str:
        """The words for everybody. That somebody changed their name is not everybody's business."""
        return "learner details changed" if self.concerns_name else self.value


@dataclass(frozen=True, slots=True)
class Changes:
    """What a correction changes; None = stays as it is."""

    grade: str | None = None
    awarded_on: date | None = None
    learner_name: str | None = None


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner of one institution. ULN and e-mail are private: never in a credential, URL, log line or hash."""

    id: UUID
    institution_id: UUID
    name: str
    email: str
    uln: str

    def __repr__(self) -> str:
        return f"Learner(id={self.id})"


@dataclass(frozen=True, slots=True)
class Order:
    """One credential to be issued. `unit_id` is None for a stacked award, whose `trace` says how its parts add up."""

    learner: Learner
    achievement: Achievement
    kind: CredentialKind
    qualification_id: str
    unit_id: str | None
    grade: str
    credits_earned: int | None
    awarded_on: date
    parts: tuple[Part, ...] = ()
    part_ids: tuple[UUID, ...] = ()
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """What is recorded of a credential's newest edition, without its document.

    `qualification_id` and `grade` are empty for what awards nothing; `learner_id` is None for an endorsement alone,
    and only an endorsement has an `endorsed_id`. `created_at` is that of the first edition; `corrected_at` is the
    `validFrom` of the newest, None for the first. `revocation_detail` says more than the reason where there is more to
    say to everybody, such as which part of an award was withdrawn.
    """

    id: UUID
    institution_id: UUID
    learner_id: UUID | None
    kind: CredentialKind
    state: CredentialState
    qualification_id: str
    unit_id: str | None
    grade: str
    awarded_on: date
    created_at: datetime
    digest: bytes | None
    revoked_at: datetime | None
    revocation_reason: RevocationReason | None
    review_reason: str | None = None
    endorsed_id: str | None = None
    edition: int = 1
    corrected_at: datetime | None = None
    revocation_detail: str | None = None

    @property
    def reason_given(self) -> str | None:
        """Why it was withdrawn, in the words for everybody; None while it is in force."""
        return self.revocation_detail or self.revocation_reason

    @property
    def uri(self) -> str:
        return f"urn:uuid:{self.id}"

    @property
    def valid_from(self) -> datetime:
        """The `validFrom` of the newest edition: whole seconds, as the document has it."""
        return self.corrected_at or self.created_at.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Edition:
    """One signed edition of a credential; all have its id. `reason` says why the next one was made.

    It held from `valid_from` until `superseded_at` (None = it still does). `kept` False = its text was erased,
    because of the name in it.
    """

    number: int
    digest: bytes
    valid_from: datetime
    superseded_at: datetime | None
    reason: CorrectionReason | None
    kept: bool


class ImportState(StrEnum):
    """COMMITTED: every row is prepared. ISSUED: every row is signed. AWARDED: and what it completed is awarded."""

    COMMITTED = "committed"
    ISSUED = "issued"
    AWARDED = "awarded"


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A signed credential as bytes, with its receipt as bytes (None while it is not anchored)."""

    record: Credential
    document: bytes
    receipt: bytes | None


@dataclass(frozen=True, slots=True)
class BehindState:
    """Stands for all that is published of those behind an institution: another where any of it is another.

    Made of the digests of their accreditations, of their status lists and DID documents, and of who they are.
    `has_root`: somebody here begins accreditations.
    """

    edges: str | None
    lists: str | None
    institutions: str | None
    has_root: bool


@dataclass(frozen=True, slots=True)
class PublishedEvidence:
    """A signed credential and, as published, what a check of it relies on.

    `status_list` None = no such list; `status_reasons` None = nothing in the list is set. `behind` None = as of a past
    moment, of which it is not told.
    """

    signed: SignedDocument
    institution: Institution
    did_document: bytes
    status_list_url: str
    status_list: bytes | None
    status_reasons: bytes | None = None
    behind: BehindState | None = None


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Numbers of an import's credentials. Anchored ones are signed ones too."""

    prepared: int
    signed: int
    anchored: int


@dataclass(frozen=True, slots=True)
class CohortImport:
    """A committed results file."""

    id: UUID
    institution_id: UUID
    file_name: str
    file_sha256: bytes
    row_count: int
    state: ImportState
    created_at: datetime
    issued_at: datetime | None
