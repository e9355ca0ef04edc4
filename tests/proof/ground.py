"""Where the proof takes place: agents that come and go, and others beside them that stay and take runs.

Both are constellations of one daemon. What the agents do is written down outside of their worktrees, so that
it can be compared afterwards with what the product says of them.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from constellagent.faces.blocking import BlockingClient
from constellagent.plan.fires import moment
from constellagent.runtime.paths import Paths
from tests.e2e.api.served import Api
from tests.reliability.lab import Lab, git, wait_for

PLAYER = Path(__file__).with_name("player.py")
TELL = 'echo "$CONSTELLAGENT_RUN_ID $CONSTELLAGENT_SCHEDULE $CONSTELLAGENT_FIRE_AT $CONSTELLAGENT_EVENT" >> '
PACE = 0.05
"""Seconds between two lines of an agent."""

_STANDING = """\
version: 1
name: standing
identities: {{phone: true}}
defaults: {{stop_grace: 1s}}
agents:
  clerk:
    command: ["true"]
    autostart: false
    schedules:
      orders:
        on: {{email: {{subject: "order:*"}}}}
        overlap: queue_all
        max_per_hour: 1000
        command: [sh, -c, '{tell}']
      job: {{cron: "0 0 1 1 *", command: [sh, -c, '{tell}; sleep 0.5']}}
  pager:
    command: ["true"]
    autostart: false
    schedules:
      rings:
        on: {{sms: {{text: "*ring*"}}}}
        overlap: queue_all
        max_per_hour: 1000
        workspace: agent
        command: [sh, -c, '{tell}']
  clock:
    command: ["true"]
    autostart: false
    schedules:
      tick: {{cron: "* * * * *", overlap: queue_all, missed: all, max_catch_up: 1000, workspace: agent,
             command: [sh, -c, '{tell}']}}
      tock: {{cron: "* * * * *", overlap: queue_all, missed: all, max_catch_up: 1000,
             command: [sh, -c, '{tell}; sleep 1']}}
"""


@dataclass(frozen=True, slots=True)
class Fired:
    """A row of the ledger."""

    run: str
    schedule: str
    origin: str
    fire_at: float
    reason: str
    state: str
    why: str
    event: str


@dataclass
class Ground(Lab):
    """Eight agents or so that come and go, and three that stay; `open` makes the second and the API.

    Attributes:
        diary: what agents write down of themselves, outside of every worktree.
        api: the daemon's HTTP API.
        kept: leave the folder when it is over, for somebody to look at.
        newcomer: one agent more, or nobody.
    """

    kept: bool = False
    newcomer: str = ""
    api: Api = field(init=False)

    def __enter__(self) -> Self:
        """Create both repositories and files."""
        super().__enter__()
        self.diary.mkdir()
        self.beside.mkdir()
        git(self.beside, "init", "-q", "-b", "main")
        git(self.beside, "config", "user.name", "Lab")
        git(self.beside, "config", "user.email", "lab@example.com")
        (self.beside / "constellation.yaml").write_text(_STANDING.format(tell=f"{TELL}{self.told}"))
        git(self.beside, "add", "-A")
        git(self.beside, "commit", "-qm", "start")
        return self

    def __exit__(self, *exc: object) -> None:
        """End everything; what was kept for somebody stays on disk."""
        if self.kept:
            self.kill_all()
        else:
            super().__exit__(*exc)

    @property
    def diary(self) -> Path:
        """Where agents write down what they do."""
        return self.folder / "diary"

    @property
    def beside(self) -> Path:
        """The repository of the constellation that stays."""
        return self.folder / "beside"

    @property
    def told(self) -> Path:
        """Where scheduled runs write down that they ran."""
        return self.diary / "told"

    @property
    def names(self) -> list[str]:
        """The agents that come and go, and last who was not there before."""
        return [*(f"agent-{number}" for number in range(self.agents)), *filter(None, [self.newcomer])]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of all commands; every session's log is kept."""
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        return super().environment(**kept | {"CONSTELLAGENT_KEEP_SESSIONS": "100000"} | more)

    def declare(self, agents: int) -> None:
        """Write the file: all agents print numbered lines, and each does something else beside."""
        beside = ["--hooks 1", "--vault 1", "", ""]
        blocks = []
        names = [*(f"agent-{number}" for number in range(agents)), *filter(None, [self.newcomer])]
        for number, name in enumerate(names):
            words = f"--pace {PACE} {beside[number % len(beside)]}".split()
            command = json.dumps([sys.executable, "-I", str(PLAYER), str(self.diary), *words])
            blocks.append(f"  {name}: {{command: {command}, branch: work/{name}}}\n")
        head = "version: 1\nname: lab\ndefaults: {restart: always, stop_grace: 2s}\n"
        self.file.write_text(f"{head}agents:\n{''.join(blocks)}")

    def welcome(self, newcomer: str) -> None:
        """Declare an agent that was never there, in the place of the one before it."""
        self.newcomer = newcomer
        self.declare(self.agents)

    def open(self) -> Self:
        """Make the constellation that stays, and open the API."""
        self.run("apply", "--yes", "-f", str(self.beside / "constellation.yaml"))
        self.api = Api(self.home).open()
        return self

    def revive(self) -> None:
        """Let a daemon run, if there is none."""
        self.run("daemon", "start", check=None)
        wait_for(lambda: self.daemon_pid() is not None, "a daemon to run")

    def asked(self, query: str, *values: object, provider: bool = False) -> list[tuple[Any, ...]]:
        """Ask a database of the state, beside the daemon."""
        file = self.home / "ravi" / "provider.db" if provider else Paths(self.home).database
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
            return list(connection.execute(query, values))

    def live(self) -> dict[str, str]:
        """Return the subjects of the sessions that the daemon's database calls live, by id."""
        if not Paths(self.home).database.exists():
            return {}
        return dict(self.asked("SELECT id, subject FROM sessions WHERE ended_at IS NULL"))

    def session(self, agent: str) -> str | None:
        """Return the id of an agent's live session."""
        rows = self.asked(
            "SELECT id FROM sessions WHERE subject = ? AND role = 'agent' AND ended_at IS NULL", agent
        )
        return str(rows[0][0]) if rows else None

    def fired(self) -> list[Fired]:
        """Return the ledger, oldest first."""
        rows = self.asked(
            "SELECT run, schedule, origin, fire_at, reason, state, why, event FROM fires ORDER BY rowid"
        )
        return [
            Fired(run, name, origin, moment(at).timestamp(), reason, state, why, event)
            for run, name, origin, at, reason, state, why, event in rows
        ]

    def lines(self, name: str) -> list[list[str]]:
        """Return the words of each line of a file of the diary; a line that is being written is left out."""
        file = self.diary / name
        whole = file.read_text().rpartition("\n")[0] if file.exists() else ""
        return [line.split() for line in whole.splitlines()]

    def key(self, agent: str) -> str | None:
        """Return the key of an agent's identity, which lies in its worktree."""
        file = self.folder / "repo.worktrees" / agent / ".ravi" / "config.json"
        try:
            return str(json.loads(file.read_text())["identity_key"])
        except (OSError, ValueError, KeyError):
            return None

    @contextlib.contextmanager
    def client(self) -> Iterator[BlockingClient]:
        """Give a connection to the daemon's own socket."""
        with BlockingClient.connect(Paths(self.home).control_socket) as client:
            yield client

    def keep_for(self, place: Path) -> None:
        """Copy the logs to a folder that stays."""
        shutil.copytree(self.home / "logs", place / "logs", dirs_exist_ok=True)
