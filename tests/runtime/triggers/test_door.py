"""The port for webhooks: who may knock, how much may be sent, and that senders find it where it was."""

import asyncio
import json
import logging
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.triggers import door as doors
from constellagent.runtime.triggers.door import LARGEST, Door
from constellagent.runtime.triggers.hooks import Name, Post, Reply


class Inside:
    """What stands behind the door: takes note of posts."""

    def __init__(self) -> None:
        """Begin with none."""
        self.posts: list[Post] = []
        self.wait = 0.0
        self.reply: Reply | Exception = Reply(202, {"runs": []})

    def admit(self, _: Name) -> float:
        """Say how long to wait."""
        return self.wait

    async def take(self, post: Post) -> Reply:
        """Take a post."""
        self.posts.append(post)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def inside() -> Inside:
    """What takes the posts."""
    return Inside()


@pytest.fixture
async def door(tmp_path: Path, inside: Inside) -> AsyncIterator[Door]:
    """A door that is open."""
    made = Door(tmp_path / "home", 0, inside.admit, inside.take)
    await made.open()
    yield made
    await made.close()


async def knock(
    door: Door, method: str = "POST", path: str = "/hooks/c/deploy", **more: object
) -> httpx.Response:
    """Send one request."""
    async with httpx.AsyncClient(base_url=door.url, timeout=30, trust_env=False) as http:
        return await http.request(method, path, **more)  # type: ignore[arg-type] # as httpx takes them


async def raw(door: Door, request: str) -> str:
    """Send bytes as they are, and return the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(door.url).port)
    writer.write(request.encode("latin-1"))
    line = (await reader.readline()).decode().strip()
    writer.close()
    await writer.wait_closed()
    return line


async def test_a_post_comes_through_as_it_was_sent(door: Door, inside: Inside) -> None:
    """Name, body and headers in small letters; the answer is JSON that no cache keeps."""
    answer = await knock(door, content=b"\x00body", headers={"X-Hub-Signature-256": "sha256=00"})

    (post,) = inside.posts
    assert (post.name, post.body) == (("c", "deploy"), b"\x00body")
    assert post.headers["x-hub-signature-256"] == "sha256=00"
    assert (answer.status_code, answer.json()) == (202, {"runs": []})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


async def test_a_packed_body_stays_packed(door: Door, inside: Inside) -> None:
    """It is signed as it was sent, and nothing small becomes something large."""
    await knock(door, content=b"not gzip at all", headers={"Content-Encoding": "gzip"})
    assert inside.posts[0].body == b"not gzip at all"


async def test_a_header_that_comes_twice_is_none(door: Door, inside: Inside) -> None:
    """Nobody could say which of the two is meant."""
    host = f"Host: 127.0.0.1:{httpx.URL(door.url).port}\r\n"
    twice = "Constellagent-Signature: one\r\nX-One: 1\r\nconstellagent-signature: two\r\n"
    line = await raw(door, f"POST /hooks/c/deploy HTTP/1.1\r\n{host}{twice}Content-Length: 0\r\n\r\n")
    assert line.split()[1] == "202"
    assert "constellagent-signature" not in inside.posts[0].headers
    assert inside.posts[0].headers["x-one"] == "1"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example", "0.0.0.0:{port}", ""]
)
async def test_another_host_is_refused(door: Door, inside: Inside, host: str) -> None:
    """A name that was rebound to this address, or another port, is not us."""
    port = httpx.URL(door.url).port
    line = await raw(
        door, f"POST /hooks/c/deploy HTTP/1.1\r\nHost: {host.format(port=port)}\r\nContent-Length: 0\r\n\r\n"
    )
    assert line.split()[1] == "403"
    assert inside.posts == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_this_machine_is_let_in(door: Door, inside: Inside, host: str) -> None:
    """By each of its names, with the port."""
    await knock(door, headers={"Host": f"{host}:{httpx.URL(door.url).port}"})
    assert len(inside.posts) == 1


async def test_no_host_or_two_are_refused(door: Door, inside: Inside) -> None:
    """What is ambiguous does not come in."""
    port = httpx.URL(door.url).port
    line = await raw(door, "POST /hooks/c/deploy HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
    assert line.split()[1] == "403"
    twice = f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"
    line = await raw(door, f"POST /hooks/c/deploy HTTP/1.1\r\n{twice}Content-Length: 0\r\n\r\n")
    assert line.split()[1] in {"400", "403"}
    assert inside.posts == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_web_pages_are_refused(door: Door, inside: Inside, origin: str) -> None:
    """Only browsers send an origin, and no page has anything to post here."""
    answer = await knock(door, headers={"Origin": origin})
    assert answer.status_code == 403
    assert inside.posts == []
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_everything_else_is_not_there(door: Door, inside: Inside) -> None:
    """One method and one shape of path; the answers are JSON."""
    found = {
        (method, path): await knock(door, method, path)
        for method, path in (
            ("GET", "/hooks/c/deploy"),
            ("HEAD", "/hooks/c/deploy"),
            ("OPTIONS", "/hooks/c/deploy"),
            ("POST", "/"),
            ("POST", "/hooks/c"),
            ("POST", "/hooks/c/deploy/more"),
        )
    }
    assert [answer.status_code for answer in found.values()] == [405, 405, 405, 404, 404, 404]
    assert found["GET", "/hooks/c/deploy"].headers["Allow"] == "POST"
    assert "error" in found["POST", "/"].json()
    assert inside.posts == []


async def test_a_body_is_a_mebibyte_at_most(door: Door, inside: Inside) -> None:
    """One byte more is refused, announced or not."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * (LARGEST // 16)

    assert (await knock(door, content=b"x" * LARGEST)).status_code == 202
    assert (await knock(door, content=b"x" * (LARGEST + 1))).status_code == 413
    assert (await knock(door, content=pieces())).status_code == 413
    assert len(inside.posts) == 1


