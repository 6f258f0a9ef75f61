"""ecdsa-sd-2023: a holder may leave out what is not mandatory, and do nothing else."""

from base64 import urlsafe_b64encode
from copy import deepcopy
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.contexts import canonicaliser
from app.standards import data_integrity, ecdsa_sd, proof_sets
from app.standards.data_integrity import ECDSA_SD, Checked, Proof, ProofProblem
from app.standards.json_ld import NotCanonicalisable
from tests.unit.standards import sample
from tests.unit.standards.curves import ED25519, OTHER_P256, P256, P384, disclosed, parts, proof_value

FULL = canonicaliser()
DOCUMENT = sample.credential()
OPTIONS = data_integrity.proof_options(ECDSA_SD, sample.KEY_ID, sample.SIGNED_ON)
SHOWN = disclosed(DOCUMENT, FULL)
PARTS = parts(DOCUMENT, OPTIONS, FULL)
COUNT = len(PARTS[2]) + len(PARTS[4])


def with_value(value: str, document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    return {**document, "proof": {**OPTIONS, "proofValue": value}}


def check(document: dict[str, Any], key: Any = P256.key) -> Checked:
    (proof,) = proof_sets.read_proofs(document)
    assert isinstance(proof, Proof)
    return proof_sets.check_proof(proof, document, key, FULL)


def holds(document: dict[str, Any]) -> bool:
    try:
        return check(document).holds
    except (ProofProblem, NotCanonicalisable):
        return False


def changed(index: int, value: Any) -> list[Any]:
    made = deepcopy(PARTS)
    made[index] = value
    return made


def test_a_credential_shown_whole_holds() -> None:
    checked = check(SHOWN)
    assert checked.holds
    assert checked.method == "ecdsa-sd-sha256"
    assert checked.digest is not None
    assert len(checked.digest) == 32


def test_no_character_of_what_is_shown_may_change() -> None:
    assert [place for place, document in sample.changed_leaves(SHOWN) if holds(document)] == []


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_statement_left_out_or_added_without_its_signature_is_refused(name: str) -> None:
    """Dropped statements: the signatures no longer pair. The same for one put in."""
    assert not holds({key: value for key, value in SHOWN.items() if key != name})
    assert not holds(SHOWN | {"description": "put in"})


def test_a_mandatory_statement_cannot_be_left_out() -> None:
    """With every other signature of the holder's kept in step, only the issuer's base signature is left to object."""
    shown = [index for index in range(COUNT) if index not in PARTS[4]]
    for mandatory in ([], [*PARTS[4], shown[0]], [shown[0]]):
        made = changed(4, sorted(mandatory))
        made[2] = (PARTS[2] * 2)[: COUNT - len(mandatory)]
        assert not holds(with_value(proof_value(made)))


@pytest.mark.parametrize(
    "shown",
    [
        PARTS[2][1:],
        PARTS[2][:-1],
        [*PARTS[2], PARTS[2][-1]],
        [*PARTS[2][:-1], PARTS[2][0]],
        PARTS[2][::-1],
        [PARTS[2][1], PARTS[2][0], *PARTS[2][2:]],
        [PARTS[0], *PARTS[2][1:]],
        [],
    ],
    ids=["first dropped", "last dropped", "last twice", "first twice", "reversed", "swapped", "base as one", "none"],
)
def test_signatures_of_statements_are_in_step(shown: list[bytes]) -> None:
    assert not holds(with_value(proof_value(changed(2, shown))))


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_two_labels_swapped_are_refused(data: st.DataObject) -> None:
    labels = dict(PARTS[3])
    first, second = data.draw(st.lists(st.sampled_from(sorted(labels)), min_size=2, max_size=2, unique=True))
    labels[first], labels[second] = labels[second], labels[first]
    assert not holds(with_value(proof_value(changed(3, labels))))


LABELS = PARTS[3]
LAST = max(LABELS)


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {number: label for number, label in LABELS.items() if number != LAST},
        LABELS | {LAST + 1: bytes(32)},
        LABELS | {LAST: bytes(32)},
        LABELS | {LAST: LABELS[0]},
        {number + 1: label for number, label in LABELS.items()},
    ],
    ids=["none", "one missing", "one too many", "one made up", "two nodes made one", "shifted"],
)
def test_labels_name_each_node_and_no_other(labels: dict[int, bytes]) -> None:
    assert not holds(with_value(proof_value(changed(3, labels))))


