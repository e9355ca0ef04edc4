"""The tables of the README's chapter about seeing agents: keys come from the commands, words from the code.

What the code has no words for is said here, by the name that it has in the code, so a state or a source that
comes or goes without a word is an error.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, get_args, get_origin, get_type_hints

from constellagent.faces.cli.commands import find
from constellagent.faces.cli.declare import Argument, Option
from constellagent.faces.tui import commands, help  # noqa: A004 - the word of the glossary
from constellagent.faces.tui.app import VIEWS
from constellagent.faces.tui.copying.keys import HINTS
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.symbols import UNICODE
from constellagent.runtime.alerts import alerts, deciding
from constellagent.runtime.control import State as Shown
from constellagent.spec.durations import format_duration
from constellagent.term.activity import Source, State
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.fake_terminals import FakeTerminals
from tests.readme_markdown import table

_STATES: Mapping[Shown, str] = {
    "starting": "It was started, and has not written anything yet.",
    "working": "It says so, or it writes.",
    "waiting": "It needs somebody; the reason says for what: `permission`, `question`, `idle prompt` "
    "(ready for the next order), `paused`, a limit, or another agent.",
    "unknown": "Nobody can tell. `quiet`: it wrote before, writes nothing now, and nothing says why.",
    "done": "It ended well, or says that it is done.",
    "failed": "It ended badly, or says that it failed.",
    "exited": "It ended, and how is not known.",
    "stopped": "It was stopped, or never started.",
    "running": "It runs; said of services, whose terminals are not judged.",
}
"""What each state means; the activity of a terminal has all but the last two."""
_OF_PROCESSES = {"stopped", "running"}

_SOURCES: Mapping[Source, str] = {
    "hook": "what the agent's own hooks report, or any program with `constellagent-hook`",
    "report": "what the agent says of itself on its terminal (OSC 7501)",
    "title": "a title that coding agents give their window, such as one with a spinner",
    "prompt": "the marks of a shell about its prompt and its commands (OSC 133)",
    "progress": "a progress bar (OSC 9;4)",
    "notification": "a notification (OSC 9, 99 or 777); one that says nothing known is a question",
    "bell": "a bell, after which nothing follows",
    "screen": "what the screen shows, of the kinds of coding agents that are known",
    "output": "that it writes, or has stopped to",
    "process": "how it ended",
    "none": "nothing yet",
}


def states() -> str:
    """Return the states of agents with the signs that they have in the list."""
    assert {*_STATES} == {*get_args(Shown)} == {*get_args(State), *_OF_PROCESSES}
    rows = ((f"`{state}`", UNICODE.of(state), said) for state, said in _STATES.items())
    return table(("state", "sign", "meaning"), *rows)


def sources() -> str:
    """Return from where a state is known."""
    rows = ((f"`{source}`", _SOURCES[source]) for source in get_args(Source))
    return table(("source", "what tells"), *rows)


def words_to_the_owner() -> str:
    """Return the numbers by which an owner is told of agents."""
    rows = (
        (
            _span(deciding.SETTLE),
            "A state must have lasted so long, where the agent said it itself.",
        ),
        (_span(deciding.SETTLE_GUESSED), "And so long where it was guessed from the terminal."),
        (f"{alerts.MOST}", "Words of one agent within an hour; the last of them says that it is the last."),
        (
            _span(alerts.NEWS),
            "An end that the daemon did not live to tell is told by the next one, unless older.",
        ),
    )
    return table(("number", "of what"), *rows)


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


def keys() -> str:
    """Return the keys of the multiplexer by group, as `?` shows them, with the names for the palette."""
    made = commands.table(FakeTerminals(), Dialogs(), UNICODE, VIEWS)
    names = {command.what: command.name for command in made}
    rows = [
        (_keys(key), what, f"`{names[what]}`", heading)
        for heading, found in help.sections(made, UNICODE)
        for key, what in found
    ]
    return table(("key", "what it does", "name", "about"), *rows)


def copy_keys() -> str:
    """Return the keys of copy mode."""
    return table(("key", "what it does"), *((_keys(key), what) for key, what in HINTS))


def view_keys() -> str:
    """Return the views with their own keys, as the status line shows them when one is opened."""
    deck = FakeDeck(four())
    rows = []
    for name, make in VIEWS.items():
        hints = make(deck).hints()
        rows.append((name, ", ".join(f"{_keys(key)} {what}" for key, what in hints)))
    return table(("view", "its keys"), *rows)


def _keys(shown: str) -> str:
    return " ".join(f"`{key}`" for key in shown.split())


def options(*words: str) -> Callable[[], str]:
    """Return what makes the table of a command's options."""

    def made() -> str:
        command = find(list(words))
        assert command is not None
        call = command.load()
        hints = get_type_hints(call, include_extras=True)
        defaults = {name: found.default for name, found in inspect.signature(call).parameters.items()}
        rows = [
            (spelled, _default(defaults[name]), said)
            for name, hint in hints.items()
            for spelled, said in _declared(hint)
        ]
        return table(("option", "default", "meaning"), *rows)

    return made


def _declared(hint: object) -> Iterator[tuple[str, str]]:
    marks: Sequence[object] = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    for mark in marks:
        if isinstance(mark, Option):
            value = f" {mark.metavar}" if mark.metavar else ""
            yield ", ".join(f"`{flag}{value}`" for flag in mark.flags), mark.help
        elif isinstance(mark, Argument):
            yield f"`{mark.metavar}`", mark.help


def _default(value: object) -> str:
    return "" if value in (None, False, inspect.Parameter.empty) else f"`{value}`"


TABLES: Mapping[str, Callable[[], str]] = {
    "states": states,
    "sources": sources,
    "words to the owner": words_to_the_owner,
    "keys": keys,
    "copy keys": copy_keys,
    "view keys": view_keys,
    "attach": options("attach"),
    "diff": options("diff"),
}
"""What follows each `<!-- table: NAME -->` in that chapter."""
