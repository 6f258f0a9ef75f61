"""Pictures and PDFs made for tests, sound ones and hostile ones; and what a careless network does to them."""

import io
import struct
import zlib
from typing import Any

import pikepdf
from hypothesis import strategies as st
from pikepdf import AttachedFileSpec, Pdf

SIGNATURE = b"\x89PNG\r\n\x1a\n"
OB3, CLR = "https://purl.imsglobal.org/ob/v3p0", "https://purl.imsglobal.org/clr/v2p0"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PIXEL = chunk(b"IDAT", zlib.compress(b"\0\x7f"))
END = chunk(b"IEND", b"")


def png(*extra: bytes) -> bytes:
    """A picture of one grey dot; `extra` chunks stand between its header and the dot."""
    return SIGNATURE + HEADER + b"".join(extra) + PIXEL + END


def text_chunk(text: bytes, keyword: bytes = b"openbadgecredential", kind: bytes = b"iTXt") -> bytes:
    return chunk(kind, keyword + b"\0\0\0\0\0" + text)


def zipped_chunk(text: bytes, keyword: bytes = b"openbadgecredential") -> bytes:
    return chunk(b"iTXt", keyword + b"\0\x01\0\0\0" + zlib.compress(text, 9))


def svg(inside: str = "", attributes: str = "", before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}<rect width="1" height="1"/></svg>'.encode()


def element(text: str, namespace: str = OB3, attributes: str = "") -> str:
    return f'<c:credential xmlns:c="{namespace}" {attributes}>{text}</c:credential>'


def pdf(*attached: tuple[str, bytes], **saving: Any) -> bytes:
    """A PDF of one empty page with files attached."""
    document = Pdf.new()
    document.add_blank_page()
    for name, data in attached:
        document.attachments[name] = AttachedFileSpec(document, data, filename=name)
    return saved(document, **saving)


def saved(document: Pdf, **saving: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream, **saving)
    return stream.getvalue()


def locked_pdf(user_password: str) -> bytes:
    return pdf(("c.json", b"{}"), encryption=pikepdf.Encryption(owner="owner", user=user_password))


def pdf_of_two_faces(first: bytes, second: bytes) -> bytes:
    """One attachment whose two names lead to two different files."""
    document = Pdf.new()
    document.add_blank_page()
    document.attachments["c.json"] = AttachedFileSpec(document, first, filename="c.json")
    specification = next(iter(document.attachments.values())).obj
    specification.EF.UF = document.make_stream(second)
    return saved(document)


def pdf_with_an_inflating_index(size: int) -> bytes:
    """A PDF whose list of objects grows to `size` bytes before anything of it can be read."""
    packed = zlib.compress(b"1 0 " + b" " * size, 9)
    body = b"%PDF-1.5\n"
    first = len(body)
    body += b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    body += packed + b"\nendstream\nendobj\n"
    index = len(body)
    entries = b"".join(
        struct.pack(">BIH", *entry) for entry in ((0, 0, 65535), (1, first, 0), (2, 1, 0), (1, index, 0))
    )
    body += b"3 0 obj\n<</Type/XRef/Size 4/W[1 4 2]/Root 2 0 R/Length %d>>\nstream\n" % len(entries)
    return body + entries + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % index


@st.composite
def damaged(draw: st.DrawFn, *originals: bytes) -> bytes:
    """One of `originals` after some flips, cuts, repetitions, insertions and pieces of another."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        to = min(len(data), at + draw(st.integers(0, 64)))
        match draw(st.sampled_from(["flip", "cut", "drop", "repeat", "insert", "splice"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:]
            case "drop":
                del data[at:to]
            case "repeat":
                data[to:to] = data[at:to]
            case "insert":
                data[at:at] = draw(st.binary(max_size=16))
            case "splice":
                other = draw(st.sampled_from(originals))
                data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)
