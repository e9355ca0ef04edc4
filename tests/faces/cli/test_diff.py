"""`diff`: lists, patches that git takes, and odd requests, over a real repository behind a real socket."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import There, WorktreeFacts, WorktreeState
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.diffs import Diffs, RunWork, patches
from constellagent.runtime.git import Git
from constellagent.runtime.ports import WorktreeLook
from constellagent.runtime.standing import find
from constellagent.spec.models import Agent
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl
from tests.runtime.worktrees.rig import commit, contents, git, make_repo


class OneWorktree:
    """Meets the part of `Worktrees` that is used: one agent, which works right in a repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = There(git(folder, "rev-parse", "HEAD"))

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
        """Say that the worktree is ready."""
        facts = WorktreeFacts(self.folder, "main", self.base.value, WorktreeState.READY)
        return {agent.name: WorktreeLook(There(facts), There(facts), self.base) for agent in agents}  # type: ignore[arg-type] # the branch is not looked at


class Comparing(FakeControl):
    """A fake daemon that really compares."""

    def __init__(self, tree: Path) -> None:
        super().__init__()
        self.worktrees = OneWorktree(tree)
        self.work: RunWork | None = None
        self.diffs = Diffs(Git(tree, timeout=30), self.runs)
        self.compared: list[DiffRequest] = []

    async def runs(self, constellation: str, run: str) -> RunWork | None:
        """Know of one run at most."""
        return self.work if self.work and self.work.run.startswith(run) else None

    async def diff(self, request: DiffRequest) -> DiffView:
        """Compare."""
        self.compared.append(request)
        agent = DesiredAgent("docs", Path("/"), "main", "auto", None, Agent(command=("true",)), "")
        standing = await find([agent], self.worktrees, request["agent"])  # type: ignore[arg-type] # only look is used
        return await self.diffs.of(standing, request)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The agent's worktree."""
    return make_repo(tmp_path / "tree", files={"a.txt": "one\ntwo\n", "src/b.py": "x = 1\n", "src/c.py": ""})


@pytest.fixture
def control(tree: Path) -> Comparing:
    """The fake daemon."""
    return Comparing(tree)


def test_a_pipe_gets_what_git_applies(daemon: Comparing, repo: Path, tree: Path, tmp_path: Path) -> None:
    """Changed, deleted and untracked files, odd bytes and names: `git apply` makes the same files."""
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(tree), str(other))
    (tree / "a.txt").write_bytes(b"one\r\ntwo\xff\n\x1b[31m\n")
    (tree / "src" / "b.py").unlink()
    (tree / "new file").write_text("1")

    argv = [sys.executable, "-m", "constellagent", "diff", "docs"]
    done = subprocess.run(argv, capture_output=True, check=True)

    subprocess.run(["git", "apply"], input=done.stdout, cwd=other, check=True)
    assert contents(other) == contents(tree)
    assert done.stderr == b""


