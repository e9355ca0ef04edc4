"""Where the management key of the hosted provider comes from, in one order for everybody who asks.

A person may give it to the daemon, to the shell that applies, or to the vendor's own client, which keeps
it in a file of the home folder. The file is read whenever a key is needed, so a login counts at once.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError, UnavailableError

SETTING, VARIABLE = "CONSTELLAGENT_RAVI_API_KEY", "RAVI_API_KEY"

KEPT = "management key of the hosted provider"
"""Under what name an applied key is kept: no variable can have it, so no process is ever given it."""

_OF_ONE_IDENTITY = "ravi_id_"
_LARGEST = 1 << 16


class HostedKey(NamedTuple):
    """A key that was found.

    Attributes:
        value: the key itself.
        source: where it was found, in words for a person.
        warning: what is wrong with that place, empty where nothing is.
    """

    value: str
    source: str
    warning: str = ""

    def __repr__(self) -> str:
        return f"HostedKey(source={self.source!r})"


def login_file() -> Path:
    """Return where the vendor's client keeps what its login gave."""
    return Path.home() / ".ravi" / "config.json"


def of_shell(environment: Mapping[str, str]) -> str:
    """Return the management key that a shell has set, empty where there is none.

    Inside a session the same variable holds the key of one identity, which manages nothing.
    """
    key = environment.get(VARIABLE, "")
    return "" if key.startswith(_OF_ONE_IDENTITY) else key


def find(setting: str, shell: str, file: Path) -> HostedKey:
    """Return the key to use: the daemon's `setting`, else that of the `shell`, else that of the login `file`.

    Raises:
        UnavailableError: there is none, or the file cannot be read.
        ConflictError: what was found is the key of one identity.
    """
    found = look(setting, shell, file)
    if found is None:
        raise UnavailableError(
            "identities.provider is ravi, and there is no management key for it",
            hint=(
                f"`ravi auth login` makes one, or apply with {VARIABLE} set to one, or start the daemon with "
                f"{SETTING}; `identities.provider: local` needs none"
            ),
        )
    if found.value.startswith(_OF_ONE_IDENTITY):
        raise ConflictError(
            f"the key in {found.source} opens one identity only; a management key is needed",
            hint=f"set {SETTING} or {VARIABLE} to a key that begins with ravi_mgmt_, or `ravi auth login`",
        )
    return found


def look(setting: str, shell: str, file: Path) -> HostedKey | None:
    """Return the key that there is, whatever it opens, or None.

    Raises:
        UnavailableError: it would be in the file, which cannot be read.
    """
    if setting:
        return HostedKey(setting, SETTING)
    if shell:
        return HostedKey(shell, f"{VARIABLE} of the shell")
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            content = json.loads(opened.read(_LARGEST))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError(
            f"{file} cannot be read: {error.strerror}", hint=f"mend it, or set {SETTING}"
        ) from error
    except (ValueError, RecursionError):
        # The parser's own words could repeat a part of the key.
        raise UnavailableError(
            f"{file} is not JSON", hint="`ravi auth login` writes it anew, or set " + SETTING
        ) from None
    value = content.get("management_key") if isinstance(content, dict) else None
    if not isinstance(value, str) or not value:
        return None
    warning = f"{file} has mode {mode:04o}: others may read the key" if mode & 0o077 else ""
    return HostedKey(value, str(file), warning)
