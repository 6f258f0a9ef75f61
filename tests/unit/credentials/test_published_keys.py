"""Which keys of an institution count for a signature of a given second."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.credentials.audit import Published
from app.institutions.model import DidDocumentVersion
from app.standards import did
from tests.unit.verification.people import HOLDER

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WITH_KEY = did.key_document(HOLDER.did)
WITHOUT = WITH_KEY | {"assertionMethod": []}


def published(*documents: tuple[dict[str, object], datetime]) -> Published:
    """The documents, each in force until the next one's time."""
    ends = [*(since for _, since in documents[1:]), None]
    return Published(
        HOLDER.did,
        [
            DidDocumentVersion(number, json.dumps(document).encode(), since, end)
            for number, ((document, since), end) in enumerate(zip(documents, ends, strict=True))
        ],
    )


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (AT - 9 * SECOND, AT, True),
        (AT, AT, True),
        (AT - 9 * SECOND, AT + SECOND, True),
        (AT - 9 * SECOND, AT - SECOND, False),
        (AT + SECOND, AT + 2 * SECOND, False),
    ],
    ids=["given up in this second", "listed and given up in it", "given up later", "given up before", "listed later"],
)
def test_a_key_counts_in_every_second_in_which_it_was_listed(first: datetime, second: datetime, counts: bool) -> None:
    found = [bool(one.signing_keys) for one in published((WITH_KEY, first), (WITHOUT, second)).at(AT)]
    assert (True in found) == counts
