"""`web`: opens the page in the browser, or says where it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.faces import opening
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.paths import Paths, constellation_id
from tests.faces.conftest import Cli
from tests.faces.fake_api import Api, answering
from tests.faces.fake_control import FakeControl, agent_view

URL = "http://127.0.0.1:8000/#code=s3cret"


@pytest.fixture
def api(daemon: FakeControl, paths: Paths) -> Iterator[Api]:
    """Serve an API whose page was built, beside the fake daemon."""
    with answering(paths.api_socket) as server:
        answer = {"page": {"built": True, "why": ""}, "url": URL, "host": "127.0.0.1", "port": 8000}
        server.answer = 200, json.dumps({**answer, "expires_at": 1.0}).encode()
        yield server


def test_the_address_is_the_result(api: Api, cli: Cli) -> None:
    """Without a browser it is printed, as JSON on demand; looking only is handed on."""
    ran = cli("web", "--no-browser")
    assert (ran.code, ran.out, ran.err) == (0, f"{URL}\n", "")
    ran = cli("web", "--no-browser", "--read-only", "--json")
    assert json.loads(ran.out)["url"] == URL
    assert json.loads(ran.out)["opened"] is False
    posts = [json.loads(body) for method, _, body, _ in api.asked if method == "POST"]
    assert posts == [{"read_only": False}, {"read_only": True}]


def test_over_ssh_it_is_printed(api: Api, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser on the wrong machine is of no use."""
    monkeypatch.setenv("SSH_CONNECTION", "a b c d")
    monkeypatch.setenv("DISPLAY", ":10")
    assert cli("web").out == f"{URL}\n"


def test_the_browser_is_opened(api: Api, cli: Cli, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a desktop the browser opens it, and the address is said beside the result, in case it does not."""
    opened: list[tuple[Path, str]] = []

    def open_page(folder: Path, url: str) -> bool:
        opened.append((folder, url))
        return len(opened) == 1

    monkeypatch.setattr(opening, "has_browser", lambda environ: True)
    monkeypatch.setattr(opening, "open_page", open_page)
    ran = cli("web")
    assert (ran.code, ran.out) == (0, "")
    assert URL in ran.err
    assert opened == [(paths.web, URL)]
    assert cli("web").out == f"{URL}\n"


def test_an_agent(api: Api, daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The page begins with that agent; one that there is not is wrong usage."""
    file = repo / "constellation.yaml"
    view = ConstellationView(
        name="acme", file=str(file), repo=str(repo), agents=[agent_view("docs")], services=[]
    )
    daemon.views = [view]
    assert cli("web", "docs", "--no-browser").code == 0
    body = json.loads(next(body for method, _, body, _ in api.asked if method == "POST"))
    expected = {"read_only": False, "agent": "docs", "constellation": constellation_id(file.resolve())}
    assert body == expected
    ran = cli("web", "dosc", "--no-browser")
    assert ran.code == 64
    assert "docs" in ran.err


def test_off(api: Api, cli: Cli) -> None:
    """The web face can be turned off, and that goes alone."""
    api.answer = 204, b""
    assert cli("web", "--off").out == "the web face is off\n"
    assert api.asked[0][:2] == ("DELETE", "/api/v1/web")
    assert json.loads(cli("web", "--off", "--json").out) == {"on": False}
    assert cli("web", "--off", "--read-only").code == 64


def test_a_page_that_was_not_built(api: Api, cli: Cli) -> None:
    """It says how to get it."""
    api.answer = 200, b'{"page": {"built": false, "why": "there is no node"}}'
    ran = cli("web")
    assert ran.code == 69
    assert "there is no node" in ran.err
    assert "CONSTELLAGENT_PAGE=require" in ran.err
