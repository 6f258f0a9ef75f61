"""1EdTech's published fixtures for Comprehensive Learner Records 2.0: records with whole credentials inside."""

from typing import Any

import pytest

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, multikey
from app.standards.json_ld import NotCanonicalisable
from tests.vectors import published

ROOT = published.folder("clr20")
FULL = canonicaliser()


def holds(document: dict[str, Any]) -> bool:
    (proof,) = document["proof"]
    document = document | {"proof": proof}
    read = data_integrity.read_proof(document)
    # These fixtures name each key by itself. Only a test may believe that.
    key = multikey.decode_multikey(read.verification_method.rpartition("#")[2])
    return data_integrity.verify_signature(key, read.signature, data_integrity.hash_for(read, document, FULL))


def test_the_record_and_the_credential_in_it_each_hold() -> None:
    record = published.read(ROOT / "simple.json")
    (embedded,) = record["credentialSubject"]["verifiableCredential"]
    assert holds(record)
    assert holds(embedded)


@pytest.mark.parametrize("member", ["name", "validFrom"])
def test_a_change_in_the_credential_inside_breaks_both(member: str) -> None:
    record = published.read(ROOT / "simple.json")
    (embedded,) = record["credentialSubject"]["verifiableCredential"]
    embedded[member] = "2026-01-01T00:00:00Z"
    assert not holds(record)
    assert not holds(embedded)


def test_a_change_in_the_proof_inside_breaks_the_record() -> None:
    record = published.read(ROOT / "simple.json")
    (embedded,) = record["credentialSubject"]["verifiableCredential"]
    embedded["proof"][0]["created"] = "2026-01-01T00:00:00Z"
    assert not holds(record)


@pytest.mark.parametrize(
    "name", ["complex.json", "simple-noproof.json", "simple_old_safesigned.json", "simple_v1.json"]
)
def test_records_over_the_first_data_model_are_not_read(name: str) -> None:
    # They name credentials/v1 and contexts whose published text has changed since.
    with pytest.raises(NotCanonicalisable) as refusal:
        FULL.n_quads(published.read(ROOT / name))
    assert refusal.value.code == "context_unknown"
