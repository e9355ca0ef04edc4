"""The client against a server that misbehaves in every way it can, over real sockets."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from constellagent.errors import (
    ConflictError,
    ConstellagentError,
    UnavailableError,
    UsageError,
    WorldError,
)
from constellagent.ravi.client import InDoubtError, MissingError, RaviClient, TakenError
from constellagent.ravi.failures import UnfitError, UnpaidError
from constellagent.ravi.wire import failure_body
from tests.certificates import authority
from tests.ravi.scripted import CLOSE, HANG, RESET, Scripted, answer, listening, scripted

KEY = "ravi_mgmt_canary-4711"
ROW = {"uuid": "u1", "name": "docs", "inbox": "docs@a.test", "phone": None}
Use = Callable[[RaviClient], Awaitable[object]]


class Waits:
    """Notes how long the client wanted to wait, and does not wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note one wait."""
        self.seconds.append(seconds)


@pytest.fixture
async def waits() -> Waits:
    """The waits of one test."""
    return Waits()


def client_of(script: Scripted, waits: Waits, patience: float = 30.0) -> RaviClient:
    """Return a client that only notes its pauses."""
    return RaviClient(script.url, KEY, timeout=patience, sleep=waits)


def create(client: RaviClient) -> Awaitable[object]:
    """Ask for an identity."""
    return client.create_identity(name="docs", email="docs", domain="a.test")


async def failure_of(
    script: Scripted, waits: Waits, use: Use, *, patience: float = 30.0
) -> ConstellagentError:
    """Return the error that one use of the client ends with, checked for what it must never hold."""
    async with client_of(script, waits, patience) as client:
        with pytest.raises(ConstellagentError) as raised:
            await use(client)
    error = raised.value
    assert KEY not in f"{error} {error.hint} {error!r} {error.__cause__!r}"
    return error


async def test_lists_are_read_in_both_shapes(waits: Waits) -> None:
    """A bare array and `{"results": [...]}` are the same list."""
    both = answer(200, [ROW]), answer(200, {"results": [ROW]})
    async with scripted(*both) as script, client_of(script, waits) as client:
        assert await client.list_identities() == await client.list_identities()


async def test_requests_are_sent_as_the_api_expects(waits: Waits) -> None:
    """Paths end in a slash, the identity is a query parameter, and the key is a bearer token."""
    rows = answer(200, [{"id": 1, "email": "docs@a.test"}])
    async with (
        scripted(rows, answer(201, ROW), answer(200, [])) as script,
        client_of(script, waits) as client,
    ):
        found = await client.get_email("u/1")
        assert found is not None
        assert found.email == "docs@a.test"
        await create(client)
        assert await client.get_phone() is None
    assert script.asked == ["GET /api/email/?identity=u%2F1", "POST /api/identities/", "GET /api/phone/"]
    assert f"authorization: bearer {KEY}" in script.heads[0].lower()
    assert script.bodies[1] == b'{"name":"docs","email_identifier":"docs","domain":"a.test"}'


async def test_a_hostile_id_stays_one_segment(waits: Waits) -> None:
    """An id that a server made up cannot lead a later request to another path."""
    async with scripted(answer(200, ROW)) as script, client_of(script, waits) as client:
        await client.get_identity("../auth/keys")
    assert script.asked == ["GET /api/identities/..%2Fauth%2Fkeys/"]


@pytest.mark.parametrize("failure", [answer(500), answer(503), RESET, CLOSE, answer(200, [ROW], cut=5)])
async def test_a_read_is_tried_again(waits: Waits, failure: bytes | str) -> None:
    """A failed read is repeated after growing pauses, and then succeeds."""
    async with scripted(failure, failure, answer(200, [ROW])) as script, client_of(script, waits) as client:
        assert len(await client.list_identities()) == 1
    assert len(waits.seconds) == 2
    assert 0.5 <= waits.seconds[0] < waits.seconds[1] <= 1.1


async def test_a_read_that_goes_on_failing_is_unavailable(waits: Waits) -> None:
    """After four tries the provider counts as unavailable, with exit code 69."""
    async with scripted(answer(502)) as script:
        error = await failure_of(script, waits, lambda client: client.list_identities())
    assert isinstance(error, UnavailableError)
    assert len(script.asked) == 4


@pytest.mark.parametrize(
    "failure",
    [
        answer(500),
        answer(502, raw=b"<html>"),
        answer(408),
        RESET,
        CLOSE,
        HANG,
        answer(201, ROW, cut=9),
        answer(201, raw=b'{"uuid": "u'),
        answer(200, raw=b"<html>"),
        answer(200, {"odd": 1}),
        answer(200, raw=b"[" * 100_000),
    ],
)
async def test_g3_a_creation_without_a_clear_answer_is_in_doubt(waits: Waits, failure: bytes | str) -> None:
    """After the request was sent, whatever is not a clear answer is a doubt, and is not repeated."""
    async with scripted(failure) as script:
        error = await failure_of(script, waits, create, patience=1.0 if failure == HANG else 30.0)
    assert isinstance(error, InDoubtError)
    assert error.hint
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (400, UnfitError, "change"),
        (401, UnavailableError, "CONSTELLAGENT_RAVI_API_KEY"),
        (402, UnpaidError, "paid plan"),
        (403, ConflictError, "management key"),
        (404, MissingError, ""),
        (405, MissingError, ""),
        (409, TakenError, "identity.email"),
        (422, UnfitError, "change"),
    ],
)
async def test_each_refusal_says_what_to_do(
    waits: Waits, status: int, kind: type[ConstellagentError], word: str
) -> None:
    """A clear refusal is no doubt: its class and hint tell the reader what to do, and its words are kept."""
    async with scripted(answer(status, failure_body("x.y", "Because of this."))) as script:
        error = await failure_of(script, waits, create)
    assert type(error) is kind
    assert word in error.hint
    assert "Because of this." in error.message
    assert len(script.asked) == 1


async def test_g2_too_many_requests_are_waited_out(waits: Waits) -> None:
    """A 429 is repeated, also for a creation, after what header or body asks, at most about a minute."""
    by_header = answer(429, failure_body("r", "Slow."), headers="Retry-After: 7\r\n")
    by_body = answer(429, {"detail": "Slow.", "retry_after_seconds": 600})
    async with scripted(by_header, by_body, answer(201, ROW)) as script, client_of(script, waits) as client:
        await create(client)
    assert 7 <= waits.seconds[0] <= 7.7
    assert 60 <= waits.seconds[1] <= 66


async def test_g2_endless_429_ends_as_a_delay(waits: Waits) -> None:
    """After four tries the error carries the wait that was asked for, and is no doubt."""
    async with scripted(answer(429, {"detail": "Slow."}, headers="Retry-After: 90\r\n")) as script:
        error = await failure_of(script, waits, create)
    assert type(error) is WorldError
    assert error.delay == 90


async def test_g2_a_date_or_nonsense_in_retry_after_is_ignored(waits: Waits) -> None:
    """Only plain seconds are believed."""
    odd = answer(429, {}, headers="Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n")
    odder = answer(429, {}, headers="Retry-After: \xb2\r\n")
    async with scripted(odd, odder, answer(200, [])) as script, client_of(script, waits) as client:
        await client.list_identities()
    assert max(waits.seconds) < 1.2


async def test_nobody_listening_is_no_doubt(waits: Waits) -> None:
    """A refused connection is unavailable also for a creation: nothing was sent."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        script = Scripted(url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        error = await failure_of(script, waits, create)
    assert type(error) is UnavailableError
    assert "127.0.0.1" in error.message


