"""What a wallet's signature is made of when the key is somewhere else: digest, low s, recovery bit, address.

Sources: EIP-1559 (transactions of type 2), ERC-191 version 0x45 (texts), EIP-2 (only the lower s is valid).
"""

from typing import Any

from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak

from app.anchoring.model import SignedTransaction

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Of the group of secp256k1 (SEC 2, 2.4.1)."""

Vrs = tuple[int, int, int]


def address_of(public_key: bytes) -> str:
    """The checksummed address of an uncompressed public key (65 bytes)."""
    return str(PublicKey(public_key[1:]).to_checksum_address())


def complete(digest: bytes, signature: bytes, public_key: bytes) -> Vrs | None:
    """(v, r, s) with the lower s and v 0 or 1, from r and s (64 bytes) and the public half; None when it is not its.

    A custodian gives r and s alone, in either of two forms; a chain takes one of them, and reads off who sent it.
    """
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if len(signature) != 64 or not 0 < r < ORDER or not 0 < s < ORDER:
        return None
    s = min(s, ORDER - s)
    for v in (0, 1):
        try:
            found = Signature(vrs=(v, r, s)).recover_public_key_from_msg_hash(digest)
        except BadSignature:
            continue
        if found.to_bytes() == public_key[1:]:
            return v, r, s
    return None


def joined(vrs: Vrs) -> bytes:
    """65 bytes with v as 27 or 28, as wallets give them."""
    v, r, s = vrs
    return r.to_bytes(32) + s.to_bytes(32) + bytes([27 + v])


def transaction_digest(transaction: dict[str, Any]) -> bytes:
    """The 32 bytes to sign of an EIP-1559 transaction."""
    return bytes(DynamicFeeTransaction.from_dict(transaction).hash())


def signed_transaction(transaction: dict[str, Any], vrs: Vrs) -> SignedTransaction:
    v, r, s = vrs
    raw = b"\x02" + DynamicFeeTransaction.from_dict({**transaction, "v": v, "r": r, "s": s}).payload()
    return SignedTransaction(raw, keccak(raw))
