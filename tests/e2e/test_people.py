"""What people do beside us: worktrees, folders and branches of their own, moves, deletions and edits."""

import shlex
import shutil

from tests.e2e.place import Place, commit, refused
from tests.reliability.lab import git, manifest, wait_for


def test_c6_foreign_worktree_at_the_declared_path(place: Place) -> None:
    """A hand-made worktree is neither used nor changed until `import` takes it over as it is."""
    tree = place.tree_of()
    git(place.repo, "worktree", "add", "-q", "-b", "agents/docs", str(tree))
    (tree / "wip.txt").write_text("mine\n")
    before = manifest(tree)
    place.agent()
    refused(place.run("apply", "--yes", check=1), "did not make", "constellagent import docs")
    assert manifest(tree) == before
    assert place.sessions() == set()
    place.run("import", "docs")
    assert manifest(tree) == before
    place.run("apply", "--yes")
    place.settled()
    assert place.view()["session"]["live"]
    assert before.items() <= manifest(tree).items()


def test_c4_hand_made_worktree_elsewhere(place: Place) -> None:
    """A branch that a person has checked out elsewhere: the plan prints the command that takes it over."""
    tree = place.folder / "by hand"
    git(place.repo, "worktree", "add", "-q", "-b", "feature/x", str(tree))
    (tree / "wip.txt").write_text("mine\n")
    place.agent('{command: [sleep, "600"], branch: feature/x}')
    (line,) = [line for line in place.lines() if "checked out" in line]
    assert f"`constellagent import docs --path {shlex.quote(str(tree))}`" in line
    place.run("import", "docs", "--path", str(tree))
    place.run("apply", "--yes")
    place.settled()
    assert (tree / "wip.txt").read_text() == "mine\n"
    assert place.view()["path"] == str(tree)


def test_c4_occupied_path_and_branch_of_the_main_checkout(place: Place) -> None:
    """A folder of something else and the main checkout's branch stop these two agents and no other."""
    occupied = place.tree_of("occupied")
    occupied.mkdir(parents=True)
    (occupied / "precious.txt").write_text("mine\n")
    place.write("""
        agents:
          occupied: {command: [sleep, "600"]}
          mainline: {command: [sleep, "600"], branch: main}
          docs: {command: [sleep, "600"]}
        """)
    done = place.run("apply", "--yes", check=1)
    refused(done, f"{occupied} is taken", f"branch main is checked out at {place.repo}")
    assert manifest(occupied).keys() == {"precious.txt"}
    assert [place.view(name)["state"] for name in ("occupied", "mainline")] == ["stopped"] * 2
    assert place.view("docs")["session"]["live"]
    assert git(place.repo, "branch", "--show-current") == "main\n"


def test_f7_repository_that_tracks_ravi(place: Place) -> None:
    """A committed `.ravi/config.json` would choose whose mailbox an agent has: nothing of it is created."""
    commit(place.repo, {".ravi/config.json": '{"identity_key": "theirs"}\n'})
    place.agent()
    refused(place.run("apply", "--yes", check=None), ".ravi", "tracked")
    assert not (place.tree_of() / ".ravi").exists()
    assert place.view()["state"] == "stopped"
    assert (place.repo / ".ravi" / "config.json").read_text() == '{"identity_key": "theirs"}\n'


def test_import_of_an_identity(place: Place) -> None:
    """An agent takes over the identity that another one had; the address stays, and there is no second."""
    place.agent(name="first")
    place.run("apply", "--yes")
    address = place.view("first")["address"]
    place.run("destroy", "--yes")
    place.agent(name="second")
    place.run("import", "second", "--identity", address)
    place.run("apply", "--yes")
    assert place.view("second")["address"] == address
    assert place.identities() == ["first"]
    refused(
        place.run("import", "second", "--identity", "nobody@lab.test", check=None), "nobody@lab.test", "hint:"
    )


def test_c3_moved_worktree(place: Place) -> None:
    """A worktree that was moved by hand is found and repaired, its session goes on, and no byte changes."""
    place.agent()
    place.run("apply", "--yes")
    before, session = manifest(place.tree_of()), place.view()["session"]["id"]
    moved = place.tree_of("elsewhere")
    place.tree_of().rename(moved)
    assert any("it was moved" in line for line in place.lines())
    place.run("apply", "--yes")
    place.settled()
    assert (place.view()["path"], place.view()["session"]["id"]) == (str(moved), session)
    assert manifest(moved) == before
    assert not place.tree_of().exists()


def test_c2_worktree_deleted_by_hand(place: Place) -> None:
    """A deleted worktree is made anew on its branch with its commits; its running session waits for leave."""
    place.agent()
    place.run("apply", "--yes")
    tree = place.tree_of()
    (tree / "done.txt").write_text("done\n")
    git(tree, "add", "done.txt")
    git(tree, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "work")
    shutil.rmtree(tree)
    lines = place.lines()
    assert any("its folder is gone" in line for line in lines)
    assert any(line.startswith("! docs") and "--restart docs" in line for line in lines)
    place.run("apply", "--yes", "--restart", "docs")
    assert (tree / "done.txt").read_text() == "done\n"
    place.settled()


def test_renamed_agent(place: Place) -> None:
    """Under its new name an agent is another one; the old one is reported and kept until `--prune`."""
    place.agent(name="old")
    place.run("apply", "--yes")
    place.agent(name="new")
    done = place.run("apply", "--yes")
    refused(done, "old", "no longer declared", "--prune")
    rows = place.json("status")[0]["agents"]
    known = {row["name"]: (row["session"]["live"], row["declared"]) for row in rows}
    assert known == {"old": (True, False), "new": (True, True)}
    place.run("apply", "--yes", "--prune")
    assert [row["name"] for row in place.json("status")[0]["agents"]] == ["new"]
    assert not place.tree_of("old").exists()
    assert git(place.repo, "branch", "--list", "agents/old").strip() == "agents/old"
    wait_for(lambda: len(place.sessions()) == 1, "one session to be left")


def test_saved_plan_in_a_world_that_moved(place: Place) -> None:
    """A saved plan is applied as long as nothing moved; after that it is refused and does nothing."""
    place.agent()
    saved = str(place.folder / "plan.json")
    place.run("plan", "--out", saved)
    git(place.repo, "branch", "agents/docs")
    refused(place.run("apply", saved, "--yes", check=3), "hint:", "plan")
    assert not place.tree_of().exists()
    assert place.sessions() == set()
    place.run("plan", "--out", saved)
    place.agent('{command: [sleep, "601"]}')
    refused(place.run("apply", saved, "--yes", check=3), "file changed")
    place.run("plan", "--out", saved)
    place.run("apply", saved, "--yes")
    place.settled()


def test_c1_destroy_lists_what_would_be_lost(place: Place) -> None:
    """The refusal names each loss, and not even the session is ended."""
    place.agent()
    place.run("apply", "--yes")
    tree = place.tree_of()
    (tree / "untracked.txt").write_text("mine\n")
    (tree / "file-1.txt").write_text("mine\n")
    (tree / "ignored.log").write_text("mine\n")
    done = place.run("destroy", "--yes", check=3)
    refused(done, "untracked.txt", "file-1.txt", "ignored.log", "--force")
    assert done.stdout == "lab: nothing done, 1 failed\n"
    assert place.view()["session"]["live"]
