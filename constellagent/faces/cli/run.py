"""`constellagent run`: one run of an agent, with a prompt or with a command in its place."""

import fcntl
import os
import stat
import struct
import sys
import termios
from typing import Annotated, TextIO

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option, Rest
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.control import RunRequest


def run(
    agent: Agent,
    prompt: Annotated[str | None, Argument("PROMPT", "What the agent is to do.")] = None,
    argv: Annotated[list[str] | None, Rest("ARGV...")] = None,
    *,
    file: File = None,
    detach: Annotated[bool, Option(("--detach", "-d"), "Print the session's id and do not wait.")] = False,
    as_json: Json = False,
) -> int:
    """Run an agent once in its worktree, as its identity.

    `run AGENT -- ARGV...` runs a command in the agent's place.

    Its output is copied to stdout, and the exit code is the command's. Ctrl-C stops it.
    """
    if prompt is not None and argv:
        raise UsageError("give a prompt or a command after --, not both")
    request = RunRequest(file=constellation_file(file), agent=agent)
    if prompt is not None:
        request["prompt"] = prompt
    if argv:
        request["argv"] = argv
    if sys.stdout.isatty():
        size = screen.terminal_size(sys.stdout)
        request["rows"], request["columns"] = size.lines, size.columns
    with daemon() as client:
        session = client.run(request)
    if not detach and _piped(sys.stdin):
        screen.tell("it has a terminal of its own and gets nothing of this pipe; pipe inside: -- sh -c '...'")
    if detach:
        if as_json:
            screen.say_json(session)
        else:
            screen.say(session["id"])
        return 0
    return _stream(request["file"], session["id"], session["log"], as_json=as_json)


def _piped(stream: TextIO) -> bool:
    """Whether something waits on stdin that somebody pipes or redirects: it would never arrive."""
    try:
        found = os.fstat(stream.fileno())
        if stat.S_ISREG(found.st_mode):
            return found.st_size > 0
        if not stat.S_ISFIFO(found.st_mode):
            return False
        count = fcntl.ioctl(stream.fileno(), termios.FIONREAD, struct.pack("i", 0))
    except (OSError, ValueError):
        return False
    return bool(struct.unpack("i", count)[0])


def _stream(file: str, session: str, log: str, *, as_json: bool) -> int:
    from constellagent.faces.cli import follow

    end = 0
    try:
        for start, data in follow.output(log, 0):
            end = start + len(data)
            if not as_json:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        with daemon() as client:
            screen.tell(f"\n{client.stop(file, session)}")
        raise
    ended = follow.end_of(log) or {}
    code = follow.exit_code(ended)
    if as_json:
        screen.say_json({"session": session, "exit_code": code, "bytes": end, "ended": ended})
    return code
