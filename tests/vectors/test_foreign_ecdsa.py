"""Credentials that others' software signs with ECDSA, whole or to be shown in part, verified by us.

The JavaScript is the reference implementation of both suites. Neither it nor openvc-core can divide a document with
an ordered list (`allowedValue` of a grade scale), and openvc-core none with objects in arrays either: both are given
plainer ones.
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc.keys import P256SigningKey
from openvc.proof.ecdsa_sd import EcdsaSdProofSuite

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, multikey, open_badge, proof_sets
from app.standards.data_integrity import Checked, Proof, ProofProblem
from app.standards.multikey import KeyType
from tests.unit.standards import curves, sample
from tests.vectors.test_foreign_verifiers import ask

FULL = canonicaliser()
UNGRADED = open_badge.achievement_credential(sample.COLLEGE, sample.achievement(grades=()), sample.award(grade=None))
MANDATORY = ["/issuer", "/validFrom", "/credentialStatus"]
SELECTIONS = [
    [],
    ["/id"],
    ["/name", "/awardedDate"],
    ["/credentialSubject/achievement/name"],
    ["/credentialSubject/achievement/alignment/1"],
    ["/credentialSubject/identifier/1", "/credentialSubject/achievement/criteria"],
    ["/credentialSubject/creditsEarned", "/credentialSubject/achievement/creator/otherIdentifier/0/identifier"],
    ["/credentialSubject"],
    ["/credentialSubject", "/id", "/name", "/awardedDate", "/credentialSchema"],
]
# Scalars of the test keys in `curves`; the prefixes are those of secret Multikeys.
SECRET = {
    KeyType.P256: "z" + multikey.base58_encode(b"\x86\x26" + (2026).to_bytes(32)),
    KeyType.P384: "z" + multikey.base58_encode(b"\x87\x26" + (2026).to_bytes(48)),
}


def request(key_type: KeyType, **more: Any) -> dict[str, Any]:
    key = curves.SIGNERS[key_type].key.encode()
    return {
        "credential": UNGRADED,
        "documents": {},
        "publicKeyMultibase": key,
        "secretKeyMultibase": SECRET[key_type],
        "keyId": sample.KEY_ID,
        "date": "2026-11-21T09:00:00Z",
        **more,
    }


def check(document: dict[str, Any], key: multikey.PublicKey) -> Checked:
    (proof,) = proof_sets.read_proofs(document)
    assert isinstance(proof, Proof)
    return proof_sets.check_proof(proof, document, key, FULL)


def holds(document: dict[str, Any], key: multikey.PublicKey) -> bool:
    try:
        return check(document, key).holds
    except ValueError:
        return False


def test_what_the_reference_implementation_shows_in_part() -> None:
    (answer,) = ask("disclose.mjs", [request(KeyType.P256, mandatory=MANDATORY, selections=SELECTIONS)])
    key = curves.P256.key
    digests = set()
    for selection, document in zip(SELECTIONS, answer["derived"], strict=True):
        checked = check(document, key)
        assert checked.holds, selection
        digests.add(checked.digest)
        accepted = [place for place, changed in sample.changed_leaves(document) if holds(changed, key)]
        assert accepted == [], selection
        for name in document:
            assert not holds({other: value for other, value in document.items() if other != name}, key), (
                selection,
                name,
            )
    # However much is shown, the anchor is the same.
    assert len(digests) == 1
    assert answer["derived"][0].keys() < answer["derived"][-1].keys()
    with pytest.raises(ProofProblem) as problem:
        check(answer["base"], key)
    assert problem.value.code == "proof_is_base"
    first, second = answer["derived"][3], answer["derived"][4]
    assert not holds(first | {"proof": second["proof"]}, key)


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384], ids=lambda key_type: key_type.name)
def test_what_the_reference_implementation_signs_whole(key_type: KeyType) -> None:
    (answer,) = ask("disclose.mjs", [request(key_type, whole=True) | {"credential": sample.credential()}])
    document, key = answer["secured"], curves.SIGNERS[key_type].key
    assert document["proof"]["cryptosuite"] == data_integrity.ECDSA_RDFC
    assert holds(document, key)
    assert not holds(document | {"name": "changed"}, key)


PLAIN = {
    "@context": sample.credential()["@context"],
    "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000001",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": sample.DID, "type": "Profile", "name": "Example College"},
    "validFrom": "2026-11-20T09:30:01Z",
    "name": "Network Security Fundamentals",
    "credentialSubject": {
        "id": "urn:uuid:6f0e2d4b-0a1a-4a0d-8d0a-000000000002",
        "type": "AchievementSubject",
        "creditsEarned": 15,
        "achievement": {
            "id": "https://awards.example/a/1",
            "type": "Achievement",
            "name": "Security",
            "humanCode": "U1",
        },
    },
}


@pytest.mark.parametrize(
    "selection", [[], ["/name"], ["/credentialSubject/creditsEarned"], ["/credentialSubject/achievement/name"]], ids=str
)
def test_what_openvc_shows_in_part(selection: list[str]) -> None:
    suite, contexts = EcdsaSdProofSuite(), bundled_contexts()
    base = suite.add_base_proof(
        PLAIN,
        signing_key=P256SigningKey(ec.derive_private_key(2026, ec.SECP256R1()), "urn:key"),
        verification_method=sample.KEY_ID,
        mandatory_pointers=["/issuer", "/validFrom"],
        created=sample.SIGNED_ON,
        extra_contexts=contexts,
    )
    document = suite.derive_proof(base, selective_pointers=selection, extra_contexts=contexts)
    assert holds(document, curves.P256.key)
    assert [place for place, changed in sample.changed_leaves(document) if holds(changed, curves.P256.key)] == []
