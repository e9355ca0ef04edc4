"""Reading what servers send: leniently where generations differ, never failing on a refusal."""

import json

from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.wire import Identity, IdentityKey, failure_body, read_failure

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_null_and_empty_mean_the_same() -> None:
    """A null mailbox is empty text, an empty number is none, and unknown keys are ignored."""
    row = Identity.model_validate({"uuid": "u", "name": "n", "inbox": None, "phone": "", "new": 1})
    assert (row.inbox, row.phone) == ("", None)


def test_both_names_of_a_keys_identity_are_read() -> None:
    """One generation says `identity`, the other `identity_uuid`; the secret stays out of the repr."""
    for field in ("identity", "identity_uuid"):
        key = IdentityKey.model_validate({"uuid": "k", field: "u", "key": "ravi_id_hush"})
        assert key.identity_uuid == "u"
        assert "hush" not in repr(key)


def test_both_envelopes_say_the_same() -> None:
    """What we send as a refusal is read back alike by either kind of client."""
    body = failure_body("a.b", "Words.", {"field": "x"})
    assert body["detail"] == "Words."
    assert body["error"]["message"] == "Words."
    failure = read_failure(422, json.dumps(body).encode())
    assert (failure.code, failure.message) == ("a.b", "Words.")


def test_older_and_bare_refusals_are_read() -> None:
    """A lone `detail`, a string `error`, a body that is no JSON and a wait in the body are all understood."""
    assert read_failure(404, b'{"detail": "Gone."}').message == "Gone."
    pending = read_failure(400, b'{"error": "authorization_pending", "error_description": "Wait."}')
    assert (pending.code, pending.message) == ("authorization_pending", "Wait.")
    assert read_failure(502, b"<html>").message == "HTTP 502"
    assert read_failure(429, b'{"detail": "Slow.", "retry_after_seconds": 7}').retry_after == 7
    assert read_failure(429, b'{"retry_after_seconds": 1' + b"0" * 400 + b"}").retry_after == 86_400


@given(st.integers(300, 599), st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_refusal_fails_to_be_read(status: int, content: bytes) -> None:
    """Whatever a server sends with an error status becomes a message."""
    failure = read_failure(status, content)
    assert failure.message
    failure.message.encode()


@given(
    st.dictionaries(
        st.sampled_from(["error", "detail", "retry_after_seconds", "error_description"]),
        JSON | st.dictionaries(st.sampled_from(["code", "message"]), JSON),
    )
)
def test_envelopes_of_wrong_types_are_read(body: dict[str, object]) -> None:
    """The known keys with values of any type still become a message."""
    failure = read_failure(500, json.dumps(body).encode())
    assert failure.message
    assert failure.retry_after is None or failure.retry_after >= 0
