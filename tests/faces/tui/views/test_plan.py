"""The view of a plan."""

import asyncio
from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.views.plan import Plan
from constellagent.runtime.control import ApplyResult
from tests.faces.fake_control import agent_view, plan_reply
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, FakeDeck, constellation
from tests.faces.tui.host import END
from tests.faces.tui.views.shown import SIZES, shown

pytestmark = pytest.mark.usefixtures("utc")
ENVIRON = {"WANTED": "value", "OTHER": "secret"}
RESTART = {"symbol": "!", "verb": "restart", "subject": "docs", "reason": "its command changed"}
LINES = (
    "+ docs           create worktree /repo/acme-web.worktrees/docs on new branch agents/docs  (declared)",
    "~ api-tests      switch to \x1b[31mbranch agents/api-tests  (declared otherwise)",
    "- old            forget  (no longer declared)",
    "! auth-redesign  restart  (its command changed)",
    "? triage         its identity could not be looked at",
    "  a note",
)


def rig(*lines: str, **changes: Any) -> FakeDeck:
    """Return a deck whose daemon answers with this plan."""
    deck = FakeDeck(four())
    plan: dict[str, Any] = {"plan": {"actions": []}, "trusted": True, **changes}
    deck.control.plan_answer = plan_reply(*lines, **plan)
    return deck


def event(subject: str, text: str, level: str = "info") -> Any:
    """Return one step of an apply."""
    return {"event": {"subject": subject, "text": text, "level": level}}


@pytest.mark.parametrize("size", SIZES)
async def test_looks(screens: Screens, size: str) -> None:
    """A plan, and how it was applied, look as agreed at both sizes."""
    deck = rig(*LINES, summary="1 to create, 1 to change, 1 to remove, 1 to restart", blocked=True)
    deck.control.items = [
        event("docs", "create worktree"),
        event("docs", "worktree \x1b[1mmade", "done"),
        event("old", "cannot be forgotten", "error"),
        event("", "retried", "warning"),
    ]
    deck.control.result = ApplyResult(
        done=["docs"], failed={"old": "in use"}, skipped={"triage": "needs old"}, changed=1, exit_code=1
    )
    async with shown(deck, Plan(deck, ENVIRON), size) as view:
        screens(f"views/plan-{size}.txt", view.screen())
        deck.answers.append(True)
        await view.press("a")
        screens(f"views/applied-{size}.txt", view.screen())
        assert deck.said[-1] == ("old failed: in use", "error")


async def test_symbols_are_coloured() -> None:
    """Each line has the colour of its symbol."""
    async with shown(deck := rig(*LINES), Plan(deck, ENVIRON)) as view:
        assert "class:added" in view.host.style_at("+ docs")
        assert "class:removed" in view.host.style_at("- old")
        assert "class:changed" in view.host.style_at("~ api")


async def test_nothing_to_do() -> None:
    """An empty plan says so, and applying it asks nothing and does nothing."""
    async with shown(deck := rig(), Plan(deck, ENVIRON)) as view:
        assert "Nothing to do: the world is as declared." in view.text()
        await view.press("a")
        assert (deck.said, deck.asked) == ([("nothing to do: the world is as declared", "info")], [])


async def test_applies_what_was_agreed_to() -> None:
    """What is applied is the plan that was shown and agreed to, with prune and restart as chosen."""
    deck = rig("+ docs  start")
    plan = Plan(deck, ENVIRON)
    async with shown(deck, plan) as view:
        await view.press("x", "s")
        assert plan.title == "plan of acme: 1 to create · prune · restart"
        assert ("x", "do not prune") in plan.hints()
        deck.answers += [False, True]
        await view.press("a")
        assert deck.said == [("nothing was done", "info")]
        await view.press("a")
        assert plan.title == "apply of acme · prune · restart"
        assert "applied: 2 changes" in view.text()
    assert deck.asked[0] == ("Apply? 1 to create", ["+ docs  start"])
    names = ["auth-redesign", "api-tests", "triage", "docs"]
    assert deck.control.requests("plan")[-1]["restart"] == names
    assert deck.control.requests("apply") == [
        {
            "file": FILE,
            "approved": "hash-1",
            "env": {"WANTED": "value"},
            "plan": {"actions": []},
            "agents": [],
            "restart": names,
            "prune": True,
        }
    ]


async def test_asks_about_each_danger() -> None:
    """What ends a session is asked about first, then commands that nobody approved."""
    deck = rig("! docs  restart", trusted=False, plan={"actions": [RESTART]})
    async with shown(deck, Plan(deck, ENVIRON)) as view:
        deck.answers += [False]
        await view.press("a")
        assert deck.asked == [("This ends what runs now. Go on?", ["restart docs  (its command changed)"])]
        deck.answers += [True, False]
        await view.press("a")
        assert "nobody approved yet" in deck.asked[-1][0]
        deck.answers += [True, True]
        await view.press("a")
    assert len(deck.control.requests("apply")) == 1


