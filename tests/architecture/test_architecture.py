"""The rules of the house that a program can check: imports, sizes, docstrings, quiet imports, nothing private."""

import ast
import getpass
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.verification.report import DEFENDS_AGAINST

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "app").rglob("*.py"))
LONGEST = 400
MAY_PRINT = {"app/cli.py", "app/operating.py"}
# anvil publishes this key with itself; it is worth nothing anywhere.
FAUCET = ("app/adapters/local_chain.py", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tracked_files() -> list[Path]:
    """What git keeps, and what it would keep: not what is ignored. Without git, every file of ours."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        found = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        ours = ("app", "contracts/src", "contracts/test", "migrations", "samples", "tests", "wallets/public")
        found = [path for folder in ours for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts]
    return [path for path in found if path.is_file()]


def test_imports_follow_the_order_of_the_house() -> None:
    """import-linter, so that the tests alone hold the rule."""
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_package_and_module_says_what_it_is() -> None:
    silent = [named(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_only_the_command_line_prints() -> None:
    printing = {
        named(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing - MAY_PRINT == set()


def test_queries_stand_in_stores_alone() -> None:
    """No statement is built outside a `store`: others pass an open connection on."""
    verbs = {"select", "insert", "update", "delete", "text", "Table"}
    outside = {
        f"{named(path)}: {alias.name}"
        for path in MODULES
        if "store" not in module_name(path).split(".") and path.name != "database.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
        for alias in node.names
        if alias.name in verbs
    }
    assert outside == set()


def test_nothing_happens_at_import(tmp_path: Path) -> None:
    """Every module is imported in a fresh process in which our code has no network, no clock, no dice, no children."""
    program = f"""
import importlib, random, secrets, socket, subprocess, sys, time, uuid

def forbid(owner, name):
    real = getattr(owner, name)
    def watched(*given, **named):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if caller.split(".")[0] == "app":
            raise RuntimeError(f"{{caller}} calls {{name}} at import")
        return real(*given, **named)
    setattr(owner, name, watched)

def refuse(*given, **named):
    raise RuntimeError("a connection is opened at import")

socket.socket.connect = refuse
socket.socket.bind = refuse
socket.getaddrinfo = refuse
subprocess.Popen.__init__ = refuse
for owner, name in ((time, "time"), (time, "monotonic"), (secrets, "token_bytes"), (secrets, "token_urlsafe"),
                    (secrets, "randbelow"), (random, "random"), (uuid, "uuid4")):
    forbid(owner, name)
for name in {[module_name(path) for path in MODULES]!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_reads_the_clock_as_it_is_loaded(path: Path) -> None:
    """What the process above cannot watch (`datetime` is a built-in type) is read off the source."""
    clocks = {"now", "utcnow", "today", "time", "monotonic", "urandom", "uuid4"}
    calls = [
        ast.unparse(node)
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in clocks
    ]
    assert calls == []


def test_no_file_names_this_machine_or_holds_a_private_key() -> None:
    # A short folder, such as a container's /app, is nobody's secret and stands in many words.
    folders = {f"{folder}/" for folder in (ROOT, Path.home()) if len(folder.parts) > 2 or folder == Path("/root")}
    private = {
        "a folder of this machine": re.compile("|".join(map(re.escape, folders)) or r"(?!)"),
        "a user's folder": re.compile(r"/home/(?!user\b|node\b)[a-z][a-z0-9_-]+/|/Users/[a-z]|C:\\\\Users"),
        "a package registry": re.compile(r"files\.python" r"hosted\.org|registry\.np" r"mjs\.org|--index-" r"url\b"),
        "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE" r" KEY-----"),
        "a raw key": re.compile(r"(?i)(?:private|secret|signing|faucet)[a-z_]*(?:key|seed)?[\"']?\s*[:=]\s*[\"']?(?:0x)?[0-9a-f]{64}\b"),
    }  # fmt: skip
    if getpass.getuser() not in ("root", "user"):
        private["the user of this machine"] = re.compile(rf"/{re.escape(getpass.getuser())}/")
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        if named(path) == FAUCET[0]:
            text = text.replace(FAUCET[1], "")
        found += [
            f"{named(path)}: {what}: {match[0][:20]}" for what, rule in private.items() if (match := rule.search(text))
        ]
    assert found == []


def test_key_files_are_never_kept() -> None:
    kept = [named(path) for path in tracked_files()]
    assert [
        name for name in kept if re.search(r"\.(pem|key|p12|pfx|jks)$|(^|/)(keystores/|\.env$|passphrase)", name)
    ] == []


def test_the_readme_names_every_check_and_what_it_defends_against() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {check: rows.get(check) for check in DEFENDS_AGAINST} == dict(DEFENDS_AGAINST)
