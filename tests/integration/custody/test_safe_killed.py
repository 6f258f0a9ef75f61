"""A worker killed with -9 anywhere in anchoring with a Safe: nothing lost, nothing paid twice, no owner asked twice."""

import json
import subprocess
import sys
from pathlib import Path

from app.adapters.custody.safe_files import Proposal
from tests.integration.conftest import ROOT, Installation
from tests.integration.custody.safe_college import safe_college


async def test_killed_at_every_point_of_anchoring_with_a_safe(installation: Installation, tmp_path: Path) -> None:
    async with safe_college(installation, tmp_path) as college:
        # What becoming an issuer left to be recorded is recorded first, so that every round is alike.
        await college.anchor()
        settings, asked = college.wiring.settings, tmp_path / "asked"
        [first] = [one for one in college.wiring.proposals.files.list_all(college.safe) if isinstance(one, Proposal)]
        asked.write_text(f"{first.tree_size} {first.root.hex()}\n")
        data = {
            "signing_key": college.issuer.identity.signing_key.keystore,
            "owner": str(college.issuer.institution.id),
            "safe": college.safe,
            "keys": [one.key.hex() for one in college.owners],
            "asked": str(asked),
            "settings": {
                "data_dir": str(settings.data_dir),
                "wallets_dir": str(settings.wallets_dir),
                "contracts_dir": str(settings.contracts_dir),
                "database_url": settings.secret_database_url(),
                "chain_rpc_url": settings.chain_rpc_url,
                "registry_address": settings.registry_address,
                "passphrase": settings.secret_passphrase(),
                "safe_relayer": settings.safe_relayer,
                "proposals_dir": str(settings.proposals),
            },
        }
        # In one process of its own: it forks, which a process with a running event loop must not.
        done = subprocess.run(
            [sys.executable, "-m", "tests.integration.custody.kill_safe_everywhere"],
            input=json.dumps(data),
            capture_output=True,
            text=True,
            timeout=900,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["faults"] == [], done.stderr
        assert result["killed"]["asking"] >= 15
        assert result["killed"]["sending"] >= 30
