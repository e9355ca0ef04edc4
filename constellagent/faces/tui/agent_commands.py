"""What a person has done to the current agent: start, stop, restart, send a prompt, show it in a browser."""

import asyncio
import os

from constellagent.errors import UsageError
from constellagent.faces import opening
from constellagent.faces.tui import applying
from constellagent.faces.tui.deck import AgentId, Deck, Tone
from constellagent.faces.tui.key_names import prefix_shown
from constellagent.faces.tui.words import clean
from constellagent.faces.wording import restarted
from constellagent.runtime.control import AgentView

_NEW, _APPLY = "new", "apply"
_WAYS = (
    ("same", "As it was applied; its conversation goes on"),
    (_NEW, "As it was applied, with a new conversation"),
    (_APPLY, "As the file says now: plan and apply"),
)
"""How an agent can be started again."""


async def start(deck: Deck) -> None:
    """Start the agent, with what it needs; one that runs is left alone."""
    agent, view = _current(deck)
    if _runs(view):
        deck.say(f"{agent.name} runs already; {_key(deck, 'R')} restarts it")
        return
    known = view["state"] != "unknown"
    done = await applying.apply(deck, agent.file, [agent.name], restart=known, may_end=False)
    if done is not None and not done["failed"]:
        deck.show(agent)


async def stop(deck: Deck) -> None:
    """Stop what the agent runs, after a yes; its worktree and identity stay."""
    agent, view = _current(deck)
    if view["session"] is not None and not view["session"]["live"]:
        deck.say(f"{agent.name} is not running")
        return
    detail = ["What it runs ends, and everything that it started.", "Its worktree and identity stay."]
    if await deck.confirm(f"Stop {agent.name}?", detail):
        outcome = await deck.control.stop(agent.file, agent.name)
        deck.say(f"{agent.name}: {clean(outcome)}", "done")


async def restart(deck: Deck) -> None:
    """Ask how, and start the agent again; what it runs ends."""
    agent, view = _current(deck)
    how = await deck.choose(f"Restart {agent.name}", _WAYS)
    if how == _APPLY:
        await applying.apply(deck, agent.file, [agent.name], restart=True, may_end=_runs(view))
    elif how is not None:
        new = how == _NEW
        went = await deck.control.restart({"file": agent.file, "subject": agent.name, "new": new})
        tone: Tone = "done" if went["session"]["live"] else "error"
        deck.say(f"{agent.name}: {clean(restarted(went, new=new))}", tone)


async def prompt(deck: Deck) -> None:
    """Ask for a text of some lines and send it to the agent, as a paste and Enter."""
    agent, view = _current(deck)
    if not _runs(view):
        deck.say(f"{agent.name} is not running; {_key(deck, 's')} starts it", "warning")
        return
    text = await deck.ask(f"Prompt for {agent.name}", multiline=True)
    if text is not None and text.strip():
        went = await deck.control.send(agent.file, agent.name, text, enter=True)
        if went["confirmed"]:
            deck.say(f"sent to {agent.name}", "done")
        else:
            deck.say(f"{agent.name} may not have taken it: {clean(went['why'])}", "warning")


async def web(deck: Deck) -> None:
    """Open the page in the browser, at the changes of the current agent if there is one."""
    agent, paths = deck.current, deck.settings.paths
    file, name = (agent.file, agent.name) if agent is not None else ("", "")
    if opening.has_browser(os.environ):
        entry = await asyncio.to_thread(opening.enter, paths, file=file, agent=name)
        if await asyncio.to_thread(opening.open_page, paths.web, entry["url"]):
            deck.say("opened in the browser", "done")
            return
    deck.say(f"no browser can be opened here; {_web(name)} prints an address for one elsewhere", "warning")


def _web(agent: str) -> str:
    return f"`constellagent web {agent} --no-browser`" if agent else "`constellagent web --no-browser`"


def _current(deck: Deck) -> tuple[AgentId, AgentView]:
    """Return the agent that is meant.

    Raises:
        UsageError: there is none, or it is gone.
    """
    agent = deck.current
    view = None if agent is None else deck.fleet.agent(agent)
    if agent is None or view is None:
        raise UsageError("no agent is chosen", hint=f"{_key(deck, 'g')} finds one")
    return agent, view


def _key(deck: Deck, key: str) -> str:
    return f"{prefix_shown(deck.settings.prefix)} {key}"


def _runs(view: AgentView) -> bool:
    return view["session"] is not None and view["session"]["live"]
