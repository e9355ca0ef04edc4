"""The view of schedules and their runs."""

from typing import Any

import pytest

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.views.schedules import Schedules
from tests.faces.cli.scheduled import NOW, missed_view, open_view, run_view, schedule_view, several
from tests.faces.fake_control import screen_view
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four, two_constellations
from tests.faces.tui.fake_deck import FILE, FakeDeck
from tests.faces.tui.host import DOWN, ENTER, TAB
from tests.faces.tui.views.shown import SIZES, shown

pytestmark = pytest.mark.usefixtures("utc")


def rig(**answers: Any) -> FakeDeck:
    """Return a deck whose daemon knows schedules and runs."""
    deck = FakeDeck(four())
    deck.time = NOW
    failed = run_view(run="b" * 32, state="failed", why="exit status 1", exit_status=1, log="/log")
    deck.control.answers = {
        "list": several(),
        "history": [open_view(), run_view(), failed, missed_view()],
        **answers,
    }
    return deck


def requests(deck: FakeDeck, action: str) -> list[dict[str, Any]]:
    """Return what was asked of one action."""
    return [request for request in deck.control.requests("schedule") if request["action"] == action]


@pytest.mark.parametrize("size", SIZES)
async def test_looks(screens: Screens, size: str) -> None:
    """Both lists, and a run in full, look as agreed at both sizes."""
    deck = rig()
    deck.control.screen_answer = screen_view(b"one line\ntwo lines\n\n", form="text")
    async with shown(deck, Schedules(deck), size) as view:
        screens(f"views/schedules-{size}.txt", view.screen())
        await view.press(TAB, DOWN, DOWN, ENTER)
        screens(f"views/run-{size}.txt", view.screen())


async def test_empty(screens: Screens) -> None:
    """Without schedules the view says how to get one."""
    deck = rig(list=[])
    async with shown(deck, Schedules(deck)) as view:
        screens("views/schedules-empty.txt", view.screen())
        await view.press("n", "p", "o", TAB, ENTER)
        assert requests(deck, "run") == requests(deck, "pause") == []


async def test_runs_of_the_chosen_one() -> None:
    """The ledger below is that of the chosen schedule."""
    deck = rig()
    async with shown(deck, Schedules(deck)) as view:
        assert "runs of triage/morning" in view.text()
        await view.press(DOWN)
        assert "runs of triage/evening" in view.text()
        deck.answers.append("nightly")
        await view.press("/")
        assert "runs of docs/nightly" in view.text()
    assert [request["schedules"] for request in requests(deck, "history")] == [
        ["triage/morning"],
        ["triage/evening"],
        ["docs/nightly"],
    ]


async def test_tab_goes_between_the_lists() -> None:
    """Tab and Enter go to the runs, Tab goes back; keys belong to the list that shows its choice."""
    deck = rig()
    schedules = Schedules(deck)
    async with shown(deck, schedules) as view:
        assert "class:selected" in view.host.style_at("triage/morning")
        assert ("Enter", "read") not in schedules.hints()
        await view.press(TAB)
        assert "class:selected" in view.host.style_at("2026-11-22 08:55")
        assert ("Enter", "read") in schedules.hints()
        await view.press(TAB, DOWN)
        assert "runs of triage/evening" in view.text()
        await view.press(ENTER, DOWN)
        assert "class:selected" in view.host.style_at("2026-11-22 07:00")


async def test_reads_a_run_and_comes_back() -> None:
    """Enter shows a run in full, q the lists as they were; without output that is said."""
    deck = rig()
    deck.control.fail("screen", ConstellagentError("its session is gone"))
    schedules = Schedules(deck)
    async with shown(deck, schedules) as view:
        await view.press(TAB, DOWN, DOWN, ENTER)
        assert schedules.title == "run bbbbbbbb of triage/morning"
        assert "Its output cannot be shown: its session is gone" in view.text()
        assert schedules.hints()[0] == ("q Esc", "all runs")
        await view.press(TAB, "n")
        assert requests(deck, "run") == []
        await view.press("q")
        assert not view.closed
        assert schedules.title == "5 schedules"
        assert "class:selected" in view.host.style_at("2026-11-22 07:00 failed")


