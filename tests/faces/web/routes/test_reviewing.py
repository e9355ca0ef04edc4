"""Looking at an agent's work over the API."""

from typing import Any

import pytest

from constellagent.errors import ConflictError, GitError
from tests.faces.web.asking import BASE, DOCS, FILE, ONE, Api

OF_DOCS = {"file": FILE, "agent": "docs"}


async def test_a_diff_is_asked_for_with_all_its_options(api: Api) -> None:
    """Every option reaches the daemon as its type; files may be several."""
    assert await api.get(f"{DOCS}/diff") == api.control.diff_answer
    assert api.last("diff") == OF_DOCS
    query = [("against", "HEAD"), ("to", "index"), ("ignore_space", "true"), ("context", "8")]
    await api.ask("GET", f"{DOCS}/diff", query=[*query, ("path", "a b"), ("path", "</script>")])
    assert api.last("diff") == {
        **OF_DOCS,
        "against": "HEAD",
        "to": "index",
        "ignore_space": True,
        "context": 8,
        "paths": ["a b", "</script>"],
    }
    await api.get(f"{DOCS}/diff", run="r1")
    assert api.last("diff") == {**OF_DOCS, "run": "r1"}


async def test_names_that_are_no_text_survive(api: Api) -> None:
    """Bytes of a path that are no UTF-8 reach the daemon, and come back, as lone surrogates."""
    api.control.diff_answer["files"] = [_change("caf\udce9.txt")]
    answer = await api.ask("GET", f"{DOCS}/diff?path=caf%E9.txt")
    assert api.last("diff")["paths"] == ["caf\udce9.txt"]
    assert b"caf\\udce9.txt" in answer.body


async def test_a_patch_has_only_so_much_context(api: Api) -> None:
    """A context that is none is refused."""
    for context in ("-1", "100000000"):
        await api.ask("GET", f"{DOCS}/diff", query={"context": context}, status=422)


@pytest.mark.parametrize(
    ("path", "query", "asked"),
    [
        ("files", {}, {"action": "files"}),
        ("files", {"run": "r1"}, {"action": "files", "run": "r1"}),
        (
            "content",
            {"path": "a", "run": "r1"},
            {"action": "content", "path": "a", "revision": "worktree", "run": "r1"},
        ),
        ("content", {"path": "a"}, {"action": "content", "path": "a", "revision": "worktree"}),
        (
            "content",
            {"path": "a", "revision": "HEAD"},
            {"action": "content", "path": "a", "revision": "HEAD"},
        ),
        ("facts", {}, {"action": "facts"}),
        ("merge", {}, {"action": "merge"}),
    ],
)
async def test_what_is_browsed_is_answered_whole(
    api: Api, path: str, query: dict[str, str], asked: dict[str, Any]
) -> None:
    """Each question is put to the daemon as it was asked, and its answer is passed on."""
    answer = {"it": ["is", "this"]}
    api.control.answers = {asked["action"]: answer}
    assert await api.get(f"{DOCS}/{path}", **query) == answer
    assert api.last("browse") == {**OF_DOCS, **asked}


async def test_content_needs_a_path(api: Api) -> None:
    """Without a path nobody knows which file is meant."""
    await api.ask("GET", f"{DOCS}/content", status=422)
    await api.ask("GET", f"{DOCS}/hunks", status=422)
    assert api.control.requests("browse") == []


async def test_commits_go_on_where_a_part_ended(api: Api) -> None:
    """The cursor of a part leads to the commits behind it."""
    api.control.answers = {"commits": {"commits": [{"commit": "c1"}], "next": "c0"}}
    part = await api.get(f"{DOCS}/commits", limit="1", all="true")
    assert part == {"data": [{"commit": "c1"}], "next": "c0"}
    assert api.last("browse") == {**OF_DOCS, "action": "commits", "limit": 1, "all": True}
    await api.get(f"{DOCS}/commits", cursor=part["next"], revision="HEAD")
    assert api.last("browse")["revision"] == "c0"
    await api.ask("GET", f"{DOCS}/commits", query={"limit": "0"}, status=422)


async def test_hunks_and_overlaps_are_lists(api: Api) -> None:
    """Both come as one page."""
    api.control.answers = {"hunks": [{"id": "h"}], "overlaps": [{"path": "a", "agents": ["docs", "auth"]}]}
    assert await api.get(f"{DOCS}/hunks", path="a", staged="true") == {"data": [{"id": "h"}], "next": ""}
    assert api.last("browse") == {**OF_DOCS, "action": "hunks", "path": "a", "staged": True}
    listed = await api.get(f"{ONE}/overlaps")
    assert listed["data"] == [{"path": "a", "agents": ["docs", "auth"]}]
    assert api.last("browse") == {"file": FILE, "agent": "", "action": "overlaps"}


async def test_what_git_says_is_passed_on(api: Api) -> None:
    """A git error is a bad gateway with its command; a conflict is one."""
    api.control.fail("browse", GitError(["log"], 128, "fatal: bad object"))
    told = (await api.ask("GET", f"{DOCS}/commits", status=502)).json
    assert told["details"]["stderr"] == "fatal: bad object"
    api.control.fail("browse", ConflictError("a rebase goes on"))
    await api.ask("GET", f"{DOCS}/merge", status=409)


async def test_reading_never_acts(api: Api) -> None:
    """Nothing that is read with GET asks the daemon to change anything."""
    for path in ("diff", "files", "content?path=a", "commits", "facts", "hunks?path=a", "merge"):
        async with api.client.get(f"{BASE}{DOCS}/{path}") as response:
            assert response.status in {200, 500}
    assert {name for name, _ in api.control.asked} <= {"watch", "diff", "browse"}


def _change(path: str) -> Any:
    return {
        "path": path,
        "old_path": None,
        "status": "modified",
        "added": 1,
        "removed": 0,
        "old_mode": "100644",
        "mode": "100644",
    }
