"""The credential attached to a PDF. A PDF reader is large and a PDF is anybody's: it is read in a confined process."""

from pathlib import Path

from app.adapters import confined
from app.errors import OutsideFailed, Refused

_PROGRAM = Path(__file__).with_name("pdf_confined.py")
_LIMITS = confined.Limits()
_SENTENCES = {
    "pdf_encrypted": "This PDF is protected with a password, so it cannot be looked into. Ask for one that is not.",
    "pdf_malformed": "This PDF is damaged. Use the file exactly as it was downloaded.",
    "pdf_without_credential": (
        "No credential is attached to this PDF. What is printed on a page can be written by anyone and cannot be "
        "checked: use the link or number printed on it, or the file as it was downloaded, not printed or scanned."
    ),
    "pdf_two_credentials": (
        "More than one credential file is attached to this PDF, so different readers would see different things. It "
        "was not checked."
    ),
    "pdf_too_complex": "This PDF takes more time or memory to read than a certificate ever needs. It was not read.",
}


def attached_json(data: bytes) -> bytes:
    """The one JSON file attached to the PDF `data`. Blocks: call it in a thread.

    Raises `Refused` (the codes above) and `OutsideFailed("pdf_reader_busy")`.
    """
    try:
        answer = confined.run(_PROGRAM, data, _LIMITS)
    except confined.NoAnswer:
        answer = b"pdf_too_complex\n"
    except confined.Busy:
        raise OutsideFailed(
            "pdf_reader_busy", "Many PDF files are being read just now. Please try again in a minute."
        ) from None
    outcome, _, content = answer.partition(b"\n")
    if outcome == b"found":
        return content
    code = outcome.decode("ascii", "replace")
    raise Refused(code if code in _SENTENCES else "pdf_malformed", _SENTENCES.get(code, _SENTENCES["pdf_malformed"]))
