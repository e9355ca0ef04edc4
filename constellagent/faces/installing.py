"""A service file for the daemon: systemd --user on Linux, launchd on macOS.

It only writes the file. Enabling a service changes what runs at log-in, so the person does that.
"""

import os
import plistlib
import sys
from pathlib import Path

from constellagent.errors import ConstellagentError, RefusedError, UsageError
from constellagent.runtime.paths import Paths

LABEL = "constellagent"
_MARK = "Written by `constellagent daemon install`"


def service_file() -> Path:
    """Return where the service file belongs on this platform."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user" / f"{LABEL}.service"


def install(paths: Paths) -> list[str]:
    """Write the service file; returns what to do next, in lines.

    Raises:
        RefusedError: a file that we did not write is in its place.
        ConstellagentError: it cannot be written.
    """
    file = service_file()
    paths.create()
    content = _plist(paths) if sys.platform == "darwin" else _unit(paths)
    _refuse_foreign(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise ConstellagentError(f"{file} cannot be written: {error.strerror}") from error
    if sys.platform == "darwin":
        return [f"wrote {file}", "enable it with:", f"  launchctl bootstrap gui/{os.getuid()} {file}"]
    return [
        f"wrote {file}",
        "enable it with:",
        f"  systemctl --user daemon-reload && systemctl --user enable --now {LABEL}",
        "to keep it running while you are logged out:",
        "  loginctl enable-linger",
    ]


def uninstall() -> list[str]:
    """Remove the service file; returns what to do next, in lines.

    Raises:
        UsageError: there is none.
        RefusedError: the file is not ours.
    """
    file = service_file()
    if not file.exists():
        raise UsageError(f"there is no {file}")
    _refuse_foreign(file)
    file.unlink()
    if sys.platform == "darwin":
        return [f"removed {file}", f"if it is loaded: launchctl bootout gui/{os.getuid()}/{LABEL}"]
    return [f"removed {file}", f"if it is enabled: systemctl --user disable --now {LABEL}"]


def _refuse_foreign(file: Path) -> None:
    if file.exists() and _MARK.encode() not in file.read_bytes():
        raise RefusedError(f"{file} was not written by us", [str(file)], hint="move it away first")


def _unit(paths: Paths) -> bytes:
    """Return the systemd unit. `KillMode=process` leaves the holders, and with them the agents, alone."""
    python = _quoted(sys.executable).replace("$", "$$")
    home = _quoted(f"CONSTELLAGENT_HOME={paths.home}")
    return f"""# {_MARK}
[Unit]
Description=constellagent: agents, their identities and schedules

[Service]
ExecStart={python} -m constellagent daemon run
Environment={home}
KillMode=process
Restart=on-failure
RestartPreventExitStatus=75
StandardInput=null

[Install]
WantedBy=default.target
""".encode()


def _quoted(value: str) -> str:
    """Return a systemd word in which quotes, backslashes and `%` stand for themselves."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _plist(paths: Paths) -> bytes:
    """Return the launchd property list. `AbandonProcessGroup` leaves the holders alone."""
    body = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": [sys.executable, "-m", "constellagent", "daemon", "run"],
            "EnvironmentVariables": {
                "CONSTELLAGENT_HOME": str(paths.home),
                "PATH": os.environ.get("PATH", os.defpath),
            },
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "AbandonProcessGroup": True,
            "StandardOutPath": str(paths.daemon_log),
            "StandardErrorPath": str(paths.daemon_log),
        }
    )
    return body.replace(b"<plist", f"<!-- {_MARK} -->\n<plist".encode(), 1)
