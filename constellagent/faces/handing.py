"""Hands the secrets of the starting shell to the daemon through a pipe.

What a process is started with stays readable for as long as it lives (`/proc/PID/environ`, `ps eww`), however
soon it forgets it; and before it could close itself to others, every program of the user may read it.
"""

import json
import os
import sys
from collections.abc import Mapping, MutableMapping

NAMES = (
    "CONSTELLAGENT_PASSPHRASE",
    "CONSTELLAGENT_RAVI_API_KEY",
    "CONSTELLAGENT_RELAY_PASSWORD",
    "CONSTELLAGENT_SMS_TOKEN",
)
"""The variables that hold secrets: the settings of type `SecretStr`."""

PIPED = "CONSTELLAGENT_SECRETS_PIPED"
"""Is set where standard input brings the secrets."""


def parted(environ: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Return what the daemon is started with, and what is to be written to its standard input."""
    secrets = {name: environ[name] for name in NAMES if environ.get(name)}
    rest = {name: value for name, value in environ.items() if name not in NAMES}
    return (rest | {PIPED: "1"}, json.dumps(secrets).encode()) if secrets else (rest, b"")


def take(environ: MutableMapping[str, str] = os.environ) -> None:
    """Take over what is handed to this process: afterwards it is in `environ`, as if it had been set."""
    if environ.pop(PIPED, ""):
        environ |= json.loads(sys.stdin.buffer.read())


def forget(environ: MutableMapping[str, str] = os.environ) -> None:
    """Remove the secrets, once they are read: nothing that is started from here may inherit them."""
    for name in NAMES:
        environ.pop(name, None)