async def test_stays_until_asked() -> None:
    """What an apply told stays while the fleet changes; `r` plans anew."""
    deck = rig("+ docs  start")
    plan = Plan(deck, ENVIRON)
    async with shown(deck, plan) as view:
        deck.answers.append(True)
        await view.press("a")
        planned = len(deck.control.requests("plan"))
        await view.refresh()
        assert "applied: 2 changes" in view.text()
        await view.press("r")
        assert plan.title == "plan of acme: 1 to create"
        assert len(deck.control.requests("plan")) == planned + 1


async def test_while_it_is_applied() -> None:
    """While an apply goes on, also after the view was closed, its keys do nothing; the end is said."""
    deck = rig("+ docs  start")
    deck.control.gate = asyncio.Event()
    plan = Plan(deck, ENVIRON)
    async with shown(deck, plan) as view:
        deck.answers.append(True)
        await view.host.press("a")
        going = asyncio.ensure_future(deck.settle())
        while not deck.control.requests("apply"):
            await asyncio.sleep(0)
        await view.host.press("a")
        await view.host.press("x")
        await plan.refresh()
        assert plan.hints() == []
        await view.host.press("q")
        deck.control.gate.set()
        await going
        assert deck.said == [("applied: 2 changes", "done")]
        assert deck.control.applied == 1


async def test_apply_that_fails() -> None:
    """An apply that is refused says why in the view and in the status line, and can be planned anew."""
    deck = rig("+ docs  start")
    async with shown(deck, Plan(deck, ENVIRON)) as view:
        deck.control.fail("apply", ConstellagentError("the world has moved", hint="plan again"))
        deck.answers.append(True)
        await view.press("a")
        assert "the world has moved" in view.text()
        assert "plan again" in view.text()
        assert deck.said[-1][0].startswith("the world has moved")
        await view.press("r")
        assert "+ docs  start" in view.text()


async def test_cannot_be_planned() -> None:
    """Where it cannot be planned all problems are shown, line by line; a plan that was known stays."""
    deck = rig("+ docs  start")
    deck.control.fail("plan", ConstellagentError("line 3: unknown key\nline 4: no such thing"))
    plan = Plan(deck, ENVIRON)
    async with shown(deck, plan, refresh=False) as view:
        await view.press("r")
        assert plan.title == "plan"
        assert " line 4: no such thing" in view.host.lines()
        deck.control.fails.clear()
        await view.press("r")
        deck.control.fail("plan", ConstellagentError("line 5: broken"))
        await view.press("r")
        assert view.host.lines()[0] == " line 5: broken"
        assert "+ docs  start" in view.text()


async def test_scrolled() -> None:
    """A plan that is made anew stays where it was scrolled to."""
    deck = rig(*(f"+ agent-{number}  start" for number in range(60)))
    plan = Plan(deck, ENVIRON)
    async with shown(deck, plan) as view:
        await view.press(END)
        before = view.text()
        await view.press("r")
        assert view.text() == before


async def test_no_constellation() -> None:
    """Without a constellation the view says how to make one; with no agent the first file is planned."""
    deck = FakeDeck()
    async with shown(deck, Plan(deck, ENVIRON)) as view:
        assert "There is no constellation yet" in view.text()
        await view.press("a", "s")
        assert deck.control.asked == []
    empty = FakeDeck(constellation())
    async with shown(empty, Plan(empty, ENVIRON)):
        assert empty.control.requests("plan")[0]["file"] == FILE


async def test_undeclared_are_not_restarted() -> None:
    """Restart names declared agents only."""
    deck = FakeDeck(constellation(agent_view("docs"), agent_view("old", declared=False)))
    async with shown(deck, Plan(deck, ENVIRON)) as view:
        await view.press("s")
        assert deck.control.requests("plan")[-1]["restart"] == ["docs"]


async def test_before_the_daemon_answered() -> None:
    """While nobody knows what there is that is said, and what comes later is planned."""
    deck = rig("+ docs  start")
    known, deck.fleet.constellations = deck.fleet.constellations, []
    deck.fleet.connected, deck.current = False, None
    async with shown(deck, Plan(deck, ENVIRON), refresh=False) as view:
        await view.press("r")
        assert "the daemon does not answer yet" in view.text()
        deck.fleet.connected = True
        deck.fleet.change(*known)
        await view.press("r")
        assert "+ docs  start" in view.text()