def test_labels_in_texts_and_addresses_are_left_alone() -> None:
    hostile = sample.credential(learner_name='_:c14n0 "_:c14n1" <_:c14n2> \\_:c14n3 \n_:c14n4 .')
    assert check(disclosed(hostile, FULL)).holds
    line = b'_:c14n0 <urn:p:_:c14n0> "_:c14n0 \\" _:c14n0 \\\\"@en _:c14n1 .\n'
    assert ecdsa_sd.statements(line, {"c14n0": "a", "c14n1": "b"}) == [
        b'_:a <urn:p:_:c14n0> "_:c14n0 \\" _:c14n0 \\\\"@en _:b .\n'
    ]
    assert ecdsa_sd.statements(line, {"c14n0": "a"}) is None
    assert ecdsa_sd.statements('<urn:s> <urn:p> "\u2028\x85" .\n'.encode(), {}) == [
        '<urn:s> <urn:p> "\u2028\x85" .\n'.encode()
    ]
    assert ecdsa_sd.statements(b"", {}) == []


def test_parts_of_two_credentials_do_not_mix() -> None:
    other = parts(sample.credential(2), OPTIONS, FULL)
    for index in range(4):
        if PARTS[index] != other[index]:
            assert not holds(with_value(proof_value(changed(index, other[index]))))


def test_the_issuers_key_must_have_signed_and_be_of_p256() -> None:
    assert not check(SHOWN, OTHER_P256.key).holds
    for key in (ED25519.key, P384.key):
        with pytest.raises(ProofProblem) as problem:
            check(SHOWN, key)
        assert problem.value.code == "key_type_wrong"


def test_the_holder_cannot_sign_for_the_issuer() -> None:
    """A base signature by the credential's own key, which the holder might have made up, is nobody's."""
    made = deepcopy(PARTS)
    made[0] = OTHER_P256.sign(b"anything")
    assert not holds(with_value(proof_value(made)))
    made[1] = P384.key.type.prefix + P384.key.data[:33]
    assert not holds(with_value(proof_value(made)))
    made[1] = P256.key.type.prefix + b"\2" + (1).to_bytes(32)
    assert not holds(with_value(proof_value(made)))


def test_the_holders_own_copy_is_refused_by_name() -> None:
    for made in (PARTS, [], b"", b"\xff"):
        with pytest.raises(ProofProblem) as problem:
            proof_sets.read_proofs(with_value(proof_value(made, b"\xd9\x5d\x00")))
        assert (problem.value.code, problem.value.checkable) == ("proof_is_base", True)


def test_the_proof_must_not_bring_its_own_vocabulary() -> None:
    document = SHOWN | {"proof": SHOWN["proof"] | {"@context": SHOWN["@context"]}}
    with pytest.raises(ProofProblem) as problem:
        check(document)
    assert problem.value.code == "proof_malformed"


GOOD = cbor2.dumps(PARTS)
SIGNATURE = bytes(64)


def body(*, shown: bytes = b"\x80", labels: bytes = b"\xa0", mandatory: bytes = b"\x80") -> bytes:
    return b"\x85" + cbor2.dumps(PARTS[0]) + cbor2.dumps(PARTS[1]) + shown + labels + mandatory


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"\x80",
        cbor2.dumps(PARTS[:4]),
        cbor2.dumps([*PARTS, b""]),
        cbor2.dumps({0: PARTS}),
        cbor2.dumps([PARTS]),
        GOOD + b"\0",
        GOOD + GOOD,
        b"\x98\x05" + GOOD[1:],
        b"\x9f" + GOOD[1:] + b"\xff",
        b"\xd9\x5d\x01" + GOOD,
        b"\xd8\x40" + GOOD,
        cbor2.dumps(changed(0, bytes(63))),
        cbor2.dumps(changed(0, bytearray(65))),
        cbor2.dumps(changed(0, "a" * 64)),
        cbor2.dumps(changed(1, bytes(35))),
        cbor2.dumps(changed(1, PARTS[1][:-1])),
        cbor2.dumps(changed(1, ED25519.key.type.prefix + bytes(33))),
        cbor2.dumps(changed(2, [bytes(63)])),
        cbor2.dumps(changed(2, "x")),
        cbor2.dumps(changed(2, {0: SIGNATURE})),
        cbor2.dumps(changed(2, [SIGNATURE] * 1_001)),
        cbor2.dumps(changed(3, [[0, bytes(32)]])),
        cbor2.dumps(changed(3, {-1: bytes(32)})),
        cbor2.dumps(changed(3, {"0": bytes(32)})),
        cbor2.dumps(changed(3, {False: bytes(32)})),
        cbor2.dumps(changed(3, {0.0: bytes(32)})),
        cbor2.dumps(changed(3, {2**70: bytes(32)})),
        cbor2.dumps(changed(3, {0: bytes(31)})),
        cbor2.dumps(changed(3, {0: "u" * 32})),
        cbor2.dumps(changed(3, {0: bytes(32), 1: bytes(32)})),
        cbor2.dumps(changed(3, {number: number.to_bytes(32) for number in range(501)})),
        cbor2.dumps(changed(4, [1, 0])),
        cbor2.dumps(changed(4, [1, 1])),
        cbor2.dumps(changed(4, [-1])),
        cbor2.dumps(changed(4, [True])),
        cbor2.dumps(changed(4, [0.0])),
        cbor2.dumps(changed(4, ["0"])),
        cbor2.dumps(changed(4, [1_000])),
        cbor2.dumps(changed(4, [2**64])),
        cbor2.dumps(changed(4, 0)),
        body(mandatory=b"\x81\x18\x00"),
        body(mandatory=b"\x9f\xff"),
        body(shown=b"\x9f\xff"),
        body(shown=b"\x81\x5f\x58\x40" + SIGNATURE + b"\xff"),
        body(labels=b"\xbf\xff"),
        body(labels=b"\xa2" + (b"\x00\x58\x20" + bytes(32)) * 2),
        body(mandatory=b"\x81\xc2\x41\x00"),
        body(mandatory=b"\xd8\x1c\x81\xd8\x1d\x00"),
        body(mandatory=b"\x81\xd8\x23\x67(a+)+$!"),
        body(mandatory=b"\x81\xc4\x82\x1b" + b"\x7f" * 8 + b"\x01"),
        body(shown=b"\x9a\xff\xff\xff\xff"),
        body(shown=b"\x9b" + b"\xff" * 8),
        body(shown=b"\x81\x5b\x7f" + b"\xff" * 7),
        body(labels=b"\xba\xff\xff\xff\xff"),
        b"\x81" * 100_000,
        b"\xd8\x1c" * 50_000,
    ],
    ids=lambda made: f"{len(made)} {made[-6:].hex()}",
)
def test_cbor_of_any_other_shape_is_malformed(made: bytes) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(with_value(proof_value(made)))
    assert problem.value.code == "proof_malformed"


