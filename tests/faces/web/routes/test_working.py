"""Changing an agent's work over the API."""

from typing import Any

import pytest

from constellagent.errors import BusyError, ConflictError
from tests.faces.web.asking import DOCS, FILE, Api

SAVE = {"path": "a.txt", "text": "new\n", "version": "v1"}


@pytest.mark.parametrize(
    ("method", "path", "action", "body", "status"),
    [
        ("PUT", "content", "save", {**SAVE, "encoding": "utf-8", "eol": "crlf"}, 200),
        ("DELETE", "content", "remove", {"path": "a.txt", "version": "v1"}, 200),
        ("POST", "stage", "stage", {"paths": ["a", "b"]}, 200),
        ("POST", "unstage", "unstage", {"path": "a", "hunks": ["h1"]}, 200),
        ("POST", "discard", "discard", {"paths": ["a"]}, 200),
        ("POST", "commit", "commit", {"message": "It works", "author": "person", "all": True}, 201),
        ("POST", "push", "push", {"remote": "origin"}, 200),
        ("POST", "merge", "merge", {"method": "squash", "commit": "c1", "author": "agent"}, 200),
    ],
)
async def test_each_change_reaches_the_daemon(
    api: Api, method: str, path: str, action: str, body: dict[str, Any], status: int
) -> None:
    """What is asked for is asked of the daemon, word for word, and its answer passed on."""
    api.control.answers = {action: {"done": ["it"]}}
    answer = await api.ask(method, f"{DOCS}/{path}", body=body, status=status)
    assert answer.json == {"done": ["it"]}
    assert api.last("change") == {"file": FILE, "agent": "docs", "action": action, **body}


@pytest.mark.parametrize("path", ["stage", "unstage", "discard"])
async def test_all_changes_are_meant_only_where_that_is_said(api: Api, path: str) -> None:
    """Nothing, half of a choice, or two choices are refused; `all` reaches the daemon as it knows it."""
    api.control.answers = {path: {"done": []}}
    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"paths": []},
        {"path": "a"},
        {"hunks": ["h1"]},
        {"path": "a", "hunks": []},
        {"all": False},
        {"all": True, "paths": ["a"]},
        {"paths": ["a"], "path": "b", "hunks": ["h1"]},
    )
    for body in bodies:
        await api.ask("POST", f"{DOCS}/{path}", body=body, status=422)
    assert api.control.requests("change") == []
    await api.ask("POST", f"{DOCS}/{path}", body={"all": True})
    assert api.last("change") == {"file": FILE, "agent": "docs", "action": path}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("stage", {"path": 7}),
        ("stage", {"agent": "auth"}),
        ("discard", {"action": "merge"}),
        ("commit", {"message": "m", "author": "somebody"}),
        ("merge", {"method": "octopus"}),
    ],
)
async def test_a_body_that_does_not_fit_changes_nothing(api: Api, path: str, body: dict[str, Any]) -> None:
    """A body cannot name another agent, another action, or what there is not."""
    await api.ask("POST", f"{DOCS}/{path}", body=body, status=422)
    assert api.control.requests("change") == []


async def test_a_file_that_changed_is_a_conflict(api: Api) -> None:
    """Neither a conflict nor somebody else's work is taken for success."""
    api.control.fail("change", ConflictError("a.txt changed since it was read"))
    told = (await api.ask("PUT", f"{DOCS}/content", body=SAVE, status=409)).json
    assert told["kind"] == "ConflictError"
    api.control.fail("change", BusyError("git is at it", owner="rebase"))
    told = (await api.ask("POST", f"{DOCS}/commit", body={"message": "m"}, status=423)).json
    assert told["details"] == {"owner": "rebase"}


async def test_a_large_file_can_be_saved(api: Api) -> None:
    """A file of several megabytes fits into the body of a save, and into no other."""
    api.control.answers = {"save": {"path": "a.txt", "version": "v2", "size": 3 << 20}}
    await api.ask("PUT", f"{DOCS}/content", body={**SAVE, "text": "x" * (3 << 20)})
    await api.ask("POST", f"{DOCS}/stage", body={"paths": ["x" * (3 << 20)]}, status=413)
