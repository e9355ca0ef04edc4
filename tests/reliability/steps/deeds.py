"""What a person does with agents while the daemon dies: apply, run, race, review, take away.

What a scene is told of, it writes down in `lab.acknowledged`.
"""

import os
import signal
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from tests.reliability.lab import git, wait_for
from tests.reliability.steps import messages
from tests.reliability.steps.steplab import StepLab


def agent(lab: StepLab, name: str) -> dict[str, Any]:
    """Return an agent's row of the status."""
    (view,) = lab.ask("status")
    found: dict[str, Any] = next(row for row in view["agents"] if row["name"] == name)
    return found


def apply(lab: StepLab) -> None:
    """Apply, and let what has ended begin again."""
    with lab.acknowledged.changing("what was applied", lambda: stands(lab), True, was=False):
        lab.do("apply", "--yes", "--restart", "ada")


def stands(lab: StepLab) -> bool:
    """Say whether all that an apply makes is there, wherever its worktree was moved."""
    trees = [tree for tree in (lab.tree_of("ada"), lab.tree_of("elsewhere")) if tree.exists()]
    files = ("setup-done.txt", ".env", ".ravi/config.json")
    made = len(trees) == 1 and all((trees[0] / file).is_file() for file in files)
    return made and lab.identities() == ["ada", "bob", "eve"] and agent(lab, "ada")["session"] is not None


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
    lab.acknowledged.given(
        "work that is in no commit", lambda: _kept(lab, "work.txt", "rescue") != "lost", True
    )
    lab.down()


def destroy(lab: StepLab) -> None:
    """Take everything away, and keep the work."""
    with lab.acknowledged.changing("what was applied", lambda: stands(lab), False, was=True):
        lab.do("destroy", "--force", "--yes")


def _kept(lab: StepLab, name: str, where: str) -> str:
    """Say where a file of the agent is: `there`, `kept` below that folder of our refs, or `lost`."""
    if (lab.tree_of("ada") / name).exists():
        return "there"
    refs = git(lab.repo, "for-each-ref", "--format=%(refname)", f"refs/constellagent/{where}").split()
    held = any(name in git(lab.repo, "ls-tree", "-r", "--name-only", ref).split() for ref in refs)
    return "kept" if held else "lost"


def destroyed(lab: StepLab) -> None:
    """All is gone but the branch and the work."""
    assert not lab.tree_of("ada").exists()
    wait_for(lambda: lab.tree() == {}, "nothing to run")
    assert _kept(lab, "work.txt", "rescue") == "kept"
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
    """Run a schedule by hand, to its end; whatever ran is in the ledger, and stays as it was seen there."""
    lab.acknowledged.given("runs that are in no ledger", lambda: _ran(lab) - _states(lab).keys(), set())
    if lab.tried("schedule", "run", "ada/tidy"):
        done = {run for run, state in _states(lab).items() if state == "succeeded"}
        look = partial(_undone, lab, done)
        lab.acknowledged.given("runs that have not succeeded any more", look, set())


def _ran(lab: StepLab) -> set[str]:
    told = lab.folder / "told.txt"
    return set(told.read_text().split()) if told.exists() else set()


def _states(lab: StepLab) -> dict[str, str]:
    return {row["run"]: row["state"] for row in lab.ask("schedule", "history", "ada/tidy")}


def tidied(lab: StepLab) -> None:
    """Each run ran once, and its row says so."""

    def over() -> bool:
        return not {"queued", "claimed", "running"} & set(_states(lab).values())

    wait_for(over, "the runs to be over")
    states = _states(lab)
    lines = (lab.folder / "told.txt").read_text().split()
    assert len(lines) == len(set(lines)), lines
    assert {run for run, state in states.items() if state == "succeeded"} == set(lines), (states, lines)
    assert lines


def _undone(lab: StepLab, done: set[str]) -> set[str]:
    return done - {run for run, state in _states(lab).items() if state == "succeeded"}


def ran_once(lab: StepLab) -> None:
    """Let the schedule run once, and take what its setup wrote: after the next run it is not kept."""
    lab.up()
    lab.do("schedule", "run", "ada/tidy")
    (row,) = lab.ask("schedule", "history", "ada/tidy")
    Path(row["path"], "setup-done.txt").unlink()
    git(lab.repo, "branch", f"{row['branch']}-of-a-person")
    lab.down()


