"""A PKCS #11 token in software: SoftHSM 2 (Debian's package softhsm2), with its keys in a folder of the test's own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN = "Stackmark test"
PIN = "7391-correct-horse"
OFFICER = "officer-0042-pin"


@dataclass(frozen=True)
class SoftToken:
    """An initialised token. `folder` holds its objects, the PIN's file and SoftHSM's settings."""

    folder: Path

    @property
    def pin_file(self) -> Path:
        return self.folder / "module.pin"

    @property
    def settings(self) -> Path:
        return self.folder / "softhsm2.conf"


def soft_token(folder: Path) -> SoftToken:
    """SoftHSM reads where its tokens are from SOFTHSM2_CONF, once, when the library starts in a process."""
    (folder / "tokens").mkdir(parents=True)
    made = SoftToken(folder)
    made.settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", encoding="utf-8")
    made.pin_file.write_text(f"{PIN}\n", encoding="utf-8")
    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", OFFICER]
    environment = {**os.environ, "SOFTHSM2_CONF": str(made.settings)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return made
