"""A process that has loaded everything and forks: a command, or a daemon, in a twentieth of the time.

`python -m tests.reliability.steps.zygote` reads one JSON object a line: `argv`, `env`, `cwd`, `out` and `err`
(files). It answers with the `pid` of the fork, and with its `status` once it has ended. A fork is the real
program from its `main` on; it fails at what its environment asks for.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from typing import Any, NoReturn, TextIO

from constellagent.errors import UnavailableError

TRACE = "STEPS_TRACE"
"""The variable that names a file for the points that a fork reaches."""


_live: set[int] = set()
"""The forks that were not reaped: they end with whoever asked for them, also where that was killed."""


def load() -> None:
    """Import all that a command or the daemon may import later."""
    for name in ("constellagent.__main__", "constellagent.runtime.daemon", "constellagent.faces.web.serving"):
        importlib.import_module(name)
    package = importlib.import_module("constellagent.faces.cli")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def become(wanted: dict[str, Any]) -> int:
    """Be the program that was asked for, in a fork; returns its exit code."""
    from constellagent import failpoints  # noqa: PLC0415 - loaded already

    os.setsid()
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    for stream, number in (("out", 1), ("err", 2)):
        descriptor = os.open(wanted[stream], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    failpoints.arm(os.environ.get(failpoints.VARIABLE, ""))
    if TRACE in os.environ:
        _trace(os.environ[TRACE])
    launching = importlib.import_module("constellagent.faces.launching")
    launching._spawn = _nobody  # type: ignore[attr-defined]
    sys.argv = ["constellagent", *wanted["argv"]]
    main = importlib.import_module("constellagent.__main__").main
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    sys.stdout.flush()
    return int(code or 0)


def _nobody(*_: object) -> NoReturn:
    """Stand in for what starts a daemon: which one runs is for the test to say."""
    raise UnavailableError("the daemon is dead, and this laboratory starts the next one")


def serve(requests: TextIO) -> None:
    """Fork for every request until nobody asks any more."""
    wake, poke = os.pipe()
    for end in (wake, poke):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(poke, warn_on_full_buffer=False)
    while True:
        ready = select.select([requests.fileno(), wake], [], [])[0]
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)
            _reap()
        if requests.fileno() in ready:
            line = os.read(requests.fileno(), 1 << 16)
            if not line:
                for pid in _live:
                    os.kill(pid, signal.SIGKILL)
                return
            for text in line.splitlines():
                _fork(json.loads(text), (wake, poke))


def _fork(wanted: dict[str, Any], ours: tuple[int, int]) -> None:
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in ours:
            os.close(end)
        code = 1
        try:
            code = become(wanted)
        except BaseException:  # noqa: BLE001 - a fork must not go on as the zygote
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)
    _live.add(pid)
    _say({"pid": pid, "of": wanted["id"]})


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _live.discard(pid)
            _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _trace(place: str) -> None:
    from constellagent import failpoints  # noqa: PLC0415 - loaded already

    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    usual = failpoints.reach

    def reach(point: str) -> None:
        os.write(descriptor, f"{point}\n".encode())
        usual(point)

    failpoints.reach = reach
    journal = importlib.import_module("constellagent.runtime.store.journal")
    durable = importlib.import_module("constellagent.durable")
    journal.reach = durable.reach = reach  # type: ignore[attr-defined]


def _say(value: dict[str, object]) -> None:
    os.write(1, json.dumps(value).encode() + b"\n")


if __name__ == "__main__":
    os.environ.setdefault("CONSTELLAGENT_FAIL_AT", "")
    load()
    _say({"ready": os.getpid()})
    serve(sys.stdin)