async def test_a_body_that_does_not_come_is_not_waited_for(
    door: Door, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender is told that it took too long."""
    monkeypatch.setattr(doors, "PATIENCE", 0.05)
    host = f"127.0.0.1:{httpx.URL(door.url).port}"
    line = await raw(door, f"POST /hooks/c/deploy HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nx")
    assert line.split()[1] == "408"
    assert inside.posts == []


async def test_who_posts_too_often_is_told_before_the_body_is_read(door: Door, inside: Inside) -> None:
    """The answer says for how long."""
    inside.wait = 12.5
    answer = await knock(door, content=b"x" * (LARGEST + 1))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "13")
    assert inside.posts == []


@pytest.mark.parametrize("error", [WorldError("the disk is full"), ZeroDivisionError("a defect")])
async def test_a_failure_is_answered_and_logged(
    door: Door, inside: Inside, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """The sender tries again and learns nothing of the inside."""
    inside.reply = error
    answer = await knock(door)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert str(error) not in answer.text
    assert "a post failed" in caplog.text


async def test_the_port_is_kept(tmp_path: Path, inside: Inside) -> None:
    """Senders find the webhook where it was, also after a restart; the file is private."""
    door = Door(tmp_path / "home", 0, inside.admit, inside.take)
    assert door.url == ""
    await door.open()
    url = door.url
    await door.open()
    await door.close()
    await door.close()
    assert door.url == ""
    again = Door(tmp_path / "home", 0, inside.admit, inside.take)
    await again.open()
    assert again.url == url
    await again.close()
    kept = tmp_path / "home" / "hooks.json"
    assert json.loads(kept.read_text()) == {"port": httpx.URL(url).port}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_kept_port_that_is_taken_is_given_up(
    tmp_path: Path, inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    """Another one is chosen and kept, with a warning: senders have to be told."""
    door = Door(tmp_path / "home", 0, inside.admit, inside.take)
    await door.open()
    other = Door(tmp_path / "home", 0, inside.admit, inside.take)
    with caplog.at_level(logging.WARNING):
        await other.open()
    assert other.url not in {"", door.url}
    assert "must be told another" in caplog.text
    await other.close()
    await door.close()


async def test_a_port_of_the_settings_that_is_taken_is_an_error(tmp_path: Path, inside: Inside) -> None:
    """It was chosen on purpose; nothing listens elsewhere instead."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        door = Door(tmp_path / "home", taken.getsockname()[1], inside.admit, inside.take)
        with pytest.raises(UnavailableError, match="cannot be taken on port") as raised:
            await door.open()
        assert door.url == ""
        port = taken.getsockname()[1]
    assert "CONSTELLAGENT_HOOKS_PORT" in raised.value.hint
    await door.open()
    assert door.url == f"http://127.0.0.1:{port}"
    await door.close()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"port": "x"}', '{"port": 70000}', "\ud83d"])
async def test_a_spoiled_file_only_costs_the_port(tmp_path: Path, inside: Inside, content: str) -> None:
    """Whatever stands in it, a free port is found."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "hooks.json").write_bytes(content.encode(errors="surrogatepass"))
    door = Door(home, 0, inside.admit, inside.take)
    await door.open()
    assert (await knock(door)).status_code == 202
    await door.close()
