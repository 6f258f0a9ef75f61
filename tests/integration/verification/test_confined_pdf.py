"""Strangers' PDFs, read in a real process of their own: what is found, what is refused, what is stopped."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.adapters import confined
from app.adapters.pdf import attached_json
from app.errors import Refused
from tests.unit.verification.files import (
    damaged,
    locked_pdf,
    pdf,
    pdf_of_two_faces,
    pdf_with_an_inflating_index,
)

ONE = pdf(("credential.json", b'{"a":1}'), ("invoice.xml", b"<a/>"))
SHORT = confined.Limits(cpu_seconds=1, wall_seconds=20, memory_bytes=128 * 1024 * 1024, answer_bytes=1_000)


def program(folder: Path, text: str) -> Path:
    path = folder / "program.py"
    path.write_text(text)
    return path


def test_the_one_json_file_attached_is_found() -> None:
    assert attached_json(ONE) == b'{"a":1}'
    assert attached_json(pdf(("Anna.JSON", b"{}"))) == b"{}"
    assert attached_json(pdf(("large.json", b" " * 900_000 + b"{}"))).endswith(b" {}")


@pytest.mark.parametrize(
    ("attack", "data", "code"),
    [
        ("two attachments", pdf(("a.json", b"{}"), ("b.json", b"{}")), "pdf_two_credentials"),
        ("one attachment with two faces", pdf_of_two_faces(b'{"a":1}', b'{"a":2}'), "pdf_two_credentials"),
        ("bomb", pdf(("a.json", b" " * 100_000_000)), "pdf_too_complex"),
        ("many attachments", pdf(*((f"{n}.txt", b"x") for n in range(60))), "pdf_too_complex"),
        ("nothing attached", pdf(), "pdf_without_credential"),
        ("no credential attached", pdf(("invoice.xml", b"<a/>")), "pdf_without_credential"),
        ("locked", locked_pdf("secret"), "pdf_encrypted"),
        ("locked with no password", locked_pdf(""), "pdf_encrypted"),
        ("cut off", ONE[:-80], "pdf_malformed"),
        ("name only", b"%PDF-1.7\n", "pdf_malformed"),
        ("junk", b"%PDF-1.7\n" + bytes(range(256)) * 20, "pdf_malformed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pdf_attack(attack: str, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        attached_json(data)
    assert caught.value.code == code


def test_an_index_that_inflates_without_end_is_stopped() -> None:
    """Inflated by the PDF library, not by us: only the limits of the process hold it."""
    with pytest.raises(Refused) as caught:
        attached_json(pdf_with_an_inflating_index(300_000_000))
    assert caught.value.code in ("pdf_too_complex", "pdf_malformed")


@given(damaged(ONE, pdf(("a.json", b"{}"))))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_pdf_is_read_or_refused(data: bytes) -> None:
    try:
        attached_json(data)
    except Refused as refused:
        assert refused.code.startswith("pdf_")  # noqa: PT017  (either outcome is right)


@pytest.mark.parametrize(
    ("deed", "text"),
    [
        ("runs for ever", "while True: pass"),
        ("takes all memory", "data = bytearray(4_000_000_000)"),
        (
            "answers without end",
            "import sys\nsys.stdin.buffer.read()\nwhile True: sys.stdout.buffer.write(bytes(1_000_000))",
        ),
        ("never reads, and ends", "raise SystemExit(0)"),
        ("fails", "raise SystemExit(3)"),
        ("writes a file", "open('{folder}/stolen', 'w').write('x')"),
    ],
)
def test_a_program_is_held(tmp_path: Path, deed: str, text: str) -> None:
    with pytest.raises(confined.NoAnswer):
        confined.run(program(tmp_path, text.format(folder=tmp_path)), b"x" * 5_000_000, SHORT)
    assert not (tmp_path / "stolen").exists() or (tmp_path / "stolen").stat().st_size == 0


def test_a_program_that_sleeps_is_stopped_by_the_clock(tmp_path: Path) -> None:
    hasty = confined.Limits(wall_seconds=1)
    for text in ("import time; time.sleep(3600)", "import sys, time; sys.stdin.buffer.read(); time.sleep(3600)"):
        with pytest.raises(confined.NoAnswer):
            confined.run(program(tmp_path, text), b"x" * 5_000_000, hasty)


def test_a_program_sees_the_data_and_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKMARK_PASSPHRASE", "correct horse battery staple")
    text = "import os, sys\nprint(sorted(os.environ), os.getcwd(), 'app' in sys.modules, len(sys.stdin.buffer.read()))"
    seen = confined.run(program(tmp_path, text), b"x" * 5_000_000, SHORT).decode()
    assert "STACKMARK" not in seen
    assert seen.endswith(" / False 5000000\n")
    assert os.environ["STACKMARK_PASSPHRASE"]
