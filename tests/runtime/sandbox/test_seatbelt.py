"""Tests for the text of macOS's profile: what a later rule opens or closes again."""

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.sandbox.ground import Human
from constellagent.runtime.sandbox.seatbelt import prefix, profile, words
from tests.runtime.sandbox.test_bwrap import ADMIN, COMMON, GROUND, TREE

SOCKET = Path("/state/run/own.sock")
FULL = replace(
    GROUND,
    own=replace(GROUND.own, sockets=(SOCKET,)),
    human=Human(
        folders=(Path("/home/p/.ssh"),),
        files=(Path("/home/p/.netrc"),),
        read=(Path("/home/p/.ssh/known_hosts"),),
        write=(Path("/home/p/.cache/pip"),),
    ),
)


def decided(text: str, what: str, place: Path) -> str:
    """Return what the last rule says that is about an operation on a path; programs have all by default."""
    verdict = "allow"
    for rule in text.splitlines()[1:]:
        found = re.match(r"\((allow|deny) ([a-z*\- ]+?)(?: \(|\)$)", rule)
        if found is None or what not in found[2].replace("default", f"{what}").split():
            continue
        paths = re.findall(r'\((subpath|literal) "((?:[^"\\]|\\.)*)"\)', rule)
        about = any(
            str(place) == path or (how == "subpath" and place.is_relative_to(path)) for how, path in paths
        )
        if about or (not paths and "(regex" not in rule and "(remote" not in rule and "(target" not in rule):
            verdict = found[1]
    return verdict


def test_nothing_is_written_but_what_is_the_agent_s() -> None:
    """The worktree, its part of git's folder, its own places and those of the file; nothing else."""
    text = profile(FULL)

    for place in (TREE / "a", ADMIN / "index", COMMON / "objects/ab/c", COMMON / "refs/heads/x"):
        assert decided(text, "file-write*", place) == "allow", place
    assert decided(text, "file-write*", Path("/home/p/.cache/pip/x")) == "allow"
    assert decided(text, "file-write*", Path("/state/own/x")) == "allow"
    for other in ("/etc/hosts", "/home/p/.zshrc", "/usr/local/bin/x", "/src/repo/file", "/src/trees/two/a"):
        assert decided(text, "file-write*", Path(other)) == "deny", other


def test_what_decides_how_git_works_stays_as_it_is() -> None:
    """Also where it lies in a folder that may be written."""
    text = profile(FULL)

    for place in (
        COMMON / "config",
        COMMON / "hooks/x",
        COMMON / "info/attributes",
        COMMON / "objects/info/a",
    ):
        assert decided(text, "file-write*", place) == "deny", place
    for place in (TREE / ".git", ADMIN / "commondir", ADMIN / "config.worktree"):
        assert decided(text, "file-write*", place) == "deny", place


def test_secrets_the_state_and_other_worktrees_are_not_read() -> None:
    """But for what the file gives back, and what is the agent's own."""
    text = profile(FULL)

    for place in ("/home/p/.ssh/id", "/home/p/.netrc", "/state/state.db", "/src/trees/two/file"):
        assert decided(text, "file-read*", Path(place)) == "deny", place
    for place in ("/home/p/.ssh/known_hosts", "/state/bin/ravi", "/state/own/x", "/src/trees/one/file"):
        assert decided(text, "file-read*", Path(place)) == "allow", place


def test_only_its_own_sockets_are_reached() -> None:
    """All unix sockets are refused, then its own allowed; without a network only this machine is left."""
    text = profile(FULL)

    assert text.index("(deny network-outbound (remote unix-socket))") < text.index(f'"{SOCKET}")))')
    assert "(deny network*)" not in text
    none = profile(replace(FULL, network="none"))
    assert none.index("(deny network*)") < none.index("localhost") < none.index("(deny network-outbound")


def test_processes_outside_are_not_signalled() -> None:
    """Nor looked at, nor taken over."""
    text = profile(FULL)

    for rule in ("(deny signal)", "(deny process-info* (target others))", "(deny mach-priv-task-port)"):
        assert rule in text


def test_the_program_follows_the_profile() -> None:
    """As words of `sandbox-exec`: from a file for a session, else as they are."""
    assert prefix("/usr/bin/sandbox-exec", "/state/s1") == (
        "/usr/bin/sandbox-exec",
        "-f",
        "/state/s1/sandbox.profile",
    )
    assert words("/usr/bin/sandbox-exec", FULL) == ("/usr/bin/sandbox-exec", "-p", profile(FULL))


@given(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1))
def test_no_name_ends_its_string(name: str) -> None:
    """Whatever a folder is called, it stays within its quotes."""
    text = profile(replace(FULL, worktree=Path("/src", name)))

    quoted = '"' + str(Path("/src", name)).replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert quoted in text
    assert re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL).count('"') == 0
