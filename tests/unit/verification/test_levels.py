"""How far the evidence reaches: signature, inclusion, the issuer's signed list, the live chain."""

from app.verification.report import Anchoring, Level, Outcome, Verdict
from tests.fakes import MemoryRegistry
from tests.unit.verification.world import NOW, World, a_world, checkpoints_for, did_document, stamp


def with_chain_away() -> World:
    world = a_world()
    world.registry = MemoryRegistry({}, away=True)
    assert world.receipt is not None
    world.checkpoints = checkpoints_for(world.receipt)
    return world


def test_live_chain() -> None:
    report = a_world().report()
    assert (report.level, report.verdict, report.anchoring) == (Level.CHAIN, Verdict.VALID, Anchoring.ANCHORED)
    assert report.finding("checkpoint").code == "not_needed"


def test_signed_checkpoint() -> None:
    report = with_chain_away().report()
    assert (report.level, report.verdict, report.anchoring) == (Level.CHECKPOINT, Verdict.VALID, Anchoring.UNKNOWN)


def test_inclusion() -> None:
    world = with_chain_away()
    world.checkpoints = None
    assert world.report().level is Level.INCLUSION


def test_signature() -> None:
    world = with_chain_away()
    world.receipt = None
    assert world.report().level is Level.SIGNATURE


def test_none() -> None:
    world = a_world()
    world.credential["name"] = "Another"
    assert world.report().level is Level.NONE


def test_split_view_the_issuers_own_list_has_another_root() -> None:
    world = with_chain_away()
    assert world.receipt is not None
    world.checkpoints = checkpoints_for(world.receipt, root="0x" + "11" * 32)
    report = world.report()
    assert report.finding("checkpoint").code == "checkpoint_other"
    assert report.finding("checkpoint").outcome is Outcome.INVALID
    assert report.anchoring is Anchoring.FAILED


def test_a_list_of_checkpoints_by_somebody_else() -> None:
    world = with_chain_away()
    assert world.receipt is not None
    world.checkpoints = checkpoints_for(world.receipt, key="key-of-an-attacker")
    assert world.report().finding("checkpoint").code == "checkpoints_unsigned"
    # Nor by a key that was lost: nothing else proves what such a list says.
    world.keys = did_document(key_2025_09={"revoked": stamp(NOW)}, key_2026_09={})
    world.checkpoints = checkpoints_for(world.receipt, key="key-2025-09")
    assert world.report().finding("checkpoint").code == "checkpoints_unsigned"
    world.checkpoints = checkpoints_for(world.receipt, treeSize=6)
    assert world.report().finding("checkpoint").code == "checkpoint_not_listed"
    world.checkpoints = checkpoints_for(world.receipt) | {"issuer": "did:web:evil.example"}
    assert world.report().finding("checkpoint").code == "checkpoints_malformed"


def test_true_as_of_is_the_age_of_the_list_that_could_have_withdrawn_it() -> None:
    report = a_world().report()
    assert report.true_as_of is not None
    assert a_world(members={"credentialStatus": None}).report().true_as_of == NOW
    assert report.as_json()["level"] == "live chain"
