"""What is typed rather than written on a command line, where everybody on the machine can read it.

Bodies of messages and secrets come from standard input, from a variable, or from a person who is asked.
"""

import getpass
import os
import select
import sys

from constellagent.ravi.shim_program.failing import CallError, WrongWordsError

STDIN = "-"
"""Stands for standard input in the place of a value."""

_LARGEST = 16 << 20
_PATIENCE = 2.0
"""Seconds until it is said that standard input is waited for."""


def from_stdin(what: str) -> str:
    """Return all of standard input, without one line break at its end.

    Raises:
        CallError: there is none, it is too long, or no text.
    """
    if sys.stdin is None:
        raise CallError(f"there is no standard input to read {what} from")
    if sys.stdin.isatty() or not select.select([sys.stdin], [], [], _PATIENCE)[0]:
        print(f"ravi: reading {what} from standard input, until it ends", file=sys.stderr, flush=True)  # noqa: T201 - this is the command's own talk
    data = sys.stdin.buffer.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise CallError(f"{what} is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CallError(f"{what} is not UTF-8 text; encode it first, for example with base64") from None


def is_piped() -> bool:
    """Whether standard input may hold something without a person typing it."""
    return sys.stdin is not None and not sys.stdin.isatty()


def from_variable(name: str) -> str:
    """Return the value of an environment variable.

    Raises:
        CallError: it is not set.
    """
    if name not in os.environ:
        raise CallError(f"the environment has no variable {name}")
    return os.environ[name]


def secret(what: str) -> str:
    """Return a secret from standard input; a person at a terminal types it without seeing it.

    Raises:
        CallError: nothing came.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        found = from_stdin(what)
    else:
        try:
            found = getpass.getpass(f"{what} (it is not shown): ", sys.stderr)
        except EOFError:
            found = ""
    if not found:
        raise CallError(f"{what} is empty")
    return found


def warn_of_argument(what: str, instead: str) -> None:
    """Say on stderr that others could read what was just given on the command line."""
    print(  # noqa: T201 - this is the command's own talk
        f"Warning: every user of this machine can see {what} on a command line; {instead}", file=sys.stderr
    )


def seconds(text: str, flag: str) -> float:
    """Return a time as seconds: `90`, `90s`, `10m`, `2h`, `1d`.

    Raises:
        WrongWordsError: it is none of these.
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    if not (number.isascii() and number.replace(".", "", 1).isdigit() and len(number) < 10):
        raise WrongWordsError(f"{flag} takes seconds, or a time as 90s, 10m or 2h, not {text!r}")
    return float(number) * unit
