"""Commands and daemons as forks of one zygote, with what a `Popen` tells of them."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from tests.reliability.lab import ENV_KEPT

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


class Fork:
    """One program that was forked.

    Attributes:
        pid: of the process.
        out: the file of its standard output.
        err: the file of what it said besides.
    """

    def __init__(self, pid: int, out: Path, err: Path, forks: "Forks") -> None:
        self.pid = pid
        self.out = out
        self.err = err
        self._forks = forks

    def status(self) -> int | None:
        """Return how it ended, negative for a signal; None while it lives."""
        return self._forks.ended.get(self.pid)

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """Return how it ended, once it has; None where it goes on for so long."""
        with self._forks.news:
            self._forks.news.wait_for(lambda: self.pid in self._forks.ended, seconds)
        return self.status()

    def kill(self) -> None:
        """End it, if it lives; it is reaped by its parent, so its pid stays its own until then."""
        if self.status() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


class Forks:
    """The zygote, and all that came of it."""

    def __enter__(self) -> Self:
        """Start it, and wait until everything is loaded."""
        self.ended: dict[int, int] = {}
        self.news = threading.Condition()
        self._pids: dict[int, int] = {}
        self._numbers = itertools.count(1)
        self._ready = threading.Event()
        kept = {name: os.environ[name] for name in ENV_KEPT if name in os.environ}
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.steps.zygote"],
            cwd=ROOT,
            env={**kept, "CONSTELLAGENT_FAIL_AT": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(PATIENCE):
            raise AssertionError("the zygote did not load in time")
        return self

    def __exit__(self, *_: object) -> None:
        """End it; its forks are ended by who asked for them."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.close()
        self._zygote.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._zygote.stdout.close()

    def start(self, argv: tuple[str, ...], env: dict[str, str], cwd: Path, folder: Path) -> Fork:
        """Start a program; what it says goes to files in `folder`."""
        number = next(self._numbers)
        out, err = folder / f"{number}.out", folder / f"{number}.err"
        wanted = {"id": number, "argv": argv, "env": env, "cwd": str(cwd), "out": str(out), "err": str(err)}
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._zygote.stdin.flush()
        with self.news:
            if not self.news.wait_for(lambda: number in self._pids, PATIENCE):
                raise AssertionError(f"the zygote did not fork for {argv}")
        return Fork(self._pids[number], out, err, self)

    def _read(self) -> None:
        assert self._zygote.stdout is not None
        for line in self._zygote.stdout:
            said: dict[str, Any] = json.loads(line)
            with self.news:
                if "ready" in said:
                    self._ready.set()
                elif "of" in said:
                    self._pids[said["of"]] = said["pid"]
                    self.ended.pop(said["pid"], None)
                else:
                    self.ended[said["ended"]] = said["status"]
                self.news.notify_all()
