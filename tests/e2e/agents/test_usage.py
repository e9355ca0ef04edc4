"""What live conversations and runs of the real agents use, as `constellagent usage` shows it."""

import json

import pytest

from tests.e2e.agents import test_claude, test_codex, test_copilot
from tests.e2e.agents.field import Field
from tests.programs import needs
from tests.reliability.lab import wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

OPTIONS = "permissions: edit, profile: {}"


def used(field: Field) -> tuple[int, int]:
    """Return the tokens that were read and written so far."""
    days = json.loads(field.run("usage", "--json").stdout)["days"]
    return sum(day["input"] for day in days), sum(day["output"] for day in days)


def wait_used(field: Field, read: int, written: int) -> None:
    """Wait until so many tokens were used, and no more."""
    wait_for(lambda: used(field) == (read, written), f"{read} and {written} tokens to be counted", 20)


@needs("claude")
def test_a_conversation_with_claude_is_counted() -> None:
    """After each turn, after one that was interrupted, and no turn again once it was restarted."""
    with Field("claude") as field:
        own = field.person / ".claude.json"
        trusted = {str(field.tree_of("docs")): {"hasTrustDialogAccepted": True}}
        own.write_text(json.dumps({**json.loads(own.read_text()), "projects": trusted}))
        test_claude.begin(field, "Go on.\n!say so", OPTIONS.format("person"))
        field.wait_state("docs", "done")
        wait_used(field, 19, 7)
        field.run("send", "docs", "Then.\n!run sleep 60")
        field.wait_asked(lambda turns: any(turn.prompt.startswith("Then.") for turn in turns if turn.tools))
        field.wait_state("docs", "working")
        wait_for(lambda: "sleep 60" in field.screen("docs"), "its command", 20)
        test_claude.press(field, b"\x1b")
        field.wait_state("docs", "waiting:idle prompt")
        wait_used(field, 38, 14)

        field.run("restart", "docs")
        field.wait_state("docs", "done", "waiting:idle prompt")
        cost = json.loads(field.run("usage", "--json").stdout)["days"][0]["cost"]
        field.run("send", "docs", "Second.\n!say so")
        wait_used(field, 57, 21)

    assert cost > 0


@needs("codex")
def test_a_conversation_with_codex_is_counted() -> None:
    """After each turn, and no turn again once it was restarted."""
    with Field("codex") as field:
        own = field.person / ".codex" / "config.toml"
        own.write_text(f'{own.read_text()}[projects."{field.repo}"]\ntrust_level = "trusted"\n')
        test_codex.declare(field, "Go on.")
        field.run("apply", "--yes")
        field.wait_state("coder", "done")
        wait_used(field, 100, 10)

        field.run("restart", "coder")
        field.wait_state("coder", "done", "waiting:idle prompt")
        field.run("send", "coder", "Second.")
        wait_used(field, 200, 20)


@needs("copilot")
def test_copilot_is_counted_live_and_in_runs() -> None:
    """Its runs too, whose output speaks of no tokens; they are charged by the time they have ended."""
    with Field("copilot") as field:
        test_copilot.begin(field, "Go on.", OPTIONS.format("agent"))
        field.wait_state("docs", "done")
        wait_for(lambda: used(field) > (0, 0), "tokens to be counted", 20)
        before = used(field)
        field.run("run", "docs", "Go on.")
        after = used(field)

    assert after[0] > before[0]
    assert after[1] > before[1]
