"""Services are live before a run that needs them, and are started once however many need them."""

import asyncio
import socket

import pytest

from constellagent.errors import ConflictError, ConstellagentError, WorldError
from constellagent.runtime.runs.needs import Needs
from tests.runtime.runs.rig import Lab, shell, worker

NEEDS = "needs: [web], "


def service(script: str, ready: str = "log: ready, timeout: 30s") -> str:
    """Return the declaration of the service `web`."""
    return f"services:\n  web: {{shell: {script!r}, ready: {{{ready}}}, restart: never}}\n"


async def starts(lab: Lab) -> int:
    """Return how often the service was started."""
    rows = await lab.database.rows("SELECT count(*) FROM sessions WHERE role = 'service'", ())
    return int(rows[0][0])


async def test_a_live_service_is_left_alone(lab: Lab) -> None:
    """What apply started is not started again."""
    lab.declare(worker(shell("true"), more=NEEDS), service("echo ready; read x"))
    await lab.apply()

    await lab.whole("docs/nightly")

    assert await starts(lab) == 1


async def test_a_service_that_is_down_is_started_and_waited_for(lab: Lab) -> None:
    """The run's program begins when the service has said that it is ready."""
    lab.declare(
        worker(shell("cat ../../../up"), more=NEEDS), service("sleep 0.3; echo yes > up; echo ready; read x")
    )
    await lab.apply()
    (session,) = await lab.registry.live()
    await lab.registry.stop(session.id)
    (lab.repo / "up").unlink()

    script = shell(f"cat {lab.repo / 'up'}")
    lab.declare(worker(script, more=NEEDS), service("sleep 0.3; echo yes > up; echo ready; read x"))
    context = await lab.context()
    await lab.constellations.put(context.applied(), 1.0)
    await context.world.schedules.put("docs", "nightly", context.desired.agents["docs"].schedules["nightly"])
    row = await lab.whole("docs/nightly")

    assert lab.output(row.fire) == "yes\n"
    assert await starts(lab) == 2


async def test_runs_that_need_it_together_start_it_once(lab: Lab) -> None:
    """The second waits until the first has it ready."""
    lab.declare(worker(shell("true"), more=NEEDS), service("sleep 0.2; echo ready; read x"))
    context = await lab.apply()
    (session,) = await lab.registry.live()
    await lab.registry.stop(session.id)
    needs, agent = Needs(), context.desired.agents["docs"]

    await asyncio.gather(*(needs.meet(context, agent) for _ in range(5)))

    assert await starts(lab) == 2


async def test_a_service_that_is_never_ready_fails_the_start(lab: Lab) -> None:
    """No run is started, and the error names the service."""
    lab.declare(worker(shell("true"), more=NEEDS), service("echo ready; read x"))
    await lab.apply()
    (session,) = await lab.registry.live()
    await lab.registry.stop(session.id)
    lab.declare(worker(shell("true"), more=NEEDS), service("exit 3"))
    await lab.constellations.put((await lab.context()).applied(), 1.0)
    fire = await lab.fire("docs/nightly")

    with pytest.raises(ConstellagentError, match="web"):
        await lab.start(fire)

    assert await lab.registry.get(fire.run) is None


async def test_somebody_elses_answer_is_not_taken_for_the_service(lab: Lab) -> None:
    """A port that another program listens on fails the start."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        ready = f"tcp: '127.0.0.1:{port}', timeout: 5s"
        lab.declare(worker(shell("true"), more=NEEDS), service("read x", ready))
        context = await lab.context()
        other.listen()

        with pytest.raises(ConflictError, match="web"):
            await Needs().meet(context, context.desired.agents["docs"])


async def test_an_apply_that_was_quicker_is_no_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service came up between the look and the start, the run goes on."""
    lab.declare(worker(shell("true"), more=NEEDS), service("echo ready; read x"))
    context = await lab.context()
    launch = await context.launches.service(context.desired.services["web"])

    async def quicker(_: object) -> None:
        """Stand in for the moment that cannot be hit on purpose."""
        await lab.registry.start(context.id, launch)
        raise ConflictError("web has a live session already")

    monkeypatch.setattr(type(context.launches), "service", lambda *_: quicker(None))

    await Needs().meet(context, context.desired.agents["docs"])

    assert await starts(lab) == 1


async def test_a_service_of_which_nothing_is_known_is_not_started_twice(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live session that cannot be reached fails the start instead."""
    lab.declare(worker(shell("true"), more=NEEDS), service("echo ready; read x"))
    context = await lab.apply()
    monkeypatch.setattr(lab.registry, "trouble", lambda _: "its holder does not answer")

    with pytest.raises(WorldError, match="service web cannot be looked at: its holder does not answer"):
        await Needs().meet(context, context.desired.agents["docs"])

    assert await starts(lab) == 1
