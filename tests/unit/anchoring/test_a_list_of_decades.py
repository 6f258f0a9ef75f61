"""The published list of checkpoints after 30 years: small enough to be read whole, by old verifiers for very long."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from app.anchoring import publishing
from app.anchoring.model import Block, Checkpoint, CheckpointState
from app.auditing import published
from app.standards import checkpoint_list, strict_json

FIRST, SECOND = 31337, 4242
START = datetime(2026, 9, 1, 6, tzinfo=UTC)
ISSUER = "did:web:credentials.example.ac.uk:i:northgate"
DAYS, RESULTS_DAYS, ON_A_RESULTS_DAY = 30 * 365, 30, 200
"""A checkpoint a day, and on the day of results 200: a batch every few minutes."""
THIRTY_YEARS = DAYS + RESULTS_DAYS * ON_A_RESULTS_DAY
OLD_LIMIT = 1_000_000
"""What verifiers before this one read at most."""


def final(number: int, chain_id: int = FIRST) -> Checkpoint:
    """The `number`-th of an institution that issues a thousand credentials a day."""
    named = sha256(b"%d" % number).digest()
    block = Block(20_000_000 + 7_200 * number, named, START + timedelta(hours=20 * number))
    return Checkpoint(
        number,
        UUID(int=1),
        chain_id,
        "0x" + "5f" * 20,
        1_000 * (number + 1),
        sha256(named).digest(),
        CheckpointState.FINALIZED,
        block.time,
        "0x" + "77" * 20,
        named,
        3,
        block,
    )


def listed(count: int, *chains: int) -> bytes:
    finals = [final(number, chain) for number in range(count) for chain in chains]
    unsigned = checkpoint_list.unsigned_list(ISSUER, publishing.listed_json(finals), START)
    proof = {
        "proof": {
            "type": "DataIntegrityProof",
            "proofValue": "z" + "4" * 88,
            "verificationMethod": ISSUER + "#key-2026-09",
        }
    }
    return json.dumps(unsigned | proof, separators=(",", ":")).encode()  # fmt: skip


@pytest.mark.parametrize("chains", [(FIRST,), (FIRST, SECOND)])
def test_thirty_years_are_read_whole(chains: tuple[int, ...]) -> None:
    data = listed(THIRTY_YEARS, *chains)
    assert len(data) < 2_000_000
    read = checkpoint_list.read(strict_json.parse_object(data, checkpoint_list.MAX_BYTES), ISSUER)
    assert len(read.sizes) == THIRTY_YEARS <= checkpoint_list.MAX_CHECKPOINTS
    for number in (0, THIRTY_YEARS // 2, THIRTY_YEARS - 1):
        assert read.root_of(final(number).tree_size) == final(number).root
    assert published.MAX_LIST == checkpoint_list.MAX_BYTES


def test_an_entry_has_as_many_bytes_as_is_said() -> None:
    """By size and root; with its place on one chain; with its places on two."""
    for entry, most in (
        ({"treeSize": 10_000_000, "root": "0x" + "ab" * 32}, 105),
        (publishing.checkpoint_json(final(10_000)), 420),
        (publishing.checkpoint_json(final(10_000), final(10_000, SECOND)), 720),
    ):
        assert most - 30 < len(json.dumps(entry, separators=(",", ":"))) + 1 <= most
    assert checkpoint_list.MAX_CHECKPOINTS * 105 + publishing.IN_FULL * 720 < checkpoint_list.MAX_BYTES


def test_verifiers_that_read_a_megabyte_still_do_after_25_years_of_days() -> None:
    """They read sizes and roots, and take no notice of what is left out."""
    data = listed(25 * 365, FIRST, SECOND)
    assert len(data) < OLD_LIMIT
    assert len(checkpoint_list.read(strict_json.parse_object(data, OLD_LIMIT), ISSUER).sizes) == 25 * 365


def test_the_newest_are_listed_with_their_places_and_none_is_left_out() -> None:
    finals = [final(number, chain) for number in range(publishing.IN_FULL + 3) for chain in (FIRST, SECOND)]
    whole, shown = publishing.checkpoints_json(finals), publishing.listed_json(finals)
    assert shown[3:] == whole[3:]
    assert [set(one) for one in shown[:3]] == [{"treeSize", "root"}] * 3
    assert [(one["treeSize"], one["root"]) for one in shown] == [(one["treeSize"], one["root"]) for one in whole]
    few = finals[: 2 * publishing.IN_FULL]
    assert publishing.listed_json(few) == publishing.checkpoints_json(few)
    assert publishing.listed_json([]) == []
