"""Tokens of programs."""

import math
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.web import tokens as module
from constellagent.faces.web.tokens import DAY, TokenBody, Tokens
from constellagent.runtime import tasks
from tests.faces.web.set_clock import SetClock


async def made(folder: Path, clock: SetClock) -> Tokens:
    """Return the tokens of a folder."""
    tokens = Tokens(folder, clock)
    await tokens.load()
    return tokens


async def test_e4_a_token_is_shown_once_and_then_known_by_its_hash(tmp_path: Path) -> None:
    """It lets its holder in, now and after a restart, as what it was made for."""
    clock = SetClock()
    tokens = await made(tmp_path, clock)
    new = await tokens.create(TokenBody(name=" ci ", scope="admin"), "")
    assert new["token"].startswith("cst_")
    assert new["name"] == "ci"
    again = await made(tmp_path, clock)
    caller = again.caller(new["token"])
    assert caller is not None
    assert (caller.scope, caller.via, caller.agent, caller.id) == ("admin", "token", "", new["id"])
    assert "token" not in again.list()[0]


async def test_an_agents_token_is_bound_to_agent_and_file(tmp_path: Path) -> None:
    """It only reads, as that agent."""
    tokens = await made(tmp_path, SetClock())
    new = await tokens.create(TokenBody(name="x", scope="agent", constellation="acme", agent="docs"), "/f")
    caller = tokens.caller(new["token"])
    assert caller is not None
    assert (caller.scope, caller.agent, caller.file) == ("read", "docs", "/f")


async def test_a_token_says_when_it_ends(tmp_path: Path) -> None:
    """After its days, or never; one that was revoked has ended long ago."""
    clock = SetClock()
    tokens = await made(tmp_path, clock)
    new = await tokens.create(TokenBody(name="x", scope="read", days=1), "")
    lasting = await tokens.create(TokenBody(name="y", scope="read"), "")
    assert tokens.ends(new["id"]) == clock.now() + DAY
    assert tokens.ends(lasting["id"]) == math.inf
    await tokens.revoke(lasting["id"])
    assert tokens.ends(lasting["id"]) == 0.0


async def test_a_token_ends_with_its_days_or_when_it_is_revoked(tmp_path: Path) -> None:
    """From that moment on."""
    clock = SetClock()
    tokens = await made(tmp_path, clock)
    new = await tokens.create(TokenBody(name="x", scope="read", days=1), "")
    other = await tokens.create(TokenBody(name="y", scope="read"), "")
    clock.advance(DAY - 1)
    assert tokens.caller(new["token"])
    clock.advance(1)
    assert tokens.caller(new["token"]) is None
    await tokens.revoke(other["id"])
    assert tokens.caller(other["token"]) is None
    with pytest.raises(ConstellagentError, match="no token"):
        await tokens.revoke(other["id"])


async def test_when_it_was_used_is_noted(tmp_path: Path) -> None:
    """Not at every use, but often enough to see which tokens nobody needs."""
    clock = SetClock()
    tokens = await made(tmp_path, clock)
    new = await tokens.create(TokenBody(name="x", scope="read"), "")
    for _ in range(3):
        tokens.caller(new["token"])
    while tasks._running:
        await next(iter(tasks._running))
    assert (await made(tmp_path, clock)).list()[0]["used_at"] == clock.now()


@pytest.mark.parametrize(
    ("changes", "file"),
    [
        ({"name": ""}, ""),
        ({"name": "a\nb"}, ""),
        ({"name": "x" * 101}, ""),
        ({"scope": "agent"}, ""),
        ({"scope": "agent", "agent": "docs"}, ""),
        ({"scope": "agent"}, "/f"),
        ({"agent": "docs"}, ""),
        ({}, "/f"),
        ({"days": 0.0}, ""),
        ({"days": 1e9}, ""),
    ],
)
async def test_what_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], file: str) -> None:
    """And nothing is kept of it."""
    tokens = await made(tmp_path, SetClock())
    body: Any = {"name": "x", "scope": "read", **changes}
    with pytest.raises(ConstellagentError):
        await tokens.create(body, file)
    assert tokens.list() == []


async def test_there_is_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that makes tokens ends."""
    monkeypatch.setattr(module, "MOST", 1)
    tokens = await made(tmp_path, SetClock())
    await tokens.create(TokenBody(name="x", scope="read"), "")
    with pytest.raises(ConstellagentError, match="already"):
        await tokens.create(TokenBody(name="y", scope="read"), "")
