"""A wallet that several people hold together: a Safe contract, its transactions, its words, its owners' signatures.

Source: safe-smart-account 1.3.0 and later, `encodeTransactionData`, `checkNSignatures` and, of its fallback handler,
`isValidSignature` and `getMessageHashForSafe`; EIP-712 for what is signed, EIP-1271 for what a contract says.

A Safe sends what enough of its owners have signed, whoever brings it: so the one who brings it, and pays for it, need
not be trusted, and what he sends is recorded by the Safe's address. Gas is not refunded to him (`gasPrice` 0), with
which a call that fails makes the whole transaction fail.

Signatures by owners that are contracts themselves, and approvals given on chain (v 0 and 1), are not read here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from app.adapters.wallet_signatures import text_digest
from app.errors import Refused

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
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
        return _digest(self.chain_id, self.safe, struct)

    def typed_data(self) -> dict[str, Any]:
        """What an owner's own wallet is given to sign (`eth_signTypedData_v4`), and shows him before it does."""
        message = self.message() | {"data": "0x" + self.data.hex()}
        return _typed_data(self.chain_id, self.safe, "SafeTx", _FIELDS, message)

    def execution(self, signatures: Mapping[str, bytes]) -> bytes:
        """Call data of `execTransaction`. `signatures`: owner -> 65 bytes; the Safe wants them by rising address."""
        values = [value for name, value in self.message().items() if name != "nonce"]
        return _EXECUTE + encode([*_EXECUTED, "bytes"], [*values, joined(signatures)])


@dataclass(frozen=True, slots=True)
class SafeMessage:
    """A text for a Safe to say. What its owners sign holds the 32 bytes that a person's wallet would have signed."""

    chain_id: int
    safe: str
    text: str

    @property
    def said(self) -> bytes:
        """The 32 bytes that the Safe is asked about (`isValidSignature`)."""
        return text_digest(self.text)

    @property
    def digest(self) -> bytes:
        """The 32 bytes that owners sign; `getMessageHashForSafe` of the Safe's fallback handler."""
        return _digest(self.chain_id, self.safe, keccak(keccak(text="SafeMessage(bytes message)") + keccak(self.said)))

    def typed_data(self) -> dict[str, Any]:
        """As of a transaction."""
        message = {"message": "0x" + self.said.hex()}
        return _typed_data(self.chain_id, self.safe, "SafeMessage", (("message", "bytes"),), message)


def safe_of(reference: str) -> str:
    """The checksummed address of the Safe that a reference (`safe:0x…`) names. Raises `Refused("safe_malformed")`."""
    address = reference.removeprefix("safe:")
    if not _ADDRESS.fullmatch(address):
        raise Refused("safe_malformed", "A Safe is named by its address, such as safe:0x… with 40 digits.")
    return to_checksum_address(address)


def joined(signatures: Mapping[str, bytes]) -> bytes:
    """The signatures of owners one after the other, as a Safe reads them: by rising address."""
    return b"".join(signatures[owner] for owner in sorted(signatures, key=lambda owner: int(owner, 16)))


def signers_of(digest: bytes, joined_signatures: bytes) -> tuple[str, ...]:
    """Who signed, of signatures one after the other; none where any of them is nobody's or the order does not rise."""
    parts = [joined_signatures[start : start + 65] for start in range(0, len(joined_signatures), 65)]
    found = [known[0] for part in parts if (known := signed_by(digest, part)) is not None]
    rising = sorted(set(found), key=lambda owner: int(owner, 16))
    return tuple(found) if len(found) == len(parts) and found == rising else ()


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


def _digest(chain_id: int, safe: str, struct: bytes) -> bytes:
    domain = keccak(keccak(text=_DOMAIN) + encode(["uint256", "address"], [chain_id, safe]))
    return keccak(b"\x19\x01" + domain + struct)


def _typed_data(
    chain_id: int, safe: str, kind: str, fields: tuple[tuple[str, str], ...], message: dict[str, Any]
) -> dict[str, Any]:
    domain = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
    return {
        "types": {"EIP712Domain": domain, kind: [{"name": name, "type": type_} for name, type_ in fields]},
        "primaryType": kind,
        "domain": {"chainId": chain_id, "verifyingContract": safe},
        "message": message,
    }