def forgotten(lab: StepLab) -> None:
    """Of the first run there is no branch and no worktree any more, and of nobody else's is one gone."""
    tidied(lab)
    rows = sorted(lab.ask("schedule", "history", "ada/tidy"), key=lambda row: str(row["decided_at"]))

    def branches() -> list[str]:
        return git(lab.repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    wait_for(lambda: rows[0]["branch"] not in branches(), "the first run to be cleared")
    assert not os.path.lexists(rows[0]["path"])
    assert {rows[-1]["branch"], f"{rows[0]['branch']}-of-a-person"} <= set(branches())


def pause(lab: StepLab) -> None:
    """Pause a schedule, let it go on, and let it begin anew."""
    for what, state in (("pause", "paused"), ("resume", "on"), ("reset", "on")):
        with lab.acknowledged.changing("the schedule", lambda: _schedule(lab), state, was="on"):
            lab.do("schedule", what, "ada/tidy")


def _schedule(lab: StepLab) -> str:
    (row,) = lab.ask("schedule", "show", "ada/tidy")
    return str(row["state"])


def paused(lab: StepLab) -> None:
    """It is in effect."""
    assert _schedule(lab) == "on"


def race(lab: StepLab) -> None:
    """Let two agents race, keep one's work, and clear up."""
    found = lab.ask("race", "list")
    if not found:
        lab.do("run", "--agents", "bob,eve", "hello", check=None)
        found = lab.ask("race", "list")
    name = found[0]["race"]
    lab.acknowledged.given("the race", lambda: [row["race"] for row in lab.ask("race", "list")], [name])

    def over() -> bool:
        runs = lab.ask("race", "show", name)["runs"]
        return not any(run["state"] in {"claimed", "running"} for run in runs)

    wait_for(over, "the race to be over")
    if lab.tried("race", "keep", name, "bob", "--yes"):
        lab.acknowledged.given("whose work was kept", lambda: lab.ask("race", "show", name)["kept"], "bob")
        lab.acknowledged.given("the work in the base", lambda: _subjects(lab.repo, "main").count("by-bob"), 1)


def _subjects(folder: Path, ref: str) -> list[str]:
    return git(folder, "log", "--format=%s", ref).split()


def raced(lab: StepLab) -> None:
    """The work is in the base once, and no worktree of the race is left."""
    (found,) = lab.ask("race", "list")
    view = lab.ask("race", "show", found["race"])
    assert (view["kept"], [run["cleared"] for run in view["runs"]]) == ("bob", [True, True]), view
    assert _subjects(lab.repo, "main").count("by-bob") == 1


def edit(lab: StepLab) -> None:
    """Stage, unstage, commit, discard, push and merge the work of an agent, as a person does."""
    tree, known = lab.tree_of("ada"), lab.acknowledged
    if _made(lab) != "committed":
        (tree / "made.txt").write_text("made\n")
        for words, after in (
            (("stage", "ada", "made.txt"), "staged"),
            (("unstage", "ada", "made.txt"), "loose"),
            (("stage", "ada", "made.txt"), "staged"),
            (("commit", "ada", "-m", "made"), "committed"),
        ):
            with known.changing("made.txt", lambda: _made(lab), after, was="loose"):
                lab.do(*words)
    if _kept(lab, "lost.txt", "trash") == "lost":
        (tree / "lost.txt").write_text("lost\n")
    if (tree / "lost.txt").exists():
        with known.changing("lost.txt", lambda: _kept(lab, "lost.txt", "trash"), "kept", was="there"):
            lab.do("discard", "ada", "lost.txt", "--yes")
    with known.changing(
        "made.txt elsewhere", lambda: _has_made(lab.folder / "origin", "work/ada"), True, was=False
    ):
        lab.do("push", "ada")
    if lab.tried("merge", "ada", "--yes"):
        known.given("made.txt in the base", lambda: _has_made(lab.repo, "main"), True)


def _made(lab: StepLab) -> str:
    if "made" in _subjects(lab.tree_of("ada"), "HEAD"):
        return "committed"
    staged = git(lab.tree_of("ada"), "diff", "--cached", "--name-only").split()
    return "staged" if "made.txt" in staged else "loose"


def _has_made(folder: Path, ref: str) -> bool:
    known = git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    return ref in known and "made" in _subjects(folder, ref)


def edited(lab: StepLab) -> None:
    """One commit, here, there and in the base; what was thrown away is kept."""
    for folder, ref in (
        (lab.tree_of("ada"), "HEAD"),
        (lab.folder / "origin", "work/ada"),
        (lab.repo, "main"),
    ):
        assert _subjects(folder, ref).count("made") == 1, folder
    assert _kept(lab, "lost.txt", "trash") == "kept"


def save(lab: StepLab) -> None:
    """Save a file in the editor of the page, and remove another one there."""
    tree, known = lab.tree_of("ada"), lab.acknowledged
    if (tree / "file-1.txt").read_text() != "saved\n":
        was = (tree / "file-1.txt").read_text()
        with known.changing("file-1.txt", (tree / "file-1.txt").read_text, "saved\n", was=was):
            _change(lab, "save", "file-1.txt", text="saved\n")
    if (tree / "file-2.txt").exists():
        with known.changing("file-2.txt", lambda: _kept(lab, "file-2.txt", "trash"), "kept", was="there"):
            _change(lab, "remove", "file-2.txt")


def _change(lab: StepLab, what: str, path: str, **more: str) -> None:
    seen = lab.change("browse", {"action": "content", "path": path, "revision": "worktree"})
    lab.change("change", {"action": what, "path": path, "version": seen["version"], **more})


def saved(lab: StepLab) -> None:
    """What was saved is there, what was removed is kept, and nothing lies beside them."""
    tree = lab.tree_of("ada")
    assert (tree / "file-1.txt").read_text() == "saved\n"
    assert _kept(lab, "file-2.txt", "trash") == "kept"
    known = {"M", "D", "??", "file-1.txt", "file-2.txt", "setup-done.txt"}
    assert set(git(tree, "status", "--porcelain").split()) <= known


def comment(lab: StepLab) -> None:
    """Leave, change, settle, reopen and remove comments on an agent's work."""
    known = lab.acknowledged
    if not _comments(lab, "stays"):
        with known.changing(
            "the comment that stays", lambda: _comments(lab, "stays"), [("stays", "open")], was=[]
        ):
            lab.do("comment", "add", "ada", "file-3.txt:1", "stays")
    ident = next(row["id"] for row in lab.ask("comment", "list", "ada") if row["text"].startswith("stays"))
    for words, after in (
        (("edit", "ada", ident, "stays, changed"), "open"),
        (("resolve", "ada", ident), "resolved"),
        (("reopen", "ada", ident), "open"),
    ):
        value = [("stays, changed", after)]
        with known.changing("the comment that stays", lambda: _comments(lab, "stays"), value):
            lab.do("comment", *words)
    if not _comments(lab, "goes"):
        with known.changing(
            "the comment that goes", lambda: _comments(lab, "goes"), [("goes", "open")], was=[]
        ):
            lab.do("comment", "add", "ada", "file-3.txt:2", "goes")
    for row in lab.ask("comment", "list", "ada"):
        if row["text"] == "goes":
            with known.changing("the comment that goes", lambda: _comments(lab, "goes"), []):
                lab.do("comment", "remove", "ada", row["id"])


def _comments(lab: StepLab, begin: str) -> list[tuple[str, str]]:
    rows = lab.ask("comment", "list", "ada")
    return [(row["text"], row["state"]) for row in rows if row["text"].startswith(begin)]


def commented(lab: StepLab) -> None:
    """The one that stays is there once, as it was changed, and the other one is gone."""
    assert _comments(lab, "") == [("stays, changed", "open")]


def changed(lab: StepLab) -> None:
    """Change the file, so that its present content was neither approved nor applied."""
    lab.file.write_text(f"{lab.file.read_text()}# changed\n")


def trust(lab: StepLab) -> None:
    """Give the approval, withdraw it, and give it again."""
    for words, after in ((("--yes",), True), (("--revoke",), False), (("--yes",), True)):
        with lab.acknowledged.changing("the approval", lambda: lab.ask("plan")["trusted"], after, was=False):
            lab.do("trust", *words)


def trusted(lab: StepLab) -> None:
    """An apply asks nobody. That the session is lost is written down once, and told once at most."""
    assert lab.ask("plan")["trusted"]
    query = "SELECT count(*) FROM alerts WHERE agent = 'ada' AND state = 'failed'"
    with closing(sqlite3.connect(f"file:{lab.home / 'state.db'}?mode=ro", uri=True)) as connection:
        wait_for(lambda: connection.execute(query).fetchone() == (1,), "the owner to be told, once")
    assert messages.words(lab) <= 1
    lab.do("apply", "--restart", "ada")


def tell(lab: StepLab) -> None:
    """Let the agent's program report that it waits, tell its owner, and take a prompt."""
    known = lab.acknowledged
    known.drop("the session", "what it was told")
    lab.do("restart", "ada")
    known.seen("the session", lambda: [agent(lab, "ada")["session"][name] for name in ("id", "live")])
    lab.do("wait", "ada", "--until", "waiting", "--timeout", "50")
    with known.changing("what it was told", lambda: "got hello" in lab.do("logs", "ada"), True, was=False):
        lab.do("send", "ada", "hello")


def told(lab: StepLab) -> None:
    """What it reported last is shown, it lives, and what it was told has come to it."""
    found = agent(lab, "ada")
    assert (found["state"], found["source"]) == ("waiting", "hook"), found
    assert found["session"]["live"]
    assert "got hello" in lab.do("logs", "ada")


def adopt(lab: StepLab) -> None:
    """Take over what is there already: a worktree and an identity."""
    lab.do("import", "ada")