async def test_g8_a_redirect_is_not_followed(waits: Waits) -> None:
    """The key goes to the configured host only; the message says to configure the other one."""
    async with scripted(answer(200, [ROW])) as elsewhere:
        moved = answer(302, headers=f"Location: {elsewhere.url}/api/identities/\r\n")
        async with scripted(moved) as script:
            error = await failure_of(script, waits, lambda client: client.list_identities())
        assert elsewhere.asked == []
    assert "CONSTELLAGENT_RAVI_API_URL" in error.hint


async def test_g3_an_answer_that_is_not_ravis_is_said_so(waits: Waits) -> None:
    """A page of a proxy, or rows of another shape, make a read unavailable rather than empty."""
    for odd in (answer(200, raw=b"<html>login</html>"), answer(200, {"a": 1}), answer(200, [{"uuid": 5}])):
        async with scripted(odd) as script:
            error = await failure_of(script, waits, lambda client: client.list_identities())
        assert type(error) is UnavailableError


async def test_a_key_that_a_server_repeats_is_not_shown(waits: Waits) -> None:
    """A server that puts the key into its message does not get it into ours, nor control characters."""
    async with scripted(answer(403, {"detail": f"bad {KEY}\x1b[2J\n" + "x" * 999})) as script:
        error = await failure_of(script, waits, create)
    assert "[key]" in error.message
    assert error.message.isprintable()
    assert len(error.message) < 500


