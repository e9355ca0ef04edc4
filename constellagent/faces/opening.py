"""Opening the page in this person's browser, without its login code in any command line.

Every user of a machine can read command lines, so the browser is given the name of a private file that sends
it on. The code in it is worth nothing after its first use or a minute; the file is removed with the next one.
A browser that is walled off from such files shows an error, for which the caller says the address as well.
"""

import contextlib
import html
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from constellagent.errors import UnavailableError
from constellagent.faces.calling import call
from constellagent.runtime.paths import Paths, constellation_id

CODE_LIFE = 60.0
"""Seconds after which a file is of no use to anybody."""
PATIENCE = 3.0
"""Seconds in which the browser says that it cannot be started, if it cannot."""

_PREFIX = "open-"
_PROGRAM = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
_NOT_BUILT = (
    "install it again: CONSTELLAGENT_PAGE=require pip install --no-cache-dir --force-reinstall constellagent"
)


class Entry(TypedDict):
    """A way into the page. `url` has a login code and is a secret until `expires_at`, epoch seconds."""

    url: str
    host: str
    port: int
    expires_at: float


def enter(paths: Paths, *, file: str = "", agent: str = "", read_only: bool = False) -> Entry:
    """Have the daemon turn the web face on and let one browser in; `agent` of `file` is what it shows first.

    Raises:
        UnavailableError: there is no page to show, or no daemon.
        ConstellagentError: the daemon refuses.
    """
    page = call(paths.api_socket, "GET", "/web")["page"]
    if not page["built"]:
        why = f": {page['why']}" if page.get("why") else ""
        raise UnavailableError(f"the page was left out of this installation{why}", hint=_NOT_BUILT)
    body: dict[str, Any] = {"read_only": read_only}
    if agent:
        body |= {"constellation": constellation_id(Path(file).resolve()), "agent": agent}
    entry: Entry = call(paths.api_socket, "POST", "/web", body)
    return entry


def has_browser(environ: Mapping[str, str]) -> bool:
    """Say whether a browser that is started here would show up before this person: not over ssh."""
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")):
        return False
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "darwin" or any(environ.get(name) for name in screens)


def open_page(folder: Path, url: str) -> bool:
    """Open `url` in the browser by a private file in `folder`; False where no browser could be started.

    Raises:
        UnavailableError: the file cannot be written.
    """
    sweep(folder)
    try:
        file = _write(folder, url)
    except OSError as error:
        raise UnavailableError(f"cannot write to {folder}: {error.strerror}") from error
    if _started(file.as_uri()):
        return True
    file.unlink(missing_ok=True)
    return False


def sweep(folder: Path) -> None:
    """Remove the files whose codes have expired."""
    with contextlib.suppress(OSError):
        for file in folder.glob(f"{_PREFIX}*.html"):
            if time.time() - file.stat().st_mtime > CODE_LIFE:
                file.unlink(missing_ok=True)


def _write(folder: Path, url: str) -> Path:
    file = folder / f"{_PREFIX}{secrets.token_hex(8)}.html"
    place = html.escape(url, quote=True)
    text = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={place}"><title>constellagent</title>'
        f'<p><a href="{place}">Go on to constellagent</a></p>\n'
    )
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(text)
    return file


def _started(url: str) -> bool:
    """Start the browser apart from this terminal; one that stays with its starter is not waited for."""
    argv = [sys.executable, "-I", "-c", _PROGRAM, url]
    quiet = subprocess.DEVNULL
    try:
        child = subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError:
        return False
    try:
        return child.wait(PATIENCE) == 0
    except subprocess.TimeoutExpired:
        return True
