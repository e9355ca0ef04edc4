"""The program that becomes opencode and tells our hook what its server says."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime import bridge_program
from constellagent.runtime.bridge_program import Events, lines, parsed, unchunked
from tests.agents.test_values import ANYTHING
from tests.reliability.lab import wait_for

SERVER = """
import base64, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVENTS = open(sys.argv[1], "rb").read()
WANTED = base64.b64encode(f"opencode:{os.environ['OPENCODE_SERVER_PASSWORD']}".encode()).decode()
print("said", *sys.argv[2:], sys.stdin.isatty(), flush=True)

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = 0

    def do_GET(self):
        Handler.seen += 1
        if Handler.seen == 1:
            time.sleep(3600)  # as one that is asked while it starts
        if self.headers["Authorization"] != f"Basic {WANTED}":
            return self.send_error(401)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for index in range(0, len(EVENTS), 7):
            piece = EVENTS[index : index + 7]
            self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
        self.wfile.flush()
        time.sleep(3600)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler)
server.daemon_threads = True
server.serve_forever()
"""
"""As much of opencode as the bridge sees: the first request hangs, the second one gets the events."""
HOOK = '#!{python} -IS\nimport sys\nopen({told!r}, "a").write(sys.argv[1] + " " + sys.stdin.read() + "\\n")\n'


def event(kind: str, session: str = "ses_1", **said: Any) -> dict[str, Any]:
    """Return an event as the server sends it."""
    return {"id": "evt_1", "type": kind, "properties": {"sessionID": session, **said}}


def asked(session: str = "ses_1") -> list[dict[str, Any]]:
    """Return the events of a prompt."""
    return [
        event("message.updated", session, info={"role": "user", "id": "m1"}),
        event("message.part.updated", session, part={"type": "text", "messageID": "m1", "text": "Fix"}),
    ]


def info(**more: Any) -> dict[str, Any]:
    """Return what is told of a conversation."""
    tokens = {"input": 10, "output": 4, "reasoning": 1, "cache": {"read": 5, "write": 0}}
    return {"id": "ses_1", "tokens": tokens, "cost": 0.5, **more}


BUSY = event("session.status", status={"type": "busy"})
IDLE = event("session.idle")


def told(*events: dict[str, Any]) -> list[str]:
    """Return what the hook hears of events: their names."""
    picked = Events()
    found = [picked.take(each) for each in events]
    return [each["type"] for each in found if each is not None]


def test_a_turn() -> None:
    """Its prompt, that it works, and that it has ended; each once, however often the server says it."""
    assert told(*asked(), *asked()[1:], BUSY, BUSY, IDLE) == ["prompt", "session.status", "session.idle"]


def test_only_the_text_of_a_person_is_a_prompt() -> None:
    """Neither what the model says, nor what the program adds to a message by itself."""
    model = event("message.updated", info={"role": "assistant", "id": "m2"})
    says = event("message.part.updated", part={"type": "text", "messageID": "m2", "text": "Yes"})
    added = event(
        "message.part.updated", part={"type": "text", "messageID": "m1", "text": "x", "synthetic": True}
    )

    assert told(model, says, asked()[0], added) == []


def test_a_failure_is_not_followed_by_an_end() -> None:
    """Else a failed turn would seem to be done; the next one counts again."""
    error = event("session.error", error={"name": "APIError"})

    assert told(BUSY, error, IDLE) == ["session.status", "session.error"]
    assert told(BUSY, error, IDLE, BUSY, IDLE)[-1] == "session.idle"


def test_what_a_part_of_the_work_asks_is_its_parents_question() -> None:
    """A conversation below another one neither begins nor ends anything of its own."""
    picked = Events()
    child = event("session.created", "ses_2", info={"id": "ses_2", "parentID": "ses_1"})
    question = event("permission.asked", "ses_2", permission="bash", patterns=["x"])

    assert picked.take(child) is None
    for other in (event("session.status", "ses_2", status={"type": "busy"}), event("session.idle", "ses_2")):
        assert picked.take(other) is None
    found = picked.take(question)
    assert found is not None
    assert found["properties"]["sessionID"] == "ses_1"
    assert found["properties"]["permission"] == "bash"


def test_what_was_used_is_told_with_what_comes_next() -> None:
    """While it works the sum waits for the next event; a later change is told by itself, once."""
    picked = Events()
    used = event("session.updated", info=info())

    assert picked.take(BUSY) is not None
    assert picked.take(used) is None
    found = picked.take(IDLE)
    assert found is not None
    assert found["properties"]["usage"] == {"input": 15, "output": 5, "cost": 0.5}
    assert picked.take(used) is None
    later = picked.take(event("session.updated", info=info(cost=0.75)))
    assert later is not None
    assert (later["type"], later["properties"]["usage"]["cost"]) == ("session.usage", 0.75)


@given(st.lists(st.tuples(st.sampled_from(sorted(bridge_program.KNOWN)), ANYTHING, ANYTHING)))
def test_no_event_is_a_reason_to_fail(events: list[tuple[str, object, object]]) -> None:
    """Whatever the server says, it is read."""
    picked = Events()
    for kind, said, inner in events:
        picked.take({"type": kind, "properties": said})
        names = ("info", "status", "part", "error")
        picked.take({"type": kind, "properties": {"sessionID": "s", **dict.fromkeys(names, said)}})
        parts = {"parentID": inner, "id": inner, "tokens": inner, "type": "text", "messageID": inner}
        picked.take({"type": kind, "properties": {"sessionID": "s", **dict.fromkeys(names, parts)}})


@pytest.mark.parametrize(
    "line", [b"", b"data: {", b'data: {"type":"other"}', b'event: {"type":"session.idle"}', b"data: [1]"]
)
def test_other_lines_are_no_events(line: bytes) -> None:
    """Only lines with data of a known type are parsed at all."""
    assert parsed(line) is None


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    """Return bytes in pieces that are cut anywhere."""
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return iter([data[begin:end] for begin, end in pairwise(at)])


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(0, 500), max_size=8))
def test_chunks_may_be_cut_anywhere(chunks: list[bytes], places: list[int]) -> None:
    """What comes out is what went in, however it arrives."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    first, *rest = cut(data, places)

    assert b"".join(unchunked(first, iter(rest))) == b"".join(chunks)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_is_no_chunk_ends_or_is_refused(first: bytes, second: bytes) -> None:
    """Any other bytes come to an end."""
    try:
        list(unchunked(first, iter([second])))
    except ValueError:
        return