@pytest.mark.parametrize("index", [COUNT, COUNT + 1, 999])
def test_a_mandatory_index_out_of_range_does_not_hold(index: int) -> None:
    made = changed(4, [*PARTS[4][:-1], index])
    assert not holds(with_value(proof_value(made)))
    assert not holds(with_value(proof_value(changed(4, [*PARTS[4], index]))))


@pytest.mark.parametrize(
    "header", [b"", b"\xd9", b"\xd9\x5d", b"\xd9\x5d\x02", b"\xd9\x5d\x03", b"\xd9\x5d\x0b", b"\x85"]
)
def test_another_header_is_malformed(header: bytes) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(with_value(proof_value(GOOD, header)))
    assert problem.value.code == "proof_malformed"


VALUE = proof_value(PARTS)
PADDED = "u" + urlsafe_b64encode(b"\xd9\x5d\x01" + GOOD + b"\0" * (2 - len(GOOD) % 3)).decode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "u",
        VALUE[1:],
        "z" + VALUE[1:],
        "U" + VALUE[1:],
        VALUE + "=",
        VALUE + "\n",
        PADDED + "==",
        VALUE[:100] + "+" + VALUE[101:],
        VALUE[:100] + "/" + VALUE[101:],
        VALUE[:100] + "é" + VALUE[101:],
        VALUE[:100] + " " + VALUE[100:],
        VALUE + "A" * 200_000,
    ],
    ids=lambda value: f"{len(value)} {value[:4]}…{value[-4:]!r}",
)
def test_text_that_is_not_base64url_is_malformed(value: str) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(with_value(value))
    assert problem.value.code == "proof_malformed"


def test_bytes_have_one_spelling() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [letter for letter in alphabet if holds(with_value(VALUE[:-1] + letter))]
    assert accepted == [VALUE[-1]]


@settings(deadline=None, max_examples=150)
@given(cut=st.integers(0, len(GOOD) - 1))
def test_cbor_cut_short_is_malformed(cut: int) -> None:
    with pytest.raises(ProofProblem) as problem:
        proof_sets.read_proofs(with_value(proof_value(GOOD[:cut])))
    assert problem.value.code == "proof_malformed"


@settings(deadline=None, max_examples=150)
@given(index=st.integers(0, len(GOOD) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_of_the_proof_breaks_it(index: int, flip: int) -> None:
    made = bytearray(GOOD)
    made[index] ^= flip
    assert not holds(with_value(proof_value(bytes(made))))


@settings(max_examples=300)
@given(
    made=st.binary(max_size=60) | st.lists(st.binary(max_size=4), max_size=5).map(lambda rest: b"\x85" + b"".join(rest))
)
def test_no_bytes_raise_anything_but_a_problem(made: bytes) -> None:
    with pytest.raises(ProofProblem):
        proof_sets.read_proofs(with_value(proof_value(made)))
