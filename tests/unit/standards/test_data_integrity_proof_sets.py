"""Sets and chains of proofs: what each signs, and what refuses the whole document."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, proof_sets
from app.standards.data_integrity import ECDSA_JCS, ECDSA_RDFC, JCS, RDFC, Proof, ProofProblem
from app.standards.multikey import KeyType
from app.standards.proof_sets import UnreadProof
from tests.unit.standards import sample
from tests.unit.standards.curves import SIGNERS, disclosed, proof_value

FULL = canonicaliser()
DOCUMENT = sample.credential()
FOREIGN = {"type": "SomeProofType", "created": "2022-11-16T18:54:22Z", "proofPurpose": "assertionMethod"}
A, B, C = (f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in "123")


def add(
    document: dict[str, Any], suite: str, key_type: KeyType, name: str | None = None, previous: Any = None
) -> dict[str, Any]:
    """`document` with one more proof, which signs the earlier proofs named in `previous` too."""
    options = data_integrity.proof_options(suite, sample.KEY_ID, sample.SIGNED_ON)
    if suite in (JCS, ECDSA_JCS):
        options = {"@context": document["@context"], **options}
    proofs = document.get("proof", [])
    signed = data_integrity.unsecured(document)
    if name is not None:
        options["id"] = name
    if previous is not None:
        options["previousProof"] = previous
        signed["proof"] = [proof for proof in proofs if proof.get("id") in previous]
    signature = SIGNERS[key_type].sign(data_integrity.hash_data(signed, options, key_type, FULL))
    proof = data_integrity.secured({}, options, signature)["proof"]
    return {**document, "proof": [*proofs, proof]}


SET = add(add(add(DOCUMENT, RDFC, KeyType.ED25519, A), ECDSA_RDFC, KeyType.P256, B), ECDSA_JCS, KeyType.P384)
CHAIN = add(
    add(add(DOCUMENT, RDFC, KeyType.ED25519, A), ECDSA_RDFC, KeyType.P256, B, [A]), ECDSA_RDFC, KeyType.P384, C, [A, B]
)
KEYS = [SIGNERS[key_type].key for key_type in (KeyType.ED25519, KeyType.P256, KeyType.P384)]


def checked(document: dict[str, Any], keys: Sequence[Any] = KEYS) -> list[bool]:
    proofs = proof_sets.read_proofs(document)
    return [
        isinstance(proof, Proof) and proof_sets.check_proof(proof, document, key, FULL).holds
        for proof, key in zip(proofs, keys, strict=True)
    ]


def refusal(proof: Any) -> tuple[str, bool]:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(DOCUMENT | {"proof": proof})
    return problem.value.code, problem.value.checkable


def proof(name: str | None = None, previous: Any = None) -> dict[str, Any]:
    """A proof with those references, whose signature nobody asks for."""
    more = {"id": name, "previousProof": previous}
    return SET["proof"][0] | {"id": A} | {key: value for key, value in more.items() if value is not None}


def test_each_proof_of_a_set_signs_the_document_alone() -> None:
    assert checked(SET) == [True, True, True]
    for index, key in enumerate(KEYS):
        assert checked(SET | {"proof": [SET["proof"][index]]}, [key]) == [True]
        assert checked(SET | {"proof": SET["proof"][index]}, [key]) == [True]
    assert checked(SET | {"proof": SET["proof"][::-1]}, KEYS[::-1]) == [True, True, True]
    assert checked(SET | {"name": "changed"}) == [False, False, False]


def test_each_proof_of_a_chain_signs_those_it_names() -> None:
    assert checked(CHAIN) == [True, True, True]
    proofs = proof_sets.read_proofs(CHAIN)
    assert [len(proof_sets.foundations(each, proofs)) for each in proofs if isinstance(each, Proof)] == [0, 1, 2]
    # The order of the proofs in the document is nobody's statement, over RDF.
    assert checked(CHAIN | {"proof": CHAIN["proof"][::-1]}, KEYS[::-1]) == [True, True, True]


@pytest.mark.parametrize("suite", [JCS, ECDSA_JCS])
def test_a_chain_over_jcs(suite: str) -> None:
    key_type = data_integrity.KEY_TYPES[suite][0]
    document = add(DOCUMENT, RDFC, KeyType.ED25519, A)
    document = add(add(document, RDFC, KeyType.ED25519, B), suite, key_type, C, [B, A])
    assert checked(document, [KEYS[0], KEYS[0], SIGNERS[key_type].key]) == [True, True, True]


@pytest.mark.parametrize("index", [0, 1])
def test_no_character_of_a_foundation_may_change(index: int) -> None:
    changes = [
        (place, changed) for place, changed in sample.changed_leaves(CHAIN) if place.startswith(f"proof/{index}/")
    ]
    accepted = []
    for place, changed in changes:
        try:
            accepted += [place] if checked(changed)[2] else []
        except ValueError:
            continue
    assert len(changes) > 6
    assert accepted == []


def test_a_chained_proof_does_not_hold_as_one_of_a_set() -> None:
    second = CHAIN["proof"][1]
    alone = {name: value for name, value in second.items() if name != "previousProof"}
    assert checked(CHAIN | {"proof": [CHAIN["proof"][0], alone]}, KEYS[:2]) == [True, False]
    joined = SET["proof"][1] | {"previousProof": A}
    assert checked(SET | {"proof": [SET["proof"][0], joined]}, KEYS[:2]) == [True, False]


def test_a_foreign_proof_hides_no_other() -> None:
    """The first of several proofs is of a kind nobody here knows, or damaged, or the holder's secret."""
    base = disclosed(DOCUMENT, FULL)["proof"] | {"proofValue": proof_value([], b"\xd9\x5d\x00")}
    damaged = SET["proof"][1] | {"proofValue": "z1"}
    for first, code, checkable in [
        (FOREIGN, "proof_type_unknown", False),
        (SET["proof"][0] | {"cryptosuite": "bbs-2023"}, "proof_type_unknown", False),
        (SET["proof"][0] | {"type": ["DataIntegrityProof"]}, "proof_type_unknown", False),
        ({}, "proof_type_unknown", False),
        (damaged, "proof_malformed", True),
        (base, "proof_is_base", True),
    ]:
        document = SET | {"proof": [first | {"id": C}, *SET["proof"]]}
        unread, *rest = proof_sets.read_proofs(document)
        assert isinstance(unread, UnreadProof)
        assert (unread.id, unread.problem.code, unread.problem.checkable) == (C, code, checkable)
        assert [each.id for each in rest] == [A, B, None]
        assert checked(document, [KEYS[0], *KEYS]) == [False, True, True, True]


