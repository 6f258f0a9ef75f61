"""Signed webhooks (Standard Webhooks 1.0): who sent a message, that it is whole, and when it was sent.

The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`; secrets are base64 after `whsec_`.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)


def read_secret(text: str) -> bytes:
    """24 to 64 bytes. Raises `ValueError`."""
    text = text.strip()
    if not text.startswith(PREFIX):
        raise ValueError("a secret starts with whsec_")
    try:
        secret = b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is base64 after whsec_") from None
    if not 24 <= len(secret) <= 64:
        raise ValueError("a secret has 24 to 64 bytes")
    return secret


def headers(secret: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """What goes with a message. `message_id` is the same each time the message is sent."""
    at = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + _signature(secret, message_id, at, body),
    }


def is_genuine(secret: bytes, received: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a message received (header names in small letters) is signed, whole and not an old one sent again."""
    at = received.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit() and len(at) < 12):
        return False
    if abs(datetime.fromtimestamp(int(at), UTC) - now) > TOLERANCE:
        return False
    expected = _signature(secret, received.get("webhook-id", ""), int(at), body)
    given = (one.removeprefix("v1,") for one in received.get("webhook-signature", "").split(" ") if one[:3] == "v1,")
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in given)


def _signature(secret: bytes, message_id: str, at: int, body: bytes) -> str:
    signed = f"{message_id}.{at}.".encode() + body
    return b64encode(hmac.new(secret, signed, sha256).digest()).decode()
