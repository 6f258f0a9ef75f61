"""The local chain's memory: torn state files, and copies kept aside."""

import json
from pathlib import Path

from app.adapters.local_chain import restore_state


def test_a_torn_state_file_is_replaced_by_the_newest_good_copy(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for height in range(5):
        state.write_text(json.dumps({"height": height}))
        restore_state(state)
    state.write_text('{"height": 5, "acc')
    restore_state(state)
    assert json.loads(state.read_text()) == {"height": 4}
    assert len(list(tmp_path.glob("state.copy*"))) == 3


def test_without_any_good_copy_the_chain_starts_anew(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("not json")
    (tmp_path / "state.copy0").write_text("[torn")
    restore_state(state)
    assert not state.exists()