def test_a_proof_that_builds_on_an_unread_one_says_so() -> None:
    chained = proof(B, C)
    foreign, found = proof_sets.read_proofs(DOCUMENT | {"proof": [FOREIGN | {"id": C}, chained]})
    assert isinstance(found, Proof)
    assert proof_sets.foundations(found, (foreign, found)) == (foreign,)


@pytest.mark.parametrize(
    ("value", "code", "checkable"),
    [
        (None, "proof_missing", True),
        ([], "proof_missing", True),
        ("x", "proof_malformed", True),
        (["x"], "proof_malformed", True),
        ([[proof()]], "proof_malformed", True),
        ([None, proof()], "proof_malformed", True),
        ({}, "proof_type_unknown", False),
        (FOREIGN, "proof_type_unknown", False),
        ([proof(), proof()], "proof_id_repeated", True),
        ([proof(), FOREIGN | {"id": A}], "proof_id_repeated", True),
        ([FOREIGN | {"id": A}, FOREIGN | {"id": A}], "proof_id_repeated", True),
        (proof(A, B), "previous_proof_unknown", True),
        ([proof(A, B)], "previous_proof_unknown", True),
        ([proof(A), proof(B, [A, C])], "previous_proof_unknown", True),
        (proof(A, A), "proof_chain_circular", True),
        ([proof(A, A)], "proof_chain_circular", True),
        ([proof(A, B), proof(B, A)], "proof_chain_circular", True),
        ([proof(A, B), proof(B, C), proof(C, [A])], "proof_chain_circular", True),
        ([proof(A), proof(B, [A, C]), proof(C, B)], "proof_chain_circular", True),
        ([FOREIGN] * 9, "proofs_too_many", False),
        ([proof(f"urn:x:{number}") for number in range(9)], "proofs_too_many", False),
        (["x"] * 100_000, "proofs_too_many", False),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_a_document_whose_proofs_are_unsound_is_refused(value: Any, code: str, checkable: bool) -> None:
    assert refusal(value) == (code, checkable)


def test_eight_proofs_are_read() -> None:
    listed = [proof(f"urn:x:{number}") for number in range(8)]
    assert len(proof_sets.read_proofs(DOCUMENT | {"proof": listed})) == 8


@given(edges=st.lists(st.lists(st.integers(0, 5), unique=True, max_size=3), min_size=1, max_size=6))
def test_any_references_are_sound_or_refused(edges: list[list[int]]) -> None:
    """Against a plain depth-first search."""
    listed = [proof(f"urn:x:{at}", [f"urn:x:{to}" for to in row] or None) for at, row in enumerate(edges)]
    known = all(to < len(edges) for row in edges for to in row)

    def ends(at: int, path: tuple[int, ...]) -> bool:
        return at not in path and all(ends(to, (*path, at)) for to in edges[at])

    sound = known and all(ends(at, ()) for at in range(len(edges)))
    if sound:
        proofs = proof_sets.read_proofs({"proof": listed})
        for each in proofs:
            assert isinstance(each, Proof)
            assert each not in proof_sets.foundations(each, proofs)
    else:
        assert refusal(listed)[0] == ("proof_chain_circular" if known else "previous_proof_unknown")


def test_the_issuers_reader_still_takes_one_lasting_proof_only() -> None:
    for value in (SET["proof"], SET["proof"][1], disclosed(DOCUMENT, FULL)["proof"], proof(A, B)):
        with pytest.raises(ProofProblem):
            data_integrity.read_proof(DOCUMENT | {"proof": value})
