"""`python -m tests.releases.keep`: keep the state that a release writes, for later ones to be tried on.

Run it before each release. Agents are applied, write mail, passwords, secrets and comments, run their
schedules, and are then killed with the daemon; what lies on disk is written below `tests/data/releases/`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import constellagent
from tests.releases import holders
from tests.releases.place import FOLDER, VALUE, Place
from tests.reliability.lab import git, wait_for

_VERSIONS = """
import json
from constellagent.ravi.local import schema as provider
from constellagent.runtime.holder import protocol
from constellagent.runtime.store import schema as state
print(json.dumps([len(state.MIGRATIONS), len(provider.MIGRATIONS), protocol.VERSION]))
"""
_WORK = """\
if [ "$1" = once ] || [ "$(git branch --show-current)" != "work/$CONSTELLAGENT_AGENT" ]; then
    echo "the run of $CONSTELLAGENT_AGENT knows $KEPT_VALUE"
    exit 0
fi
if [ ! -e ready.txt ] && command -v ravi > /dev/null; then
    printf 'secret of %s' "$CONSTELLAGENT_AGENT" | ravi secrets set API_TOKEN > /dev/null
    printf 'pass of %s' "$CONSTELLAGENT_AGENT" |
        ravi passwords create shop.example --username "$CONSTELLAGENT_AGENT" --password - > /dev/null
fi
echo "output of $CONSTELLAGENT_AGENT"
echo "precious" > ready.txt
while :; do sleep 60; done
"""
_HEAD = """\
version: 1
name: kept
owner: {email: owner@example.com}
services:
  clock:
    command: [sh, -c, "while :; do sleep 60; done"]
agents:
"""
_AGENT = """\
  %(name)s:
    command: [sh, work.sh]
    branch: work/%(name)s
    env: {pass: [KEPT_VALUE]}
    ports: [web]
    needs: [clock]
"""
_SCHEDULE = """\
    schedules:
      yearly:
        cron: "0 9 1 1 *"
        command: [sh, work.sh, once]
        missed: skip
"""
AGENTS = ("alice", "bob")


class Scene:
    """What happens before a state is kept; later releases can do more."""

    def __init__(self, place: Place, state: int, provider: int) -> None:
        self._place = place
        self._state = state
        self._provider = provider

    def play(self) -> dict[str, Any]:
        """Do everything that the release can do; returns what is true then."""
        place = self._place
        self._write_repository()
        place.run("apply", "--yes", KEPT_VALUE=VALUE)
        ready = [FOLDER / "repo.worktrees" / name / "ready.txt" for name in AGENTS]
        wait_for(lambda: all(path.exists() for path in ready), "the agents to be at work")
        facts: dict[str, Any] = {}
        if self._provider >= 2:
            facts |= self._identities()
        if self._state >= 2:
            facts |= self._schedules()
        if self._state >= 3:
            facts |= self._review()
        if self._state >= 6:
            facts |= self._race()
        (view,) = place.json("status")
        facts["status"] = {agent["name"]: agent["identity"] for agent in view["agents"]}
        return facts

    def _write_repository(self) -> None:
        repo = self._place.repo
        repo.mkdir()
        git(repo, "init", "-q", "-b", "main")
        git(repo, "config", "user.name", "Kept")
        git(repo, "config", "user.email", "kept@example.com")
        (repo / "work.sh").write_text(_WORK)
        (repo / "story.txt").write_text("".join(f"line {number}\n" for number in range(20)))
        schedule = _SCHEDULE if self._state >= 2 else ""
        blocks = "".join(_AGENT % {"name": name} + schedule for name in AGENTS)
        (repo / "constellation.yaml").write_text(_HEAD + blocks)
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", "start")

    def _identities(self) -> dict[str, Any]:
        place = self._place
        listed = {row["agent"]: row for row in place.json("identity", "list")}
        sent = ("identity", "send", "alice", "--to", listed["bob"]["address"], "--subject", "Hello")
        place.run(*sent, "--body", "The first mail.")
        place.run("identity", "send", "bob", "--to", listed["alice"]["phone"], "--body", "The first text.")
        wait_for(lambda: place.json("identity", "inbox", "bob"), "the mail to arrive")
        return {
            "identities": listed,
            "inbox": place.json("identity", "inbox", "bob"),
            "sms": place.json("identity", "sms", "alice"),
            "secrets": {name: place.json("identity", "secrets", name, "--reveal") for name in AGENTS},
            "passwords": {name: place.json("identity", "passwords", name, "--reveal") for name in AGENTS},
        }

    def _schedules(self) -> dict[str, Any]:
        place = self._place
        place.run("schedule", "run", "alice/yearly")
        place.run("schedule", "pause", "bob/yearly", "--why", "kept")
        return {"history": place.json("schedule", "history")}

    def _review(self) -> dict[str, Any]:
        place = self._place
        place.run("comment", "add", "alice", "story.txt:3", "Say this in fewer words.")
        place.run("token", "create", "reader")
        return {"comments": place.json("comment", "list", "alice"), "tokens": place.json("token", "list")}

    def _race(self) -> dict[str, Any]:
        place = self._place
        place.run("run", "--agents", ",".join(AGENTS), "Write a better story.", check=None)
        return {"races": place.json("race", "list")}


def keep(package: Path | None, name: str | None) -> Path:
    """Play the scene with the commands of `package` (None: this release) and keep what it leaves."""
    with Place(agents=0) as place:
        place.package = package
        asked = [sys.executable, "-c", _VERSIONS]
        said = subprocess.run(
            asked, env=place.environment(), cwd="/", check=True, capture_output=True, text=True
        )
        state, provider, protocol = json.loads(said.stdout)
        facts = Scene(place, state, provider).play()
        place.kill_everything()
        facts["versions"] = {"state": state, "provider": provider, "protocol": protocol}
        target = place.dump(name or f"state-{state}-{provider}", facts)
    holders.pack(package or Path(constellagent.__file__).parent.parent, target / "holder.zip")
    return target


def main() -> None:
    """Keep one state and say where."""
    parser = argparse.ArgumentParser(prog="python -m tests.releases.keep", description=__doc__)
    parser.add_argument("--package", type=Path, help="a folder with another release's package")
    parser.add_argument("--name", help="the folder's name [default: from the versions]")
    given = parser.parse_args()
    sys.stdout.write(f"{keep(given.package, given.name)}\n")


if __name__ == "__main__":
    main()
