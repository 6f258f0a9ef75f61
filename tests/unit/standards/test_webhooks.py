"""Standard Webhooks: the published example, and what must not be taken for genuine."""

from datetime import UTC, datetime, timedelta

import pytest

from app.standards import webhooks

# The example of the specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
SIGNED = webhooks.headers(webhooks.read_secret(SECRET), ID, BODY, AT)


def test_the_published_example() -> None:
    assert SIGNED == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert webhooks.is_genuine(webhooks.read_secret(SECRET), SIGNED, BODY, AT)


@pytest.mark.parametrize(
    ("changes", "body", "at"),
    [
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + timedelta(minutes=6)),
        ({}, BODY, AT - timedelta(minutes=6)),
        ({"webhook-id": "msg_other"}, BODY, AT),
        ({"webhook-timestamp": "1614265331"}, BODY, AT),
        ({"webhook-timestamp": ""}, BODY, AT),
        ({"webhook-timestamp": "٣"}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": "v2," + SIGNED["webhook-signature"][3:]}, BODY, AT),
        ({"webhook-signature": "v1,é"}, BODY, AT),
    ],
)
def test_what_is_not_genuine(changes: dict[str, str], body: bytes, at: datetime) -> None:
    assert not webhooks.is_genuine(webhooks.read_secret(SECRET), SIGNED | changes, body, at)


@pytest.mark.parametrize(
    "text", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA", "whsec_!", "whsec_" + "A" * 100]
)
def test_what_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhooks.read_secret(text)
