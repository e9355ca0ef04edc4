"""Where state lies: one private folder per user, and a short one for sockets.

A unix socket's path may be about 100 bytes long (104 on macOS, 108 on Linux), so a deep
`CONSTELLAGENT_HOME` gets its sockets in a short private folder derived from it.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConstellagentError, UnavailableError, UsageError

_LONGEST_SOCKET_FOLDER = 65
"""Leaves room for `/<32 hex>.sock` and the final NUL within macOS's 104 bytes."""


def default_home(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the platform's state folder for us, where `CONSTELLAGENT_HOME` names no other.

    `XDG_STATE_HOME` counts on Linux, where it is absolute as its specification demands.
    """
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "constellagent"
    state = Path(environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "constellagent"


def constellation_id(file: Path) -> str:
    """Return the id of the constellation whose file this is; `file` is absolute and resolved.

    It is derived from the place alone, so a lost state finds everything again.
    """
    return hashlib.sha256(os.fsencode(file)).hexdigest()[:12]


class Paths(NamedTuple):
    """The layout below `CONSTELLAGENT_HOME`. A named tuple, because `dataclasses` is dear to import."""

    home: Path

    @property
    def database(self) -> Path:
        """The SQLite file of the daemon."""
        return self.home / "state.db"

    @property
    def sessions(self) -> Path:
        """One folder per session."""
        return self.home / "sessions"

    @property
    def ravi(self) -> Path:
        """The local provider's database, root key and audit."""
        return self.home / "ravi"

    @property
    def bin(self) -> Path:
        """What comes first on an agent's PATH: the `ravi` shim."""
        return self.home / "bin"

    @property
    def logs(self) -> Path:
        """Logs of the daemon and of setup steps."""
        return self.home / "logs"

    @property
    def locks(self) -> Path:
        """Files for kernel locks; their content only names the holder."""
        return self.home / "locks"

    @property
    def daemon_lock(self) -> Path:
        """What the one daemon of this state holds."""
        return self.locks / "daemon"

    @property
    def daemon_log(self) -> Path:
        """What a daemon that a command started writes to."""
        return self.logs / "daemon.log"

    @property
    def run(self) -> Path:
        """The folder of unix sockets. It depends on `home` alone: whoever looks for the daemon finds it."""
        near = self.home / "run"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET_FOLDER:
            return near
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(f"/tmp/constellagent-{os.getuid()}-{digest}")  # noqa: S108 - used only if it is ours alone

    @property
    def control_socket(self) -> Path:
        """Where the daemon listens."""
        return self.run / "daemon.sock"

    @property
    def api_socket(self) -> Path:
        """Where the daemon answers HTTP for programs of this user."""
        return self.run / "api.sock"

    @property
    def web(self) -> Path:
        """What the web face keeps: where it listened, logins and tokens."""
        return self.home / "web"

    @property
    def hook_program(self) -> Path:
        """What the hooks of coding agents call: the quick twin of `constellagent hook`."""
        return self.bin / "constellagent-hook"

    @property
    def mcp_program(self) -> Path:
        """What coding agents start as the MCP server of their identity: `constellagent mcp`."""
        return self.bin / "constellagent-mcp"

    @property
    def profiles(self) -> Path:
        """The configuration of coding agents that have one of their own, by constellation, agent and kind."""
        return self.home / "profiles"

    def session_socket(self, session: str) -> Path:
        """Where the holder of a session listens."""
        return self.run / f"{session}.sock"

    @property
    def doors(self) -> Path:
        """The folder of the sockets that a sandbox without a network may reach."""
        return self.run / "doors"

    @property
    def provider_door(self) -> Path:
        """Where the local provider listens for sandboxes without a network."""
        return self.doors / "provider.sock"

    def create(self) -> None:
        """Create the folders, private to this user, and refuse ones that others can change.

        Raises:
            UnavailableError: one of them cannot be had, and without them there can be no daemon.
        """
        try:
            kept = (self.sessions, self.ravi, self.bin, self.logs, self.locks, self.web, self.profiles)
            for folder in (self.home, *kept, self.run, self.doors):
                private_folder(folder)
        except ConstellagentError as error:
            raise UnavailableError(error.message, hint=error.hint) from error


def locate() -> Paths:
    """Return where state lies, as `runtime.settings` reads it, without the cost of loading the settings.

    Raises:
        UsageError: `CONSTELLAGENT_HOME` is relative: each folder would have a daemon of its own.
    """
    said = os.environ.get("CONSTELLAGENT_HOME")
    home = Path(said).expanduser() if said else default_home()
    if not home.is_absolute():
        raise UsageError(f"CONSTELLAGENT_HOME is relative: {said}", hint="give it from the root on")
    return Paths(home)


def private_folder(folder: Path) -> None:
    """Create `folder` with mode 0700 whatever the umask, or check that it is ours alone.

    Raises:
        ConstellagentError: it cannot be made, belongs to somebody else, is a link, or others may write to it.
    """
    hint = "set CONSTELLAGENT_HOME to a place of your own"
    try:
        folder.mkdir(mode=0o700, parents=True)
        folder.chmod(0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConstellagentError(f"cannot create {folder}: {error.strerror}", hint=hint) from error
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ConstellagentError(
            f"{folder} is not a folder that only you can write to",
            hint=f"chmod 700 {folder}, or {hint}",
        )
