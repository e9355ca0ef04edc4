"""From a fresh process to a serving holder: leave the launcher, start the program, say how that went."""

import contextlib
import ctypes
import json
import os
import socket
import sys

from constellagent.runtime import processes
from constellagent.runtime.holder import child, marker, status
from constellagent.runtime.holder.config import Config
from constellagent.runtime.holder.program import Program
from constellagent.runtime.holder.reports import Reports
from constellagent.runtime.holder.serve import Holder

_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_BACKLOG = 64


def run(text: bytes) -> None:
    """Detach and hold the session that `text` describes; returns in no process."""
    if os.fork():
        os._exit(0)  # the launcher's child ends here, so nobody has to wait for the holder
    os.setsid()
    answer = os.dup(1)
    code = 1
    try:
        _tell(answer, {"holder_pid": os.getpid()})
        config = Config(text)
        umask = os.umask(0o077)
        _leave(config.folder)
        os.makedirs(config.log, mode=0o700, exist_ok=True)  # noqa: PTH103 - pathlib is dear to import
        _name_and_adopt()
        code = _hold(config, umask, answer)
    except Exception as error:
        _tell(answer, {"started": False, "reason": f"the holder failed: {error}", "hint": ""})
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(code)  # not through the interpreter's end, where ptyprocess would wait for its child


def _hold(config: Config, umask: int, answer: int) -> int:
    if not marker.begin(config.folder, os.getpid(), processes.start_of(os.getpid()) or ""):
        _tell(answer, {"started": False, "reason": "it was started before", "hint": ""})
        return 1
    listener = _listen(config.socket)
    reports = Reports(config.folder)
    env = config.env | {processes.MARKER: config.session} | reports.variables(config.socket)
    size = (config.rows, config.columns)
    try:
        program = Program(child.start(config.argv, config.cwd, env, size, umask, config.descriptors), size)
    except child.StartError as error:
        os.unlink(config.socket)  # noqa: PTH108 - pathlib is dear to import
        _tell(answer, {"started": False, "reason": error.reason, "hint": error.hint})
        return 1
    holder = Holder(config, program, listener, reports)
    status.write(config.folder, holder.status(), final=False)
    _tell(answer, {"started": True} | holder.status())
    os.close(answer)
    holder.run()
    return 0


def _leave(folder: str) -> None:
    """Let go of everything that is the launcher's: its folder, and its standard streams."""
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    errors = os.open(f"{folder}/holder.log", flags, 0o600)
    for fd, place in ((null, 0), (null, 1), (errors, 2)):
        os.dup2(fd, place)
    os.close(null)
    os.close(errors)


def _name_and_adopt() -> None:
    """On Linux: be called by our name in `ps`, and become the parent of every orphan of the session."""
    if not sys.platform.startswith("linux"):
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_NAME, b"constellagent-h", 0, 0, 0)
    if prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of the session's orphans")


def _listen(path: str) -> socket.socket:
    """Listen on a unix socket that only this user can open (the umask sees to it)."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - pathlib is dear to import
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def _tell(answer: int, value: dict[str, object]) -> None:
    try:
        os.write(answer, json.dumps(value).encode() + b"\n")
    except OSError:
        return  # the launcher has died; the session goes on, and is found by its status file
