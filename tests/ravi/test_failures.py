"""What the reader is told to do about each answer; `client/test_transport.py` has the real sockets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, WorldError
from constellagent.ravi.failures import (
    ACCOUNT,
    BELONGINGS,
    Advice,
    InDoubtError,
    MissingError,
    TakenError,
    UnfitError,
    UnpaidError,
    refusal,
    unreachable,
    unreadable,
)


def refused(
    status: int, *, reads: bool = False, advice: Advice = ACCOUNT, **body: object
) -> ConstellagentError:
    """Return the error for an answer with this status."""
    content = json.dumps({"detail": "Because.", **body}).encode()
    return refusal("POST /identities/", status, content, reads=reads, advice=advice)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (302, UnavailableError, ["CONSTELLAGENT_RAVI_API_URL"]),
        (400, UnfitError, ["change", "apply again"]),
        (401, UnavailableError, ["ravi auth login", "RAVI_API_KEY set", "CONSTELLAGENT_RAVI_API_KEY"]),
        (402, UnpaidError, ["paid plan", "identities.phone: false"]),
        (403, ConflictError, ["management key of the account"]),
        (404, MissingError, ["CONSTELLAGENT_RAVI_API_URL"]),
        (409, TakenError, ["identity.email"]),
        (429, WorldError, ["wait", "apply again"]),
        (500, InDoubtError, ["apply again", "taken over"]),
        (503, InDoubtError, ["apply again"]),
    ],
)
def test_each_answer_about_the_account_says_what_to_do(
    status: int, kind: type[ConstellagentError], words: list[str]
) -> None:
    """A person who applies reads what to set or to do, beside what the provider said."""
    error = refused(status)
    assert type(error) is kind
    assert error.message == f"POST /identities/: the identity provider answered {status}: Because."
    for word in words:
        assert word in error.hint


@pytest.mark.parametrize("status", [401, 402, 403, 409, 422, 429])
def test_an_agents_own_call_is_not_sent_to_the_account(status: int) -> None:
    """What an agent reads does not speak of apply or of management keys."""
    hint = refused(status, advice=BELONGINGS).hint
    assert hint
    assert "apply" not in hint
    assert "CONSTELLAGENT" not in hint


def test_too_many_requests_say_for_how_long() -> None:
    """The wait that the provider asks for is in the hint and in the error."""
    error = refused(429, retry_after_seconds=30)
    assert isinstance(error, WorldError)
    assert (error.delay, error.hint) == (30, "wait, then apply again (it asks for 30 s)")


def test_a_failed_read_leaves_no_doubt() -> None:
    """Only a change can be in doubt; where nothing was sent it is not."""
    assert type(refused(500, reads=True)) is UnavailableError
    lost = {"call": "POST /x/", "url": "https://h:1/api", "why": "reset", "advice": ACCOUNT}
    assert type(unreachable(**lost, surely_not_done=True, reads=False)) is UnavailableError  # type: ignore[arg-type] # the values above
    assert type(unreachable(**lost, surely_not_done=False, reads=False)) is InDoubtError  # type: ignore[arg-type] # the values above
    assert type(unreadable(**lost, reads=False)) is InDoubtError  # type: ignore[arg-type] # the values above
    assert type(unreadable(**lost, reads=True)) is UnavailableError  # type: ignore[arg-type] # the values above


@given(st.integers(300, 599), st.binary(max_size=400), st.booleans())
def test_no_answer_breaks_the_message(status: int, content: bytes, reads: bool) -> None:
    """Whatever a server sends, the message is one printable line of bounded length."""
    error = refusal("GET /x/", status, content, reads=reads, advice=ACCOUNT)
    assert error.message.isprintable()
    assert len(error.message) < 500
