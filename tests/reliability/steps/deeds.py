"""What a person does with agents while the daemon dies: apply, run, race, review, take away."""

import os
import signal
import sqlite3
from contextlib import closing
from typing import Any

from tests.reliability.lab import git, wait_for
from tests.reliability.steps.steplab import StepLab


def agent(lab: StepLab, name: str) -> dict[str, Any]:
    """Return an agent's row of the status."""
    (view,) = lab.ask("status")
    found: dict[str, Any] = next(row for row in view["agents"] if row["name"] == name)
    return found


def apply(lab: StepLab) -> None:
    """Apply, and let what has ended begin again."""
    lab.do("apply", "--yes", "--restart", "ada")


def applied(lab: StepLab) -> None:
    """As declared, and nothing more to do."""
    assert lab.ask("plan", "--detailed-exitcode")["empty"]
    assert lab.identities() == ["ada", "bob", "eve"]
    assert (lab.tree_of("ada") / "setup-done.txt").is_file()
    assert (lab.tree_of("ada") / ".env").is_file()
    assert (lab.tree_of("ada") / ".ravi" / "config.json").is_file()
    assert agent(lab, "ada")["session"]["live"]


def applied_or_ended(lab: StepLab) -> None:
    """As declared, once all live."""
    apply(lab)
    applied(lab)


def going(lab: StepLab) -> None:
    """Let the agent live that is to be stopped, with work that is in no commit."""
    lab.up()
    apply(lab)
    (lab.tree_of("ada") / "work.txt").write_text("never committed\n")
    lab.down()


def destroy(lab: StepLab) -> None:
    """Take everything away, and keep the work."""
    lab.do("destroy", "--force", "--yes")


