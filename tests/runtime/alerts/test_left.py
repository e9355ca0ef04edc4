"""Ends that a daemon recorded and did not come to tell: what the next one makes of them."""

from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.runtime.alerts import alerts
from constellagent.runtime.control import RestartRequest
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.alerts.rig import OWNER, House, eventually


async def over(here: House) -> None:
    """Wait until the agent's end is recorded."""

    async def live() -> bool:
        return any(row.subject == "docs" for row in await here.lab.daemon._registry.live())

    await eventually(live, lambda found: not found)


async def end_untold(here: House, line: str = "exit 3") -> None:
    """Let the agent end under a daemon that comes to no word of it, as one that dies at once."""

    def dead(row: SessionRow) -> None:
        """Do nothing: a daemon cannot die here without the test."""

    here.lab.daemon._alerts.ended = dead  # type: ignore[method-assign] # as one that died
    await here.do(line)
    await over(here)


async def test_an_end_that_was_not_told_is(here: House) -> None:
    """A daemon that died between recording it and telling it leaves that to the next one; once."""
    await here.begin()
    await end_untold(here)

    await here.next_daemon()
    (mail,) = await here.mails(1)
    await here.next_daemon()
    await here.idle()

    assert mail.subject == "docs has failed: exit status 3"
    assert len(await here.inbox()) == 1


async def test_an_end_that_a_restart_follows_is_not(here: House, tmp_path: Path) -> None:
    """What the last daemon owed is started again first."""
    mark = tmp_path / "mark"
    once = f"if [ -e {mark} ]; then read x; else touch {mark}; read x; exit 3; fi"
    await here.begin(shell=once, more="restart: on-failure")
    await end_untold(here, "go")

    await here.next_daemon()

    async def restarted() -> int:
        return (await here.lab.agent("docs"))["restarts"]

    await eventually(restarted, bool)
    await here.idle()

    assert await here.inbox() == []


async def test_an_end_that_is_no_news_is_not(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants to hear of it days later."""
    await here.begin()
    await end_untold(here)
    monkeypatch.setattr(alerts, "NEWS", 0.0)

    await here.next_daemon()
    await here.idle()

    assert await here.inbox() == []


async def test_an_end_from_before_words_were_asked_for_is_not(here: House) -> None:
    """Who changes `notify` asks for what comes, not for what was."""
    await here.begin(rest=OWNER + "notify: [waiting]\n")
    await here.do("exit 3")
    await over(here)
    await here.idle()
    await here.begin(rest=OWNER + "notify: [failed]\n")

    await here.next_daemon()
    await here.idle()

    assert not (await here.lab.agent("docs"))["restarts"]
    assert await here.inbox() == []


async def test_a_session_that_was_not_started_is_not(here: House) -> None:
    """Who applied was told that; nothing ran that could have ended."""
    here.lab.declare(
        "  docs: {command: [/no/such/program]}\n  boss: {command: ['true'], autostart: false}\n", OWNER
    )
    assert (await here.lab.apply())["failed"]

    await here.next_daemon()
    await here.idle()

    assert (await here.lab.agent("docs"))["session"] is not None
    assert await here.inbox() == []


async def test_an_end_after_which_no_start_came_about_is(here: House, tmp_path: Path) -> None:
    """A start that failed before anything ran is no newer end: that of what ran last is told."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nread x; rm {program}; exit 3\n")
    program.chmod(0o700)
    await here.begin(command=[str(program)])
    await end_untold(here, "go")
    with pytest.raises(ConstellagentError):
        await here.lab.daemon.restart(RestartRequest(file=here.lab.file, subject="docs"))

    await here.next_daemon()
    (mail,) = await here.mails(1)

    assert mail.subject == "docs has failed: exit status 3"
