"""A bundle made from what is published: enough to check offline, and honest about what is not in it."""

import asyncio
import json
from typing import Any

import pytest

from app.adapters.bundled import BundledPublications
from app.adapters.registry import NoRegistry
from app.verification import verify
from app.verification.bundling import Bundle, make_bundle
from app.verification.checks.trail import Trail
from app.verification.evidence import Submission
from app.verification.report import Level, Verdict
from tests.fakes import MemoryList
from tests.unit.standards import sample
from tests.unit.verification.world import (
    CHECKPOINTS_URL,
    FORM,
    LIST_URL,
    NOW,
    World,
    a_status_list,
    a_world,
    checkpoints_for,
    public_key,
)

ANCHORS = "https://college.example.ac.uk/anchors"


def published() -> World:
    world = a_world()
    assert world.receipt is not None
    world.keys["service"].append({"id": "#a", "type": "EvmAnchorRegistry", "serviceEndpoint": ANCHORS})
    world.checkpoints = checkpoints_for(world.receipt)
    world.others[f"{ANCHORS}/{world.receipt['binding']['digest']}"] = world.receipt
    return world


def made(world: World) -> Bundle:
    return asyncio.run(
        make_bundle(
            Submission(world.credential, None),
            publications=world.publications(),
            registry=NoRegistry(),
            recogniser=MemoryList(world.issuers),
            canonicaliser=FORM,
            trail=Trail(NOW),
        )
    )


def checked_offline(bundle: bytes) -> Any:
    submission, members = verify.read_submission(bundle)
    listed = MemoryList({sample.DID: ("Example College", "10000000")})
    listed.keys = (public_key("key-2026-09"),)
    return asyncio.run(
        verify.verify(
            submission,
            publications=BundledPublications(members, listed),
            registry=NoRegistry(),
            recogniser=listed,
            canonicaliser=FORM,
            now=NOW,
        )
    )


def test_it_can_be_checked_offline_and_reaches_the_signed_list() -> None:
    world = published()
    bundle = made(world)
    assert bundle.missing == ()
    assert json.loads(bundle.document)["credential"] == world.credential
    report = checked_offline(bundle.document)
    assert (report.verdict, report.level) == (Verdict.VALID, Level.CHECKPOINT)
    # What it says of withdrawal is as old as the list in it.
    assert report.true_as_of is not None
    assert report.true_as_of < NOW


def test_a_withdrawn_one_brings_the_list_that_says_so() -> None:
    world = published()
    world.listed = a_status_list(3)
    assert checked_offline(made(world).document).verdict is Verdict.WAS_VALID


@pytest.mark.parametrize("lost", [LIST_URL, CHECKPOINTS_URL])
def test_what_could_not_be_had_is_named(lost: str) -> None:
    world = published()
    world.lost = {lost}
    bundle = made(world)
    assert len(bundle.missing) == 1
    assert checked_offline(bundle.document).verdict is (Verdict.CANNOT_TELL if lost == LIST_URL else Verdict.VALID)


def test_no_bundle_is_made_of_a_forgery() -> None:
    world = published()
    world.credential["name"] = "Another"
    with pytest.raises(ValueError, match="changed after it was signed"):
        made(world)


def test_a_list_of_decades_is_left_out_of_a_bundle_and_named() -> None:
    """With it, the file would be too large to be handed in; the receipt in it proves the entry by itself."""
    world = published()
    assert world.checkpoints is not None
    world.checkpoints = {**world.checkpoints, "note": "x" * 400_000}
    bundle = made(world)
    assert bundle.missing == ("The issuer's list of register entries is too long for a bundle.",)
    assert len(bundle.document) < 100_000
    assert checked_offline(bundle.document).verdict is Verdict.VALID
