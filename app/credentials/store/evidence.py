"""Everything that a check of one credential reads, in one question to the database.

It stands on the busiest path, so the text of the question is made once and given to the driver as it is. It must stay
under 4,096 characters: longer ones the driver takes apart anew each time.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.anchoring import service as anchoring
from app.credentials.model import BehindState, CredentialState
from app.credentials.store.credentials import RECORDED
from app.credentials.store.tables import accreditation_edges, credentials, status_list_versions, status_lists
from app.database import HotReads
from app.institutions import service as institutions

LEVELS = 4
"""How far up accreditations are followed."""

_SIGNED = CredentialState.SIGNED.value
_DOCUMENT = """
    SELECT digest, document IS NULL AS is_erased, CASE WHEN digest <> ALL(%(known)s) THEN document END AS document
    FROM credentials WHERE id = %(number)s AND state = 'signed'
"""


async def find_evidence(conn: AsyncConnection | HotReads, credential_id: UUID) -> Any:
    """A signed credential: its row with `document`, `receipt`, `list_number`, `list_document`, `list_reasons`, the
    columns of `institutions.with_institution` and those of `behind_state`; None when there is none."""
    given = {"number": credential_id, "state": _SIGNED}
    if isinstance(conn, HotReads):
        return await conn.first(_question(), given)
    return (await conn.exec_driver_sql(_question(), given)).one_or_none()


async def find_parts(conn: AsyncConnection, ids: Sequence[UUID]) -> list[Any]:
    """(id, institution_id, document, receipt, list_number) of those of `ids` that are signed and not erased, by id; in
    one question."""
    query = (
        select(
            *(credentials.c[name] for name in ("id", "institution_id", "document")),
            anchoring.receipt_of(credentials.c.institution_id, credentials.c.digest).label("receipt"),
            status_lists.c.number.label("list_number"),
        )
        .join(status_lists, status_lists.c.id == credentials.c.status_list_id)
        .order_by(credentials.c.id)
    ).where(
        credentials.c.id.in_(ids), credentials.c.state == CredentialState.SIGNED, credentials.c.document.is_not(None)
    )
    return list(await conn.execute(query))


async def find_document(reads: HotReads, credential_id: UUID, known: list[bytes]) -> Any:
    """(digest, is_erased, document) of a signed credential; `document` None also where its digest is `known`."""
    return await reads.first(_DOCUMENT, {"number": credential_id, "known": known})


def behind_state(row: Any) -> BehindState:
    """Of a row of `find_evidence`."""
    return BehindState(row.behind_edges, row.behind_lists, row.behind_institutions, row.has_root)


@cache
def _question() -> str:
    one: ColumnElement[int] = literal_column("1")
    none: ColumnElement[int] = literal_column("0")
    wanted = credentials.c.id == bindparam("number")
    behind = (
        select(credentials.c.institution_id.label("id"), none.label("level")).where(wanted).cte("b", recursive=True)
    )
    edges = accreditation_edges.c
    above = select(edges.parent_id, behind.c.level + one).join(behind, edges.child_id == behind.c.id)
    behind = behind.union(above.where(behind.c.level < literal_column(str(LEVELS))))
    followed = edges.child_id.in_(select(behind.c.id).where(behind.c.level < literal_column(str(LEVELS))))
    state = institutions.state_of(behind.c.id)
    lists = status_list_versions.alias("l")
    newest = status_list_versions.alias("n")
    query = (
        select(
            *(credentials.c[name] for name in (*RECORDED, "document")),
            anchoring.receipt_of(credentials.c.institution_id, credentials.c.digest).label("receipt"),
            status_lists.c.number.label("list_number"),
            newest.c.document.label("list_document"),
            newest.c.reasons.label("list_reasons"),
            _digests(select(edges.digest, edges.id.label("place")).where(followed)).label("behind_edges"),
            _digests(
                select(lists.c.digest, lists.c.status_list_id.label("place")).where(
                    lists.c.status_list_id.in_(select(edges.status_list_id).where(followed)),
                    lists.c.version == _newest_version(lists.c.status_list_id),
                )
            ).label("behind_lists"),
            select(func.string_agg(state, aggregate_order_by(_COMMA, behind.c.id, behind.c.level)))
            .where(behind.c.level > none)
            .scalar_subquery()
            .label("behind_institutions"),
            institutions.begins_accreditations().label("has_root"),
        )
        .join(status_lists, status_lists.c.id == credentials.c.status_list_id)
        .outerjoin(
            newest,
            and_(newest.c.status_list_id == status_lists.c.id, newest.c.version == _newest_version(status_lists.c.id)),
        )
        .where(wanted, credentials.c.state == bindparam("state"))
    )
    joined = institutions.with_institution(query, credentials.c.institution_id)
    return str(joined.compile(dialect=psycopg.dialect()))  # type: ignore[no-untyped-call]


_COMMA: ColumnElement[str] = literal_column("','")


def _digests(rows: Select[Any]) -> ScalarSelect[str]:
    """The digests of `rows` (digest, place) as one text, by place; NULL where there are none."""
    listed = rows.subquery()
    digest = func.encode(listed.c.digest, literal_column("'hex'"))
    return select(func.string_agg(digest, aggregate_order_by(_COMMA, listed.c.place))).scalar_subquery()


def _newest_version(list_id: ColumnElement[int]) -> ScalarSelect[int]:
    versions = status_list_versions.alias("v")
    return select(func.max(versions.c.version)).where(versions.c.status_list_id == list_id).scalar_subquery()
