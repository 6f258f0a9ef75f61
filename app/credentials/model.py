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
    NEWER_RECORD = "a newer record was made"
    OTHER = "other"


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
    """One credential to be issued. `unit_id` is None for a stacked award."""

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


@dataclass(frozen=True, slots=True)
class Credential:
    """What is recorded of a credential, without its document.

    `qualification_id` and `grade` are empty for what awards nothing; `learner_id` is None for an endorsement alone,
    and only an endorsement has an `endorsed_id`.
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

    @property
    def uri(self) -> str:
        return f"urn:uuid:{self.id}"


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
class PublishedEvidence:
    """A signed credential and, as published, what a check of it relies on; `status_list` None = no such list."""

    signed: SignedDocument
    institution: Institution
    did_document: bytes
    status_list_url: str
    status_list: bytes | None


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