async def test_nothing_secret_is_logged(waits: Waits, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the lowest level does the key or a minted key reach the log."""
    minted = {"uuid": "k", "identity": "u1", "label": "l", "key": "ravi_id_canary-0815", "created_dt": "x"}
    with caplog.at_level(logging.DEBUG):
        async with scripted(answer(201, minted)) as script, client_of(script, waits) as client:
            assert "canary" not in repr(client)
            assert "canary" not in repr(await client.create_identity_key("u1", "l"))
    assert "canary" not in caplog.text


async def test_deleting_what_is_gone_is_said(waits: Waits) -> None:
    """Revoking twice is harmless, and a provider without archiving says so by 404 or 405."""
    script_of = answer(204), answer(404), answer(200, ROW), answer(405), answer(404)
    async with scripted(*script_of) as script, client_of(script, waits) as client:
        assert await client.delete_identity_key("k") is True
        assert await client.delete_identity_key("k") is False
        assert await client.archive_identity("u1") is True
        assert await client.archive_identity("u1") is False
        assert await client.restore_identity("u1") is False


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is meant for the loopback interface never goes through `HTTP_PROXY`."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with scripted(answer(200, [])) as script, client_of(script, waits) as client:
        assert await client.list_identities() == []


async def test_a_huge_answer_is_cut_off(waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer beyond the limit is given up instead of filling the memory."""
    monkeypatch.setattr("constellagent.ravi.client.transport._LARGEST_ANSWER", 1000)
    async with scripted(answer(200, raw=b" " * 5000)) as script:
        error = await failure_of(script, waits, lambda client: client.list_identities())
    assert "too large" in error.message


async def test_a_drip_of_bytes_ends_at_the_time_limit(waits: Waits) -> None:
    """A server that sends a byte now and then cannot hold a request beyond its time."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not reader.at_eof() and not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)

    async with listening(drip) as url:
        error = await failure_of(Scripted(url=url), waits, create, patience=1.0)
    assert isinstance(error, InDoubtError)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.ravi.app",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "https://user:pass@host",
        "ftp://host",
        "host",
        "https://host/?a=1",
        "https://",
        "http://[::1",
    ],
)
def test_g8_addresses_that_would_leak_the_key_are_refused(url: str) -> None:
    """Only https, or http to this machine, without credentials in the address."""
    with pytest.raises(UsageError):
        RaviClient(url, KEY)


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "k\u00e9y"])
def test_odd_keys_are_refused(key: str) -> None:
    """A key that could not be a header is refused before it is sent, and is not repeated."""
    with pytest.raises(UsageError) as raised:
        RaviClient("https://host", key)
    assert not key or key not in str(raised.value)


async def test_g8_an_unknown_certificate_is_refused(tmp_path: Path, waits: Waits) -> None:
    """A server is out of reach until the authority that vouches for it is the configured bundle."""
    private = authority(tmp_path)
    async with scripted(answer(200, [ROW]), context=private.context()) as script:
        error = await failure_of(script, waits, create)
        assert type(error) is UnavailableError
        assert script.asked == []
        async with RaviClient(script.url, KEY, ca_bundle=private.bundle) as client:
            assert len(await client.list_identities()) == 1


def test_a_certificate_bundle_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    """A missing or empty bundle is refused, not replaced by the system's."""
    (tmp_path / "empty").write_bytes(b"")
    for bundle in (tmp_path / "gone", tmp_path / "empty"):
        with pytest.raises(UsageError):
            RaviClient("https://host", KEY, ca_bundle=bundle)


def test_g8_certificates_are_checked_everywhere() -> None:
    """No line of the package switches the check of certificates off."""
    package = Path(__file__).parents[2] / "constellagent"
    for file in package.rglob("*.py"):
        text = file.read_text()
        assert "verify=False" not in text, file
        assert "CERT_NONE" not in text, file
