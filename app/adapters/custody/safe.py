"""A wallet that several people hold together: a Safe contract, its transactions, and its owners' signatures.

Source: safe-smart-account 1.3.0 and later, `encodeTransactionData` and `checkNSignatures`; EIP-712 for what is signed.

A Safe sends what enough of its owners have signed, whoever brings it: so the one who brings it, and pays for it, need
not be trusted, and what he sends is recorded by the Safe's address. Gas is not refunded to him (`gasPrice` 0), with
which a call that fails makes the whole transaction fail.

Signatures by owners that are contracts themselves, and approvals given on chain (v 0 and 1), are not read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

_NOBODY = "0x" + 40 * "0"
_DOMAIN = "EIP712Domain(uint256 chainId,address verifyingContract)"
_FIELDS = (
    ("to", "address"),
    ("value", "uint256"),
    ("data", "bytes"),
    ("operation", "uint8"),
    ("safeTxGas", "uint256"),
    ("baseGas", "uint256"),
    ("gasPrice", "uint256"),
    ("gasToken", "address"),
    ("refundReceiver", "address"),
    ("nonce", "uint256"),
)
_EXECUTED = tuple(kind for name, kind in _FIELDS if name != "nonce")
_EXECUTE = keccak(text=f"execTransaction({','.join(_EXECUTED)},bytes)")[:4]


@dataclass(frozen=True, slots=True)
class SafeTransaction:
    """One call by a Safe, without value. `nonce` is the Safe's own count of what it has sent."""

    chain_id: int
    safe: str
    to: str
    data: bytes
    nonce: int

    def message(self) -> dict[str, Any]:
        """Its fields, as they are signed."""
        zeros = dict.fromkeys(("value", "operation", "safeTxGas", "baseGas", "gasPrice"), 0)
        nobody = dict.fromkeys(("gasToken", "refundReceiver"), _NOBODY)
        given = {"to": self.to, "data": self.data, "nonce": self.nonce, **zeros, **nobody}
        return {name: given[name] for name, _ in _FIELDS}

    @property
    def digest(self) -> bytes:
        """The 32 bytes that owners sign; the Safe's `getTransactionHash`."""
        types = ",".join(f"{kind} {name}" for name, kind in _FIELDS)
        message = self.message() | {"data": keccak(self.data)}
        kinds = ["bytes32" if kind == "bytes" else kind for _, kind in _FIELDS]
        struct = keccak(keccak(text=f"SafeTx({types})") + encode(kinds, list(message.values())))
        domain = keccak(keccak(text=_DOMAIN) + encode(["uint256", "address"], [self.chain_id, self.safe]))
        return keccak(b"\x19\x01" + domain + struct)

    def typed_data(self) -> dict[str, Any]:
        """What an owner's own wallet is given to sign (`eth_signTypedData_v4`), and shows him before it does."""
        domain = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
        return {
            "types": {"EIP712Domain": domain, "SafeTx": [{"name": name, "type": kind} for name, kind in _FIELDS]},
            "primaryType": "SafeTx",
            "domain": {"chainId": self.chain_id, "verifyingContract": self.safe},
            "message": self.message() | {"data": "0x" + self.data.hex()},
        }

    def execution(self, signatures: Mapping[str, bytes]) -> bytes:
        """Call data of `execTransaction`. `signatures`: owner -> 65 bytes; the Safe wants them by rising address."""
        joined = b"".join(signatures[owner] for owner in sorted(signatures, key=lambda owner: int(owner, 16)))
        values = [value for name, value in self.message().items() if name != "nonce"]
        return _EXECUTE + encode([*_EXECUTED, "bytes"], [*values, joined])


def signed_by(digest: bytes, signature: bytes) -> tuple[str, bytes] | None:
    """(checksummed address, signature in the form a Safe reads) of the wallet that signed; None when none can have.

    Wallets sign the digest itself (v 27, 28; some say 0, 1) or, by `eth_sign`, the digest as a message (v 31, 32).
    """
    if len(signature) != 65:
        return None
    v = signature[64] + 27 if signature[64] in (0, 1) else signature[64]
    if v not in (27, 28, 31, 32):
        return None
    signed = digest if v < 31 else keccak(b"\x19Ethereum Signed Message:\n32" + digest)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    try:
        found = Signature(vrs=((v - 27) % 4, r, s)).recover_public_key_from_msg_hash(signed)
    except (BadSignature, ValueError):
        return None
    except Exception as error:
        # eth_keys tells numbers outside the curve by a class that it does not export.
        if type(error).__name__ != "ValidationError":
            raise
        return None
    return to_checksum_address(found.to_canonical_address()), signature[:64] + bytes([v])
