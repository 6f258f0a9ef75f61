"""The audit of DID documents: what somebody with the database in hand could change, and what is then found."""

from datetime import datetime

import psycopg
import pytest

from app.anchoring import service as anchoring
from app.anchoring.audit import times_of
from app.credentials import keys
from app.credentials.identity_audit import audit_identity
from app.database import transaction
from app.institutions import upkeep
from app.standards.anchor_receipt import LeafKind
from app.wiring import now
from tests.integration.conftest import Installation


async def faults(installation: Installation) -> list[str]:
    wiring = installation.wiring
    async with transaction(wiring.engine) as conn:
        log = await anchoring.log_of(conn, installation.issuer.institution.id)
    return await audit_identity(wiring.engine, log.owner, await times_of(wiring.engine, log, LeafKind.DID_DOCUMENT))


async def rotate(installation: Installation) -> datetime:
    wiring, institution_id = installation.wiring, installation.issuer.institution.id
    async with transaction(wiring.engine) as conn:
        await upkeep.hold(conn, institution_id)
        moment = now()
        await keys.rotate(conn, wiring.keystore, wiring.compiled, institution_id, moment)
    return moment


FORGERIES = [
    ("a key of his own in a document of the past", "UPDATE did_documents SET document = document || ' ' WHERE version = 2", ["version 2, is not in the log as it stands here", "1 DID document entries of the log belong to no version"]),
    ("a document put in between", "INSERT INTO did_documents SELECT institution_id, 4, 'forged', published_at FROM did_documents WHERE version = 3", ["version 4, is not in the log as it stands here"]),
    ("a version taken away", "DELETE FROM did_documents WHERE version = 2", ["not numbered 1 to 2 without a gap", "1 DID document entries of the log belong to no version"]),
    ("a version said to be older", "UPDATE did_documents SET published_at = published_at - interval '1 year' WHERE version = 3", ["version 3, was published before the version that it follows", "version 3, was not published when the log recorded it"]),
    ("a log entry taken away", "DELETE FROM log_entries WHERE kind = 3 AND digest = (SELECT sha256(document) FROM did_documents WHERE version = 2)", ["version 2, is not in the log as it stands here"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "expected"), FORGERIES, ids=[what for what, _, _ in FORGERIES])
async def test_a_changed_history_of_keys_is_found(
    installation: Installation, what: str, change: str, expected: list[str]
) -> None:
    await rotate(installation)
    await rotate(installation)
    assert await faults(installation) == []
    owner = installation.issuer.institution.id
    with psycopg.connect(installation.settings.secret_database_url()) as conn:
        # Of this institution alone.
        conn.execute("DELETE FROM did_documents WHERE institution_id <> %s", [owner])
        conn.execute(change)
    found = await faults(installation)
    assert len(found) == len(expected), found
    for fault in expected:
        assert any(fault in one for one in found), (what, found)


async def test_a_document_that_comes_back_word_for_word_has_its_first_entry(installation: Installation) -> None:
    """The log takes the same fact once."""
    await rotate(installation)
    with psycopg.connect(installation.settings.secret_database_url()) as conn:
        conn.execute(
            "INSERT INTO did_documents SELECT institution_id, 3, document, published_at + interval '1 day'"
            " FROM did_documents WHERE version = 1 AND institution_id = %s",
            [installation.issuer.institution.id],
        )
    assert await faults(installation) == []
