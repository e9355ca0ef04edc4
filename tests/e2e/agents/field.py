"""A place with a person's populated home, the real coding agents on PATH, and a model that does as told.

Everything is below one folder of its own, which is not the folder for temporary files: some of the agents
trust nothing that lies there, nor below a folder that others can write to.
"""

import asyncio
import base64
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.paths import Paths
from constellagent.runtime.screen_views import ScreenRequest
from tests import programs
from tests.e2e.place import Place
from tests.models.orders import Turn
from tests.models.server import Model
from tests.reliability.lab import git, wait_for

KEY = "sk-ant-test-0123456789abcdefghijklmnopqrstuvwxyz"
"""What the model gets as a key; it takes any."""
PATIENCE = 60.0

PERSON = {
    ".claude.json": '{"numStartups": 7, "hasCompletedOnboarding": true, "theme": "dark"}\n',
    ".claude/settings.json": '{"theme": "dark", "hooks": {}}\n',
    ".claude/CLAUDE.md": "Speak plainly.\n",
    ".codex/config.toml": 'model = "o9"\n# mine\n[tui]\nnotifications = false\n',
    ".gemini/settings.json": '{"ui": {"theme": "Default"}}\n',
    ".copilot/config.json": '{"banner": "never"}\n',
    ".config/opencode/opencode.json": '{"share": "disabled"}\n',
    ".aider.conf.yml": "dark-mode: true\n",
    ".gitconfig": "[user]\n\tname = A Person\n\temail = person@example.com\n",
    ".ravi/config.json": '{"identity_key": "ravi_id_the_persons_own"}\n',
}
"""What a person's home holds of the agents' configuration."""


_PREFIX = "f-"
_OLD = 86_400.0
"""Seconds after which nobody works in a field any more."""


def clear(ground: Path) -> None:
    """Remove the folders of fields that a killed run has left."""
    for left in ground.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run has removed it
            if time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left, ignore_errors=True)


class ModelThread:
    """The model, in a thread with an event loop of its own, for tests that wait for real commands."""

    def __init__(self) -> None:
        self.model = Model()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> Model:
        """Start to serve."""
        self._thread.start()
        self._do(self.model.__aenter__())
        return self.model

    def stop(self) -> None:
        """Stop to serve."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        """Close the server, and end what waits still because a prompt ordered that."""
        await self.model.__aexit__()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


class Field(Place):
    """A place for agents of one kind.

    Attributes:
        kind: of the agents.
        model: what they talk to.
    """

    model: Model

    def __init__(self, kind: str, version: str | None = None) -> None:
        """Say which program the agents are."""
        super().__init__(agents=0)
        self.kind = kind
        self.version = version

    def __enter__(self) -> Self:
        """Create repository and home, and start the model."""
        super().__enter__()
        shutil.rmtree(self.folder)
        ground = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "constellagent-tests"
        ground.mkdir(parents=True, exist_ok=True, mode=0o700)
        clear(ground)
        base = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=ground))
        self.folder = base
        self._settle()
        self._thread = ModelThread()
        self.model = self._thread.start()
        programs.link(self.kind, self.folder / "bin", self.version)
        for name, text in PERSON.items():
            path = self.person / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "tmp").mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything, and remove it."""
        super().__exit__()
        self._thread.stop()

    def _settle(self) -> None:
        """Make the repository."""
        self.repo.mkdir()
        git(self.repo, "init", "-q", "-b", "main")
        git(self.repo, "config", "user.name", "Lab")
        git(self.repo, "config", "user.email", "lab@example.com")
        (self.repo / "README.md").write_text("# A project\n")
        (self.repo / ".gitignore").write_text("*.log\n")
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-qm", "start")

    @property
    def person(self) -> Path:
        """The home of the person who runs all this."""
        return self.folder / "person"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the person's commands: nothing of this process's own home."""
        env = super().environment()
        env |= {
            "HOME": str(self.person),
            "PATH": f"{self.folder / 'bin'}:{programs.node().parent}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
        }
        return {**env, **more}

    def declare_agents(self, more: str = "", **agents: str) -> None:
        """Declare agents of the field's kind; each text is a flow mapping without its braces."""
        blocks = "".join(f"  {name}: {{kind: {self.kind}, {block}}}\n" for name, block in agents.items())
        self.write(f"{more}\nagents:\n{blocks}")

    def wait_state(self, name: str, *wanted: str, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait until an agent is in one of these states (`done`, `waiting:permission`); returns its view."""
        deadline = time.monotonic() + patience
        while True:
            view = self.view(name)
            if view["state"] in wanted or f"{view['state']}:{view['reason']}" in wanted:
                return view
            if time.monotonic() > deadline:
                said = f"{name} is {view['state']} ({view['reason']}), not {wanted}"
                raise AssertionError(f"{said}\n{self.screen(name)}")
            time.sleep(0.1)

    def screen(self, name: str) -> str:
        """Return what an agent's terminal shows."""
        request = ScreenRequest(file=str(self.file), subject=name, form="text", history=0)
        with BlockingClient.connect(Paths(self.home).control_socket) as client:
            return base64.b64decode(client.screen(request)["data"]).decode()

    def wait_asked(self, holds: Callable[[list[Turn]], bool], patience: float = PATIENCE) -> None:
        """Wait until what the model was asked so far meets a condition."""
        wait_for(lambda: holds(list(self.model.turns)), "the model to be asked", patience)

    def fingerprint(self, *left_out: str) -> dict[str, str]:
        """Return a digest of each file of the person's home, but for paths that begin with `left_out`."""
        while True:
            found = {}
            with suppress(FileNotFoundError):  # the program took a file of its own away meanwhile
                for path in sorted(self.person.rglob("*")):
                    name = str(path.relative_to(self.person))
                    if path.is_file() and not name.startswith(left_out):
                        found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
                return found
