"""`constellagent broadcast`: types one message into the terminals of many agents, side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, NamedTuple, get_args

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option, OverLimit
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.cli.send import Wait, given, seconds
from constellagent.runtime.control import AgentView, State
from constellagent.spec.suggest import did_you_mean

_AT_ONCE = 16
"""Agents that are sent to side by side."""


class Sent(NamedTuple):
    """How a message went: `sent`, `doubtful` (typed, but not seen to be taken) or `unsent`, and why."""

    agent: str
    outcome: str
    why: str = ""


def broadcast(
    text: Annotated[list[str] | None, Argument("TEXT", "The message; from stdin if left out.")] = None,
    *,
    file: File = None,
    agents: Annotated[
        str | None, Option(("--agents",), "Only these agents, with commas between them.", "NAMES")
    ] = None,
    state: Annotated[
        str | None,
        Option(("--state",), "Only agents in one of these states, such as waiting,done.", "STATES"),
    ] = None,
    wait: Wait = None,
    over_limit: OverLimit = False,
    as_json: Json = False,
) -> int:
    """Send one text to all agents that run, or to some, and press Enter after it in each.

    One line for each agent says how it went. Exit code 1 where it was not sent to one of them, or where a
    terminal did not show that the text was taken.
    """
    message, patience = given(text), seconds(wait)
    chosen = constellation_file(file)
    with daemon() as client:
        (view,) = client.status(chosen)
    there = _meant(view["agents"], _words(agents), _words(state))

    def deliver(agent: str) -> Sent:
        try:
            with daemon() as mine:
                went = mine.send(chosen, agent, message, enter=True, wait=patience, over_limit=over_limit)
        except ConstellagentError as error:
            return Sent(agent, "unsent", error.message)
        return Sent(agent, "sent" if went["confirmed"] else "doubtful", went["why"])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sent = list(pool.map(deliver, there))
    if as_json:
        screen.say_json([one._asdict() for one in sent])
    else:
        width = max(map(len, there))
        for one in sent:
            why = f"  {screen.clean(one.why)}" if one.why else ""
            screen.say(f"{one.agent:<{width}}  {one.outcome}{why}")
    return 0 if all(one.outcome == "sent" for one in sent) else 1


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _meant(known: Sequence[AgentView], names: Sequence[str], states: Sequence[str]) -> list[str]:
    """Return the agents that are meant; those that are named too where they do not run.

    Raises:
        UsageError: there is no such agent or state, or nobody is left.
    """
    by_name = {agent["name"]: agent for agent in known}
    for name in names:
        if name not in by_name:
            raise UsageError(f"there is no agent {name!r}{did_you_mean(name, by_name)}")
    all_states = get_args(State)
    for state in states:
        if state not in all_states:
            raise UsageError(f"there is no state {state!r}", hint=f"the states are: {', '.join(all_states)}")
    meant = [by_name[name] for name in dict.fromkeys(names)] if names else [a for a in known if _lives(a)]
    left = [agent["name"] for agent in meant if not states or agent["state"] in states]
    if not left:
        raise UsageError("there is no agent to send to", hint="`constellagent status` shows who runs")
    return left


def _lives(agent: AgentView) -> bool:
    session = agent["session"]
    return session is not None and session["live"]
