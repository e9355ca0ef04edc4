"""Keys outlive no session, whoever ended it."""

import subprocess
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.runtime import left_keys, processes
from constellagent.runtime.settings import Settings
from tests.fake_keys import FakeSessionKeys
from tests.runtime.working import working

LIVE, ENDED, UNKNOWN = "a" * 32, "b" * 32, "c" * 32


async def issued() -> FakeSessionKeys:
    """Return keys of three sessions."""
    keys = FakeSessionKeys()
    for session in (LIVE, ENDED, UNKNOWN):
        await keys.issue(session, "ada", may_create=False)
    return keys


async def test_only_the_key_of_what_ended_is_withdrawn() -> None:
    """What is live keeps its key, and so does what runs though nobody knows it."""
    keys = await issued()
    with subprocess.Popen(["sleep", "600"], env={processes.MARKER: UNKNOWN, "PATH": "/usr/bin:/bin"}) as one:
        try:
            await left_keys.withdraw(keys, {LIVE})
        finally:
            one.kill()

    assert keys.withdrawn == [ENDED]


async def test_what_cannot_be_looked_at_keeps_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed look ends no key, and no daemon."""

    def unreadable(_session: str) -> dict[int, str]:
        raise WorldError("processes cannot be looked at")

    monkeypatch.setattr(processes, "holders_of", unreadable)
    keys = await issued()
    await left_keys.withdraw(keys, {LIVE})
    assert keys.withdrawn == []


async def test_a_daemon_ends_the_keys_that_an_earlier_one_left(home: Settings, tmp_path: Path) -> None:
    """A session whose row says that it has ended, but whose key was never withdrawn, acts no more."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '1000']}\n")
        await lab.apply()
        view = (await lab.agent("one"))["session"]
        (identity,) = await lab.daemon.identities(lab.file)
        assert view is not None
        provider = lab.daemon._provider
        await provider.issue(ENDED, identity["uuid"])
        assert set(await provider.sessions()) == {view["id"], ENDED}
    async with working(home, tmp_path / "repo") as lab:
        assert ENDED not in await lab.daemon._provider.sessions()
