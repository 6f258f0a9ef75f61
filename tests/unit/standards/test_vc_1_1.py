"""The data model before version 2.0: what is a credential of it, and what is not."""

import subprocess
import sys
from typing import Any

import pytest

from app.adapters.contexts import older_contexts
from app.standards import vc, vc_1_1


def credential(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "@context": [vc_1_1.CONTEXT],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "issuanceDate": "2020-03-16T22:37:26.544Z",
        "credentialSubject": {"id": "did:example:subject"},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


STATUS = {"id": "https://college.example/status/1#7", "type": "SomeStatus"}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"expirationDate": "2030-01-01T00:00:00+01:00", "id": "urn:uuid:1"}, []),
        ({"issuer": {"id": "did:example:issuer"}, "credentialSubject": [{"id": "did:example:subject"}]}, []),
        ({"credentialStatus": STATUS}, []),
        ({"issuanceDate": None}, ["issuance_date_missing"]),
        ({"issuanceDate": "2020-03-16"}, ["date_malformed"]),
        ({"issuanceDate": "2020-03-16T22:37:26"}, ["date_malformed"]),
        ({"issuanceDate": ["2020-03-16T22:37:26Z", "2021-03-16T22:37:26Z"]}, ["date_malformed"]),
        ({"expirationDate": 5}, ["date_malformed"]),
        ({"expirationDate": "2019-01-01T00:00:00Z"}, ["dates_reversed"]),
        ({"issuer": None}, ["issuer_missing"]),
        ({"issuer": "College"}, ["issuer_missing"]),
        ({"type": "VerifiableCredential"}, []),
        ({"credentialSubject": {}}, ["subject_missing"]),
        ({"id": "1"}, ["id_not_url"]),
        ({"credentialStatus": {"type": "SomeStatus"}}, ["status_malformed"]),
        ({"credentialStatus": {"id": STATUS["id"]}}, ["status_malformed"]),
    ],
)
def test_each_rule(changes: dict[str, Any], codes: list[str]) -> None:
    assert [code for code, _ in vc_1_1.structure_problems(credential(**changes))] == codes


@pytest.mark.parametrize(
    ("contexts", "expected"),
    [
        ([vc_1_1.CONTEXT], True),
        ([vc_1_1.CONTEXT, vc.CONTEXT], True),
        ([vc.CONTEXT, vc_1_1.CONTEXT], False),
        (vc_1_1.CONTEXT, False),
        ([], False),
        (None, False),
    ],
)
def test_the_first_context_decides(contexts: Any, expected: bool) -> None:
    assert vc_1_1.is_1_1({"@context": contexts}) is expected


def test_the_context_of_proofs_is_added_once_and_last() -> None:
    once = vc_1_1.with_proof_context(credential())
    assert once["@context"] == [vc_1_1.CONTEXT, vc_1_1.PROOF_CONTEXT]
    assert vc_1_1.with_proof_context(once) == once
    assert vc_1_1.is_1_1(once)


def test_its_vocabulary_is_known_only_where_the_package_that_brings_it_is_installed() -> None:
    assert list(older_contexts()) == [vc_1_1.CONTEXT]
    program = (
        "import sys\nsys.modules['pyld'] = None\n"
        "from app.adapters.contexts import conformance_canonicaliser, older_contexts\n"
        "from app.standards.json_ld import NotCanonicalisable\n"
        "assert older_contexts() == {}\n"
        "try:\n"
        f"    conformance_canonicaliser().n_quads({credential()!r})\n"
        "except NotCanonicalisable as error:\n"
        "    assert error.code == 'context_unknown'\n"
        "else:\n"
        "    raise AssertionError('it was read without its vocabulary')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
