"""Whose wallet signed a text (ERC-191 version 0x45, "personal_sign")."""


def recover(text: str, signature: bytes) -> str | None:
    """Address, in lower case, of the wallet behind a 65-byte signature; None when no wallet can have made it."""
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.exceptions import BadSignature

    try:
        return str(Account.recover_message(encode_defunct(text=text), signature=signature)).lower()
    except (BadSignature, ValueError, TypeError):
        return None