@given(
    st.lists(st.binary(max_size=20).filter(lambda line: not set(line) & {10, 13})),
    st.lists(st.integers(0, 99)),
)
def test_lines_may_be_cut_anywhere(whole: list[bytes], places: list[int]) -> None:
    """Each line comes out once, without its end."""
    assert list(lines(cut(b"".join(line + b"\r\n" for line in whole), places))) == whole


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the bridge with a server in opencode's place, and events that it sends."""
    started: list[subprocess.Popen[bytes]] = []
    (tmp_path / "server.py").write_text(SERVER)
    hook = tmp_path / "hook"
    hook.write_text(HOOK.format(python=sys.executable, told=str(tmp_path / "told")))
    hook.chmod(0o755)

    def start(*events: dict[str, Any], program: str = sys.executable) -> subprocess.Popen[bytes]:
        stream = "".join(f"data: {json.dumps(each)}\n\n" for each in events)
        (tmp_path / "events").write_text(stream)
        server = [program, str(tmp_path / "server.py"), str(tmp_path / "events")]
        words = [sys.executable, "-IS", bridge_program.__file__, str(hook), "opencode", "--", *server]
        found = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(found)
        return found

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def heard(tmp_path: Path) -> list[str]:
    """Return what the hook was told: the kind and the events' names."""
    file = tmp_path / "told"
    told = [line.split(" ", 1) for line in file.read_text().splitlines()] if file.exists() else []
    return [f"{word} {json.loads(text)['type']}" for word, text in told]


def test_it_becomes_the_program_and_tells_the_hook(
    bridge: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """The program has this process, a port and a password; the hook hears its events in their order."""
    process = bridge(*asked(), BUSY, IDLE)

    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"said --port ")
    wait_for(lambda: len(heard(tmp_path)) == 3, "the hook to be called", 30)
    assert heard(tmp_path) == ["opencode prompt", "opencode session.status", "opencode session.idle"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == -signal.SIGTERM


def test_its_child_holds_nothing_and_ends_with_it(bridge: Callable[..., subprocess.Popen[bytes]]) -> None:
    """What the program writes to is closed when it ends, and nobody is left behind."""
    process = bridge(BUSY)
    assert process.stdout is not None
    process.stdout.readline()
    if sys.platform == "linux":
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
        assert Path(f"/proc/{children[0]}/cwd").readlink() == Path("/")
    process.kill()

    assert process.stdout.read() == b""
    if sys.platform == "linux":
        wait_for(lambda: not Path(f"/proc/{children[0]}").exists(), "the child to end", 10)


def test_a_program_that_is_not_there(bridge: Callable[..., subprocess.Popen[bytes]]) -> None:
    """It says which, with the status that a shell has for it."""
    process = bridge(program="/nowhere/opencode")

    assert process.wait(10) == 127
    assert process.stdout is not None
    assert process.stdout.read() == b"cannot start /nowhere/opencode: No such file or directory\n"


def test_another_user_is_told_no_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever took the port before the server did is not even called."""
    table = tmp_path / "tcp"
    monkeypatch.setattr(bridge_program, "_TABLES", (str(tmp_path / "none"), str(table)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        port = server.getsockname()[1]
        row = "0100007F:{:04X} 00000000:0000 {} 0:0 00:0 0 {} 0 18571526 1 0 100 0 0 10 0\n"
        others = [row.format(port, "01", 77), row.format(port + 1, "0A", 78)]
        table.write_text(
            "sl local_address rem_address st\n0: " + "1: ".join([*others, row.format(port, "0A", 7)])
        )
        assert bridge_program.listeners(port) == {7}
        with pytest.raises(ValueError, match="another user"):
            next(bridge_program.stream(port, "secret", os.getppid()))
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system does not tell whose a port is")
def test_the_system_tells_who_listens() -> None:
    """A port of ours is ours, and one that nobody listens on nobody's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert bridge_program.listeners(port) == {os.getuid()}
    assert bridge_program.listeners(port) == set()


def test_a_refusal_is_no_stream() -> None:
    """Another server on that port is not listened to."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(ValueError, match="refused"):
            list(bridge_program.stream(server.getsockname()[1], "secret", os.getppid()))
        thread.join()
