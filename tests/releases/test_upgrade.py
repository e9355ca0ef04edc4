"""What earlier releases wrote is opened by this one: all is there, changed once, copied before."""

import contextlib
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.local import schema as provider_schema
from constellagent.runtime.store import schema as state_schema
from tests.releases.conftest import Look
from tests.releases.keep import AGENTS
from tests.releases.place import DATABASES, VALUE, Place, names, version_of

NEWEST = {"state": len(state_schema.MIGRATIONS), "provider": len(provider_schema.MIGRATIONS)}
SHORT = (names()[0], names()[-2])
"""The oldest, and the last one that this release must change: both are tried in every run."""
EVERY = [pytest.param(name, marks=() if name in SHORT else pytest.mark.long) for name in names()]


def dumped(database: Path) -> list[str]:
    """Return all that a database says, as SQL."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


def versions(place: Place) -> dict[str, int]:
    """Return the versions of the place's databases."""
    found = {}
    for short, file in DATABASES.items():
        with contextlib.closing(sqlite3.connect(f"file:{place.home / file}?mode=ro", uri=True)) as connection:
            (found[short],) = connection.execute("PRAGMA user_version").fetchone()
    return found


def same(kept: list[dict[str, Any]], now: list[dict[str, Any]], *keys: str) -> None:
    """Demand that the rows that were kept are there, once each; what happened since may stand beside."""
    found = [[row[key] for key in keys] for row in now]
    for row in kept:
        assert found.count([row[key] for key in keys]) == 1


def check_identities(facts: dict[str, Any], look: Look) -> None:
    """Demand that the identities are the same, with all that they had."""
    if "identities" in facts:
        rows = {row["agent"]: row for row in look("identity", "list")}
        kept = facts["identities"]
        same(list(kept.values()), [rows[name] for name in kept], "uuid", "address", "phone", "archived")
        same(facts["inbox"], look("identity", "inbox", "bob"), "sender", "subject", "preview", "unread")
        same(facts["sms"], look("identity", "sms", "alice"), "number", "preview", "texts")
        for name in AGENTS:
            secrets = look("identity", "secrets", name, "--reveal")
            same(facts["secrets"][name], secrets, "uuid", "key", "value")
            passwords = look("identity", "passwords", name, "--reveal")
            same(facts["passwords"][name], passwords, "uuid", "domain", "username", "password")


def check_rest(facts: dict[str, Any], look: Look) -> None:
    """Demand that ledger, comments, tokens and races are read as they were written."""
    if "history" in facts:
        same(facts["history"], look("schedule", "history"), "run", "schedule", "state", "exit_status", "why")
        paused = [row["schedule"] for row in look("schedule", "show") if row["state"] == "paused"]
        assert paused == ["bob/yearly"]
    if "comments" in facts:
        same(facts["comments"], look("comment", "list", "alice"), "id", "path", "line", "text", "state")
        same(facts["tokens"], look("token", "list"), "id", "name", "scope")
    if "races" in facts:
        same(facts["races"], look("race", "list"), "race", "prompt", "commit", "decision")


@pytest.mark.parametrize("name", EVERY)
def test_a10_the_state_of_an_older_release_is_taken_over_whole(place: Place, look: Look, name: str) -> None:
    """All that an older release knew is there, no identity is made again, and an apply comes to rest."""
    facts = place.restore(name)
    before = {short: dumped(place.home / file) for short, file in DATABASES.items()}

    place.run("status")

    assert versions(place) == NEWEST
    for short, file in DATABASES.items():
        found = facts["versions"][short]
        copies = sorted((place.home / file).parent.glob(f"{Path(file).name}.*bak*"))
        assert [copy.name for copy in copies] == [f"{Path(file).name}.v{found}.bak"] * (found < NEWEST[short])
        for copy in copies:
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
            assert dumped(copy) == before[short]
    check_identities(facts, look)
    check_rest(facts, look)

    place.run("apply")
    place.run("plan", "--detailed-exitcode")
    (view,) = look("status")
    assert {agent["name"]: agent["identity"] for agent in view["agents"]} == facts["status"]
    assert all(agent["session"]["live"] for agent in view["agents"])
    assert place.identities() == sorted(AGENTS)
    check_identities(facts, look)
    check_rest(facts, look)
    look("audit", "verify")


def test_a10_a_state_is_changed_once(place: Place, look: Look) -> None:
    """The second start of this release finds nothing to change: one copy, one line in the log."""
    name = SHORT[-1]
    place.restore(name)
    changed = [short for short, version in version_of(name).items() if version < NEWEST.get(short, 0)]
    assert changed

    for _ in range(2):
        place.run("status")
        place.run("daemon", "stop")

    assert place.daemon_log().count("upgrading ") == len(changed)
    copies = [path.name for path in place.home.rglob("*.bak*")]
    assert len(copies) == len(changed)
    assert versions(place) == NEWEST


def test_a10_what_the_older_release_kept_sealed_is_used(place: Place) -> None:
    """A value that the shell gave long ago, and is sealed since, is there for a run that starts now."""
    place.restore(SHORT[-1])

    done = place.run("schedule", "run", "alice/yearly")

    assert f"the run of alice knows {VALUE}" in done.stdout
