"""The page's port."""

import socket
import stat
import sys

import pytest
from aiohttp import web

from constellagent.faces.web.entrances import unix_entrance
from constellagent.faces.web.face import FILE
from constellagent.faces.web.guard import Entrance
from constellagent.runtime.settings import Settings
from tests.faces.web.house import housing

LONGEST_PATH = 103 if sys.platform == "darwin" else 107
"""Bytes that a unix socket's path may have."""


@pytest.fixture
def taken() -> socket.socket:
    """Give a socket that listens."""
    sock = socket.create_server(("127.0.0.1", 0))
    sock.listen()
    return sock


async def test_it_is_off_until_somebody_wants_it(home: Settings) -> None:
    """A daemon that nobody asked for a page listens nowhere but on its sockets."""
    async with housing(home, on=False) as house:
        assert house.face.url == ""
        view = (await house.ask("GET", "/web", unix=True)).json
        assert (view["on"], view["port"], view["why"]) == (False, 0, "it was not turned on")


async def test_the_unix_socket_is_made_where_its_path_just_fits(home: Settings) -> None:
    """The name that it has for a moment is no longer than its own."""
    run = home.paths.run
    run.mkdir(parents=True, exist_ok=True)
    place = run / ("s" * (LONGEST_PATH - len(str(run)) - 1))

    async def answer(entrance: Entrance, request: web.Request) -> web.StreamResponse:
        raise AssertionError(entrance, request)

    async with unix_entrance(answer, place):
        assert stat.S_IMODE(place.lstat().st_mode) == 0o600
        assert [one.name for one in run.iterdir() if one.name != "doors"] == [place.name]
    assert not place.exists()


async def test_the_settings_turn_it_on_at_their_port(home: Settings, taken: socket.socket) -> None:
    """From the daemon's start, without anybody asking."""
    port = taken.getsockname()[1]
    taken.close()
    async with housing(home.model_copy(update={"web": True, "web_port": port}), on=False) as house:
        assert house.face.url == f"http://127.0.0.1:{port}"


async def test_a_port_of_last_time_that_is_taken_is_replaced_and_said(
    home: Settings, taken: socket.socket
) -> None:
    """Better another port than none; pages that were open are told why they must be opened again."""
    port = taken.getsockname()[1]
    (home.paths.web / FILE).write_text(f'{{"on": true, "port": {port}, "host": "127.0.0.1"}}')
    async with housing(home, on=False) as house:
        assert house.port not in {0, port}
        assert str(port) in house.face.why
    taken.close()


async def test_a_port_of_the_settings_that_is_taken_is_a_failure(
    home: Settings, taken: socket.socket
) -> None:
    """Who names a port means it; the API on the unix socket goes on and says what is the matter."""
    port = taken.getsockname()[1]
    async with housing(home.model_copy(update={"web": True, "web_port": port}), on=False) as house:
        assert house.face.url == ""
        reply = await house.ask("POST", "/web", body={}, unix=True)
        assert reply.status == 503
        assert str(port) in reply.json["detail"]
        assert str(port) in (await house.ask("GET", "/web", unix=True)).json["why"]
    taken.close()


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"on": 1, "port": "x"}', '{"on": true, "port": 99999}'])
async def test_a_damaged_file_costs_the_port_alone(home: Settings, kept: str) -> None:
    """Where it listened last is not worth more than another port."""
    (home.paths.web / FILE).write_text(kept)
    async with housing(home) as house:
        assert house.port


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"web_certificate": "/nowhere.pem", "web_key": "/nowhere.pem"}, "certificate"),
        ({"web_certificate": "/nowhere.pem"}, "go together"),
        ({"web_host": "192.0.2.1"}, "CONSTELLAGENT_WEB_CERTIFICATE"),
    ],
)
async def test_settings_that_do_not_go_together_are_named(
    home: Settings, changes: dict[str, str], word: str
) -> None:
    """The face stays off and says what is missing."""
    async with housing(home.model_copy(update={"web": True, **changes}), on=False) as house:
        assert house.face.url == ""
        assert word in house.face.why
