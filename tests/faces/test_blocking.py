"""The command line's own client against the real server, and against servers that misbehave."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.errors import BusyError, ConstellagentError, RefusedError, UnavailableError
from constellagent.faces import wire
from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.control import PROTOCOL
from constellagent.runtime.paths import Paths
from tests.faces.fake_control import FakeControl

GREETING = wire.encode({"protocol": PROTOCOL, "version": "1", "pid": 1})


def test_every_method_reaches_the_control(daemon: FakeControl, paths: Paths) -> None:
    """Each method arrives with its parameters and returns what the control answered."""
    with BlockingClient.connect(paths.control_socket) as client:
        assert client.info()["pid"] == 42
        assert client.plan({"file": "/f", "env_names": []}) == daemon.plan_answer
        assert client.status(None) == []
        assert client.adopt("/f", "docs", None, "id") == daemon.adopted
        assert client.trust("/f", revoke=False) == "hash-1"
        assert client.session("/f", "docs") == daemon.session_answer
        client.send("/f", "docs", "hello", enter=True)
        assert client.stop("/f", "docs") == "stopped"
        assert client.run({"file": "/f", "agent": "docs"}) == daemon.session_answer
        assert client.identities("/f") == daemon.identity_views
        assert client.identity({"file": "/f", "agent": "docs", "action": "inbox"}) == []
        assert client.audit({"file": None, "agent": None, "after": {}, "limit": 1}) == []
        assert client.audit_verify() == daemon.audit_report
        assert client.provider({"action": "outbox"}) == []
        assert client.schedule({"file": "/f", "action": "history"}) == []
        assert client.race({"file": "/f", "action": "list"}) == []
        client.shutdown(stop_sessions=True)
    assert [method for method, _ in daemon.asked] == [
        "info", "plan", "status", "adopt", "trust", "session", "send", "stop", "run",
        "identities", "identity", "audit", "audit_verify", "provider", "schedule", "race", "shutdown",
    ]  # fmt: skip
    assert daemon.asked[-1][1] == {"stop_sessions": True}
    assert daemon.asked[6][1] == {"file": "/f", "agent": "docs", "text": "hello", "enter": True}


def test_apply_streams(daemon: FakeControl, paths: Paths) -> None:
    """Events come one by one, the result last; the connection can be used again."""
    daemon.items = [{"event": {"subject": "a", "text": "x" * 100_000, "level": "info", "data": {}}}] * 3
    with BlockingClient.connect(paths.control_socket) as client:
        items = list(client.apply({"file": "/f", "approved": "h", "env": {}}))
        assert items[:3] == daemon.items
        assert items[3] == {"result": daemon.result}
        assert client.info()["pid"] == 42


def test_errors_are_raised_as_they_were(daemon: FakeControl, paths: Paths) -> None:
    """What the daemon raises is raised here, by a call as by a stream."""
    daemon.fail("plan", RefusedError("no", ["a", "b"]))
    daemon.fail("apply", BusyError("busy", owner="pid 7"))
    with BlockingClient.connect(paths.control_socket) as client:
        with pytest.raises(RefusedError) as refused:
            client.plan({"file": "/f", "env_names": []})
        assert refused.value.losses == ("a", "b")
        with pytest.raises(BusyError) as busy:
            list(client.apply({"file": "/f", "approved": "h", "env": {}}))
        assert busy.value.owner == "pid 7"


def test_nobody_listening(paths: Paths) -> None:
    """Without a daemon the connection is refused with what to do."""
    with pytest.raises(UnavailableError, match="no daemon answers") as caught:
        BlockingClient.connect(paths.control_socket)
    assert caught.value.hint


def test_other_protocol(daemon: FakeControl, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another protocol is named, with the command that helps; info and shutdown work all the same."""
    monkeypatch.setattr("constellagent.faces.blocking.PROTOCOL", PROTOCOL + 1)
    with BlockingClient.connect(paths.control_socket) as client:
        with pytest.raises(UnavailableError) as caught:
            client.status(None)
        assert "constellagent daemon stop" in caught.value.hint
        client.info()
        client.shutdown(stop_sessions=False)


@pytest.fixture
def impostor(paths: Paths) -> Iterator[Callable[[bytes], Path]]:
    """Give a function that serves one connection with the given bytes, then ends its side."""
    threads: list[threading.Thread] = []

    def once(listener: socket.socket, said: bytes) -> None:
        connection, _ = listener.accept()
        with listener, connection, contextlib.suppress(OSError):  # the other side may close first
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass

    def serve(said: bytes) -> Path:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(paths.control_socket))
        listener.listen()
        threads.append(threading.Thread(target=once, args=(listener, said)))
        threads[-1].start()
        return paths.control_socket

    yield serve
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_a_daemon_that_dies_before_it_answers(impostor: Callable[[bytes], Path]) -> None:
    """A connection that closes in the middle is an UnavailableError with what comes next."""
    with BlockingClient.connect(impostor(GREETING)) as client, pytest.raises(UnavailableError) as caught:
        client.status(None)
    assert "starts it again" in caught.value.hint


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400\r\n\r\n", b"[]\n"])
def test_a_stranger_at_the_socket(impostor: Callable[[bytes], Path], said: bytes) -> None:
    """Something else at the socket is no daemon."""
    with pytest.raises(UnavailableError, match="no daemon answers"):
        BlockingClient.connect(impostor(said))


def test_a_line_without_end(impostor: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer beyond the limit ends the call, not the memory of this machine."""
    monkeypatch.setattr(wire, "MAX_LINE", 1000)
    with (
        BlockingClient.connect(impostor(GREETING + b"x" * 200_000)) as client,
        pytest.raises(ConstellagentError, match="too long"),
    ):
        client.status(None)
