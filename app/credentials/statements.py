"""Signing what awards nothing: one record or one endorsement, prepared, signed, logged and stored at once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.credentials import issuing, status, store
from app.credentials.model import Credential, CredentialKind, CredentialState
from app.credentials.signing import Issuer
from app.errors import Refused
from app.standards import clr, status_list
from app.standards.data_integrity import CanonicalForm

Build = Callable[[str, dict[str, Any]], dict[str, Any]]
"""The unsigned document for an id and a status entry."""


async def issue(
    conn: AsyncConnection,
    issuer: Issuer,
    reference: CanonicalForm,
    kind: CredentialKind,
    build: Build,
    *,
    now: datetime,
    learner_id: UUID | None = None,
    endorsed_id: str | None = None,
    part_ids: Sequence[UUID] = (),
) -> Credential:
    """The signed statement, with a status entry of its own. Whatever it names in `part_ids` is reviewed with it.

    Raises `Refused` with record_too_large or the code of `NotCanonicalisable`.
    """
    ((list_id, list_url, index),) = await status.allocate(conn, issuer, 1, now)
    statement_id = uuid4()
    document = build(f"urn:uuid:{statement_id}", status_list.entry(list_url, index))
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > clr.MAX_BYTES:
        raise Refused(
            "record_too_large",
            f"The document would have {len(data) // 1000} kB; others can check up to {clr.MAX_BYTES // 1000} kB.",
            {"limit_bytes": clr.MAX_BYTES},
        )
    row = {
        "id": statement_id,
        "institution_id": issuer.institution.id,
        "learner_id": learner_id,
        "kind": kind,
        "state": CredentialState.PREPARED,
        "qualification_id": "",
        "endorsed_id": endorsed_id,
        "grade": "",
        "awarded_on": now.date(),
        "status_list_id": list_id,
        "status_index": index,
        "document": data,
        "created_at": now,
    }
    await store.insert_credentials(conn, [row])
    await store.insert_parts(conn, [{"award_id": statement_id, "part_id": part_id} for part_id in part_ids])
    # No two statements have one shape: a compiled form would be made for each and never used again.
    await issuing.sign_prepared(conn, replace(issuer, canonical=reference), reference, now, [statement_id])
    made = await store.find_credential(conn, statement_id)
    if made is None:
        raise RuntimeError("a statement vanished in the transaction that made it")
    return made
