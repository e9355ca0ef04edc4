"""`constellagent logs`: what a session wrote, or what the setup steps of an agent wrote."""

import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, Json, LongFile, Option
from constellagent.faces.cli.place import constellation_file

DEFAULT_BYTES = 1 << 16


def logs(
    name: Annotated[
        str | None,
        Argument("NAME", "An agent, a service, a schedule (agent/name), or the id of a run.", agents=True),
    ] = None,
    *,
    file: LongFile = None,
    follow: Annotated[bool, Option(("--follow", "-f"), "Go on until the session ends.")] = False,
    last: Annotated[int, Option(("--bytes", "-n"), "Show this much of the end.", "COUNT")] = DEFAULT_BYTES,
    since_offset: Annotated[
        int | None, Option(("--since-offset",), "Show from this offset of the log on.", "OFFSET")
    ] = None,
    session: Annotated[
        str | None, Option(("--session",), "Show this session; needs no daemon.", "ID")
    ] = None,
    setup: Annotated[bool, Option(("--setup",), "Show the logs of the agent's setup steps instead.")] = False,
    as_json: Json = False,
) -> int:
    """Show what an agent, a service or a run wrote to its terminal.

    Offsets count bytes since the session began and never restart.
    """
    if setup:
        return _setup(name, file, as_json=as_json)
    log = _log(name, file, session)
    offset = _begin(log, last, since_offset)
    if as_json:
        return _json(log, offset)
    return copy(log, offset, follow=follow)


def _log(name: str | None, file: str | None, session: str | None) -> str:
    """Return the log of the session that is meant.

    Raises:
        UsageError: neither or both of name and session are given, or there is no such session.
    """
    if (name is None) == (session is None):
        raise UsageError("give the name of an agent, a service or a schedule, or --session ID")
    if session is not None:
        from constellagent.runtime.paths import locate

        folder = locate().sessions / session
        if Path(session).name != session or not folder.is_dir():
            raise UsageError(
                f"there is no session {session!r}", hint="`constellagent status --json` lists them"
            )
        return str(folder / "log")
    from constellagent.faces.cli.reach import daemon

    assert name is not None
    with daemon() as client:
        return client.session(constellation_file(file), name)["log"]


def _begin(log: str, last: int, since_offset: int | None) -> int:
    from constellagent.runtime.holder.log import LogReader

    if last < 0 or (since_offset is not None and since_offset < 0):
        raise UsageError("an offset or count of bytes cannot be negative")
    if since_offset is not None:
        return since_offset
    reader = LogReader(log)
    return max(reader.begin(), reader.end() - last)


def copy(log: str, offset: int, *, follow: bool) -> int:
    """Copy the log to stdout; a terminal gets no questions to answer, and is left as it was."""
    from constellagent.faces.cli import follow as following

    source = following.output if follow else following.chunks
    if not sys.stdout.isatty():
        for _, data in source(log, offset):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        return 0
    from constellagent.term.scanner import ModeTracker, QueryStripper
    from constellagent.term.scanner.clipboard import ClipboardGuard

    stripper, modes, guard = QueryStripper(), ModeTracker(), ClipboardGuard()
    try:
        for _, data in source(log, offset):
            shown = guard.feed(stripper.feed(data))
            modes.feed(shown)
            sys.stdout.buffer.write(shown)
            sys.stdout.buffer.flush()
    finally:
        sys.stdout.buffer.write(modes.reset_sequence())
        sys.stdout.buffer.flush()
    return 0


def _json(log: str, offset: int) -> int:
    from constellagent.faces.cli import follow as following

    parts = list(following.chunks(log, offset))
    data = b"".join(part for _, part in parts)
    begin = parts[0][0] if parts else offset
    end = parts[-1][0] + len(parts[-1][1]) if parts else offset
    screen.say_json(
        {
            "session": Path(log).parent.name,
            "live": following.end_of(log) is None,
            "begin": begin,
            "end": end,
            "text": data.decode("utf-8", "replace"),
        }
    )
    return 0


def _setup(name: str | None, file: str | None, *, as_json: bool) -> int:
    """Show the kept logs of setup steps, in order.

    Raises:
        UsageError: no agent is named, or it has no such logs.
    """
    from constellagent.runtime.paths import constellation_id, locate

    if name is None:
        raise UsageError("--setup needs the name of an agent")
    constellation = constellation_id(Path(constellation_file(file)).resolve())
    folder = locate().logs / constellation / name
    steps = sorted(folder.glob("setup-*.log"), key=lambda step: (len(step.name), step.name))
    if not steps:
        raise UsageError(f"{name} has no setup logs", hint=f"they would be in {folder}")
    texts = {str(step): step.read_text(encoding="utf-8", errors="replace") for step in steps}
    if as_json:
        screen.say_json([{"file": step, "text": text} for step, text in texts.items()])
        return 0
    for step, text in texts.items():
        screen.tell(f"{step}:")
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")
        sys.stdout.flush()
    return 0
