"""The commits of a branch, a page at a time."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.browsing import Browser, commits
from constellagent.runtime.standing import find
from tests.runtime.browsing.conftest import Ask
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


def subjects(view: Any) -> list[str]:
    """Return the subjects."""
    return [one["subject"] for one in view["commits"]]


async def test_all_that_is_said_of_a_commit(tree: Path, ask: Ask) -> None:
    """Who, when, what and from where; without an upstream nobody knows whether it is pushed."""
    base = by_hand(tree, "rev-parse", "HEAD")
    made = commit(tree, {"x": "1\n"}, "Add x\n\nBecause it is\nneeded.\n")

    view = await ask("commits")

    at = float(by_hand(tree, "log", "-1", "--format=%ct"))
    assert view == {
        "commits": [
            {
                "commit": made,
                "parents": [base],
                "subject": "Add x",
                "body": "Because it is\nneeded.",
                "author": "Test",
                "email": "test@example.test",
                "at": at,
                "pushed": None,
            }
        ],
        "next": "",
    }


async def test_only_the_agents_commits(rig: Rig, tree: Path, ask: Ask) -> None:
    """What the base has is left out, also what came to it since; `all` goes on behind it."""
    commit(tree, {"x": "1\n"}, "mine")
    commit(rig.repo, {"y": "1\n"}, "the base's")

    assert subjects(await ask("commits")) == ["mine"]
    assert subjects(await ask("commits", revision="worktree")) == ["mine"]
    assert subjects(await ask("commits", all=True)) == ["mine", "work"]
    assert subjects(await ask("commits", revision="main", all=True)) == ["the base's", "work"]
    assert subjects(await ask("commits", revision="base")) == []


async def test_pages(rig: Rig, tree: Path, ask: Ask) -> None:
    """Pages follow each other without a gap, also across a merge and while the branch and the base go on."""
    for number in range(3):
        commit(tree, {"x": f"{number}\n"}, f"mine {number}")
    by_hand(tree, "checkout", "-q", "-b", "side", "HEAD~2")
    commit(tree, {"y": "1\n"}, "side")
    by_hand(tree, "checkout", "-q", "agents/worker")
    by_hand(tree, "merge", "-q", "--no-edit", "side")
    expected = subjects(await ask("commits"))
    assert len(expected) == 5

    found, following = list[str](), "HEAD"
    while following:
        view = await ask("commits", revision=following, limit=2)
        found += subjects(view)
        following = view["next"]
        commit(tree, {"x": f"{following}\n"}, "meanwhile")
        by_hand(rig.repo, "merge", "-q", "--ff-only", "agents/worker")

    assert found == expected


async def test_pages_of_all(tree: Path, ask: Ask) -> None:
    """The page behind goes on behind the base as the first did."""
    commit(tree, {"x": "1\n"}, "mine")

    first = await ask("commits", all=True, limit=1)
    second = await ask("commits", revision=first["next"], limit=1)

    assert (subjects(first), subjects(second), second["next"]) == (["mine"], ["work"], "")


async def test_limits(tree: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One commit comes at least, and not more than are ever sent."""
    monkeypatch.setattr(commits, "MOST", 2)
    for number in range(3):
        commit(tree, {"x": f"{number}\n"}, f"{number}")

    assert subjects(await ask("commits", limit=0)) == ["2"]
    assert subjects(await ask("commits", limit=10**9)) == ["2", "1"]


async def test_what_is_pushed(tree: Path, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an upstream each commit is pushed or not; where that is too much to find out it is not known."""
    by_hand(tmp_path, "init", "-q", "--bare", "origin")
    by_hand(tree, "remote", "add", "origin", str(tmp_path / "origin"))
    commit(tree, {"x": "1\n"}, "pushed")
    by_hand(tree, "push", "-q", "-u", "origin", "agents/worker")
    commit(tree, {"x": "2\n"}, "kept")

    view = await ask("commits")
    assert [(one["subject"], one["pushed"]) for one in view["commits"]] == [("kept", False), ("pushed", True)]

    monkeypatch.setattr(commits, "_MOST_UNPUSHED", 1)
    assert [one["pushed"] for one in (await ask("commits"))["commits"]] == [None, None]


async def test_odd_commits(tree: Path, ask: Ask) -> None:
    """No message, a very long one, and bytes that are no text are all commits like others."""
    by_hand(tree, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    by_hand(tree, "commit", "-q", "--allow-empty", "-m", "s", "-m", "x" * 100_000)
    by_hand(
        tree, "-c", "i18n.commitEncoding=x", "commit", "-q", "--allow-empty", "-F", "-", stdin=b"caf\xe9\n"
    )

    view = await ask("commits")

    assert subjects(view) == ["caf\N{REPLACEMENT CHARACTER}", "s", ""]
    body = view["commits"][1]["body"]
    assert (len(body), body[-1]) == (20_000, "\N{HORIZONTAL ELLIPSIS}")


async def test_no_such_commits(tree: Path, ask: Ask) -> None:
    """What names no commit is wrong usage, also as the word for a further page."""
    for revision in ("mian", f"{'1' * 40}+2", f"{'1' * 40}..{by_hand(tree, 'rev-parse', 'HEAD')}+1", "--all"):
        with pytest.raises(UsageError, match="there is no commit"):
            await ask("commits", revision=revision)


async def test_a_branch_without_a_commit(tree: Path, ask: Ask) -> None:
    """Before its first commit a branch has none."""
    by_hand(tree, "checkout", "-q", "--orphan", "alone")

    assert await ask("commits") == {"commits": [], "next": ""}


async def test_a_base_that_names_nothing(rig: Rig, tree: Path, browser: Browser) -> None:
    """Without a base only all commits can be told."""
    standing = await find([rig.agent(base="nowhere")], rig.port, "worker")

    with pytest.raises(ConflictError, match="names no commit"):
        await browser.answer(standing, {"file": "f", "agent": "worker", "action": "commits"})
    found = await browser.answer(standing, {"file": "f", "agent": "worker", "action": "commits", "all": True})

    assert subjects(found) == ["work"]


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.lists(_TEXT, min_size=7, max_size=7)))
def test_what_git_writes_is_read(rows: list[list[str]]) -> None:
    """Any fields come back as they were."""
    log = "".join("\0".join(row) + "\0" for row in rows).encode()

    assert list(commits.fields(log)) == rows
