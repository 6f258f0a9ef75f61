"""The states of a checkpoint: every one can be reached, and every one but the last can be left."""

from app.anchoring.model import IN_FLIGHT, MOVES, CheckpointState


def test_every_state_has_its_moves_and_can_be_reached_from_the_first() -> None:
    assert set(MOVES) == set(CheckpointState)
    reached = {CheckpointState.SEALED}
    while more := {state for known in reached for state in MOVES[known]} - reached:
        reached |= more
    assert reached == set(CheckpointState)


def test_only_one_state_is_the_end_and_what_is_final_comes_only_from_what_is_on_its_way() -> None:
    assert [state for state in CheckpointState if not MOVES[state]] == [CheckpointState.ORPHANED]
    assert {state for state, after in MOVES.items() if CheckpointState.FINALIZED in after} < set(IN_FLIGHT)
    assert CheckpointState.SEALED not in MOVES[CheckpointState.FINALIZED]
