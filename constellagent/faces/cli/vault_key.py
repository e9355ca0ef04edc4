"""`constellagent vault move-key`: keep the root key in another way, and the same key."""

import getpass
import os
import sys
from typing import TYPE_CHECKING, Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Option

if TYPE_CHECKING:
    from constellagent.ravi.vault.descriptor import Chosen

_WAYS: tuple["Chosen", ...] = ("file", "keyring", "passphrase")


def move_key(
    *,
    to: Annotated[str, Option(("--to",), "Where to keep it: file, keyring or passphrase.", "PLACE")],
    passphrase_stdin: Annotated[
        bool, Option(("--passphrase-stdin",), "Read the new passphrase from the first line of stdin.")
    ] = False,
) -> int:
    """Keep the root key in another way. What it protects stays as it is.

    The daemon must not run meanwhile. `constellagent doctor` says where the key is, and what that protects
    against. `--to passphrase` also changes the passphrase.
    """
    from constellagent.ravi.vault import sources
    from constellagent.runtime.locks import exclusive
    from constellagent.runtime.settings import Settings

    chosen = next((way for way in _WAYS if way == to), None)
    if chosen is None:
        raise UsageError(f"there is no place {to!r}", hint="give --to file, --to keyring or --to passphrase")
    settings = Settings()
    paths = settings.paths
    paths.create()
    hint = "end it with `constellagent daemon stop`; sessions go on"
    with exclusive(paths.daemon_lock, "moving the root key", hint=hint):
        new = _new_passphrase(from_stdin=passphrase_stdin) if chosen == "passphrase" else ""
        key = sources.move(paths.ravi, settings, chosen, ask=_ask, new_passphrase=new)
    screen.say(f"the root key is in {key.source} now")
    told = os.environ.get("CONSTELLAGENT_KEY_SOURCE")
    if told and told != chosen:
        screen.tell(f"unset CONSTELLAGENT_KEY_SOURCE, which says {told}, or set it to {chosen}")
    return 0


def _ask() -> str:
    """Ask for the passphrase that holds now."""
    return _typed("Present passphrase of the root key: ", otherwise="set CONSTELLAGENT_PASSPHRASE_FILE")


def _new_passphrase(*, from_stdin: bool) -> str:
    """Read the new passphrase, twice where a person types it.

    Raises:
        UsageError: there is nobody to ask, or the two are not the same.
    """
    if from_stdin:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    otherwise = "give it with --passphrase-stdin"
    new = _typed("New passphrase of the root key: ", otherwise=otherwise)
    if _typed("The same again: ", otherwise=otherwise) != new:
        raise UsageError("the two passphrases are not the same", hint="nothing was changed; try again")
    return new


def _typed(question: str, *, otherwise: str) -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("a passphrase is needed and there is no terminal to ask on", hint=otherwise)
    try:
        return getpass.getpass(question, stream=sys.stderr)
    except EOFError:
        raise UsageError("no passphrase was given", hint="nothing was changed") from None
