"""What is done to a custodian's answers: the one accepted form of a signature, and no other key's."""

import secrets

import coincurve
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.custody import ethereum, failures
from app.adapters.custody.custodian import Kind
from app.adapters.custody.custodians import Custodians, scheme_of
from app.adapters.custody.remote import REST_SECONDS, RemoteKeystore
from app.errors import OutsideFailed, Refused
from app.standards import multikey

PRIVATE = st.integers(1, ethereum.ORDER - 1).map(lambda number: coincurve.PrivateKey(number.to_bytes(32)))
# Of nothing but zeros a signature says nothing of the key: it passes for the opposite one too. No digest is that.
DIGEST = st.binary(min_size=32, max_size=32).filter(any)


def raw(key: coincurve.PrivateKey, digest: bytes) -> tuple[int, int]:
    signature = key.sign_recoverable(digest, hasher=None)
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])


@given(key=PRIVATE, digest=DIGEST, high=st.booleans())
def test_either_form_of_a_signature_becomes_the_one_a_chain_takes(
    key: coincurve.PrivateKey, digest: bytes, high: bool
) -> None:
    r, s = raw(key, digest)
    given_s = ethereum.ORDER - s if high else s
    public = key.public_key.format(compressed=False)
    vrs = ethereum.complete(digest, r.to_bytes(32) + given_s.to_bytes(32), public)
    assert vrs is not None
    assert vrs[1:] == (r, s)
    assert s <= ethereum.ORDER // 2
    assert ethereum.address_of(public) == Account.from_key(key.secret).address


@given(key=PRIVATE, other=PRIVATE, digest=DIGEST, signature=st.binary(min_size=0, max_size=80))
def test_no_other_signature_passes(
    key: coincurve.PrivateKey, other: coincurve.PrivateKey, digest: bytes, signature: bytes
) -> None:
    public = key.public_key.format(compressed=False)
    assert ethereum.complete(digest, signature, public) is None
    r, s = raw(key, digest)
    good = r.to_bytes(32) + s.to_bytes(32)
    if other.secret != key.secret:
        assert ethereum.complete(digest, good, other.public_key.format(compressed=False)) is None
    assert ethereum.complete(bytes(byte ^ 1 for byte in digest), good, public) is None


def test_numbers_outside_the_curve_are_refused() -> None:
    public = coincurve.PrivateKey().public_key.format(compressed=False)
    for r, s in ((0, 1), (1, 0), (ethereum.ORDER, 1), (1, ethereum.ORDER), (2**256 - 1, 2**256 - 1)):
        assert ethereum.complete(bytes(32), r.to_bytes(32) + s.to_bytes(32), public) is None


class Lying:
    """A custodian that signs with other keys than it shows, as a broken, turned or taken over one might."""

    scheme, title = "lying", "The liar"

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def make(self, kind: Kind, owner: str, name: str) -> str:
        return name

    def has(self, owner: str, name: str) -> bool:
        self.asked += 1
        if self.away:
            raise failures.unreachable(self.title)
        return False

    def public_key(self, kind: Kind, reference: str) -> bytes:
        if kind is Kind.WALLET:
            return coincurve.PrivateKey().public_key.format(compressed=False)
        return Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    def sign(self, kind: Kind, reference: str, data: bytes) -> bytes:
        if reference.startswith("short"):
            return b"short"
        if kind is Kind.WALLET:
            return coincurve.PrivateKey().sign_recoverable(data, hasher=None)[:64]
        return Ed25519PrivateKey.generate().sign(data)


@pytest.mark.parametrize("name", ["other", "short"])
def test_a_custodian_that_signs_with_another_key_is_not_believed(name: str) -> None:
    keystore = RemoteKeystore(Lying())
    reference, public = keystore.create_signing_key("northgate", name)
    assert reference == f"lying:{name}"
    assert multikey.decode_multikey(public).type is multikey.KeyType.ED25519
    for ask in (
        lambda: keystore.sign(reference, b"data"),
        lambda: keystore.sign_statement(f"lying:{name}-wallet", "text"),
    ):
        with pytest.raises(OutsideFailed) as failed:
            ask()
        assert failed.value.code == "custody_signature_wrong"


def test_a_custodian_that_does_not_answer_is_left_in_peace_for_a_while() -> None:
    """Or every request of the service would wait for it, one after the other."""
    holder, time = Lying(), [1000.0]
    keystore = RemoteKeystore(holder, lambda: time[0])
    holder.away = True
    for _ in range(3):
        with pytest.raises(OutsideFailed, match="custody_unreachable"):
            keystore.holds_signing_key("northgate", "key")
    assert holder.asked == 1
    time[0] += REST_SECONDS
    holder.away = False
    assert not keystore.holds_signing_key("northgate", "key")
    assert holder.asked == 2


@pytest.mark.parametrize(
    ("reference", "scheme"),
    [
        ("northgate-key-2026-09-abcdefgh.pem", "file"),
        ("northgate-0x5FbDB2315678afecb367f032d93F642f64180aa3.json", "file"),
        ("file:northgate-key-2026-09-abcdefgh.pem", "file"),
        ("aws-kms:arn:aws:kms:eu-west-2:123456789012:key/1", "aws-kms"),
        ("google-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "google-kms"),
        (f"azure-key-vault:https://x.vault.azure.net/keys/k/{'0' * 32}", "azure-key-vault"),
        ("pkcs11:token=x;id=%00", "pkcs11"),
        ("safe:0x5FbDB2315678afecb367f032d93F642f64180aa3", "safe"),
    ],
)
def test_every_reference_says_who_holds_the_key(reference: str, scheme: str) -> None:
    assert scheme_of(reference) == scheme


def test_a_custodian_is_opened_only_when_a_key_of_its_is_used() -> None:
    opened = []

    def opener() -> RemoteKeystore:
        opened.append(True)
        return RemoteKeystore(Lying())

    custodians = Custodians({"lying": opener}, "lying", "lying")
    assert "secret" not in repr(custodians)
    assert opened == []
    custodians.holds_signing_key("northgate", "key")
    custodians.making_at("lying").holds_signing_key("northgate", "key")
    assert opened == [True]
    with pytest.raises(Refused, match="custody_unknown"):
        custodians.sign("drawer:key", secrets.token_bytes(64))
