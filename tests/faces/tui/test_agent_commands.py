"""Starting, stopping, restarting and prompting the current agent, and showing it in a browser."""

from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.faces import opening
from constellagent.faces.tui import agent_commands
from constellagent.faces.tui.deck import AgentId
from constellagent.runtime.control import SendView, State
from constellagent.runtime.paths import Paths
from tests.faces.fake_control import agent_view, plan_reply, session_view
from tests.faces.tui.fake_deck import FILE, FakeDeck, constellation

DOCS = AgentId(FILE, "docs")


def rig(state: State = "working", *, live: bool | None = True) -> FakeDeck:
    """Return a deck with one agent: running, ended, or (None) never started."""
    session = None if live is None else session_view(live=live)
    deck = FakeDeck(constellation(agent_view("docs", state, session=session)))
    deck.control.plan_answer = plan_reply("+ docs  start", trusted=True, plan={"actions": []})
    return deck


@pytest.mark.parametrize(
    "command",
    [agent_commands.start, agent_commands.stop, agent_commands.restart, agent_commands.prompt],
)
async def test_nobody(command: object) -> None:
    """Without an agent, or with one that is gone, each says what to do."""
    for current in (None, AgentId(FILE, "gone")):
        deck = rig()
        deck.current = current
        with pytest.raises(UsageError, match="no agent is chosen"):
            await command(deck)  # type: ignore[operator] # each is a command


@pytest.mark.parametrize("live", [False, None])
async def test_start(live: bool | None) -> None:
    """What is not running is started, also where it ended by itself, and is shown."""
    deck = rig("done", live=live)
    await agent_commands.start(deck)
    assert deck.control.requests("plan")[0]["restart"] == ["docs"]
    assert deck.shown == [DOCS]


async def test_start_what_runs() -> None:
    """What runs is left alone."""
    deck = rig()
    await agent_commands.start(deck)
    assert deck.said == [("docs runs already; C-] R restarts it", "info")]
    assert deck.control.asked == []


async def test_start_what_is_unknown() -> None:
    """Where nobody knows whether it runs, nothing is asked that could end it."""
    deck = rig("unknown", live=None)
    await agent_commands.start(deck)
    assert "restart" not in deck.control.requests("plan")[0]


async def test_start_that_fails() -> None:
    """What could not be started is not shown."""
    deck = rig("done", live=False)
    deck.control.result["failed"] = {"docs": "no such command"}
    await agent_commands.start(deck)
    assert deck.shown == []


@pytest.mark.parametrize(("answer", "stopped"), [(True, True), (False, False)])
async def test_stop(answer: bool, stopped: bool) -> None:
    """A session is stopped after a yes."""
    deck = rig()
    deck.answers.append(answer)
    await agent_commands.stop(deck)
    assert deck.asked[0][0] == "Stop docs?"
    assert (("stop", {"file": FILE, "subject": "docs"}) in deck.control.asked) is stopped
    assert deck.said == ([("docs: stopped", "done")] if stopped else [])


async def test_stop_what_is_not_running() -> None:
    """What is not running is not stopped; what may run, as nobody knows, can be."""
    deck = rig("done", live=False)
    await agent_commands.stop(deck)
    assert deck.said == [("docs is not running", "info")]
    deck = rig("unknown", live=None)
    deck.answers.append(True)
    await agent_commands.stop(deck)
    assert deck.control.asked


@pytest.mark.parametrize(
    ("answer", "new", "said"),
    [
        ("same", False, "docs: started, its conversation goes on"),
        ("new", True, "docs: started, with a new conversation"),
    ],
)
async def test_restart(answer: str, new: bool, said: str) -> None:
    """A person says whether the conversation goes on; how it went is said."""
    deck = rig()
    deck.answers.append(answer)
    await agent_commands.restart(deck)
    assert deck.asked[0][0] == "Restart docs"
    assert deck.control.requests("restart") == [{"file": FILE, "subject": "docs", "new": new}]
    assert deck.said == [(said, "done")]
    assert deck.control.applied == 0


async def test_restart_that_fails() -> None:
    """What ends at once is said in red."""
    deck = rig()
    deck.control.session_answer = session_view(live=False) | {"outcome": "exit status 1"}
    deck.answers.append("same")
    await agent_commands.restart(deck)
    assert deck.said == [("docs: ended at once: exit status 1", "error")]


