"""Checks that no tool makes for us: migrations match the models, the lock file matches pyproject.toml."""

import difflib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def migrations_match_models() -> str:
    """Upgrade an empty database, then ask Alembic what it would still change."""
    from alembic import command
    from alembic.util import CommandError

    from app.adapters.local_postgres import local_postgres
    from app.migrating import alembic_config, migrate

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        data.mkdir()
        with local_postgres(data, is_thrown_away=True) as url:
            migrate(url)
            try:
                command.check(alembic_config(url))
            except CommandError as error:
                return f"the migrations do not make the tables of the models: {error}"
    return ""


def lock_is_up_to_date() -> str:
    """Resolve again, starting from the versions locked: only a changed pyproject.toml makes a difference."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "requirements.txt"
        shutil.copyfile(ROOT / "requirements.txt", again)
        command = [
            *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml", "--group", "dev"),
            *("--universal", "--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"),
            *("--python-version", "3.11", "--output-file", str(again)),
        ]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        before, after = ((path.read_text().splitlines()) for path in (ROOT / "requirements.txt", again))
    changed = [line for line in difflib.unified_diff(before, after, lineterm="", n=0) if line[:1] in "+-"]
    return f"requirements.txt is not what pyproject.toml asks for (make lock): {changed[:6]}" if changed else ""


def no_registry_host_is_named() -> str:
    """Lock files name packages and hashes, never where they were downloaded from."""
    named = []
    for lock in (ROOT / "requirements.txt", *ROOT.glob("*/package-lock.json"), *ROOT.glob("tests/*/package-lock.json")):
        if "https://" in lock.read_text().replace("https://opencollective", "").replace("https://github.com", ""):
            named += [line for line in lock.read_text().splitlines() if '"resolved"' in line or "index-url" in line]
    return f"a lock file names a download address: {named[0]}" if named else ""


def main() -> int:
    faults = 0
    for check in (migrations_match_models, lock_is_up_to_date, no_registry_host_is_named):
        fault = check()
        print(f"{'FAILED' if fault else 'ok'}: {check.__name__.replace('_', ' ')} {fault}")
        faults += bool(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
