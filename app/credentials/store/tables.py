"""The tables of credentials; the migrations make them."""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from app.database import metadata

_WHEN = DateTime(timezone=True)


def _owned() -> Column[UUID]:
    return Column("institution_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True)


learners = Table(
    "learners",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("uln", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    # Set by people, who know better than the next results file.
    Column("name_settled", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("institution_id", "uln"),
)
cohort_imports = Table(
    "cohort_imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("file_name", String(200), nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("idempotency_key", String(200)),
    Column("row_count", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("issued_at", _WHEN),
    UniqueConstraint("institution_id", "file_sha256"),
    UniqueConstraint("institution_id", "idempotency_key"),
)
status_lists = Table(
    "status_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    _owned(),
    Column("number", Integer, nullable=False),
    Column("allocated", LargeBinary, nullable=False),
    Column("allocated_count", Integer, nullable=False, server_default="0"),
    Column("revoked", LargeBinary, nullable=False),
    UniqueConstraint("institution_id", "number"),
)
status_list_versions = Table(
    "status_list_versions",
    metadata,
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("reasons", LargeBinary),
    Column("signed_at", _WHEN, nullable=False),
)
credentials = Table(
    "credentials",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("learner_id", Uuid, ForeignKey("learners.id"), index=True),
    Column("import_id", Uuid, ForeignKey("cohort_imports.id"), index=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("qualification_id", String(120), nullable=False),
    Column("unit_id", String(120)),
    Column("endorsed_id", String(500)),
    Column("grade", String(40), nullable=False),
    Column("credits_earned", Integer),
    Column("awarded_on", Date, nullable=False),
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), nullable=False),
    Column("status_index", Integer, nullable=False),
    # Erased only when it was withdrawn before the learner's name changed: there is no newer edition of it then.
    Column("document", LargeBinary),
    Column("digest", LargeBinary, unique=True),
    Column("created_at", _WHEN, nullable=False),
    Column("signed_at", _WHEN),
    Column("revoked_at", _WHEN),
    Column("revocation_reason", String(40)),
    Column("revocation_note", String(500)),
    # For everybody, in place of the reason: names the part of an award that was withdrawn, and no person.
    Column("revocation_detail", String(100)),
    Column("review_reason", String(500)),
    Column("edition", Integer, nullable=False, server_default="1"),
    Column("corrected_at", _WHEN),
    CheckConstraint("document IS NOT NULL OR revoked_at IS NOT NULL", name="document_kept"),
    UniqueConstraint("status_list_id", "status_index"),
    CheckConstraint("(kind = 'endorsement') = (learner_id IS NULL)", name="learner"),
    CheckConstraint("(kind = 'endorsement') = (endorsed_id IS NOT NULL)", name="endorsed"),
    Index("ix_credentials_revoked", "status_list_id", postgresql_where=text("revoked_at IS NOT NULL")),
    Index("ix_credentials_prepared", "institution_id", "id", postgresql_where=text("state = 'prepared'")),
    Index(
        "uq_credentials_one_per_unit",
        "institution_id",
        "learner_id",
        "unit_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'unit'"),
    ),
    Index(
        "uq_credentials_one_per_award",
        "institution_id",
        "learner_id",
        "qualification_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'award'"),
    ),
    Index(
        "uq_credentials_one_record",
        "institution_id",
        "learner_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'record'"),
    ),
    Index(
        "uq_credentials_one_endorsement",
        "institution_id",
        "endorsed_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL AND kind = 'endorsement'"),
    ),
)
credential_editions = Table(
    "credential_editions",
    metadata,
    Column("credential_id", Uuid, ForeignKey("credentials.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("valid_from", _WHEN, nullable=False),
    Column("superseded_at", _WHEN, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("note", String(500), nullable=False),
    Column("document", LargeBinary),
    CheckConstraint("superseded_at > valid_from", name="newer"),
    UniqueConstraint("status_list_id", "status_index"),
)
accreditation_edges = Table(
    "accreditation_edges",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("parent_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("child_id", Uuid, ForeignKey("institutions.id"), nullable=False, index=True),
    Column("action", String(10), nullable=False),
    Column("qualification_ids", ARRAY(String(120)), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("signed_at", _WHEN, nullable=False),
    Column("withdrawn_at", _WHEN),
    Column("withdrawal_reason", String(500)),
    UniqueConstraint("status_list_id", "status_index"),
)
accreditation_editions = Table(
    "accreditation_editions",
    metadata,
    Column("edge_id", Uuid, ForeignKey("accreditation_edges.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("signed_at", _WHEN, nullable=False),
    Column("replaced_at", _WHEN, nullable=False),
)
credential_parts = Table(
    "credential_parts",
    metadata,
    Column("award_id", Uuid, ForeignKey("credentials.id"), primary_key=True),
    Column("part_id", Uuid, ForeignKey("credentials.id"), primary_key=True, index=True),
)
# What is left of erased credentials. Nothing here leads to a learner: whoever holds a credential's number finds that it
# was erased, and whoever holds a copy finds why its place in a status list is set.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Uuid, primary_key=True),
    _owned(),
    Column("erased_at", _WHEN, nullable=False),
    Column("reason", String(20), nullable=False),
    Column("receipt", LargeBinary, nullable=False),
)
erased_credentials = Table(
    "erased_credentials",
    metadata,
    # Of the number, which is random: the table names no credential to those who do not know it.
    Column("number_sha256", LargeBinary, primary_key=True),
    Column("erased_on", Date, nullable=False),
    Column("reason", String(20), nullable=False),
)
erased_places = Table(
    "erased_places",
    metadata,
    Column("status_list_id", Integer, ForeignKey("status_lists.id"), primary_key=True),
    Column("status_index", Integer, primary_key=True),
    Column("standing", String(12), nullable=False),
    Column("reason", String(100), nullable=False),
    Column("since", _WHEN, nullable=False),
)
