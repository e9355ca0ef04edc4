"""Who calls the `ravi` command, and where it sends the calls: the session's variables, else the folder."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from constellagent.ravi.shim_program.failing import CallError

HOSTED = "https://api.ravi.app"
"""Where a key without an address belongs."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine."""


class Login(NamedTuple):
    """Who calls, and where to.

    Attributes:
        url: the API, without `/api`.
        key: what opens it, empty where nobody is logged in.
        name: the identity's name, empty where unknown.
        uuid: the identity's id, empty where unknown.
    """

    url: str
    key: str = ""
    name: str = ""
    uuid: str = ""

    def __repr__(self) -> str:
        return f"<Login of {self.name or 'nobody known'} at {self.url}>"

    @property
    def may_manage(self) -> bool:
        """Whether the key is one for the whole account."""
        return self.key.startswith("ravi_mgmt_")

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine."""
        try:
            return urlsplit(self.url).hostname in LOOPBACK
        except ValueError:
            return False


def find_login(environ: Mapping[str, str], start: Path) -> Login:
    """Return who calls: from `RAVI_API_KEY`, else from the nearest `.ravi/config.json` from `start` upwards.

    Raises:
        CallError: the file that was found cannot be used.
    """
    url = environ.get("RAVI_API_URL", "").rstrip("/") or HOSTED
    if key := environ.get("RAVI_API_KEY", ""):
        return Login(url, key, environ.get("CONSTELLAGENT_IDENTITY", ""))
    file = find_file(environ, start)
    return read_login(file, url) if file else Login(url)


def find_file(environ: Mapping[str, str], start: Path) -> Path | None:
    """Return the nearest `.ravi/config.json` from `start` upwards.

    The home folder ends the walk: what lies there is the human's own account.
    """
    home = Path(environ.get("HOME", "/"))
    for folder in (start, *start.parents):
        if folder == home or _same(folder / ".ravi", home / ".ravi"):
            break
        file = folder / ".ravi" / "config.json"
        if file.is_file():
            return file
    return None


def read_login(file: Path, url: str) -> Login:
    """Return who a `.ravi/config.json` says it is, at the place that it names, else at `url`.

    Raises:
        CallError: it belongs to somebody else, or is no JSON object.
    """
    try:
        if file.stat().st_uid != os.getuid():
            raise CallError(f"{file} belongs to another user; it is not used")
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallError(f"{file} cannot be read as JSON")
    text = {key: value for key, value in found.items() if isinstance(value, str)}
    key = text.get("identity_key") or text.get("management_key", "")
    name = text.get("identity_name") or text.get("identity", "")
    return Login(text.get("api_url", "").rstrip("/") or url, key, name, text.get("identity_uuid", ""))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
