"""`token`: making, listing and revoking tokens of the HTTP API."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.paths import Paths, constellation_id
from tests.faces.conftest import Cli
from tests.faces.fake_api import Api, answering
from tests.faces.fake_control import FakeControl

ROW = {"id": "t1", "name": "ci", "scope": "read", "agent": "", "constellation": "", "created_at": 0.0}


@pytest.fixture
def api(daemon: FakeControl, paths: Paths) -> Iterator[Api]:
    """Serve an API beside the fake daemon."""
    with answering(paths.api_socket) as server:
        yield server


def test_create(api: Api, repo: Path, cli: Cli) -> None:
    """The value is the result, alone on stdout; scope and life are handed on."""
    api.answer = 201, json.dumps({**ROW, "token": "cst_secret"}).encode()
    ran = cli("token", "create", "ci")
    assert (ran.code, ran.out) == (0, "cst_secret\n")
    assert "cst_secret" not in ran.err
    assert cli("token", "create", "boss", "--scope", "admin", "--days", "30").code == 0
    assert cli("token", "create", "one", "--scope", "agent:docs").code == 0
    assert json.loads(cli("token", "create", "ci", "--json").out)["token"] == "cst_secret"
    constellation = constellation_id((repo / "constellation.yaml").resolve())
    assert [json.loads(body) for _, _, body, _ in api.asked[:3]] == [
        {"name": "ci", "scope": "read"},
        {"name": "boss", "scope": "admin", "days": 30.0},
        {"name": "one", "scope": "agent", "agent": "docs", "constellation": constellation},
    ]


def test_a_scope_that_there_is_not(api: Api, cli: Cli) -> None:
    """It is wrong usage, and nothing is asked."""
    ran = cli("token", "create", "ci", "--scope", "all")
    assert ran.code == 64
    assert "agent:NAME" in ran.err
    assert api.asked == []


@pytest.mark.usefixtures("utc")
def test_list(api: Api, cli: Cli) -> None:
    """One line for each, without values."""
    rows = [
        {**ROW, "used_at": None, "expires_at": None},
        {**ROW, "id": "t2", "scope": "agent", "agent": "docs", "used_at": 60.0, "expires_at": 86400.0},
    ]
    api.answer = 200, json.dumps({"data": rows, "next": ""}).encode()
    ran = cli("token", "list")
    assert ran.out.splitlines() == [
        "ID  NAME  SCOPE       CREATED           USED              EXPIRES",
        "t1  ci    read        1970-01-01 00:00  never             never",
        "t2  ci    agent:docs  1970-01-01 00:00  1970-01-01 00:01  1970-01-02 00:00",
    ]
    assert json.loads(cli("token", "list", "--json").out) == rows


def test_an_empty_list(api: Api, cli: Cli) -> None:
    """No tokens are no error."""
    api.answer = 200, b'{"data": [], "next": ""}'
    ran = cli("token", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "there are no tokens" in ran.err


def test_revoke(api: Api, cli: Cli) -> None:
    """It is revoked by its id, whatever is in that."""
    api.answer = 204, b""
    assert cli("token", "revoke", "t1").out == "token t1 is revoked\n"
    assert json.loads(cli("token", "revoke", "a/../b", "--json").out)["revoked"] is True
    assert [place for _, place, _, _ in api.asked] == ["/api/v1/tokens/t1", "/api/v1/tokens/a%2F..%2Fb"]


def test_what_the_api_refuses(api: Api, cli: Cli) -> None:
    """The API's own words and hint are shown."""
    api.answer = 404, b'{"kind": "UsageError", "detail": "there is no token", "hint": "look at the list"}'
    ran = cli("token", "revoke", "x")
    assert ran.code == 64
    assert "there is no token" in ran.err
    assert "look at the list" in ran.err
