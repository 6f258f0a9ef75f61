"""Two monitors on one file: the second one is refused, for each would undo what the other has seen and told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.adapters.local_chain import free_port
from app.adapters.state_file import held_state, read_state, write_state
from app.errors import OutsideFailed, Refused
from tests.integration.conftest import ROOT

REFUSED, OUTSIDE = 1, 3
# Nobody is there: the round ends at once, and a monitor that goes on waits for the next.
INSTITUTION = f"http://localhost:{free_port()}/i/northgate"
WORDS = ("--without-chain", "--institution", INSTITUTION, "--state", "watch.json")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *words]


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "STACKMARK_CONTRACTS_DIR": str(ROOT / "contracts")}


def run(folder: Path, *words: str, expect: int) -> str:
    done = subprocess.run(command(*words), cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    assert done.returncode == expect, said
    assert "Traceback" not in said
    return said


@contextmanager
def monitoring(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One that goes on, after its first round."""
    with subprocess.Popen(
        command("monitor", *WORDS), cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            until = time.monotonic() + 120
            while not (folder / "watch.json").exists():
                assert process.poll() is None
                assert time.monotonic() < until, "it has not looked once in two minutes"
                os.sched_yield()
            yield process
        finally:
            process.kill()


def test_a_second_monitor_is_refused_and_the_file_is_the_firsts(tmp_path: Path) -> None:
    with monitoring(tmp_path) as first:
        before = (tmp_path / "watch.json").read_bytes()
        assert "state_in_use" in run(tmp_path, "monitor", "--once", *WORDS, expect=REFUSED)
        said = run(tmp_path, "monitor", *WORDS, expect=REFUSED)
        assert "Another stackmark monitor or audit is using watch.json" in said
        # An audit that remembers writes the same file.
        assert "state_in_use" in run(tmp_path, "audit", "--from-chain", *WORDS, expect=REFUSED)
        assert (tmp_path / "watch.json").read_bytes() == before
        # Another file is another matter.
        run(tmp_path, "monitor", "--once", *WORDS[:-1], "other.json", expect=OUTSIDE)
        # Killed, it leaves nothing that keeps the next one out.
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        run(tmp_path, "monitor", "--once", *WORDS, expect=OUTSIDE)


def test_under_whichever_name_it_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").symlink_to(tmp_path / "there")
    with held_state(tmp_path / "there" / "state.json"):
        with pytest.raises(Refused) as refused, held_state(tmp_path / "here" / "state.json"):
            pass
        write_state(tmp_path / "there" / "state.json", {"a": 1})
        # Written, it is another file; held it still is.
        with pytest.raises(Refused), held_state(tmp_path / "there" / "state.json"):
            pass
    assert refused.value.code == "state_in_use"
    with held_state(tmp_path / "here" / "state.json"):
        assert read_state(tmp_path / "here" / "state.json") == {"a": 1}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutsideFailed) as failed, held_state(tmp_path / "none" / "state.json"):
        pass
    assert failed.value.code == "state_not_saved"
