"""The `ravi` command from its arguments to its exit code."""

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from constellagent.ravi.shim_program import words
from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.login import Login, find_login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

NOUNS: Mapping[str, str] = {
    "get": "get",
    "inbox": "inbox",
    "message": "message",
    "otp": "otp",
    "email": "email",
    "sms": "sms",
    "passwords": "passwords",
    "secrets": "secrets",
    "contacts": "contacts",
    "domains": "domains",
    "identity": "identity",
    "sso": "sso",
    "auth": "auth",
    "feedback": "auth",
    "version": "auth",
}
"""First words, and the module whose `VERBS` begin with them."""

_ENDING = "JSON is printed; --plain prints bare values. `ravi NOUN VERB --help` says what a verb takes."


class UnknownNounError(WrongWordsError):
    """The first word is none of ours."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except WrongWordsError as error:
        return _complain(f"Error: {error}", 1)
    except CallError as error:
        return _complain(json.dumps({"error": str(error)}, ensure_ascii=False), error.exit_code)
    except OSError as error:
        # The folder is gone, or nobody reads what we print.
        return _complain(json.dumps({"error": str(error.strerror)}), 1)
    except KeyboardInterrupt:
        return 130


def verbs(noun: str) -> Verbs:
    """Return the commands that begin with a word, and load their module."""
    found: Verbs = _load(NOUNS[noun]).VERBS
    return {name: verb for name, verb in found.items() if name[0] == noun}


def parse(arguments: Sequence[str]) -> tuple[tuple[str, ...], Verb, Given] | str:
    """Return the verb that is named, its words and what was given; or the help where that is wanted.

    Raises:
        UnknownNounError: the first word is none of ours.
        WrongWordsError: there is no such verb or flag, or a word or a value is missing.
    """
    said = words.leading(arguments)
    if not said or said[0] == "help":
        return _overview()
    if said[0] not in NOUNS:
        raise UnknownNounError(f'unknown command {said[0]!r} for "ravi"\n\n{_overview()}')
    found = verbs(said[0])
    name = next((tuple(said[:n]) for n in (2, 1) if tuple(said[:n]) in found), None)
    if name is None and len(said) == 1:
        return _lines(found)
    if name is None:
        raise WrongWordsError(f'unknown command {" ".join(said[:2])!r} for "ravi"\n\n{_lines(found)}')
    given = words.split(arguments, name, found[name])
    return _details(name, found[name]) if words.asks_for_help(given) else (name, found[name], given)


def _run(arguments: Sequence[str]) -> int:
    try:
        parsed = parse(arguments)
    except UnknownNounError:
        _step_aside(find_login(os.environ, Path.cwd()), arguments, (), Given())
        raise
    if isinstance(parsed, str):
        _print(parsed)
        return 0
    name, verb, given = parsed
    login = find_login(os.environ, Path.cwd())
    _step_aside(login, arguments, name, given)
    if chosen := given.value(words.IDENTITY):
        login = _load("identity").chosen(login, chosen)
    result = verb.run(login, given)
    bare = given.has("--plain") or given.has("--human") or (verb.bare and not given.has("--json"))
    _print(_plain(result, verb) if bare else f"{json.dumps(result, indent=2, ensure_ascii=False)}\n")
    return 0


def _load(module: str) -> Any:
    # By name, because no call must pay for loading what only another one needs.
    return importlib.import_module(f"constellagent.ravi.shim_program.{module}")


def _step_aside(login: Login, arguments: Sequence[str], name: tuple[str, ...], given: Given) -> None:
    """Become the vendor's client where that is the better one; else return."""
    if login.key and not login.is_local:
        _load("aside").step_aside(login, arguments, name, given)


def _overview() -> str:
    found = {name: verb for noun in NOUNS for name, verb in verbs(noun).items()}
    return f"{_lines(found)}\n\n{_ENDING}"


def _lines(found: Verbs) -> str:
    return "\n".join(
        ("Commands:", *(f"  {_usage(name, verb):<44} {verb.about}" for name, verb in found.items()))
    )


def _details(name: tuple[str, ...], verb: Verb) -> str:
    takes = {**verb.values, **verb.switches, words.IDENTITY: "UUID: accepted where it is the session's own"}
    flags = {**takes, **{switch: about for switch, about in words.EVERYWHERE.items() if switch != "-h"}}
    return "\n".join(
        (f"{_usage(name, verb)}\n  {verb.about}", "", *(f"  {k:<16} {v}" for k, v in flags.items()))
    )


def _usage(name: tuple[str, ...], verb: Verb) -> str:
    return " ".join(("ravi", *name, *verb.words))


def _plain(result: Any, verb: Verb) -> str:
    """Return bare values: one alone exactly as it is, several of a row with tabs between them."""
    keys = verb.plain
    if isinstance(result, dict):
        result, keys = result.get("messages", [result]), verb.detail or verb.plain
    if len(keys) == 1:
        return "\n".join(str(row.get(keys[0], "")) for row in result)
    return "\n".join("\t".join(_one_line(row.get(key, "")) for key in keys) for row in result)


def _one_line(value: object) -> str:
    return "".join(c if c.isprintable() else " " for c in str(value))


def _print(text: str) -> None:
    sys.stdout.buffer.write(text.encode(errors="surrogateescape") + b"\n")
    sys.stdout.buffer.flush()


def _complain(text: str, exit_code: int) -> int:
    sys.stderr.buffer.write(text.encode(errors="surrogateescape") + b"\n")
    sys.stderr.buffer.flush()
    return exit_code
