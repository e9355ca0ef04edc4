"""The HTTP API over its unix socket, against a small server of the standard library."""

import json
from collections.abc import Iterator

import pytest

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, UsageError
from constellagent.faces.calling import call
from constellagent.runtime.paths import Paths
from tests.faces.fake_api import Api, answering


@pytest.fixture
def api(paths: Paths) -> Iterator[Api]:
    """Serve at the API's socket."""
    with answering(paths.api_socket) as server:
        yield server


def test_a_call_and_its_answer(api: Api, paths: Paths) -> None:
    """The body is JSON and says so, odd bytes survive, and the answer is read."""
    api.answer = (201, b'{"token": "t"}')
    assert call(paths.api_socket, "POST", "/tokens", {"name": "zażółć\udcff"}) == {"token": "t"}
    method, place, body, headers = api.asked[0]
    assert (method, place) == ("POST", "/api/v1/tokens")
    assert json.loads(body) == {"name": "zażółć\udcff"}
    assert (headers["Content-Type"], headers["Host"]) == ("application/json", "localhost")


def test_a_token(api: Api, paths: Paths) -> None:
    """With a token it is asked as who has that; without one as the user whose daemon it is."""
    call(paths.api_socket, "GET", "/me", token="cst_x")
    call(paths.api_socket, "GET", "/me")
    assert [headers.get("Authorization") for *_, headers in api.asked] == ["Bearer cst_x", None]


def test_no_content(api: Api, paths: Paths) -> None:
    """An answer without content is None, and a question without a body has none."""
    api.answer = (204, b"")
    assert call(paths.api_socket, "DELETE", "/web") is None
    assert api.asked[0][2] == b""
    assert "Content-Type" not in api.asked[0][3]


@pytest.mark.parametrize(
    ("kind", "expected"), [("ConflictError", ConflictError), ("UsageError", UsageError), ("?", Exception)]
)
def test_an_error_is_the_same_class(api: Api, paths: Paths, kind: str, expected: type[Exception]) -> None:
    """Problem details become the error that they name, with its hint; an unknown one a plain error."""
    problem = {"kind": kind, "detail": "it is so", "hint": "do this", "status": 409, "title": "Conflict"}
    api.answer = (409, json.dumps(problem).encode())
    with pytest.raises(expected) as caught:
        call(paths.api_socket, "GET", "/web")
    assert isinstance(caught.value, ConstellagentError)
    assert (caught.value.message, caught.value.hint) == ("it is so", "do this")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 100_000])
def test_what_is_no_problem_is_still_an_error(api: Api, paths: Paths, body: bytes) -> None:
    """Whatever else answers with a failure is an UnavailableError, never a traceback."""
    api.answer = (500, body)
    with pytest.raises(UnavailableError, match="speaks no JSON"):
        call(paths.api_socket, "GET", "/web")


def test_a_failure_that_is_a_list(api: Api, paths: Paths) -> None:
    """JSON that is no problem details says its status at least."""
    api.answer = (418, b"[]")
    with pytest.raises(ConstellagentError, match="418"):
        call(paths.api_socket, "GET", "/web")


def test_nobody_listens(paths: Paths) -> None:
    """Without an API the error names the socket and what to do."""
    with pytest.raises(UnavailableError, match=r"api\.sock") as caught:
        call(paths.api_socket, "GET", "/web")
    assert "daemon stop" in caught.value.hint
