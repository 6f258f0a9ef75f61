"""README "Verify without us": the script is run as written, on a bundle as downloaded, and it can say no."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.conftest import Installation

SCRIPT = Path(__file__).resolve().parents[2] / "samples" / "verify_without_us.py"


def run(bundle: dict[str, Any], rpc: str, folder: Path) -> tuple[int, str]:
    file = folder / "credential.json"
    file.write_text(json.dumps(bundle), encoding="utf-8")
    words = [sys.executable, str(SCRIPT), str(file), "--rpc", rpc]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_it_uses_nothing_of_ours() -> None:
    imported = re.findall(r"^(?:from|import) (\w+)", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert not {"app", "tests", "stackmark"} & set(imported)


async def test_a_bundle_is_verified_by_others_tools_alone(installation: Installation, tmp_path: Path) -> None:
    credential = await installation.issue_one()
    await installation.issue_one(component="2")
    await installation.work()
    bundle = json.loads(await installation.bundle(credential.id))
    rpc = installation.chain.rpc_url
    code, said = run(bundle, rpc, tmp_path)
    assert code == 0, said
    for words in ("not withdrawn", "of the issuer's log", installation.issuer.identity.wallet.address.lower()):
        assert words in said.lower()

    forged = json.loads(json.dumps(bundle))
    forged["credential"]["credentialSubject"]["result"][0]["value"] = "Distinction"
    assert run(forged, rpc, tmp_path)[0] == 1
    moved = json.loads(json.dumps(bundle))
    moved["anchorReceipt"]["leaf"]["index"] += 1
    assert run(moved, rpc, tmp_path)[0] == 1
    unrecorded = json.loads(json.dumps(bundle))
    unrecorded["anchorReceipt"]["anchor"]["anchoredBy"] = "eip155:31337:0x" + "11" * 20
    assert run(unrecorded, rpc, tmp_path)[0] == 1
