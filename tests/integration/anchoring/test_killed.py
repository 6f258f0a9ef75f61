"""A worker killed with -9 anywhere in the anchoring of a log leaves nothing lost and nothing done twice."""

import json
import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import Installation


async def test_killed_at_every_point_of_anchoring(installation: Installation) -> None:
    settings = installation.settings
    identity = installation.issuer.identity
    data = {
        "signing_key": identity.signing_key.keystore,
        "wallet": identity.wallet.keystore,
        "owner": str(installation.issuer.institution.id),
        "settings": {
            "data_dir": str(settings.data_dir),
            "wallets_dir": str(settings.wallets_dir),
            "contracts_dir": str(settings.contracts_dir),
            "database_url": settings.secret_database_url(),
            "chain_rpc_url": settings.chain_rpc_url,
            "registry_address": settings.registry_address,
            "passphrase": settings.secret_passphrase(),
        },
    }
    # In one process of its own: it forks, which a process with a running event loop must not.
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.anchoring.kill_everywhere"],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        timeout=600,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["faults"] == [], done.stderr
    assert result["killed"] >= 25
