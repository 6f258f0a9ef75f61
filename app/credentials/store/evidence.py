"""Everything that a check of one credential reads, in one question to the database.

It stands on the busiest path, so the text of the query is made once and given to the driver as it is.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, and_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials.model import BehindState, CredentialState
from app.credentials.store.tables import accreditation_edges, credentials, status_list_versions, status_lists
from app.institutions import service as institutions

LEVELS = 4
"""How far up accreditations are followed."""


async def find_evidence(conn: AsyncConnection, credential_id: UUID) -> Row[Any] | None:
    """A signed credential: its row, `receipt`, `list_number`, `list_document`, `list_reasons`, the columns of
    `institutions.with_institution` and those of `behind_state`; None when there is none."""
    sql, given = _question()
    return (await conn.exec_driver_sql(sql, {**given, "number": credential_id})).one_or_none()


def behind_state(row: Row[Any]) -> BehindState:
    """Of a row of `find_evidence`."""
    return BehindState(row.behind_edges, row.behind_lists, row.behind_institutions)


@cache
def _question() -> tuple[str, Mapping[str, Any]]:
    """(text, parameters that never change)."""
    behind = (
        select(credentials.c.institution_id.label("id"), literal(0).label("level"))
        .where(credentials.c.id == bindparam("number"))
        .cte("behind", recursive=True)
    )
    edges = accreditation_edges.c
    above = select(edges.parent_id, behind.c.level + 1).join(behind, edges.child_id == behind.c.id)
    behind = behind.union(above.where(behind.c.level < LEVELS))
    followed = edges.child_id.in_(select(behind.c.id).where(behind.c.level < LEVELS))
    newest = status_list_versions.alias("newest")
    later = status_list_versions.alias("later")
    numbers = select(func.max(later.c.version)).where(later.c.status_list_id == status_lists.c.id).scalar_subquery()
    state = institutions.state_of(behind.c.id)
    query = (
        select(
            credentials,
            anchoring.receipt_of(credentials.c.institution_id, credentials.c.digest).label("receipt"),
            status_lists.c.number.label("list_number"),
            newest.c.document.label("list_document"),
            newest.c.reasons.label("list_reasons"),
            _joined(select(edges.digest, edges.id).where(followed)).label("behind_edges"),
            _joined(
                select(status_list_versions.c.digest, status_list_versions.c.status_list_id).where(
                    status_list_versions.c.status_list_id.in_(select(edges.status_list_id).where(followed)),
                    status_list_versions.c.version
                    == select(func.max(later.c.version))
                    .where(later.c.status_list_id == status_list_versions.c.status_list_id)
                    .scalar_subquery(),
                )
            ).label("behind_lists"),
            select(func.string_agg(state, aggregate_order_by(literal(","), behind.c.id, state)))
            .where(behind.c.level > 0)
            .scalar_subquery()
            .label("behind_institutions"),
        )
        .join(status_lists, status_lists.c.id == credentials.c.status_list_id)
        .outerjoin(newest, and_(newest.c.status_list_id == status_lists.c.id, newest.c.version == numbers))
        .where(credentials.c.id == bindparam("number"), credentials.c.state == CredentialState.SIGNED)
    )
    compiled = institutions.with_institution(query, credentials.c.institution_id).compile(dialect=psycopg.dialect())  # type: ignore[no-untyped-call]
    return str(compiled), dict(compiled.params)


def _joined(rows: Any) -> ScalarSelect[str]:
    """The digests of `rows` (digest, id) as one text, by id; NULL where there are none."""
    listed = rows.subquery()
    digest = func.encode(listed.c[0], "hex")
    return select(func.string_agg(digest, aggregate_order_by(literal(","), listed.c[1]))).scalar_subquery()
