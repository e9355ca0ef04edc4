"""What no hook tells, and status says all the same: Esc on a question, Esc on work, a daemon that died."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.holder.client import HolderClient
from tests.e2e.agents.field import KEY, Field
from tests.programs import needs

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

SOON = 5.0
"""Seconds after which a state that no hook tells must show."""
OPTIONS = "options: {permissions: ask, profile: agent, model: stub}"
CALL = {"cmd": "touch x", "sandbox_permissions": "require_escalated", "justification": "May I?"}
ASKS = {"claude": "!run touch x", "codex": f"!use exec_command {json.dumps(CALL)}"}


@pytest.fixture(params=[pytest.param(kind, marks=needs(kind)) for kind in ASKS])
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with an agent `docs` that has started and waits for its first order."""
    with Field(request.param) as place:
        model = place.model.url
        given = {
            "claude": {"ANTHROPIC_BASE_URL": model, "ANTHROPIC_AUTH_TOKEN": KEY},
            "codex": {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_API_KEY": KEY},
        }[place.kind]
        place.declare_agents(docs=f"{OPTIONS}, env: {{set: {json.dumps(given)}}}")
        place.run("apply", "--yes")
        place.wait_state("docs", "waiting:idle prompt")
        yield place


def escape(field: Field) -> float:
    """Press Esc at the agent's terminal; returns when."""

    async def press() -> None:
        holder = await HolderClient.connect(Path(field.view("docs")["session"]["socket"]))
        await holder.send(b"\x1b")
        await holder.close()

    asyncio.run(press())
    return time.monotonic()


def test_a_question_refused_by_esc_waits_no_more(field: Field) -> None:
    """No hook tells of it: the screen does, soon, and says since when; the next daemon knows as well."""
    field.run("send", "docs", f"Ask.\n{ASKS[field.kind]}")
    asked = field.wait_state("docs", "waiting:permission")
    pressed, wall = escape(field), time.time()
    view = field.wait_state("docs", "waiting:idle prompt", patience=20)

    assert time.monotonic() - pressed < SOON
    assert asked["source"] in {"hook", "report"}
    assert view["source"] in {"screen", "report", "title"}
    assert wall - 1 <= view["since"] <= time.time()
    assert field.kill_daemon()
    assert field.wait_state("docs", "waiting:idle prompt")["reason"] == "idle prompt"


def test_work_interrupted_by_esc_waits(field: Field) -> None:
    """No hook tells of it: the screen and the title do, soon."""
    field.run("send", "docs", "Never mind.\n!hang")
    field.wait_asked(lambda turns: any("!hang" in turn.prompt for turn in turns))
    field.wait_state("docs", "working")
    time.sleep(1.0)  # a person looks before pressing a key
    pressed = escape(field)
    field.wait_state("docs", "waiting:idle prompt", patience=20)

    assert time.monotonic() - pressed < SOON


def test_a_dialog_is_known_by_the_next_daemon(field: Field) -> None:
    """It died while the agent asked; nothing is drawn any more, and the question is still known."""
    field.run("send", "docs", f"Ask.\n{ASKS[field.kind]}")
    field.wait_state("docs", "waiting:permission")
    assert field.kill_daemon()

    view = field.wait_state("docs", "waiting:permission", patience=20)

    assert view["source"] in {"hook", "report", "screen", "title"}
