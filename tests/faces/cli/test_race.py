"""`race`: list, show, keep and drop."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.runtime.race_views import RaceDoneView
from constellagent.runtime.review_views import MergeView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.raced import race_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def preview(**changes: Any) -> MergeView:
    """Return what keeping would merge, with changes."""
    view = MergeView(
        base="main",
        base_commit="b" * 40,
        branch="races/1a2b3c4d/ada",
        commit="a" * 40,
        commits=2,
        files=1,
        fast_forward=True,
        up_to_date=False,
        conflicts=[],
        uncommitted=0,
        blocked="",
    )
    return MergeView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def answers(daemon: FakeControl, stay: list[str] | None = None, **changes: Any) -> None:
    """Let a race be shown, previewed and decided."""
    done = RaceDoneView(done=["merged", "/w/ada removed"], stay=stay or [], race=race_view())
    daemon.answers |= {"show": race_view(), "preview": preview(**changes), "keep": done, "drop": done}


def test_list_and_show(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """As tables, as JSON, and in words where there is none."""
    daemon.answers |= {"list": [race_view()], "show": race_view()}
    assert cli("race", "list").out.splitlines()[1].startswith("1a2b3c4d")
    assert json.loads(cli("race", "list", "--json").out) == [race_view()]
    assert "AGENT" in cli("race", "show", "1a").out
    assert json.loads(cli("race", "show", "1a", "--json").out) == race_view()
    daemon.answers["list"] = []
    assert "run --agents" in cli("race", "list").err
    assert daemon.requests("race")[2]["race"] == "1a"


def test_keep_shows_and_then_keeps_what_it_showed(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The commit of the preview is the one that is kept, and all that was said goes with it."""
    answers(daemon)
    ran = cli(
        "race", "keep", "1a", "ada", "--yes", "--method", "squash", "-m", "All", "--into", "next", "--force"
    )
    assert (ran.code, ran.out) == (0, "merged\n/w/ada removed\n")
    assert "races/1a2b3c4d/ada (aaaaaaaaaaaa) into main: 2 commits, 1 file, a fast-forward" in ran.err
    show, asked, kept = daemon.requests("race")
    assert (show["action"], asked["action"]) == ("show", "preview")
    assert kept == {
        "file": str(repo / "constellation.yaml"),
        "action": "keep",
        "race": "1a",
        "agent": "ada",
        "method": "squash",
        "message": "All",
        "into": "next",
        "force": True,
        "tip": "a" * 40,
    }


def test_uncommitted_work_needs_a_message(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Nothing is left behind in silence; with --commit it goes along."""
    answers(daemon, uncommitted=2)
    ran = cli("race", "keep", "1a", "ada", "--yes")
    assert ran.code != 0
    assert "--commit MESSAGE" in ran.err
    assert [one["action"] for one in daemon.requests("race")] == ["show", "preview"]

    ran = cli("race", "keep", "1a", "ada", "--yes", "--commit", "Rest")
    assert (ran.code, "2 changes in the worktree not committed: a commit takes" in ran.err) == (0, True)
    assert daemon.requests("race")[-1]["commit"] == "Rest"


def test_what_stays_is_told(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The exit code says that not all is done, and the words say what helps."""
    answers(daemon, stay=["/w/bob: untracked: x\x1b"])
    for words in (["keep", "1a", "ada", "--yes"], ["drop", "1a"]):
        ran = cli("race", *words)
        assert ran.code == 1
        assert "stays: /w/bob: untracked: x\N{REPLACEMENT CHARACTER}" in ran.err
        assert "--force" in ran.err
    assert json.loads(cli("race", "drop", "1a", "--json").out)["stay"]


def test_a_race_that_is_merged_is_only_finished(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Keeping again asks nothing and previews nothing."""
    answers(daemon)
    daemon.answers["show"] = race_view(decision="kept", kept="ada", merged="c" * 40)
    assert cli("race", "keep", "1a", "ada").code == 0
    assert [one["action"] for one in daemon.requests("race")] == ["show", "keep"]


@pytest.mark.parametrize(
    ("words", "changes", "said"),
    [
        (["--yes"], {"blocked": "a.txt in conflict"}, "a.txt in conflict"),
        (["--yes", "--method", "octopus"], {}, "is no way to merge"),
        (["--yes", "--method", "rebase", "-m", "x"], {}, "a rebase keeps"),
        ([], {}, "--yes keeps it without asking"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    daemon: FakeControl, repo: Path, cli: Cli, words: list[str], changes: dict[str, Any], said: str
) -> None:
    """Nothing is asked of the daemon but to look."""
    answers(daemon, **changes)
    ran = cli("race", "keep", "1a", "ada", *words)
    assert ran.code != 0
    assert said in ran.err
    assert "keep" not in {one["action"] for one in daemon.requests("race")}


def test_a_no_keeps_nothing(daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]) -> None:
    """The question names both branches, and a no ends it."""
    answers(daemon)
    on = terminal("race", "keep", "1a", "ada")
    on.until("merge races/1a2b3c4d/ada into main?")
    on.type("n\r")
    assert on.end() == 1
    assert "nothing was merged" in on.said
    assert "keep" not in {one["action"] for one in daemon.requests("race")}
