"""Applying a part of a constellation from the multiplexer."""

from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.tui import applying
from constellagent.runtime.control import ApplyResult, StreamItem
from tests.faces.fake_control import plan_reply
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, FakeDeck

ENVIRON = {"WANTED": "value", "OTHER": "secret", "RAVI_API_KEY": "ravi_mgmt_key"}
RESTART = {"symbol": "!", "verb": "restart", "subject": "docs", "reason": "asked"}


def rig(*lines: str, **changes: Any) -> FakeDeck:
    """Return a deck whose daemon answers with this plan."""
    deck = FakeDeck(four())
    plan: dict[str, Any] = {"plan": {"actions": []}, **changes}
    deck.control.plan_answer = plan_reply(*lines, **plan)
    return deck


async def run(deck: FakeDeck, *, restart: bool = False, may_end: bool = False) -> ApplyResult | None:
    """Apply docs."""
    return await applying.apply(deck, FILE, ["docs"], restart=restart, may_end=may_end, environ=ENVIRON)


async def test_applies_what_was_shown() -> None:
    """The approved content, the plan that was shown and only the wanted variables go to the daemon."""
    deck = rig("+ docs  start", trusted=True)
    assert await run(deck, restart=True)
    asked, ordered = deck.control.requests("plan")[0], deck.control.requests("apply")[0]
    assert asked == {
        "file": FILE,
        "env_names": ["OTHER", "RAVI_API_KEY", "WANTED"],
        "path": "",
        "agents": ["docs"],
        "restart": ["docs"],
        "ravi_key": "ravi_mgmt_key",
    }
    assert ordered == {
        "file": FILE,
        "approved": "hash-1",
        "env": {"WANTED": "value"},
        "plan": {"actions": []},
        "agents": ["docs"],
        "restart": ["docs"],
        "ravi_key": "ravi_mgmt_key",
    }


async def test_asks_for_approval() -> None:
    """What nobody approved is asked about; a no does nothing."""
    deck = rig("+ docs  start")
    deck.answers.append(False)
    assert await run(deck) is None
    assert deck.control.requests("apply") == []
    assert deck.said == [("nothing was done", "info")]


async def test_asks_before_it_ends_something() -> None:
    """A plan that ends what runs is asked about unless that was agreed to before."""
    deck = rig("! docs  restart", trusted=True, plan={"actions": [RESTART]})
    deck.answers.append(False)
    assert await run(deck) is None
    assert deck.asked == [("This ends what runs now. Go on?", ["restart docs  (asked)"])]
    assert await run(deck, may_end=True)
    assert len(deck.asked) == 1


async def test_progress() -> None:
    """Events are said as they come, in their tones, then the result."""
    deck = rig("+ docs  start", trusted=True)
    events = [
        StreamItem(event={"subject": "docs", "text": "makes a worktree", "level": "info", "data": {}}),
        StreamItem(event={"subject": "", "text": "odd \x1b[2J", "level": "warning", "data": {}}),
        StreamItem(event={"subject": "docs", "text": "started", "level": "done", "data": {}}),
    ]
    deck.control.items = events
    await run(deck)
    assert deck.said == [
        ("docs: makes a worktree", "info"),
        ("odd \N{REPLACEMENT CHARACTER}[2J", "warning"),
        ("docs: started", "done"),
        ("applied: 2 changes", "done"),
    ]


@pytest.mark.parametrize(
    ("failed", "skipped", "said"),
    [
        ({"docs": "no such branch"}, {}, ("docs failed: no such branch", "error")),
        ({}, {"docs": "shop is not ready"}, ("docs was skipped: shop is not ready", "warning")),
    ],
)
async def test_what_did_not_work(
    failed: dict[str, str], skipped: dict[str, str], said: tuple[str, str]
) -> None:
    """What failed or was skipped is said with its reason."""
    deck = rig("+ docs  start", trusted=True)
    deck.control.result = ApplyResult(done=[], failed=failed, skipped=skipped, changed=0, exit_code=1)
    await run(deck)
    assert deck.said == [said]


async def test_nothing_to_do() -> None:
    """An empty plan is not applied; what stands in the way is said."""
    deck = rig()
    assert await run(deck) is None
    assert deck.said == [("nothing to do: no changes", "info")]
    deck.control.plan_answer = plan_reply("x docs  is in use", empty=True, trusted=True)
    assert await run(deck) is None
    assert deck.said[1:] == [("x docs  is in use", "warning")]
    assert deck.control.requests("apply") == []


async def test_daemon_that_dies() -> None:
    """A stream that ends without a result is an error that says so."""
    deck = rig("+ docs  start", trusted=True)
    deck.control.result = {}  # type: ignore[typeddict-item] # what a dying daemon sends

    async def cut(_request: object) -> Any:
        for item in deck.control.items:
            yield item

    deck.control.apply = cut  # type: ignore[method-assign,assignment] # the stream is cut short
    with pytest.raises(ConstellagentError, match="before it said how it went"):
        await run(deck)


async def test_told_by_another() -> None:
    """Whoever wants to tell the steps gets each with its subject and level; the deck says nothing then."""
    deck = rig("+ docs  start", trusted=True)
    deck.control.items = [
        StreamItem(event={"subject": "docs", "text": "start", "level": "info"}),
        StreamItem(event={"subject": "", "text": "retried", "level": "warning"}),
    ]
    told: list[tuple[str, str, str]] = []
    asked = applying.request(FILE, [], restart=False, environ=ENVIRON)
    asked["prune"] = True
    ordered = applying.order(asked, deck.control.plan_answer, ENVIRON)
    result = await applying.carry_out(deck, ordered, lambda *step: told.append(step))
    assert told == [("docs", "start", "info"), ("", "retried", "warning")]
    assert (result["changed"], deck.said) == (2, [])
    assert deck.control.requests("apply")[0]["prune"] is True
