"""What every custodian owes the service, asked of each in the same words. Signatures are judged by other libraries."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import coincurve
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_account import Account
from eth_account.messages import defunct_hash_message, encode_defunct
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from app.adapters.custody.custodians import scheme_of
from app.adapters.evm import anchor_transaction
from app.anchoring.model import AnchorCall, Fees
from app.errors import AppError, Conflict, OutsideFailed
from app.standards import multikey
from tests.integration.custody.conftest import SIGNING, Held, Opener
from tests.integration.custody.google_service import RING

HALF_ORDER = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def owner() -> str:
    """A short name that no other test has used with the same custodian."""
    return f"college-{uuid4().hex[:12]}"


def public_key(encoded: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(multikey.decode_multikey(encoded).data)


def call(nonce: int = 0) -> AnchorCall:
    return AnchorCall(31337, CONTRACT, nonce, secrets.token_bytes(32), 7 + nonce, Fees(30_000_000_000, 1_000_000_000))


def test_a_signature_of_any_length_of_data_verifies(signing: Held) -> None:
    reference, public = signing.keystore.create_signing_key(owner(), "key-2026-09")
    keystore, verifier = signing.keystore, public_key(public)
    for length in (1, 31, 32, 33, 64, 65, 128, 255, 4000):
        data = secrets.token_bytes(length)
        signature = keystore.sign(reference, data)
        assert len(signature) == 64
        verifier.verify(signature, data)


def test_a_reference_names_its_custodian_and_fits_its_column(held: Held) -> None:
    name = "a" * 60
    made = [held.keystore.create_wallet(name)]
    if held.custody in SIGNING:
        made.append(held.keystore.create_signing_key(name, "key-2026-12-12"))
    for reference, _ in made:
        assert scheme_of(reference) == held.custody
        assert len(reference) <= 200
        assert reference.isprintable()


def test_a_file_kept_by_an_earlier_version_is_found_with_and_without_its_scheme(open_custody: Opener) -> None:
    held = open_custody("file")
    reference, _ = held.keystore.create_signing_key(owner(), "key-2026-09")
    assert ":" not in reference
    assert held.keystore.sign(f"file:{reference}", b"data") == held.keystore.sign(reference, b"data")


def test_a_key_outlives_the_process_that_made_it(signing: Held) -> None:
    reference, public = signing.keystore.create_signing_key(owner(), "key-2026-09")
    public_key(public).verify(signing.keystore.sign(reference, b"later"), b"later")


def test_what_a_crash_left_behind_is_known_by_its_name_and_not_overwritten(signing: Held) -> None:
    """The transaction failed after the key was made: the next one passes its name over, or is told."""
    college = owner()
    assert not signing.keystore.holds_signing_key(college, "key-2026-09")
    reference, public = signing.keystore.create_signing_key(college, "key-2026-09")
    assert signing.keystore.holds_signing_key(college, "key-2026-09")
    assert not signing.keystore.holds_signing_key(college, "key-2026-09-2")
    assert not signing.keystore.holds_signing_key(college, "key-2026-0")
    assert not signing.keystore.holds_signing_key(owner(), "key-2026-09")
    if signing.custody in ("aws-kms", "google-kms"):
        with pytest.raises(Conflict, match="key_exists"):
            signing.keystore.create_signing_key(college, "key-2026-09")
    else:
        second, other = signing.keystore.create_signing_key(college, "key-2026-09")
        assert second != reference
        assert other != public
    public_key(public).verify(signing.keystore.sign(reference, b"as before"), b"as before")
    assert signing.keystore.create_signing_key(college, "key-2026-09-2")[1] != public


def test_threads_that_sign_at_once_get_their_own_signatures(signing: Held) -> None:
    college = owner()
    made = [signing.keystore.create_signing_key(college, f"key-2026-0{number}") for number in (1, 2)]
    keystore = signing.keystore
    orders = [(made[number % 2], secrets.token_bytes(64)) for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda order: keystore.sign(order[0][0], order[1]), orders))
    for ((_, public), data), signature in zip(orders, signatures, strict=True):
        public_key(public).verify(signature, data)


def test_a_wallet_signs_transactions_that_recover_to_its_address(held: Held) -> None:
    reference, address = held.keystore.create_wallet(owner())
    keystore = held.keystore
    # Half of all signatures come with the higher s, and half with either v: none of it by luck.
    for nonce in range(24):
        order = call(nonce)
        signed = keystore.sign_anchor(reference, order)
        assert Account.recover_transaction(signed.raw) == address
        read = TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()
        assert read["s"] <= HALF_ORDER
        assert read["v"] in (0, 1)
        wanted = anchor_transaction(order)
        assert {name: read[name] for name in ("chainId", "nonce", "gas", "value")} == {
            name: wanted[name] for name in ("chainId", "nonce", "gas", "value")
        }
        assert bytes(read["data"]) == wanted["data"]
        assert (read["maxFeePerGas"], read["maxPriorityFeePerGas"]) == (30_000_000_000, 1_000_000_000)


TEXTS = ["", "I anchor for did:web:creds.example.ac.uk", "Müller-O’Neill 末\n\x00", "x" * 2000]


def test_a_wallet_states_what_it_is_given(held: Held) -> None:
    """As `personal_sign`, judged by a library that never saw the key and by another that knows only curves."""
    reference, address = held.keystore.create_wallet(owner())
    keystore = held.keystore
    for text in TEXTS:
        signature = bytes.fromhex(keystore.sign_statement(reference, text)[2:])
        assert signature[64] in (27, 28)
        message = encode_defunct(text=text)
        assert Account.recover_message(message, signature=signature) == address
        digest = defunct_hash_message(text=text)
        recoverable = signature[:64] + bytes([signature[64] - 27])
        point = coincurve.PublicKey.from_signature_and_message(recoverable, bytes(digest), hasher=None)
        assert keccak(point.format(compressed=False)[1:])[-20:].hex() == address[2:].lower()


def test_threads_that_send_at_once_get_their_own_transactions(held: Held) -> None:
    college = owner()
    made = [held.keystore.create_wallet(college) for _ in range(2)]
    keystore = held.keystore
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda nonce: keystore.sign_anchor(made[nonce % 2][0], call(nonce)), range(32)))
    for nonce, one in enumerate(signed):
        assert Account.recover_transaction(one.raw) == made[nonce % 2][1]
        assert TypedTransaction.from_bytes(HexBytes(one.raw)).as_dict()["nonce"] == nonce
        assert keccak(one.raw) == one.hash


def test_wallets_of_one_owner_are_never_the_same(held: Held) -> None:
    college = owner()
    made = [held.keystore.create_wallet(college) for _ in range(3)]
    assert len({address for _, address in made}) == len({reference for reference, _ in made}) == 3


STRANGERS = {
    "file": ("northgate-key-2026-09-AAAAAAAA.pem", "northgate-0x0000000000000000000000000000000000000000.json"),
    "aws-kms": 2 * (f"aws-kms:arn:aws:kms:eu-west-2:123456789012:key/{uuid4()}",),
    "google-kms": 2 * (f"google-kms:{RING}/cryptoKeys/northgate-{uuid4()}/cryptoKeyVersions/1",),
    "azure-key-vault": 2 * (f"azure-key-vault:https://vault.example/keys/northgate/{uuid4().hex}",),
    "pkcs11": 2 * (f"pkcs11:token=Stackmark%20test;id={'%00' * 16}",),
}


def test_a_key_that_is_not_there_is_named(held: Held) -> None:
    keystore = held.keystore
    asked = [
        lambda reference: keystore.sign(reference, b"data"),
        lambda reference: keystore.sign_anchor(reference, call()),
    ]
    for ask, reference in zip(asked, STRANGERS[held.custody], strict=False):
        reference = reference.replace("https://vault.example", str(held.settings.azure_key_vault))
        with pytest.raises(OutsideFailed) as failed:
            ask(reference)
        assert failed.value.code == "key_missing"
        assert reference.split(":", 1)[-1] in failed.value.message


def test_a_wallet_is_no_signing_key_and_the_other_way_round(signing: Held) -> None:
    """A stolen database cannot have the one key sign in the place of the other."""
    keystore = signing.keystore
    college = owner()
    wallet, _ = keystore.create_wallet(college)
    signing, _ = keystore.create_signing_key(college, "key-2026-09")
    for ask in (lambda: keystore.sign(wallet, bytes(32)), lambda: keystore.sign_anchor(signing, call())):
        with pytest.raises(AppError):
            ask()
