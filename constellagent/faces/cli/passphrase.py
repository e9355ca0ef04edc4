"""A passphrase from a person or a pipe; never from the command line, which every program here can see."""

import getpass
import sys

from constellagent.errors import UsageError


def read(*, from_stdin: bool, twice: bool, what: str = "passphrase") -> str:
    """Return the passphrase: the first line of stdin, or what a person types, `twice` where it is a new one.

    `what` is what it is called, where it is another secret.

    Raises:
        UsageError: there is none, there is nobody to ask, or the two are not the same.
    """
    if from_stdin:
        given = sys.stdin.readline().removesuffix("\n")
    elif not sys.stdin.isatty():
        raise UsageError(
            f"a {what} is needed and there is no terminal to ask on",
            hint=f"give --{what}-stdin and pipe it in",
        )
    else:
        given = getpass.getpass(f"{what.capitalize()}: ")
        if twice and given and getpass.getpass("The same again: ") != given:
            raise UsageError(f"the two {what}s are not the same")
    if not given:
        raise UsageError(f"the {what} is empty")
    return given
