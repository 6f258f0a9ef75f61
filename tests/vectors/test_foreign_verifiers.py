"""What we sign, others verify, and what was changed, others refuse: in JavaScript and in another Python library.

The JavaScript oracles (tests/oracles) have the network off: they see the contexts of their own packages and the
documents given here.
"""

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy, verify_credential

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, did, open_badge, status_list
from app.standards.compiled_shape import ShapeCache
from app.standards.data_integrity import ProofProblem
from app.standards.json_ld import NotCanonicalisable
from tests.unit.standards import sample

ORACLES = Path(__file__).parents[1] / "oracles"
FULL = canonicaliser()
# What the tests sign goes through the compiled path, as when a cohort is issued.
FAST = ShapeCache(FULL)
NAMES = [
    "Zoë Ångström-Núñez",
    "Gwenllïan ŵŷ e\u0301",
    "👩🏽\u200d🎓 \U0001d518",
    "שלום مرحبا",
    'Robert "Bobby" \\ Tables\n\r\t',
    'x" . <urn:a> <urn:b> "',
    "\u2028\ufeff\u00a0",
    "",
]


def ask(oracle: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One node process for all requests. Fails when the oracles are not installed."""
    if not (ORACLES / "node_modules").is_dir():
        pytest.fail("the JavaScript verifiers are not installed: run `make install`", pytrace=False)
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    run = subprocess.run(
        ["node", str(ORACLES / oracle)], input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    answers = [json.loads(line) for line in run.stdout.split("\n") if line]
    assert len(answers) == len(requests)
    return answers


def theirs(documents: list[dict[str, Any]], **did_changes: Any) -> list[dict[str, Any]]:
    given = {sample.DID: sample.did_document(**did_changes)}
    return ask("verify.mjs", [{"credential": document, "documents": given} for document in documents])


def ours(document: dict[str, Any]) -> bool:
    try:
        proof = data_integrity.read_proof(document)
        key = did.read_document(sample.did_document(), sample.DID).signing_key(proof.verification_method)
        if key is None or proof.purpose != "assertionMethod":
            return False
        hashed = data_integrity.hash_for(proof, document, FULL)
    except (ProofProblem, NotCanonicalisable):
        return False
    return data_integrity.verify_signature(key.key, proof.signature, hashed)


def openvc(document: dict[str, Any]) -> bool:
    def fetch(url: str) -> dict[str, Any]:
        assert url == did.web_url(sample.DID)
        return sample.did_document()

    try:
        verify_credential(
            document,
            # The status list is asked about elsewhere; here it is the signature that is judged.
            policy=VerificationPolicy(require_status=False),
            resolver=DidResolverRegistry([DidWebResolver(fetch)]),
            extra_contexts=bundled_contexts(),
        )
    except OpenvcError:
        return False
    return True


def stacked() -> dict[str, Any]:
    parts = [open_badge.Part(f"urn:uuid:{number}", f"sha384-{number}", "application/json") for number in range(3)]
    return sample.credential(7, parts=parts)


def a_status_list() -> dict[str, Any]:
    bits = bytearray(status_list.LENGTH // 8)
    status_list.set_bit(bits, 94_567)
    url = "https://college.example.ac.uk/status/1"
    return status_list.unsigned_list(url, {"id": sample.DID}, bytes(bits), sample.SIGNED_ON)


def unsigned() -> list[dict[str, Any]]:
    return [
        *(sample.credential(number, learner_name=name, grade=name) for number, name in enumerate(NAMES)),
        sample.credential(20, alignments=0),
        sample.credential(21, alignments=15),
        sample.credential(22, grade=None, credits_earned=None),
        open_badge.achievement_credential(sample.COLLEGE, sample.achievement(creator=sample.COLLEGE), sample.award(23)),
        stacked(),
        a_status_list(),
    ]


SIGNED = [sample.signed(document, FAST) for document in unsigned()]


def test_the_javascript_verifier_verifies_what_we_sign() -> None:
    assert theirs(SIGNED) == [{"verified": True}] * len(SIGNED)


def test_openvc_verifies_what_we_sign() -> None:
    assert [openvc(document) for document in SIGNED] == [True] * len(SIGNED)


def test_we_verify_what_we_sign() -> None:
    assert [ours(document) for document in SIGNED] == [True] * len(SIGNED)


def test_one_changed_character_anywhere_is_refused_by_everyone() -> None:
    places, documents = zip(*sample.changed_leaves(SIGNED[0]), strict=True)
    assert len(places) > 60
    answers = theirs(list(documents))
    accepted = {
        "javascript": [place for place, answer in zip(places, answers, strict=True) if answer["verified"]],
        "openvc": [place for place, document in zip(places, documents, strict=True) if openvc(document)],
        "ours": [place for place, document in zip(places, documents, strict=True) if ours(document)],
    }
    assert accepted == {"javascript": [], "openvc": [], "ours": []}


def test_a_signature_by_a_key_the_college_does_not_list_is_refused() -> None:
    (answer,) = theirs(SIGNED[:1], assertionMethod=[])
    assert not answer["verified"]
    attacker = "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
    forged = deepcopy(SIGNED[0])
    forged["proof"]["verificationMethod"] = f"{sample.DID}#{attacker}"
    assert not theirs([forged])[0]["verified"]
    assert not openvc(forged)
    assert not ours(forged)


def test_javascript_canonicalises_as_we_do() -> None:
    options = data_integrity.proof_options(data_integrity.RDFC, sample.KEY_ID, sample.SIGNED_ON)
    documents = [*unsigned(), options | {"@context": list(open_badge.CONTEXTS)}]
    answers = ask("canonize.mjs", [{"document": document, "documents": {}} for document in documents])
    for document, answer in zip(documents, answers, strict=True):
        assert answer["nQuads"].encode() == FULL.n_quads(document) == FAST.n_quads(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"invented": "x"},
        {"type": ["VerifiableCredential", "InventedCredential"]},
        {"id": "relative"},
        {"name": {"en": "Welsh", "cy": "Cymraeg"}},
        {"@context": list(open_badge.CONTEXTS[:2])},
        {"@context": [*open_badge.CONTEXTS, "https://elsewhere.example/x"]},
    ],
    ids=str,
)
def test_what_safe_mode_refuses_we_refuse(changes: dict[str, Any]) -> None:
    document = sample.credential() | changes
    (answer,) = ask("canonize.mjs", [{"document": document, "documents": {}}])
    assert "error" in answer
    with pytest.raises(NotCanonicalisable):
        FULL.n_quads(document)


def test_the_oracles_cannot_reach_the_network() -> None:
    (answer,) = ask("verify.mjs", [{"credential": SIGNED[0], "documents": {}}])
    assert not answer["verified"]
    assert "Not a document that was given" in answer["error"]
