"""Whose wallet signed a text (ERC-191 version 0x45, "personal_sign"): one with a key, or a contract (EIP-1271)."""

from typing import TYPE_CHECKING

from app.errors import OutsideFailed

if TYPE_CHECKING:
    from app.adapters.evm import EvmChain

_YES = "0x1626ba7e"


def recover(text: str, signature: bytes) -> str | None:
    """Address, in lower case, of the wallet behind a 65-byte signature; None when no wallet can have made it."""
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature

    try:
        return str(Account.recover_message(encode_defunct(text=text), signature=signature)).lower()
    except (BadSignature, ValueError, TypeError):
        return None


def text_digest(text: str) -> bytes:
    """The 32 bytes that `personal_sign` signs."""
    from eth_utils.crypto import keccak

    data = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


async def has_said(chain: "EvmChain", address: str, text: str, signature: bytes) -> bool:
    """Whether the contract at `address` confirms now that `signature` is its own under a text. Only it can tell.

    What it confirms may change: a Safe asks whether those who signed own it today. A contract that fails, or none at
    all, confirms nothing. Raises `OutsideFailed` when the chain cannot be asked.
    """
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    data = keccak(text="isValidSignature(bytes32,bytes)")[:4]
    data += encode(["bytes32", "bytes"], [text_digest(text), signature])
    try:
        answer = await chain.call("eth_call", {"to": address, "data": "0x" + data.hex()}, "latest")
    except OutsideFailed as error:
        if error.code == "chain_error":
            return False
        raise
    return isinstance(answer, str) and answer.lower() == _YES.ljust(66, "0")
