"""Stands in for `constellagent.runtime.daemon` in a real process, through a `sitecustomize` on PYTHONPATH.

It lets the tests of starting and stopping run the real command, lock, socket and signals, without git, an
identity provider or sessions. `FAKE_DAEMON` says how it starts: empty, `fails`, or `hangs`.
"""

import asyncio
import json
import os
import sys
import types
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.runtime.control import InfoView
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl

MODE = "CONSTELLAGENT_TEST_DAEMON"

SITECUSTOMIZE = """
import sys
sys.path.insert(0, {root!r})
if sys.argv[:1] == ["-m"]:
    import tests.faces.fake_daemon as fake
    fake.install()
"""


class Daemon(FakeControl):
    """A FakeControl with the life of the real daemon."""

    def __init__(self, settings: Settings) -> None:
        """Write nothing yet."""
        super().__init__()
        self._home = settings.paths.home
        self.ended = asyncio.Event()

    async def start(self) -> None:
        """Write down the environment, then do as `MODE` says."""
        (self._home / "environment.json").write_text(json.dumps(dict(os.environ)))
        if os.environ.get(MODE) == "fails":
            raise ConstellagentError("the state is of a newer release", hint="update")
        if os.environ.get(MODE) == "defect":
            raise ZeroDivisionError
        if os.environ.get(MODE) == "hangs":
            await self.ended.wait()

    async def close(self) -> None:
        """Leave a sign of an orderly end."""
        (self._home / "closed").touch()

    async def info(self) -> InfoView:
        """Say who the daemon is, truly."""
        return {**await super().info(), "pid": os.getpid(), "home": str(self._home)}

    async def shutdown(self, *, stop_sessions: bool) -> None:
        """End."""
        await super().shutdown(stop_sessions=stop_sessions)
        self.ended.set()


def install() -> None:
    """Take the place of the real daemon's module in this process."""
    module = types.ModuleType("constellagent.runtime.daemon")
    vars(module)["Daemon"] = Daemon
    sys.modules["constellagent.runtime.daemon"] = module


def python_path(folder: Path) -> str:
    """Write a `sitecustomize` into `folder` and return the PYTHONPATH that makes a process use it."""
    root = str(Path(__file__).parents[2])
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE.format(root=root))
    return str(folder)
