"""Everything that wakes agents, as the daemon starts, refreshes and closes it."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Bindings
from tests.ravi.local.mail.talking import mail, post
from tests.runtime.triggers.posting import only, sender
from tests.runtime.triggers.station import Station, eventually, station


def url(at: Station) -> str:
    """Return where webhooks are taken, empty where they are not."""
    return at.triggers._door.url


async def test_the_port_is_open_while_a_schedule_wants_it(open_at: Station) -> None:
    """The first webhook opens it and the last one closes it, also over restarts, at the same place."""
    assert url(open_at) == ""
    await open_at.declare("docs/inbox", on={"email": {}})
    assert url(open_at) == ""
    await open_at.declare("docs/hook", on={"webhook": "deploy"})
    opened = url(open_at)
    assert opened
    await open_at.restart()
    assert url(open_at) == opened
    await open_at.undeclare("docs/hook")
    assert url(open_at) == ""
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{opened}/hooks/c/deploy")


async def test_another_constellation_keeps_the_port_open(open_at: Station) -> None:
    """The port is shared; a destroyed constellation takes only its own away."""
    who = await sender(open_at)
    await open_at.triggers.refresh("another")
    only(await who.send())
    assert url(open_at)


async def test_a_failed_look_closes_nothing(open_at: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not known whether webhooks are wanted, all stays as it is, secrets and marks included."""
    who = await sender(open_at)
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.followed(docs)
    mark = await open_at.mark(docs)

    async def blind(*_: Any) -> Any:
        raise WorldError("cannot read")

    with monkeypatch.context() as patch:
        patch.setattr(open_at.constellations, "all", blind)
        patch.setattr(open_at.triggers._schedules, "all", blind)
        await open_at.triggers.refresh(open_at.id)

    assert await open_at.mark(docs) == mark
    only(await who.send())


async def test_a_schedule_that_cannot_be_read_keeps_what_it_may_need(open_at: Station) -> None:
    """A row in the language of another release is no reason to forget its secret or its mark."""
    await sender(open_at)
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.followed(docs)
    await open_at.close()
    await open_at.database.execute("UPDATE schedules SET declared = '{\"newer\": 1}'")

    open_at.new_daemon()
    await open_at.start()
    assert await open_at.mark(docs) is not None
    assert len(await open_at.triggers._hooks._rows.all()) == 1


async def test_a_taken_port_keeps_nothing_else_from_working(home: Settings, tmp_path: Path) -> None:
    """The log says what to do, mail is followed all the same, and asking for the webhook says it too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = home.model_copy(update={"hooks_port": taken.getsockname()[1]})
        async with station(settings, tmp_path) as at:
            await at.start()
            docs = await at.agent("docs")
            await at.declare("docs/hook", on={"webhook": "deploy"})
            await at.declare("docs/inbox", on={"email": {}})
            await at.followed(docs)
            await post(at.local, mail(docs.address))
            await at.woken(1)
            with pytest.raises(UnavailableError, match="webhooks cannot be taken on port"):
                await at.triggers.hook(at.id, "deploy")


async def test_a_webhook_asked_for_again_after_a_failure_shows_its_secret(
    home: Settings, tmp_path: Path
) -> None:
    """A secret that could not be shown was not made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = home.model_copy(update={"hooks_port": taken.getsockname()[1]})
        async with station(settings, tmp_path) as at:
            await at.start()
            await at.declare("docs/hook", on={"webhook": "deploy"})
            with pytest.raises(UnavailableError):
                await at.triggers.hook(at.id, "deploy")
            taken.close()
            assert (await at.triggers.hook(at.id, "deploy"))["secret"]


async def test_a_constellation_whose_repository_is_gone_is_tried_again(open_at: Station) -> None:
    """Its mail waits, and other constellations do not."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.followed(docs)
    away = open_at.repo.with_name("away")
    open_at.repo.rename(away)
    await open_at.restart()
    await post(open_at.local, mail(docs.address))
    await eventually(lambda: asyncio.sleep(0, open_at.waits), lambda waits: len(waits) >= 2)
    assert await open_at.history() == []

    away.rename(open_at.repo)
    await open_at.woken(1)


async def test_two_daemons_cannot_both_run_an_event(open_at: Station) -> None:
    """Triggers of two daemons over one state tell the same mail, and the ledger takes it once."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {}}, overlap="queue_all")
    await open_at.followed(docs)
    second = open_at.new_triggers(open_at.scheduler)
    await second.start()
    for number in range(5):
        await post(open_at.local, mail(docs.address, f"mail {number}"))
    await open_at.woken(5)
    await open_at.decided(docs)
    await second.close()
    assert len(await open_at.history()) == 5


async def test_closing_waits_for_nothing(open_at: Station) -> None:
    """Requests that wait for news are given up at once."""
    docs = await open_at.agent("docs")
    await open_at.declare("docs/inbox", on={"email": {}})
    await open_at.declare("docs/hook", on={"webhook": "deploy"})
    await open_at.followed(docs)
    async with asyncio.timeout(30):
        await open_at.triggers.close()
    assert url(open_at) == ""
    assert await Bindings(open_at.database, open_at.id).get("docs", "local") == docs


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from constellagent.runtime.settings import Settings
from tests.runtime.triggers.killed import serve

asyncio.run(serve(Settings(home=Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.parametrize("point", ["before the ledger", "after the ledger"])
async def test_a_daemon_that_is_killed_loses_no_mail_and_doubles_none(
    home: Settings, tmp_path: Path, point: str
) -> None:
    """A process is killed with -9 that has just heard of a mail, before or after it wrote the run down."""
    async with station(home, tmp_path) as at:
        await at.start()
        docs = await at.agent("docs")
        await at.declare("docs/inbox", on={"email": {}}, overlap="queue_all")
        await at.followed(docs)
        await at.close()
        await at.database.close()
        await post(at.local, mail(docs.address, "precious"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _KILLED, str(home.home), str(at.repo), point,
            env={**os.environ, "T_URL": at.local.url, "T_KEY": at.local.key},
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(30):
            assert await process.wait() == -signal.SIGKILL
        await at.database.open()
        assert len(await at.history()) == (point == "after the ledger")

        at.new_daemon()
        await at.start()
        await at.woken(1)
        await at.decided(docs)
        assert len(await at.history()) == 1
