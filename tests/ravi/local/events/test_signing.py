"""The headers that prove where a post comes from, judged by the public client's own helper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ravi.webhooks import WebhookSignatureError, verify_webhook_signature

from constellagent.ravi.local.events.signing import signed

NOW = 1_800_000_000


@given(st.text(min_size=1, alphabet=st.characters(codec="utf-8")), st.binary(), st.integers(0, 1 << 40))
def test_the_public_helper_accepts_it(secret: str, body: bytes, at: int) -> None:
    """Whatever is posted verifies with the right secret at the right time."""
    headers = signed(secret, at, body, "event")
    verify_webhook_signature(
        body,
        headers["X-Ravi-Timestamp"],
        headers["X-Ravi-Signature"],
        secret,
        now_unix_seconds=lambda: at + 300,
    )
    assert headers["X-Ravi-Event-Id"] == "event"


@pytest.mark.parametrize(
    ("body", "secret", "later", "code"),
    [
        (b"{}", "other", 0, "signature_mismatch"),
        (b"{ }", "secret", 0, "signature_mismatch"),
        (b"{}", "secret", 301, "expired"),
    ],
)
def test_the_public_helper_refuses_what_was_changed(body: bytes, secret: str, later: int, code: str) -> None:
    """Another body, another secret, and an old post are told apart."""
    headers = signed("secret", NOW, b"{}", "event")
    with pytest.raises(WebhookSignatureError) as refused:
        verify_webhook_signature(
            body,
            headers["X-Ravi-Timestamp"],
            headers["X-Ravi-Signature"],
            secret,
            now_unix_seconds=lambda: NOW + later,
        )
    assert refused.value.code == code
