"""The W3C test vectors of ecdsa-sd-2023, and 1EdTech's badge of which parts are shown, step by step.

Not used: how the holder selects (derivedGroupIndexes and the like) and how the issuer divides; we only verify.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import digest as hmac
from pathlib import Path
from typing import Any

import pytest

from app.standards import data_integrity, ecdsa_sd, multikey, proof_sets, signatures
from app.standards.data_integrity import CanonicalForm, Proof, ProofProblem
from tests.unit.standards import sample
from tests.vectors import published
from tests.vectors.w3c import FULL, key_of

ROOT = published.folder("di-ecdsa") / "ecdsa-sd-2023"
KEYS = published.read(ROOT / "SDKeyMaterial.json")
ISSUER = multikey.decode_multikey(KEYS["baseKeyPair"]["publicKeyMultibase"])
BADGE = published.read(published.folder("ob30") / "sd" / "derivedcredential.json")
BOTH = pytest.mark.parametrize("folder", [ROOT / "employ", ROOT / "prc"], ids=lambda folder: folder.name)


def read(document: dict[str, Any]) -> tuple[Proof, ecdsa_sd.DerivedProof]:
    (proof,) = proof_sets.read_proofs(document)
    assert isinstance(proof, Proof)
    assert proof.disclosed is not None
    return proof, proof.disclosed


def holds(document: dict[str, Any], key: multikey.PublicKey, form: CanonicalForm = FULL) -> bool:
    try:
        (proof,) = proof_sets.read_proofs(document)
        return isinstance(proof, Proof) and proof_sets.check_proof(proof, document, key, form).holds
    except ValueError:
        return False


def whole(folder: Path) -> tuple[list[bytes], set[int], dict[str, Any]]:
    """All statements as the issuer signed them, which are mandatory, and the raw signatures."""
    statements = [line.encode() for line in published.read(folder / "addBaseDocHMACCanon.json")]
    mandatory = {index for index, _ in published.read(folder / "addBaseTransform.json")["mandatory"]["value"]}
    return statements, mandatory, published.read(folder / "addRawBaseSignatureInfo.json")


@BOTH
def test_what_the_issuer_signed(folder: Path) -> None:
    """The base proof's steps, with our hashes and signature checks on the published statements."""
    document = data_integrity.unsecured(published.read(folder / "addSignedSDBase.json"))
    canonical = published.read(folder / "addBaseDocCanon.json")
    assert FULL.n_quads(document).decode() == "".join(canonical)
    secret = bytes.fromhex(KEYS["hmacKeyString"])
    nodes = {line.split(" ")[0][2:] for line in canonical if line.startswith("_:")}
    labels = {node: "u" + urlsafe_b64encode(hmac(secret, node.encode(), "sha256")).decode()[:-1] for node in nodes}
    statements, mandatory, raw = whole(folder)
    assert ecdsa_sd.statements("".join(canonical).encode(), labels) == statements
    options = published.read(folder / "addProofConfig.json")
    config = FULL.n_quads(options)
    assert config.decode() == (folder / "addProofConfigCanon.txt").read_text()
    hashes = published.read(folder / "addHashData.json")
    assert sha256(config).hexdigest() == hashes["proofHash"]
    together = b"".join(statement for index, statement in enumerate(statements) if index in mandatory)
    assert sha256(together).hexdigest() == hashes["mandatoryHash"]
    proof_key = multikey.decode_multikey(raw["publicKey"])
    bound = sha256(config).digest() + proof_key.type.prefix + proof_key.data + sha256(together).digest()
    assert signatures.verify(ISSUER, bytes.fromhex(raw["baseSignature"]), bound)
    alone = [statement for index, statement in enumerate(statements) if index not in mandatory]
    for statement, signature in zip(alone, raw["signatures"], strict=True):
        assert signatures.verify(proof_key, bytes.fromhex(signature), statement)


@BOTH
def test_what_the_holder_shows(folder: Path) -> None:
    document = published.read(folder / "derivedRevealDocument.json")
    assert data_integrity.unsecured(document) == published.read(folder / "derivedUnsignedReveal.json")
    proof, disclosed = read(document)
    for name in ("derivedDisclosureData", "verifyDerivedProofValue"):
        expected = published.read(folder / f"{name}.json")
        assert disclosed.base_signature.hex() == expected["baseSignature"]
        assert disclosed.public_key.encode() == expected["publicKey"]
        assert [signature.hex() for signature in disclosed.signatures] == expected["signatures"]
        labels = expected["labelMap"]["value"] if "Derived" not in name else expected["labelMap"]
        assert disclosed.labels == dict(labels)
        assert list(disclosed.mandatory) == expected["mandatoryIndexes"]
    shown = ecdsa_sd.statements(FULL.n_quads(data_integrity.unsecured(document)), disclosed.labels)
    assert shown is not None
    assert [statement.decode() for statement in shown] == published.read(folder / "verifyNQuads.json")
    verify = published.read(folder / "verifyCreateVerifyData.json")
    alone = [statement.decode() for index, statement in enumerate(shown) if index not in disclosed.mandatory]
    assert alone == verify["nonMandatory"]
    together = b"".join(shown[index] for index in disclosed.mandatory)
    assert sha256(together).hexdigest() == verify["mandatoryHash"]
    config = FULL.n_quads({**proof.options, "@context": document["@context"]})
    assert sha256(config).hexdigest() == verify["proofHash"]
    assert holds(document, ISSUER)


@BOTH
def test_the_binding_digest_is_that_of_the_issuers_own_proof(folder: Path) -> None:
    document = published.read(folder / "derivedRevealDocument.json")
    checked = proof_sets.check_proof(read(document)[0], document, ISSUER, FULL)
    hashes, raw = (published.read(folder / f"{name}.json") for name in ("addHashData", "addRawBaseSignatureInfo"))
    key = multikey.decode_multikey(raw["publicKey"])
    parts = [
        bytes.fromhex(hashes["proofHash"]),
        key.type.prefix + key.data,
        bytes.fromhex(hashes["mandatoryHash"]),
        bytes.fromhex(raw["baseSignature"]),
    ]
    assert checked == data_integrity.Checked(True, "ecdsa-sd-sha256", sha256(b"".join(parts)).digest())


@pytest.mark.parametrize(
    ("document", "key"),
    [
        (published.read(ROOT / "employ" / "derivedRevealDocument.json"), ISSUER),
        (published.read(ROOT / "prc" / "derivedRevealDocument.json"), ISSUER),
        (BADGE, None),
    ],
    ids=["employ", "prc", "badge"],
)
def test_nothing_that_is_shown_may_change(document: dict[str, Any], key: multikey.PublicKey | None) -> None:
    key = key or key_of(read(document)[0])
    assert holds(document, key)
    assert [place for place, changed in sample.changed_leaves(document) if holds(changed, key)] == []


@BOTH
def test_the_issuers_own_proof_is_recognised_and_refused(folder: Path) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(published.read(folder / "addSignedSDBase.json"))
    assert (problem.value.code, problem.value.checkable) == ("proof_is_base", True)
    assert "never be shown" in str(problem.value)


def test_parts_of_one_credential_do_not_pass_in_another() -> None:
    mine, other = (published.read(ROOT / name / "derivedRevealDocument.json") for name in ("employ", "prc"))
    assert not holds(mine | {"proof": other["proof"]}, ISSUER)
    assert not holds(other | {"proof": mine["proof"]}, ISSUER)
    assert not holds(BADGE | {"proof": mine["proof"]}, ISSUER)
