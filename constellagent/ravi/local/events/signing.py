"""How a post to a webhook proves that it comes from here: Ravi's headers and its signature."""

import hmac


def signed(secret: str, timestamp: int, body: bytes, event: str) -> dict[str, str]:
    """Return the headers that go with a body.

    `timestamp` is in epoch seconds; receivers refuse what is older than five minutes. `event` is the
    event's uuid, the same for each try, so that a receiver can drop what it has already.
    """
    signature = hmac.digest(secret.encode(), b"%d." % timestamp + body, "sha256").hex()
    return {
        "X-Ravi-Timestamp": str(timestamp),
        "X-Ravi-Signature": f"sha256={signature}",
        "X-Ravi-Event-Id": event,
    }
