"""The real daemon of a person whose home the test chooses: `python -m tests.reliability.housed_daemon`.

Where the person lives is not taken from the environment, so a test that plants secrets in a home has to say
it in another way. With `BARE` nothing is put around sandboxed agents, and a program begins with what others
have open: what a sandbox prevents has to be seen to be possible there. With `WITHOUT` one protection is left
out, to see that it is missed; with `MISSING` there is no bubblewrap.
"""

import os
import pwd
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from constellagent.faces.cli.boundary import run
from constellagent.runtime import launches
from constellagent.runtime.sandbox import bwrap, git_folder, probe, sandboxes
from constellagent.runtime.sandbox.ground import Ground, Human

BARE, WITHOUT, MISSING, PERSON = "TEST_BARE", "TEST_WITHOUT", "TEST_MISSING", "TEST_PERSON"
LEAK = ("/bin/sh", "-c", 'exec 9</dev/null; LEAKED=1; export LEAKED; exec "$@"', "sh")
"""Begins a program with a descriptor and a variable that are somebody else's."""

_Words = Callable[[Ground, Iterable[str]], tuple[str, ...]]


def _dropped(words: tuple[str, ...], *option: str) -> tuple[str, ...]:
    """Return the words without an option and its values."""
    size = len(option)
    for at in range(len(words) - size + 1):
        if words[at : at + size] == option:
            return words[:at] + words[at + size :]
    raise AssertionError(f"{option} is not in {words}")


def _writable(words: tuple[str, ...], place: str, at_place: str = "") -> tuple[str, ...]:
    """Return the words with the first read-only mount of a place, there or elsewhere, made writable."""
    wanted = ("--ro-bind", place, at_place or place)
    at = next(number for number in range(len(words)) if words[number : number + 3] == wanted)
    return (*words[:at], "--bind", *words[at + 1 :])


MUTATIONS: dict[str, Callable[[Ground], tuple[str, ...]]] = {
    "processes": lambda ground: _dropped(bwrap.words(ground), "--unshare-pid"),
    "rights": lambda ground: _dropped(bwrap.words(ground), "--cap-drop", "ALL"),
    "state": lambda ground: bwrap.words(replace(ground, state=())),
    "worktrees": lambda ground: bwrap.words(replace(ground, roots=())),
    "person": lambda ground: bwrap.words(replace(ground, human=Human())),
    "temporary": lambda ground: bwrap.words(replace(ground, temporary=())),
    "guarded": lambda ground: bwrap.words(replace(ground, repo=replace(ground.repo, guarded=()))),
    "repository": lambda ground: _writable(
        bwrap.words(ground), str(ground.repo.common), str(git_folder.real(ground.repo.common))
    ),
    "pointer": lambda ground: _dropped(
        bwrap.words(ground), "--ro-bind", *[str(ground.worktree / ".git")] * 2
    ),
    "read-only": lambda ground: _writable(bwrap.words(ground), "/"),
    "sealed": lambda ground: _dropped(bwrap.words(ground), "--ro-bind-try", "/proc/sys", "/proc/sys"),
    "devices": lambda ground: (
        *_dropped(bwrap.words(ground), "--dev", "/dev"),
        *("--dev-bind", "/dev", "/dev"),
    ),
    "network": lambda ground: bwrap.words(replace(ground, network="host")),
}
"""Protections that can be left out, by name."""


def _housed(home: str) -> Callable[[int], pwd.struct_passwd]:
    def entry(uid: int) -> pwd.struct_passwd:
        return pwd.struct_passwd(("person", "x", uid, os.getgid(), "", home, "/bin/sh"))

    return entry


def _bare(launch: Any, *_: object, **__: object) -> Any:
    """Return the launch with nothing around its program but what it must not begin with."""
    return replace(launch, argv=(*LEAK, *launch.argv))


def arrange() -> None:
    """Make the daemon that is about to start as the environment says."""
    pwd.getpwuid = _housed(os.environ[PERSON])
    if BARE in os.environ:
        launches._sheltered = _bare
    if MISSING in os.environ:
        probe._PLACES = "/nowhere"
    if WITHOUT in os.environ:
        mutation = MUTATIONS[os.environ[WITHOUT]]
        vars(sandboxes)["words"] = lambda ground, _=(): mutation(ground)


if __name__ == "__main__":
    arrange()
    sys.exit(run(["daemon", "run"]))