async def test_no_restart() -> None:
    """Escape leaves everything as it is."""
    deck = rig()
    deck.answers.append(None)
    await agent_commands.restart(deck)
    assert deck.control.asked == []


@pytest.mark.parametrize("live", [True, False])
async def test_restart_as_the_file_says_now(live: bool) -> None:
    """That is an apply, which asks no second time whether what runs may end."""
    deck = rig(live=live)
    ending = {"symbol": "!", "verb": "restart", "subject": "docs", "reason": "asked"}
    deck.control.plan_answer["plan"] = {"actions": [ending] if live else []}
    deck.answers.append("apply")
    await agent_commands.restart(deck)
    assert deck.control.requests("plan")[0]["restart"] == ["docs"]
    assert deck.control.applied == 1


@pytest.mark.parametrize("text", [None, "", " \n"])
async def test_no_prompt(text: str | None) -> None:
    """Without a text nothing is sent."""
    deck = rig()
    deck.answers.append(text)
    await agent_commands.prompt(deck)
    assert deck.control.asked == []


async def test_prompt() -> None:
    """A text of several lines is sent, with Enter."""
    deck = rig()
    deck.answers.append("Read AUTH.md.\nThen fix it.")
    await agent_commands.prompt(deck)
    sent = {"file": FILE, "agent": "docs", "text": "Read AUTH.md.\nThen fix it.", "enter": True}
    assert deck.control.asked == [("send", sent)]
    assert deck.asked == [("Prompt for docs", {"initial": "", "multiline": True})]
    assert deck.said == [("sent to docs", "done")]


async def test_prompt_to_nobody() -> None:
    """What is not running cannot be prompted."""
    deck = rig("done", live=False)
    await agent_commands.prompt(deck)
    assert deck.said == [("docs is not running; C-] s starts it", "warning")]


async def test_a_prompt_that_nobody_may_have_read() -> None:
    """What the terminal did not show is said with the reason, and not as sent."""
    deck = rig()
    deck.answers.append("Go on.")
    deck.control.send_answer = SendView(confirmed=False, why="the program is stopped")
    await agent_commands.prompt(deck)
    assert deck.said == [("docs may not have taken it: the program is stopped", "warning")]


class Opened:
    """Stands in for the API and the browser: notes what was asked of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, browser: bool = True, starts: bool = True) -> None:
        self.entered: list[tuple[str, str]] = []
        self.opened: list[str] = []
        self._starts = starts
        monkeypatch.setattr(opening, "has_browser", lambda environ: browser)
        monkeypatch.setattr(opening, "enter", self._enter)
        monkeypatch.setattr(opening, "open_page", self._open)

    def _enter(self, paths: Paths, *, file: str, agent: str) -> opening.Entry:
        self.entered.append((file, agent))
        return opening.Entry(url="http://127.0.0.1:1/#code=s3cret", host="127.0.0.1", port=1, expires_at=0.0)

    def _open(self, folder: Path, url: str) -> bool:
        self.opened.append(url)
        return self._starts


async def test_web(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser opens at the agent that is meant, and the code is not shown."""
    opened, deck = Opened(monkeypatch), rig()
    await agent_commands.web(deck)
    assert (opened.entered, opened.opened) == ([(FILE, "docs")], ["http://127.0.0.1:1/#code=s3cret"])
    assert deck.said == [("opened in the browser", "done")]


async def test_web_without_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an agent the browser opens at the start of the page."""
    opened, deck = Opened(monkeypatch), rig()
    deck.current = None
    await agent_commands.web(deck)
    assert opened.entered == [("", "")]


@pytest.mark.parametrize(("browser", "starts", "entered"), [(False, True, 0), (True, False, 1)])
async def test_web_without_a_browser(
    monkeypatch: pytest.MonkeyPatch, browser: bool, starts: bool, entered: int
) -> None:
    """Where none can be opened, it says which command prints an address, and shows no code."""
    opened, deck = Opened(monkeypatch, browser=browser, starts=starts), rig()
    await agent_commands.web(deck)
    assert len(opened.entered) == entered
    ((text, tone),) = deck.said
    assert tone == "warning"
    assert "`constellagent web docs --no-browser`" in text
    assert "s3cret" not in text
