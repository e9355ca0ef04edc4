"""From what a sandbox is made of to a profile of macOS's `sandbox-exec`. Pure, and experimental.

The intentions are those of `bwrap`, as far as a profile can say them: paths are refused, not covered, so an
agent sees that they are there; processes are seen, and not signalled. A later rule wins over an earlier one,
so the order is the same: the machine, what is hidden, what is the agent's, what stays as it is.

A program becomes `sandbox-exec`, which becomes the program: signals, job control and the exit status are as
without it. There are no limits of memory and processes.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from constellagent.runtime.sandbox.ground import Ground

NAME = "sandbox.profile"
_TEMPORARY = ("/private/tmp", "/private/var/tmp", "/private/var/folders")
"""Programs fail without them, and a profile cannot give an agent its own."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/random", "/dev/urandom", "/dev/dtracehelper")
_SERVICES = ("com.apple.SecurityServer", "com.apple.securityd.xpc", "com.apple.pasteboard.1")
"""Keychains and the clipboard: programs that act for whoever asks."""
_SHARED = ("com.apple.coreservices.appleevents", "com.apple.coreservices.launchservicesd")
"""What makes other programs do things: open, script."""


def profile(ground: Ground) -> str:
    """Return the profile's text."""
    rules = (
        "(version 1)",
        "(allow default)",
        *_processes(),
        *_network(ground),
        *_machine(),
        *_hidden(ground),
        *_own(ground),
        *_guarded(ground),
    )
    return "\n".join(rules) + "\n"


def prefix(program: str, folder: str) -> tuple[str, ...]:
    """Return the words that, put before a program's, run it under the profile that is kept in a folder."""
    return (program, "-f", f"{folder}/{NAME}")


def words(program: str, ground: Ground) -> tuple[str, ...]:
    """Return the same for a profile that is kept nowhere."""
    return (program, "-p", profile(ground))


def _processes() -> Iterator[str]:
    yield "(deny signal)"
    yield "(allow signal (target same-sandbox))"
    yield "(deny process-info* (target others))"
    yield "(deny mach-priv-task-port)"
    yield "(deny mach-lookup " + " ".join(f"(global-name {_text(name)})" for name in _SERVICES) + ")"
    yield "(deny mach-lookup " + " ".join(f"(global-name {_text(name)})" for name in _SHARED) + ")"
    yield "(deny job-creation)"


def _network(ground: Ground) -> Iterator[str]:
    """Unix sockets are reached by their path alone; without a network the provider's door stays."""
    if ground.network == "none":
        yield "(deny network*)"
        yield '(allow network* (remote ip "localhost:*") (local ip "localhost:*"))'
    yield "(deny network-outbound (remote unix-socket))"
    for socket in ground.own.sockets:
        yield f"(allow network-outbound (remote unix-socket (path-literal {_text(socket)})))"


def _machine() -> Iterator[str]:
    yield "(deny file-write*)"
    yield _rule("allow", "file-write*", "subpath", map(Path, _TEMPORARY))
    yield _rule("allow", "file-write*", "literal", map(Path, _DEVICES))
    yield '(allow file-write* (regex #"^/dev/ttys[0-9]+$"))'


def _hidden(ground: Ground) -> Iterator[str]:
    """The person's places, our state and all worktrees; what lies there and is needed may be read."""
    human = ground.human
    hidden = (*human.folders, *human.files, *ground.state, *ground.roots)
    if hidden:
        yield _rule("deny", "file-read* file-write*", "subpath", hidden)
        # Without the attributes of the folders above it no path below can be resolved.
        yield _rule("allow", "file-read-metadata", "literal", _above(ground))
    given = (*human.read, *ground.needed, *ground.own.read)
    if given:
        yield _rule("allow", "file-read*", "subpath", given)


def _own(ground: Ground) -> Iterator[str]:
    """What is the agent's: its worktree, its places of our state, and what of git a commit writes."""
    common, repo = ground.repo.common, ground.repo
    yield _rule("allow", "file-read*", "subpath", [common])
    yield _rule("deny", "file-write*", "subpath", [common])
    places = [ground.worktree, *ground.own.write, *ground.human.write]
    places += [common / "objects", repo.admin, *repo.refs]
    places += [] if ground.index is None else [ground.index]
    places += [common / "refs", common / "logs"] if ground.whole_refs else []
    yield _rule("allow", "file-read* file-write*", "subpath", places)
    # Whatever git removes, even its own note of a cherry-pick that is done, it first locks the packed refs.
    yield _rule("allow", "file-write*", "literal", [common / "packed-refs.lock"])
    if repo.log is not None:
        yield _rule("allow", "file-write*", "literal", [repo.log])
    if ground.own.sockets:
        yield _rule("allow", "file-read* file-write*", "literal", ground.own.sockets)


def _guarded(ground: Ground) -> Iterator[str]:
    """Last, so that nothing above can open it."""
    places = [ground.worktree / ".git", *ground.repo.guarded, ground.repo.common / "objects" / "info"]
    yield _rule("deny", "file-write*", "subpath", places)


def _above(ground: Ground) -> list[Path]:
    """Return the folders above all that is given, each once."""
    given = (ground.worktree, *ground.own.read, *ground.own.write, *ground.own.sockets, *ground.needed)
    return sorted({folder for place in given for folder in place.parents})


def _rule(verb: str, what: str, how: str, places: Iterable[Path]) -> str:
    named = " ".join(f"({how} {_text(place)})" for place in dict.fromkeys(places))
    return f"({verb} {what} {named})"


def _text(place: Path | str) -> str:
    """Return a string of the profile's language."""
    return '"' + str(place).replace("\\", "\\\\").replace('"', '\\"') + '"'
