"""`constellagent run`: one run of an agent, with a prompt or with a command in its place."""

import fcntl
import os
import stat
import struct
import sys
import termios
from pathlib import Path
from typing import Annotated, Any, TextIO

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import race_following, screen
from constellagent.faces.cli.declare import Argument, File, Json, Option, OverLimit, Rest
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.control import RunRequest
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.schedule_views import UsageView

_LAST = 4096
"""Bytes at the end of the output in which a run says why it failed."""


def run(
    agent: Annotated[str | None, Argument("AGENT", "The agent's name.", agents=True)] = None,
    prompt: Annotated[str | None, Argument("PROMPT", "What the agent is to do.")] = None,
    argv: Annotated[list[str] | None, Rest("ARGV...")] = None,
    *,
    file: File = None,
    timeout: Annotated[
        str | None,
        Option(("--timeout",), "End it after this long [default: 2h for coding agents].", "SPAN"),
    ] = None,
    agents: Annotated[
        str | None,
        Option(("--agents",), "Let these agents work on the prompt at the same time: a race.", "A,B,..."),
    ] = None,
    base: Annotated[
        str | None,
        Option(("--base",), "What all of a race begin from [default: the agents' base].", "REF"),
    ] = None,
    prompt_file: Annotated[
        str | None, Option(("--prompt-file",), "Take the prompt from this file.", "FILE")
    ] = None,
    detach: Annotated[
        bool, Option(("--detach", "-d"), "Print the id of the session or race and do not wait.")
    ] = False,
    over_limit: OverLimit = False,
    as_json: Json = False,
) -> int:
    """Run an agent once in its worktree, as its identity.

    `run AGENT -- ARGV...` runs a command in the agent's place. `run --agents A,B PROMPT` lets several agents
    work on one prompt, each in a worktree and on a branch of its own, and compares what they made:
    `constellagent race` shows it, and keeps one.

    Its output is copied to stdout, and the exit code is the command's. Ctrl-C stops it. A coding agent that
    works on a prompt asks nobody; the exit code is 1 where it says that it failed, or was not allowed to do
    something and changed nothing, and 124 where it took too long. A race ends with 0 if one of its agents
    succeeded.
    """
    if agents is not None:
        if argv or prompt is not None:
            raise UsageError("--agents takes one prompt", hint="constellagent run --agents A,B PROMPT")
        race = _race(constellation_file(file), agents, agent, prompt_file, base, timeout)
        if over_limit:
            race["over_limit"] = True
        return race_following.begin(race, detach=detach, as_json=as_json)
    if base is not None:
        raise UsageError("--base is for a race, where --agents names several")
    if prompt_file is not None:
        prompt = race_following.prompt(prompt, prompt_file)
    request = _request(file, agent, prompt, argv, timeout)
    if over_limit:
        request["over_limit"] = True
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


def _request(
    file: str | None, agent: str | None, prompt: str | None, argv: list[str] | None, timeout: str | None
) -> RunRequest:
    if agent is None:
        raise UsageError("name an agent, or several with --agents")
    if prompt is not None and argv:
        raise UsageError("give a prompt or a command after --, not both")
    request = RunRequest(file=constellation_file(file), agent=agent)
    if prompt is not None:
        request["prompt"] = prompt
    if argv:
        request["argv"] = argv
    if timeout is not None:
        request["timeout"] = _span(timeout)
    if sys.stdout.isatty():
        size = screen.terminal_size(sys.stdout)
        request["rows"], request["columns"] = size.lines, size.columns
    return request


def _race(
    file: str, agents: str, prompt: str | None, prompt_file: str | None, base: str | None, timeout: str | None
) -> RaceRequest:
    """Return what to ask for a race; in the place of an agent stands its prompt."""
    request = RaceRequest(file=file, action="start", agents=race_following.named(agents))
    request["prompt"] = race_following.prompt(prompt, prompt_file)
    if base is not None:
        request["base"] = base
    if timeout is not None:
        request["timeout"] = _span(timeout)
    return request


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

    end, last = 0, b""
    try:
        for start, data in follow.output(log, 0):
            end = start + len(data)
            if not as_json:
                last = (last + data)[-_LAST:]
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        with daemon() as client:
            screen.tell(f"\n{client.stop(file, session)}")
        raise
    ended = follow.end_of(log) or {}
    code = follow.exit_code(ended)
    verdict = _verdict(log)
    if as_json:
        told = {"session": session, "exit_code": code, "bytes": end, "ended": ended, "verdict": verdict}
        screen.say_json(told)
    elif verdict is not None:
        screen.tell(_said(verdict, again=not (_together() and verdict["why"].encode() in last)))
    return code


def _together() -> bool:
    """Whether who reads our output reads what we say beside it too."""
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError):
        return False


def _span(text: str) -> float:
    from constellagent.faces.cli import spans

    found = spans.seconds(text, "--timeout", default=0.0)
    if found <= 0:
        raise UsageError("--timeout needs a span longer than zero", hint="such as 90s, 20m or 2h")
    return found


def _verdict(log: str) -> dict[str, Any] | None:
    """Return how the run of a coding agent went, None for any other.

    Raises:
        ConstellagentError: it is written down and cannot be read.
    """
    from constellagent.runtime.headless import result

    folder = Path(log).parent
    try:
        found = result.read(str(folder))
    except (OSError, ValueError) as error:
        raise ConstellagentError(
            f"how the run went cannot be read: {folder / result.NAME}: {error}"
        ) from error
    if found is None:
        return None
    said = found.outcome
    known = bool(said.input or said.output or said.cost is not None)
    usage = UsageView(input=said.input, output=said.output, cost=said.cost) if known else None
    return {
        "ok": found.ok,
        "why": found.why,
        "timed_out": found.timed_out,
        "answer": said.answer,
        "denied": list(said.denied),
        "conversation": said.conversation,
        "turns": said.turns,
        "usage": usage,
    }


def _said(verdict: dict[str, Any], *, again: bool) -> str:
    """Return a verdict in one line, with its reason where the output has not ended with it."""
    from constellagent.faces.run_words import used

    why = f": {verdict['why']}" if verdict["why"] and again else ""
    spent = f" ({used(verdict['usage'])})" if verdict["usage"] else ""
    return screen.clean(f"{'done' if verdict['ok'] else 'failed'}{why}{spent}")
