"""Starting a race, and following it to its end: one line for each change, then the table."""

import sys
import time
from pathlib import Path

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import race_tables, screen
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.race_views import RaceRequest, RaceView

INTERVAL = 0.25
"""Seconds between two looks at the race."""
_LARGEST = 1 << 20
"""Bytes of a prompt that are read."""


def begin(request: RaceRequest, *, detach: bool, as_json: bool) -> int:
    """Start a race and follow it; returns 0 if at least one of its agents succeeded.

    Ctrl-C ends the following only, and says so.
    """
    with daemon() as client:
        view: RaceView = client.race(request)
    if detach:
        if as_json:
            screen.say_json(view)
        else:
            screen.say(view["race"])
        return 0
    if not as_json:
        screen.tell(f"race {view['race']}: {', '.join(run['branch'] for run in view['runs'])}")
    try:
        view = _followed(request["file"], view, quiet=as_json)
    except (KeyboardInterrupt, UnavailableError):
        race = view["race"]
        screen.tell(
            f"\nrace {race} goes on: `constellagent race show {race}` shows it, "
            f"`constellagent race drop {race} --force` ends it"
        )
        raise
    if as_json:
        screen.say_json(view)
    else:
        for line in race_tables.race(view, screen.terminal_columns(), sys.stdout):
            screen.say(line)
        screen.tell(f"`constellagent race keep {view['race']} AGENT` takes the work of one of them")
    return 0 if any(run["state"] == "succeeded" for run in view["runs"]) else 1


def named(text: str) -> list[str]:
    """Return agents from a list with commas.

    Raises:
        UsageError: it names none.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise UsageError(f"--agents {text!r} names no agents", hint="such as --agents claude,codex")
    return names


def prompt(given: str | None, file: str | None) -> str:
    """Return the prompt: as it was given, from a file, or from stdin where something is piped in.

    Raises:
        UsageError: there is none, there are two, or it cannot be read.
    """
    if given is not None and file is not None:
        raise UsageError("give a prompt or --prompt-file, not both")
    if given is not None and given != "-":
        return given
    if file is not None:
        try:
            with Path(file).open("rb") as stream:
                return _text(stream.read(_LARGEST + 1), file)
        except OSError as error:
            raise UsageError(f"--prompt-file {file} cannot be read: {error.strerror}") from error
    if given is None and sys.stdin.isatty():
        raise UsageError("say what to do", hint="as a word, with --prompt-file, or on stdin")
    return _text(sys.stdin.buffer.read(_LARGEST + 1), "stdin")


def _text(data: bytes, where: str) -> str:
    if len(data) > _LARGEST:
        raise UsageError(f"the prompt in {where} is longer than {_LARGEST >> 20} MiB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"the prompt in {where} is no UTF-8 text") from error
    if not text.strip():
        raise UsageError(f"the prompt in {where} is empty", hint="say what to do")
    return text


def _followed(file: str, view: RaceView, *, quiet: bool) -> RaceView:
    """Follow a race to its end, once more with the next daemon where one dies: a race does not mind.

    Raises:
        UnavailableError: no daemon can be had, or two died in a row.
    """
    said: dict[str, str] = {}
    try:
        with daemon() as client:
            return _to_the_end(client, file, view, said, quiet=quiet)
    except UnavailableError:
        with daemon() as client:
            return _to_the_end(client, file, view, said, quiet=quiet)


def _to_the_end(
    client: BlockingClient, file: str, view: RaceView, said: dict[str, str], *, quiet: bool
) -> RaceView:
    """Say each change until all runs are over; returns the race with all that is known of it then."""
    brief = RaceRequest(file=file, action="show", race=view["race"], brief=True)
    while True:
        for run in view["runs"]:
            if said.get(run["run"]) != run["state"] and not quiet:
                screen.tell(race_tables.change(run))
            said[run["run"]] = run["state"]
        if not any(race_tables.is_open(run) for run in view["runs"]):
            break
        time.sleep(INTERVAL)
        view = client.race(brief)
    whole: RaceView = client.race(RaceRequest(file=file, action="show", race=view["race"]))
    return whole