def destroyed(lab: StepLab) -> None:
    """All is gone but the branch and the work."""
    assert not lab.tree_of("ada").exists()
    wait_for(lambda: lab.tree() == {}, "nothing to run")
    refs = git(lab.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent/rescue").split()
    assert any("work.txt" in git(lab.repo, "ls-tree", "-r", "--name-only", ref) for ref in refs)
    assert git(lab.repo, "branch", "--list", "work/ada").strip()


def moved(lab: StepLab) -> None:
    """Move a worktree by hand."""
    lab.tree_of("ada").rename(lab.tree_of("ada").with_name("elsewhere"))


def repaired(lab: StepLab) -> None:
    """The worktree is known at its new place, with all that was in it."""
    assert lab.ask("plan", "--detailed-exitcode")["empty"]
    assert (lab.tree_of("elsewhere") / "setup-done.txt").is_file()


def alive(lab: StepLab) -> None:
    """Let the agent live, to be started again when it fails, and remember its session."""
    text = lab.file.read_text()
    lab.file.write_text(
        text.replace("    branch: work/ada\n", "    branch: work/ada\n    restart: on-failure\n")
    )
    lab.up()
    apply(lab)
    (lab.folder / "session.txt").write_text(agent(lab, "ada")["session"]["id"])
    lab.down()


def crash(lab: StepLab) -> None:
    """Kill the agent's program, once, and wait until it runs again."""

    def first() -> Any:
        session = agent(lab, "ada")["session"]
        return session if session["id"] == (lab.folder / "session.txt").read_text() else None

    session = first()
    if session and session["live"]:
        os.kill(session["pid"], signal.SIGKILL)
    wait_for(lambda: not first() and agent(lab, "ada")["session"]["live"], "another session")


def crashed(lab: StepLab) -> None:
    """It runs again, for one restart; and nothing is owed that somebody could do a second time."""
    found = agent(lab, "ada")
    assert (found["session"]["live"], found["restarts"]) == (True, 1), found
    query = "SELECT count(*) FROM owed_restarts"
    with closing(sqlite3.connect(f"file:{lab.home / 'state.db'}?mode=ro", uri=True)) as connection:
        wait_for(lambda: connection.execute(query).fetchone() == (0,), "what was owed to be paid")


def tidy(lab: StepLab) -> None:
    """Run a schedule by hand, to its end."""
    lab.do("schedule", "run", "ada/tidy", check=None)


def tidied(lab: StepLab) -> None:
    """Each run ran once, and its row says so."""

    def over() -> bool:
        rows = lab.ask("schedule", "history", "ada/tidy")
        return not any(row["state"] in {"queued", "claimed", "running"} for row in rows)

    wait_for(over, "the runs to be over")
    rows = lab.ask("schedule", "history", "ada/tidy")
    lines = (lab.folder / "told.txt").read_text().split()
    assert len(lines) == len(set(lines)), lines
    ran = {row["run"] for row in rows if row["state"] == "succeeded"}
    assert ran == set(lines) & {row["run"] for row in rows}, (rows, lines)
    assert ran


def pause(lab: StepLab) -> None:
    """Pause a schedule, let it go on, and let it begin anew."""
    lab.do("schedule", "pause", "ada/tidy")
    lab.do("schedule", "resume", "ada/tidy")
    lab.do("schedule", "reset", "ada/tidy")


def paused(lab: StepLab) -> None:
    """It is in effect."""
    (row,) = lab.ask("schedule", "show", "ada/tidy")
    assert row["state"] == "on", row


def race(lab: StepLab) -> None:
    """Let two agents race, keep one's work, and clear up."""
    found = lab.ask("race", "list")
    if not found:
        lab.do("run", "--agents", "bob,eve", "hello", check=None)
        found = lab.ask("race", "list")
    name = found[0]["race"]

    def over() -> bool:
        runs = lab.ask("race", "show", name)["runs"]
        return not any(run["state"] in {"claimed", "running"} for run in runs)

    wait_for(over, "the race to be over")
    lab.do("race", "keep", name, "bob", "--yes", check=None)


def raced(lab: StepLab) -> None:
    """The work is in the base once, and no worktree of the race is left."""
    (found,) = lab.ask("race", "list")
    view = lab.ask("race", "show", found["race"])
    assert (view["kept"], [run["cleared"] for run in view["runs"]]) == ("bob", [True, True]), view
    assert git(lab.repo, "log", "--format=%s", "main").split().count("by-bob") == 1


def edit(lab: StepLab) -> None:
    """Stage, unstage, commit, discard, push and merge the work of an agent, as a person does."""
    tree = lab.tree_of("ada")
    subjects = git(tree, "log", "--format=%s", "-20").split()
    if "made" not in subjects:
        (tree / "made.txt").write_text("made\n")
        lab.do("stage", "ada", "made.txt")
        lab.do("unstage", "ada", "made.txt")
        lab.do("stage", "ada", "made.txt")
        lab.do("commit", "ada", "-m", "made")
    if not git(lab.repo, "for-each-ref", "refs/constellagent/trash"):
        (tree / "lost.txt").write_text("lost\n")
    if (tree / "lost.txt").exists():
        lab.do("discard", "ada", "lost.txt", "--yes")
    lab.do("push", "ada")
    lab.do("merge", "ada", "--yes", check=None)


def edited(lab: StepLab) -> None:
    """One commit, here, there and in the base; what was thrown away is kept."""
    for folder, ref in (
        (lab.tree_of("ada"), "HEAD"),
        (lab.folder / "origin", "work/ada"),
        (lab.repo, "main"),
    ):
        assert git(folder, "log", "--format=%s", ref).split().count("made") == 1, folder
    assert not (lab.tree_of("ada") / "lost.txt").exists()
    refs = git(lab.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent/trash").split()
    assert any("lost.txt" in git(lab.repo, "ls-tree", "-r", "--name-only", ref) for ref in refs), refs


def save(lab: StepLab) -> None:
    """Save a file in the editor of the page, and remove another one there."""
    for path, what in (("file-1.txt", "save"), ("file-2.txt", "remove")):
        file = lab.tree_of("ada") / path
        if file.exists() and file.read_text() != "saved\n":
            seen = lab.change("browse", {"action": "content", "path": path, "revision": "worktree"})
            wanted = {"action": what, "path": path, "version": seen["version"]}
            lab.change("change", wanted | ({"text": "saved\n"} if what == "save" else {}))


def saved(lab: StepLab) -> None:
    """What was saved is there, what was removed is not, and nothing lies beside them."""
    tree = lab.tree_of("ada")
    assert (tree / "file-1.txt").read_text() == "saved\n"
    assert not (tree / "file-2.txt").exists()
    assert set(git(tree, "status", "--porcelain").split()) <= {
        "M",
        "D",
        "??",
        "file-1.txt",
        "file-2.txt",
        "setup-done.txt",
    }


def comment(lab: StepLab) -> None:
    """Leave, change, settle, reopen and remove comments on an agent's work."""
    known = lab.ask("comment", "list", "ada")
    if not any(row["text"].startswith("stays") for row in known):
        lab.do("comment", "add", "ada", "file-3.txt:1", "stays")
    ident = lab.ask("comment", "list", "ada")[0]["id"]
    lab.do("comment", "edit", "ada", ident, "stays, changed")
    lab.do("comment", "resolve", "ada", ident)
    lab.do("comment", "reopen", "ada", ident)
    if len(known) < 2:
        lab.do("comment", "add", "ada", "file-3.txt:2", "goes")
    for row in lab.ask("comment", "list", "ada"):
        if row["text"] == "goes":
            lab.do("comment", "remove", "ada", row["id"])


def commented(lab: StepLab) -> None:
    """The one that stays is there once, as it was changed."""
    rows = lab.ask("comment", "list", "ada")
    assert [row["text"] for row in rows if row["text"] != "goes"] == ["stays, changed"], rows


def trust(lab: StepLab) -> None:
    """Withdraw the approval, and give it again."""
    lab.do("trust", "--revoke")
    lab.do("trust", "--yes")


def trusted(lab: StepLab) -> None:
    """An apply asks nobody."""
    lab.do("apply", "--restart", "ada")


def tell(lab: StepLab) -> None:
    """Let the agent's program report that it waits, tell its owner, and take a prompt."""
    lab.do("restart", "ada")
    lab.do("wait", "ada", "--until", "waiting", "--timeout", "50")
    lab.do("send", "ada", "hello")


def told(lab: StepLab) -> None:
    """What it reported last is shown, and it lives."""
    found = agent(lab, "ada")
    assert (found["state"], found["source"]) == ("waiting", "hook"), found
    assert found["session"]["live"]


def adopt(lab: StepLab) -> None:
    """Take over what is there already: a worktree and an identity."""
    lab.do("import", "ada")
