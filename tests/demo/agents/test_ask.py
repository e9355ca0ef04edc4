"""The request that a shell script of the demo makes: fields from the environment, the answer in words."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from constellagent.demo.agents import ask

ODD = "a='@b\\ \u00e9\""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what was asked; refuses what is called `no`."""

    def do_GET(self) -> None:
        """Answer a page."""
        self._reply(200, {"message": f"got {self.path}"})

    def do_POST(self) -> None:
        """Answer a form."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/no":
            self._reply(409, {"error": "there is one already"})
        else:
            self._reply(200, {"message": f"posted {json.dumps(asked)}"})

    def _reply(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's signature
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Give the address of a service."""
    with http.server.HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_fields_come_from_the_environment(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each field has the value of its variable, whatever characters are in it, and is posted as JSON."""
    monkeypatch.setenv("PASSWORD", ODD)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert ask.main([f"{url}/sign-up", "password@PASSWORD"]) == 0
    assert capsys.readouterr().out == f"posted {json.dumps({'password': ODD})}\n"


def test_without_fields_a_page_is_fetched(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A link is followed as it is."""
    assert ask.main([f"{url}/verify?token=x-_y"]) == 0
    assert capsys.readouterr().out == "got /verify?token=x-_y\n"


def test_a_refusal_is_said_and_fails(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service's reason goes to stderr, and the exit code ends the script."""
    monkeypatch.setenv("EMAIL", "a@b")

    assert ask.main([f"{url}/no", "email@EMAIL"]) == 1
    assert capsys.readouterr().err == "refused with 409: there is one already\n"