def test_a_list(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`--stat` lists the files with their counts and says what they are compared with."""
    base = git(tree, "rev-parse", "HEAD")
    commit(tree, {"a.txt": "one\n"})
    git(tree, "mv", "src/b.py", "src/d.py")
    (tree / "bin").write_bytes(b"\0")

    ran = cli("diff", "docs", "--stat")

    assert ran.out.splitlines() == [
        "   FILE                  ADDED   REMOVED",
        "M  a.txt                 +0      -1",
        "?  bin                   binary",
        "R  src/b.py -> src/d.py  +0      -0",
        f"3 files changed against base ({base[:10]}), 0 lines added, 1 removed",
    ]
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("content", [b"text\n", b"\0binary"])
def test_a_mode_is_named(daemon: Comparing, repo: Path, tree: Path, cli: Cli, content: bytes) -> None:
    """Where only the mode differs, both modes stand in place of counts, whether or not the file is text."""
    (tree / "tool").write_bytes(content)
    git(tree, "add", "tool")
    git(tree, "commit", "-q", "-m", "x")
    (tree / "tool").chmod(0o755)

    ran = cli("diff", "docs", "--stat", "--against", "HEAD")

    assert "M  tool  100644 -> 100755" in ran.out.splitlines()


def test_json_holds_list_and_patch(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`--json` writes the view, with the patch unless only the list is wanted."""
    (tree / "a.txt").write_text("one\n")

    view = json.loads(cli("diff", "docs", "--json", "--against", "HEAD").out)
    stat = json.loads(cli("diff", "docs", "--json", "--stat").out)

    assert (view["against"], view["added"], view["removed"], view["truncated"]) == ("HEAD", 0, 1, False)
    assert view["patch"].endswith("-two\n")
    assert stat["patch"] is None


def test_only_some_paths(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """A file or a folder narrows list, counts and patch; what nobody changed is wrong usage."""
    (tree / "a.txt").write_text("one\n")
    (tree / "src" / "b.py").write_text("y = 1\n")
    (tree / "src" / "new.py").write_text("z\n")

    view = json.loads(cli("diff", "docs", "src/", "--json").out)
    assert [change["path"] for change in view["files"]] == ["src/b.py", "src/new.py"]
    assert (view["added"], view["removed"]) == (2, 1)
    assert view["patch"].count("diff --git") == 2
    assert len(json.loads(cli("diff", "docs", ".", "--json").out)["files"]) == 3
    wrong = cli("diff", "docs", "a.tx")
    assert wrong.code == 64
    assert "did you mean a.txt?" in wrong.err


def test_white_space_can_be_ignored(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`-w` leaves out what differs in white space only."""
    (tree / "a.txt").write_text(" one\ntwo\n")

    assert cli("diff", "docs", "-w").out == ""
    assert "no files changed" in cli("diff", "docs", "-w").err


def test_a_long_patch_comes_in_parts(
    daemon: Comparing, repo: Path, tree: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is longer than one answer is fetched in halves, until only a single file is too long."""
    for number in range(8):
        (tree / f"new{number}").write_text("12345678\n" * 20)
    whole = cli("diff", "docs")
    monkeypatch.setattr(patches, "MOST", 700)

    parts = cli("diff", "docs")
    assert (parts.code, parts.out) == (0, whole.out)

    (tree / "large").write_text("12345678\n" * 200)
    cut = cli("diff", "docs")
    assert cut.code == 1
    assert "the patch is not whole: 1 file too long, or changed meanwhile: large" in cut.err
    assert json.loads(cli("diff", "docs", "--json").out)["truncated"] is True


def test_many_files_come_in_parts(
    daemon: Comparing, repo: Path, tree: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not more than so many files or lines are asked for at once, each once."""
    for number in range(5):
        (tree / f"new{number}").write_text("1\n" * 3)
    monkeypatch.setattr("constellagent.faces.cli.diff._FILES_AT_ONCE", 2)
    monkeypatch.setattr("constellagent.faces.cli.diff._LINES_AT_ONCE", 4)

    assert cli("diff", "docs").out.count("diff --git") == 5

    assert [len(request.get("paths", ())) for request in daemon.compared] == [0, 1, 1, 1, 1, 1]


def test_a_file_that_is_no_change_any_more(
    daemon: Comparing, repo: Path, tree: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was taken back between the list and its patch is named, and all others come."""
    (tree / "a.txt").write_text("one\n")
    (tree / "new").write_text("1\n")
    answer = Comparing.diff

    async def take_back(self: Comparing, request: DiffRequest) -> DiffView:
        if "paths" in request:
            git(tree, "checkout", "a.txt")
        return await answer(self, request)

    monkeypatch.setattr(Comparing, "diff", take_back)
    ran = cli("diff", "docs")

    assert ran.code == 1
    assert ran.out.endswith("+1\n")
    assert "changed meanwhile: a.txt" in ran.err


def test_binary_files_are_named_only(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """The patch does not hold binary content, which is said."""
    (tree / "bin").write_bytes(b"\0")

    ran = cli("diff", "docs")

    assert "Binary files" in ran.out
    assert "of 1 binary file the patch holds the name only" in ran.err


def test_a_list_that_is_cut(
    daemon: Comparing, repo: Path, tree: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not all files are listed it is said."""
    (tree / "x").write_text("1\n")
    (tree / "y").write_text("1\n")
    monkeypatch.setattr("constellagent.runtime.diffs.listing.MOST_FILES", 1)

    assert "more than is listed" in cli("diff", "docs", "--stat").err


def test_what_is_wrong_is_said(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """No such agent and no such commit are wrong usage, each with the nearest word."""
    ran = cli("diff", "dosc")
    assert (ran.code, "did you mean docs?" in ran.err) == (64, True)
    ran = cli("diff", "docs", "--against", "mian")
    assert (ran.code, "did you mean main?" in ran.err) == (64, True)


def test_on_a_terminal(
    daemon: Comparing, repo: Path, tree: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """A person gets list and patch, in colour, and nothing in a file can act on the terminal."""
    (tree / "a.txt").write_bytes(b"one\n\x1b[2Jtwo\n")

    shown = terminal("diff", "docs")

    assert shown.end() == 0
    assert "1 file changed against base" in shown.said
    assert "\x1b[31m-two\x1b[0m" in shown.said
    assert "\x1b[32m+\ufffd[2Jtwo\x1b[0m" in shown.said


def test_without_colour(
    daemon: Comparing,
    repo: Path,
    tree: Path,
    terminal: Callable[..., OnTerminal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NO_COLOR is heeded."""
    monkeypatch.setenv("NO_COLOR", "1")
    (tree / "a.txt").write_text("one\n")

    shown = terminal("diff", "docs")

    assert shown.end() == 0
    assert "\r\n-two\r\n" in shown.said
    assert "\x1b[" not in shown.said


def test_names_that_are_no_text(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """A name of any bytes can be shown, and given on the command line."""
    name = os.fsdecode(b"caf\xe9")
    try:
        (tree / name).write_text("1\n")
    except OSError:
        pytest.skip("this file system has no such names")

    assert "caf\ufffd" in cli("diff", "docs", "--stat").out
    view = json.loads(cli("diff", "docs", name, "--json").out)
    assert os.fsencode(view["files"][0]["path"]) == b"caf\xe9"


def test_what_is_staged(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`--staged` shows the next commit, `--against index` what would not be in it."""
    (tree / "a.txt").write_text("staged\n")
    git(tree, "add", "a.txt")
    (tree / "a.txt").write_text("staged\nrest\n")
    head = git(tree, "rev-parse", "HEAD")[:10]

    assert cli("diff", "docs", "--staged").out.endswith("-one\n-two\n+staged\n")
    assert cli("diff", "docs", "--against", "index").out.endswith(" staged\n+rest\n")
    said = cli("diff", "docs", "--staged", "--stat").out
    assert f"1 file changed against HEAD ({head}) to index, 1 lines added" in said
    said = cli("diff", "docs", "--against", "index", "--stat").out
    assert "1 file changed against index, 1 lines added" in said


def test_between_commits(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`--to` ends the comparison at a commit, or with `--staged --against` at the index."""
    first = git(tree, "rev-parse", "HEAD")
    second = commit(tree, {"a.txt": "second\n"})
    commit(tree, {"a.txt": "third\n"})

    assert cli("diff", "docs", "--against", first, "--to", "HEAD~1").out.endswith("+second\n")
    said = cli("diff", "docs", "--against", second, "--to", "HEAD", "--stat").out
    assert f"changed against {second[:10]} to HEAD (" in said
    assert cli("diff", "docs", "--against", second, "--staged").out.endswith("-second\n+third\n")


def test_one_run(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """`--run` shows what one run of a schedule committed."""
    base = git(tree, "rev-parse", "HEAD")
    tip = commit(tree, {"a.txt": "run\n"})
    commit(tree, {"later": "1\n"})
    daemon.work = RunWork("abcdef", "docs", base, "", str(tree), tip, over=True)

    assert cli("diff", "docs", "--run", "abc").out.endswith("+run\n")
    said = cli("diff", "docs", "--run", "abc", "--stat").out
    assert f"1 file changed against {base[:10]} to {tip[:10]}, 1 lines added" in said
    assert cli("diff", "docs", "--run", "f00d").code == 64


def test_options_that_do_not_go_together(daemon: Comparing, repo: Path, tree: Path, cli: Cli) -> None:
    """Two options that say the same side, and sides that cannot be compared, are wrong usage."""
    for options in (
        ("--run", "abc", "--to", "HEAD"),
        ("--run", "abc", "--against", "HEAD"),
        ("--run", "abc", "--staged"),
        ("--staged", "--to", "HEAD"),
        ("--against", "index", "--to", "HEAD"),
    ):
        ran = cli("diff", "docs", *options)
        assert (ran.code, ran.out) == (64, "")
