"""What a JSON document asks to verify: one credential, or each of several, or nothing that can be verified."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused, TooLarge
from app.verification import submission
from app.verification.evidence import Submission
from tests.unit.verification.test_carriers import JWT

CREDENTIAL = {"type": ["VerifiableCredential", "OpenBadgeCredential"], "id": "urn:uuid:1"}
OTHER = CREDENTIAL | {"id": "urn:uuid:2"}
ENVELOPE = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{JWT}"}


def clr(*members: Any, **changes: Any) -> dict[str, Any]:
    subject = {"type": ["ClrSubject"], "verifiableCredential": list(members)}
    return {"type": ["VerifiableCredential", "ClrCredential"], "credentialSubject": subject, **changes}


def presentation(*members: Any, **changes: Any) -> dict[str, Any]:
    return {"type": "VerifiablePresentation", "verifiableCredential": list(members), **changes}


def bundle(**changes: Any) -> dict[str, Any]:
    return {"type": "CredentialBundle", "credential": CREDENTIAL, **changes}


def read(document: Any) -> Submission:
    return submission.read(json.dumps(document).encode())


def test_a_credential_alone() -> None:
    assert read(CREDENTIAL) == Submission(CREDENTIAL, None)
    # Not a CLR, so what it calls credentials is nothing to this reader.
    strange = CREDENTIAL | {"credentialSubject": {"verifiableCredential": [OTHER]}}
    assert read(strange) == Submission(strange, None)


def test_a_bundle_keeps_what_it_brings() -> None:
    whole = bundle(
        anchorReceipt={"alg": "x"},
        didDocument={"id": "did:web:x"},
        statusListCredential=None,
        accreditation=[{}],
        statusReasons={"1": "grade changed"},
        didDocumentHistory=[],
        somethingLater=[1, 2],
    )
    assert read(whole) == Submission(CREDENTIAL, {"alg": "x"}, bundle=whole)
    assert submission.read_submission(json.dumps(whole).encode()) == (read(whole), whole)
    assert submission.read_submission(json.dumps(CREDENTIAL).encode()) == (read(CREDENTIAL), {})


def test_a_presentation_is_each_credential_in_it_and_never_passes_as_one() -> None:
    for members in (CREDENTIAL, [CREDENTIAL], [CREDENTIAL, OTHER]):
        document = {"type": ["VerifiablePresentation"], "verifiableCredential": members, "holder": "did:key:z1"}
        found = read(document)
        expected = members if isinstance(members, list) else [members]
        assert found.embedded == tuple(Submission(one, None) for one in expected)
        assert found.presentation == found.credential == document


def test_a_clr_is_itself_and_each_credential_in_it() -> None:
    document = clr(CREDENTIAL, OTHER)
    expected = Submission(document, None, embedded=(Submission(CREDENTIAL, None), Submission(OTHER, None)))
    assert read(document) == expected
    whole = bundle(credential=document, anchorReceipt={"alg": "x"})
    assert read(whole) == Submission(document, {"alg": "x"}, embedded=expected.embedded, bundle=whole)
    subjects = clr(credentialSubject=[{"verifiableCredential": CREDENTIAL}, {"verifiableCredential": [OTHER]}])
    assert read(subjects).embedded == expected.embedded


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "not_an_object"),
        (bundle(credential=None), "bundle_malformed"),
        (bundle(credential=[CREDENTIAL]), "bundle_malformed"),
        (bundle(credential=presentation(CREDENTIAL)), "bundle_malformed"),
        (bundle(credential=ENVELOPE), "jwt_not_supported"),
        (bundle(anchorReceipt=[]), "bundle_malformed"),
        (bundle(didDocument="did:web:x"), "bundle_malformed"),
        (bundle(statusListCredential=7), "bundle_malformed"),
        (bundle(accreditation={}), "bundle_malformed"),
        (bundle(statusReasons="x"), "bundle_malformed"),
        (bundle(didDocumentHistory={}), "bundle_malformed"),
        (presentation(), "presentation_empty"),
        ({"type": ["VerifiablePresentation"]}, "presentation_empty"),
        (presentation(5), "presentation_malformed"),
        (presentation(CREDENTIAL, [OTHER]), "presentation_malformed"),
        (presentation(CREDENTIAL, "urn:uuid:2"), "presentation_malformed"),
        (presentation(CREDENTIAL, type=["VerifiableCredential", "VerifiablePresentation"]), "presentation_malformed"),
        (presentation(presentation(CREDENTIAL)), "presentation_nested"),
        (clr(presentation(CREDENTIAL)), "presentation_nested"),
        (presentation(*[CREDENTIAL] * (submission.MAX_EMBEDDED + 1)), "embedded_too_many"),
        (clr(*[CREDENTIAL] * (submission.MAX_EMBEDDED + 1)), "embedded_too_many"),
        (clr(clr(CREDENTIAL)), "embedded_too_deep"),
        (presentation(clr(CREDENTIAL)), "embedded_too_deep"),
        (clr(None), "clr_malformed"),
        (presentation(CREDENTIAL, ENVELOPE), "jwt_not_supported"),
        (presentation(JWT), "jwt_not_supported"),
        (clr(CREDENTIAL, JWT), "jwt_not_supported"),
        (ENVELOPE, "jwt_not_supported"),
        (ENVELOPE | {"id": f"data:application/vc+sd-jwt,{JWT}~"}, "sd_jwt_not_supported"),
        (ENVELOPE | {"id": f"data:application/dc+sd-jwt;x=y,{JWT}~"}, "sd_jwt_not_supported"),
        (ENVELOPE | {"id": "data:application/vc+cose;base64,AA"}, "enveloped_not_supported"),
        (ENVELOPE | {"id": None}, "enveloped_not_supported"),
        ({"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt,x"}, "jwt_not_supported"),
        ({"payload": "e30", "protected": "e30", "signature": "AA"}, "jwt_not_supported"),
        ({"payload": "e30", "signatures": []}, "jwt_not_supported"),
    ],
)
def test_what_is_refused_and_by_which_name(document: Any, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read(document)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"type":"CredentialBundle","credential":{},"credential":{}}', "duplicate_member"),
        (b'{"type":' * 50, "too_deep"),
        (b"{", "malformed_json"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b'{"a":9007199254740993}', "number_not_exact"),
    ],
)
def test_bytes_that_are_not_one_document(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        submission.read(data)
    assert caught.value.code == code


def test_a_document_keeps_its_own_limit_whatever_carried_it() -> None:
    with pytest.raises(TooLarge) as caught:
        submission.read(b'{"a":"' + b"x" * submission.MAX_BYTES + b'"}')
    assert caught.value.code == "document_too_large"


NAMES = st.sampled_from(
    ["type", "credential", "verifiableCredential", "credentialSubject", "id", "payload", "signature", "anchorReceipt"]
)
TYPES = st.sampled_from(
    [
        "VerifiableCredential",
        "VerifiablePresentation",
        "ClrCredential",
        "CredentialBundle",
        "EnvelopedVerifiableCredential",
    ]
)


@given(
    st.dictionaries(
        NAMES,
        st.recursive(
            TYPES | st.none() | st.integers(-5, 5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
            max_leaves=15,
        ),
    )
)
def test_whatever_shape_it_is_read_or_refused(document: Any) -> None:
    try:
        found = read(document)
    except Refused:
        return
    # What is shown beside the verdict is what is verified: nothing deeper than one level, nothing of two natures.
    assert all(not one.embedded and one.presentation is None for one in found.embedded)
    assert found.presentation is None or "VerifiableCredential" not in document["type"]
