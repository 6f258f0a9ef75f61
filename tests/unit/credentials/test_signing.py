"""Signing bytes as they were prepared gives the very document that signing the parsed one gives."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.adapters.contexts import canonicaliser
from app.adapters.keystore import FileKeystore
from app.credentials.issuing import document_bytes
from app.credentials.signing import Issuer
from app.institutions.model import Institution, SigningKey, Wallet
from app.institutions.service import Identity
from app.standards import strict_json
from app.standards.compiled_shape import ShapeCache
from tests.unit.standards import sample

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    keystore = FileKeystore(tmp_path, lambda: "a passphrase for tests")
    college = Institution(UUID(int=1), "college", "Example College", "10000000", sample.DID, "https://x.example", NOW)
    file, public_key = keystore.create_signing_key("college", "key-2026-07")
    key = SigningKey(college.id, "key-2026-07", public_key, file, NOW)
    wallet = Wallet(college.id, "0x" + "a1" * 20, "", 31337, "0x" + "c0" * 20)
    return Issuer(Identity(college, key, wallet), keystore, ShapeCache(canonicaliser()))


@pytest.mark.parametrize("name", ["Anna", "Zoë O’Sample", '}","proof":{"x":"', "\\u007d}", "a\tb", "😀"])
def test_bytes_and_document_are_signed_alike(issuer: Issuer, name: str) -> None:
    document = sample.credential(3, valid_from=NOW) | {"name": name}
    prepared = document_bytes(document)
    signed, digest = issuer.sign_prepared(prepared, NOW)
    assert (strict_json.parse_object(signed), digest) == issuer.sign(document, NOW)
    assert signed == document_bytes(issuer.sign(document, NOW)[0])
    assert signed.startswith(prepared[:-1])


@pytest.mark.parametrize("data", [b"{}", b"[1]", b'{"a":1} ', b' {"a":1}', b'{"proof":{}}', b'{"a":1', b"null"])
def test_what_is_no_unsecured_document_is_not_signed(issuer: Issuer, data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        issuer.sign_prepared(data, NOW)
