"""The program that looks into a PDF, run by `confined`: no code of ours is here, and none is reachable from it.

It answers with one line, an outcome, and after it the attached JSON file where the outcome is "found". Streams are
inflated here within a bound; the PDF library itself is held by the limits of the process.
"""

import io
import sys
import zlib
from collections.abc import Iterator
from typing import Any

MAX_ATTACHMENTS = 50
MAX_JSON = 1_000_000


class Outcome(Exception):
    """Why there is no answer, as a code."""


def attached_json(data: bytes) -> bytes:
    """The one JSON file attached to the PDF. Raises `Outcome`."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as document:
            if document.is_encrypted:
                raise Outcome("pdf_encrypted")
            found = {stream.objgen: stream for stream in _json_streams(document)}
            if len(found) > 1:
                raise Outcome("pdf_two_credentials")
            for stream in found.values():
                return _content(stream)
            raise Outcome("pdf_without_credential")
    except pikepdf.PasswordError:
        raise Outcome("pdf_encrypted") from None
    except MemoryError:
        raise Outcome("pdf_too_complex") from None
    except (pikepdf.PdfError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RuntimeError):
        raise Outcome("pdf_malformed") from None


def _json_streams(document: Any) -> Iterator[Any]:
    """The streams of all attached files that are called JSON, wherever the PDF lists them.

    A file may be attached under two names in two versions; readers differ in which they take, so all are counted.
    """
    for specification in _specifications(document):
        names = [str(specification.get(name, "")).lower() for name in ("/F", "/UF")]
        streams = specification.get("/EF")
        if streams is not None and any(name.endswith(".json") for name in names):
            yield from (streams[name] for name in streams.keys())  # noqa: SIM118  (not a Python dict)


def _specifications(document: Any) -> Iterator[Any]:
    count = 0
    for source in (_named(document), document.Root.get("/AF") or ()):
        for specification in source:
            count += 1
            if count > MAX_ATTACHMENTS:
                raise Outcome("pdf_too_complex")
            yield specification


def _named(document: Any) -> Iterator[Any]:
    return (specification.obj for specification in document.attachments.values())


def _content(stream: Any) -> bytes:
    import pikepdf

    filters = stream.get("/Filter", [])
    names = [str(item) for item in ([filters] if isinstance(filters, pikepdf.Name) else filters)]
    raw: bytes = stream.read_raw_bytes()
    if not names:
        content = raw
    elif names == ["/FlateDecode"] and stream.get("/DecodeParms") is None:
        content = zlib.decompressobj().decompress(raw, MAX_JSON + 1)
    else:
        raise Outcome("pdf_malformed")
    if len(content) > MAX_JSON:
        raise Outcome("pdf_too_complex")
    return content


if __name__ == "__main__":
    try:
        answer = b"found\n" + attached_json(sys.stdin.buffer.read())
    except Outcome as outcome:
        answer = f"{outcome}\n".encode()
    sys.stdout.buffer.write(answer)
