"""The gate before anything runs."""

from typing import Any

import pytest

from constellagent.faces.tui.approving import approve, command_lines, ending_lines, needed
from tests.faces.fake_control import plan_reply
from tests.faces.tui.fake_deck import FakeDeck

SCRIPT = {"subject": "docs", "what": "command", "argv": ["bash", "-c", "one\ntwo\x1b[2J"]}


@pytest.mark.parametrize(
    ("changes", "asks"),
    [({}, True), ({"trusted": True}, False), ({"commands": []}, False)],
)
def test_needed(changes: dict[str, Any], asks: bool) -> None:
    """A yes is needed where the file runs commands and nobody has approved this content."""
    assert needed(plan_reply("+ docs  start", **changes)) is asks


@pytest.mark.parametrize("answer", [True, False])
async def test_asks(answer: bool) -> None:
    """The plan and each command in full are shown, and the answer counts."""
    deck = FakeDeck()
    deck.answers.append(answer)
    assert await approve(deck, plan_reply("+ docs  start", commands=[SCRIPT])) is answer
    question, detail = deck.asked[0]
    assert question.startswith("Apply?")
    assert detail == [
        "+ docs  start",
        "",
        "commands that this file runs:",
        "docs  command: bash -c <text 1>",
        "    | one",
        "    | two\N{REPLACEMENT CHARACTER}[2J",
    ]


async def test_trusted() -> None:
    """What is approved already is not asked about."""
    deck = FakeDeck()
    assert await approve(deck, plan_reply("+ docs  start", trusted=True))
    assert deck.asked == []


async def test_only_to_trust() -> None:
    """Where nothing is to be done the question is whether to trust the file."""
    deck = FakeDeck()
    deck.answers.append(True)
    await approve(deck, plan_reply(trusted=False))
    assert deck.asked[0][0] == "Trust this file?"


def test_lines() -> None:
    """Commands without scripts take a line each; what ends a session is picked from the plan."""
    assert command_lines([{"subject": "a", "what": "setup", "argv": ["npm", "ci"]}]) == ["a  setup: npm ci"]
    actions = [
        {"symbol": "!", "verb": "restart", "subject": "docs", "reason": "a restart was asked for"},
        {"symbol": "+", "verb": "start", "subject": "b", "reason": "declared"},
    ]
    reply = plan_reply("! docs", plan={"actions": actions})
    assert ending_lines(reply) == ["restart docs  (a restart was asked for)"]
