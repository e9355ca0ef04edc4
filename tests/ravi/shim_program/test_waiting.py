"""`--wait`: woken by the provider, patient with one that goes away, and useful with one that cannot wait."""

import asyncio
import time
from typing import Any

import pytest

from constellagent.ravi.shim_program import waiting
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from tests.ravi.scripted import RESET, Scripted, answer, scripted
from tests.ravi.shim_program.running import Agent, listening

MAIL = (waiting.EMAIL,)
CURSOR = answer(200, {"events": [], "cursor": 7})


async def waited(script: Scripted, seconds: float, finds: int) -> tuple[Any, list[str]]:
    """Wait at a scripted server until the look number `finds`; return what came of it, and what was asked."""
    looks = iter(range(1, 1000))
    login = Login(script.url, "k")
    found = await asyncio.to_thread(
        waiting.until_found, login, seconds, MAIL, lambda: "found" if next(looks) >= finds else None
    )
    return found, script.asked


async def test_a_delivery_wakes_the_waiting(ada: Agent, ben: Agent) -> None:
    """The waiting command prints what comes and ends when it is delivered, not when its time is over."""

    async def waiting_for(number: int) -> str:
        found = await ada.json("inbox", "email", "--wait", "45", "--match", f"number {number}")
        return str(found[0]["subject"])

    for number in range(3):
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            call = group.create_task(waiting_for(number))
            await listening(ada)
            mail = {"to_email": ada.address, "subject": f"number {number}", "content": "x"}
            answered = await ada.local.ask(
                "POST", "/api/email-messages/compose/", key=ben.env["RAVI_API_KEY"], body=mail
            )
            assert answered.status_code == 201, answered.text
        assert call.result() == f"number {number}"


async def test_what_is_there_is_found_at_once() -> None:
    """The first look decides; no event is waited for."""
    async with scripted(CURSOR) as script:
        assert await waited(script, 60, 1) == ("found", ["GET /api/events/?since=latest"])


async def test_it_listens_after_what_it_has_seen() -> None:
    """The events after the cursor that was taken before the first look are asked for, so none is missed."""
    event = {"events": [{"seq": 9}], "cursor": 9}
    async with scripted(CURSOR, answer(200, event)) as script:
        found, asked = await waited(script, 60, 3)
    assert found == "found"
    assert asked[1].startswith("GET /api/events/?since=7&event_types=email.message.received&wait=25")
    assert asked[2].startswith("GET /api/events/?since=9&")


@pytest.mark.parametrize(
    "first", [answer(200, {"events": []}), answer(200, []), answer(404, {}), answer(400, {"detail": "since"})]
)
async def test_without_a_cursor_it_looks_again_and_again(first: bytes) -> None:
    """A service that does not say where the events are is asked for the messages twice a second."""
    started = time.monotonic()
    async with scripted(first) as script:
        assert await waited(script, 60, 3) == ("found", ["GET /api/events/?since=latest"])
    assert 0.9 < time.monotonic() - started < 30


async def test_a_service_that_does_not_hold_the_question_is_not_stormed() -> None:
    """Where the answer is empty and comes at once, half a second passes before the next question."""
    async with scripted(CURSOR) as script:
        found, asked = await waited(script, 1.2, 1000)
    assert found is None
    assert len(asked) <= 5


async def test_the_time_ends() -> None:
    """Zero seconds look once; otherwise the time is kept."""
    async with scripted(CURSOR) as script:
        assert (await waited(script, 0, 2))[0] is None
        started = time.monotonic()
        assert (await waited(script, 0.3, 1000))[0] is None
        assert 0.3 <= time.monotonic() - started < 20


async def test_a_provider_that_goes_away_is_waited_for() -> None:
    """Resets, server errors and limits meanwhile are no end; a refusal is."""
    busy = answer(429, {"detail": "slow"})
    async with scripted(CURSOR, RESET, answer(503, {"detail": "restarting"}), busy, CURSOR) as script:
        assert (await waited(script, 60, 2))[0] == "found"
    async with scripted(CURSOR, answer(401, {"detail": "revoked"})) as script:
        with pytest.raises(CallError, match="revoked"):
            await waited(script, 60, 2)


async def test_a_provider_that_stays_away_is_said() -> None:
    """At the end of the time the reason is told, with the exit code for it; at its beginning at once."""
    async with scripted(CURSOR, RESET) as script:
        with pytest.raises(CallError, match="cannot reach") as caught:
            await waited(script, 1.0, 1000)
    assert caught.value.exit_code == 69
    async with scripted(RESET) as script:
        with pytest.raises(CallError, match="cannot reach"):
            await waited(script, 60, 1)
