"""Command lines of the `ravi` command: what a verb takes, and how the words typed become that."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.login import Login

EVERYWHERE: Mapping[str, str] = {
    "--json": "what is printed anyway",
    "--plain": "bare values instead of JSON",
    "--human": "the same as --plain",
    "--help": "this text",
    "-h": "this text",
}
"""Switches that every verb takes."""

IDENTITY = "--identity"
"""Takes a uuid, before the verb or after it."""


class Given(NamedTuple):
    """The parsed rest of a command line: words without a flag, and flags with all their values."""

    words: tuple[str, ...] = ()
    flags: Mapping[str, tuple[str, ...]] = {}

    def word(self, index: int) -> str:
        """Return one of the words, empty where it is not there."""
        return self.words[index] if index < len(self.words) else ""

    def has(self, flag: str) -> bool:
        """Whether a flag was given."""
        return flag in self.flags

    def value(self, flag: str) -> str:
        """Return the last value of a flag, empty where it was not given."""
        return self.flags.get(flag, ("",))[-1]

    def is_on(self, switch: str) -> bool:
        """Whether a switch was given, and not as `--switch=false`."""
        return self.value(switch) == "true"

    def listed(self, flag: str) -> list[str]:
        """Return what a flag lists: given several times, or with commas."""
        texts = (part.strip() for value in self.flags.get(flag, ()) for part in value.split(","))
        return [text for text in texts if text]

    def required(self, *flags: str) -> None:
        """Check that flags were given.

        Raises:
            CallError: one was not; in the real client's words.
        """
        missing = ", ".join(f'"{flag.lstrip("-")}"' for flag in flags if not self.value(flag))
        if missing:
            raise CallError(f"required flag(s) {missing} not set")


class Verb(NamedTuple):
    """One command.

    Attributes:
        run: does it and returns what is printed.
        about: one line for the help.
        plain: the keys whose bare values `--plain` prints, of each row of a list.
        detail: the same of a single thing; `plain` where empty.
        words: the names of the words that may follow: `<needed>`, `[optional]`.
        values: flags that take a value, and what that is.
        switches: flags that take none, and what they do.
        bare: print the bare value unless JSON is asked for.
    """

    run: Callable[[Login, Given], Any]
    about: str
    plain: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    values: Mapping[str, str] = {}
    switches: Mapping[str, str] = {}
    bare: bool = False


Verbs = Mapping[tuple[str, ...], Verb]
"""Commands by their words."""


def leading(arguments: Sequence[str]) -> list[str]:
    """Return the words without a flag, among which the verb comes first."""
    queue = iter(arguments)
    found = []
    for word in queue:
        if word == IDENTITY:
            next(queue, "")
        elif not word.startswith("-"):
            found.append(word)
    return found


def split(arguments: Sequence[str], name: tuple[str, ...], verb: Verb) -> Given:
    """Split the words typed into the verb's words and flags.

    Raises:
        WrongWordsError: there is no such flag, a value is missing, or there are too many or too few words.
    """
    words: list[str] = []
    flags: dict[str, tuple[str, ...]] = {}
    queue = iter(arguments)
    for word in queue:
        if word == "--":
            words.extend(queue)
        elif not word.startswith("-") or word == "-":
            words.append(word)
        else:
            flag, equals, value = word.partition("=")
            if flag in verb.values or flag == IDENTITY:
                value = value if equals else _next(queue, flag)
            elif flag not in verb.switches and flag not in EVERYWHERE:
                raise WrongWordsError(f"unknown flag: {flag}")
            elif equals and value not in {"true", "false"}:
                raise WrongWordsError(f"{flag} takes true or false, not {value!r}")
            else:
                value = value or "true"
            flags[flag] = (*flags.get(flag, ()), value)
    return _counted(Given(tuple(words[len(name) :]), flags), name, verb)


def _next(queue: Iterator[str], flag: str) -> str:
    for value in queue:
        return value
    raise WrongWordsError(f"flag needs an argument: {flag}")


def _counted(given: Given, name: tuple[str, ...], verb: Verb) -> Given:
    if len(given.words) > len(verb.words):
        raise WrongWordsError(f"{' '.join(name)} takes no {given.words[len(verb.words)]!r}")
    missing = verb.words[len(given.words)] if len(given.words) < len(verb.words) else ""
    if missing.startswith("<") and not asks_for_help(given):
        raise WrongWordsError(f"{' '.join(name)} needs {missing}")
    return given


def asks_for_help(given: Given) -> bool:
    """Whether only the help is wanted."""
    return given.has("--help") or given.has("-h")