async def test_a_run_that_goes_on_is_followed() -> None:
    """A run that is read while it runs is shown anew with what it has become, and not after that."""
    deck = rig()
    schedules = Schedules(deck)
    async with shown(deck, schedules) as view:
        await view.press(TAB, ENTER)
        assert "state     running" in view.text()
        deck.control.answers["history"] = [open_view("succeeded", why="went well")]
        await view.press("r")
        assert "state     succeeded" in view.text()
        deck.control.answers["history"] = []
        await view.press("r")
        assert "state     succeeded" in view.text()


async def test_runs_now() -> None:
    """`n` runs the chosen schedule, and says how that began."""
    deck = rig(run=open_view("claimed"))
    async with shown(deck, Schedules(deck)) as view:
        await view.press("n")
        assert deck.said == [("run abcdef01 of triage/morning is claimed", "done")]
        deck.control.answers["run"] = run_view(state="skipped", why="another runs")
        await view.press("n")
        assert deck.said[-1] == ("run 6194e842 of triage/morning is skipped: another runs", "warning")
    assert [request["schedule"] for request in requests(deck, "run")] == ["triage/morning"] * 2


async def test_pauses_and_resumes() -> None:
    """`p` pauses what is on and resumes what is paused."""
    done = {"done": ["it is so"], "schedules": []}
    deck = rig(pause=done, resume=done)
    schedules = Schedules(deck)
    async with shown(deck, schedules) as view:
        assert ("p", "pause") in schedules.hints()
        await view.press("p", DOWN)
        assert ("p", "resume") in schedules.hints()
        await view.press("p")
    assert requests(deck, "pause")[0]["schedules"] == ["triage/morning"]
    assert requests(deck, "resume")[0]["schedules"] == ["triage/evening"]
    assert deck.said == [("it is so", "done")] * 2


async def test_opens_the_terminal() -> None:
    """`o` closes the view and shows the terminal of the schedule's agent."""
    deck = rig()
    async with shown(deck, Schedules(deck)) as view:
        await view.press("o")
        assert (deck.view, deck.shown) == (None, [AgentId(FILE, "triage")])


async def test_fault_keeps_what_is_known() -> None:
    """Where they cannot be had all that was known stays, below why and of when it is."""
    deck = rig()
    async with shown(deck, Schedules(deck)) as view:
        deck.control.fail("schedule", UnavailableError("the daemon does not answer", hint="start it"))
        await view.press(DOWN)
        await view.press("r")
        lines = view.host.lines()
        assert lines[:3] == [
            " the daemon does not answer",
            " start it",
            " what is shown is as of 09:00:00; r tries again",
        ]
        assert "docs/nightly" in view.text()


async def test_nothing_known_is_not_nothing() -> None:
    """Before anything was fetched the view does not say that there is no schedule."""
    deck = rig()
    deck.control.fail("schedule", UnavailableError("the daemon does not answer"))
    schedules = Schedules(deck)
    async with shown(deck, schedules, refresh=False) as view:
        with pytest.raises(UnavailableError):
            await schedules.refresh()
        await view.host.drawn()
        assert "No schedule is in effect" not in view.text()
        assert "the daemon does not answer" in view.text()


async def test_several_constellations() -> None:
    """Of several constellations each row says which it belongs to."""
    deck = FakeDeck(*two_constellations())
    deck.time = NOW
    deck.control.answers = {"list": [schedule_view()], "history": []}
    async with shown(deck, Schedules(deck)) as view:
        assert [line.split()[:2] for line in view.host.lines()[:2]] == [
            [f"{UNICODE.prompt}acme-web", "triage/morning"],
            ["billing", "triage/morning"],
        ]
        assert "Nothing became due yet; n runs it now." in view.text()


async def test_before_the_daemon_answered() -> None:
    """While nobody knows what there is, the view does not say that there is nothing."""
    deck = FakeDeck()
    deck.fleet.connected = False
    async with shown(deck, Schedules(deck), refresh=False) as view:
        await view.press("r", "r")
        assert "the daemon does not answer yet" in view.text()
        assert "No schedule is in effect" not in view.text()
