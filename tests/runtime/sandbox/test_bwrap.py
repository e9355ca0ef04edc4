"""The words of bubblewrap: which mount covers which."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from constellagent.runtime.sandbox import git_folder
from constellagent.runtime.sandbox.bwrap import SEALED, words
from constellagent.runtime.sandbox.ground import Ground, Human, Own, Repo

COMMON, TREE = Path("/src/repo/.git"), Path("/src/trees/one")
ADMIN = COMMON / "worktrees/one"
GROUND = Ground(
    worktree=TREE,
    repo=Repo(
        COMMON,
        ADMIN,
        log=COMMON / "logs/refs/heads/agents/one",
        guarded=(ADMIN / "commondir", ADMIN / "config.worktree"),
        refs=(COMMON / "refs/heads",),
    ),
    own=Own(Path("/state/empty"), read=(Path("/state/bin"),), write=(Path("/state/own"),)),
    state=(Path("/state"),),
    roots=(Path("/src/trees"),),
    temporary=(Path("/tmp"),),
)


def at(found: tuple[str, ...], place: Path | str, last: bool = True) -> int:
    """Return where a place is mounted: the last time, which counts, or the first."""
    where = [number for number, word in enumerate(found) if word == str(place)]
    return where[-1] if last else where[0]


def how(found: tuple[str, ...], place: Path | str) -> str:
    """Return the option of the last mount at a place."""
    number = at(found, place)
    return found[number - 1] if found[number - 1].startswith("--") else found[number - 2]


def test_what_must_stay_as_it_is_comes_last() -> None:
    """Nothing that is given to the agent is mounted after the carve-outs in it."""
    found = words(GROUND)
    carved = [TREE / ".git", ADMIN / "commondir", ADMIN / "config.worktree"]
    given = [
        TREE,
        ADMIN,
        COMMON,
        git_folder.real(COMMON),
        COMMON / "objects",
        COMMON / "refs/heads",
        Path("/state/own"),
    ]
    assert max(at(found, place) for place in given) < min(at(found, place, last=False) for place in carved)
    assert {how(found, place) for place in carved} == {"--ro-bind"}


def test_git_may_be_written_only_where_a_commit_writes() -> None:
    """The common folder is read-only, and so are the hooks, the settings and the alternates below it."""
    found = words(GROUND)
    assert how(found, COMMON) == "--remount-ro"
    assert how(found, git_folder.real(COMMON)) == "--ro-bind"
    assert {how(found, COMMON / name) for name in ("refs", "worktrees")} == {"--ro-bind"}
    written = {
        found[n + 2]
        for n, word in enumerate(found)
        if word == "--bind" and found[n + 2].startswith(str(COMMON))
    }
    assert written == {
        str(place)
        for place in (COMMON / "objects", COMMON / "refs/heads", COMMON / "logs/refs/heads/agents/one", ADMIN)
    }
    assert how(found, COMMON / "objects/info") == "--ro-bind"
    assert at(found, COMMON / "objects") < at(found, COMMON / "objects/info")
    assert how(found, COMMON / "logs") == "--tmpfs"


def test_everything_else_is_read_only_and_without_power() -> None:
    """The machine comes first and read-only; what of /proc root may write is sealed; no power is left."""
    found = words(GROUND)
    assert found[found.index("--cap-drop") + 1] == "ALL"
    assert found.index("--ro-bind") < found.index("--tmpfs")
    assert found[found.index("--ro-bind") :][:3] == ("--ro-bind", "/", "/")
    assert all(found.index("--proc") < at(found, sealed) for sealed in SEALED)
    assert {"--unshare-pid", "--unshare-ipc", "--die-with-parent"} <= set(found)
    assert "--new-session" not in found


def test_state_and_worktrees_are_hidden_before_the_own_ones_are_given_back() -> None:
    """The covers lie above what was given back of the person's files and below what is the agent's."""
    human = Human(read=(Path("/state/peek"),), write=(Path("/src"),))
    found = words(replace(GROUND, human=human))
    for cover, own in (("/state", "/state/own"), ("/src/trees", TREE)):
        assert how(found, cover) == "--tmpfs"
        assert at(found, cover) < at(found, own)
    assert at(found, "/state/peek") < at(found, "/state")
    assert at(found, "/src") < at(found, "/src/trees")


def test_of_the_persons_places_the_deeper_one_counts() -> None:
    """A place below a hidden folder can be given back, and a secret below a given one stays hidden."""
    human = Human(
        folders=(Path("/me/.ssh"), Path("/me/open/secret")),
        files=(Path("/me/.netrc"),),
        read=(Path("/me/.ssh/known"),),
        write=(Path("/me/open"),),
    )
    found = words(replace(GROUND, human=human))
    assert at(found, "/me/.ssh") < at(found, "/me/.ssh/known")
    assert at(found, "/me/open") < at(found, "/me/open/secret")
    assert (how(found, "/me/.ssh"), how(found, "/me/.netrc")) == ("--tmpfs", "--ro-bind")
    assert found[at(found, "/me/.netrc") - 1] == "/state/empty"


def test_what_a_program_needs_is_given_back_wherever_it_lies() -> None:
    """An interpreter in a temporary folder, or among the state, is there; another is not mounted again."""
    needed = (Path("/tmp/venv"), Path("/state/venv"), Path("/usr"))
    found = words(replace(GROUND, needed=needed))
    assert at(found, "/tmp") < at(found, "/tmp/venv")
    assert at(found, "/state") < at(found, "/state/venv")
    assert "/usr" not in found


def test_no_network_and_our_own_git() -> None:
    """The network is a namespace; our git writes all refs and an index of its own, and nothing more."""
    assert "--unshare-net" not in words(GROUND)
    found = words(replace(GROUND, network="none", whole_refs=True, index=Path("/scratch")), ("git", "status"))
    assert "--unshare-net" in found
    assert (how(found, COMMON / "refs"), how(found, COMMON / "logs")) == ("--bind", "--bind")
    assert how(found, "/scratch") == "--bind"
    assert found[-3:] == ("--", "git", "status")


def test_a_folder_inside_another_is_covered_once() -> None:
    """Sockets below the state folder need no cover of their own."""
    found = words(replace(GROUND, state=(Path("/state"), Path("/state/run"))))
    assert [after for word, after in pairwise(found) if word == "--tmpfs"].count("/state/run") == 0
