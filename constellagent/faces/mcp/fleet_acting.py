"""Tools that act on the fleet: give an agent a text, run it, end a session; not for a token of scope read."""

from typing import Any

from constellagent.faces.mcp.fleet import Fleet
from constellagent.faces.mcp.fleet_looking import AGENT, CONSTELLATION, SESSION, session_row
from constellagent.faces.mcp.shapes import flag, text
from constellagent.faces.mcp.tool import Arguments, Tool
from constellagent.runtime.clock import SystemClock

LONGEST_TEXT = 100_000
"""Characters of a text or a prompt."""


async def send(fleet: Fleet, given: Arguments) -> dict[str, Any]:
    """Give an agent a text. One that asks for a permission is never answered by it: a person does that."""
    place, _ = await fleet.agent(given)
    at = SystemClock().now()
    view = await fleet.ask("POST", f"{place}/send", {"text": given["text"], "enter": given["enter"]})
    return {"confirmed": view["confirmed"], "why": view["why"], "sent_at": at}


async def run(fleet: Fleet, given: Arguments) -> dict[str, Any]:
    """Start a run of an agent."""
    place, _ = await fleet.agent(given)
    return session_row(await fleet.ask("POST", f"{place}/runs", {"prompt": given["prompt"]}))


async def stop(fleet: Fleet, given: Arguments) -> dict[str, Any]:
    """End an agent's session."""
    view = await fleet.ask("POST", f"{await fleet.subject(given)}/stop")
    return {"outcome": view["outcome"]}


TOOLS: tuple[Tool[Fleet], ...] = (
    Tool(
        "fleet_send",
        "Give a text to an agent in its present conversation, as if a person had pasted it and pressed "
        "Enter. It waits a moment for the agent to be ready. One that asks for a permission gets nothing, "
        "since your text would answer that: tell the human.",
        send,
        takes={
            "agent": AGENT,
            "constellation": CONSTELLATION,
            "text": text("What to say.", minLength=1, maxLength=LONGEST_TEXT),
            "enter": flag("Press Enter after it; otherwise it stays a draft.", default=True),
        },
        gives={
            "confirmed": {"type": "boolean", "description": "Whether it was seen to take the text."},
            "why": text("What is known where it was not seen."),
            "sent_at": {"type": "number", "description": "When, in epoch seconds; for fleet_wait."},
        },
    ),
    Tool(
        "fleet_run",
        "Run an agent once with a prompt, in a session of its own beside its conversation; it asks nobody "
        "and ends by itself. Wait for it with fleet_wait and the session's id, then look at fleet_diff: that "
        "a run ended well does not yet say that the work is done.",
        run,
        takes={
            "agent": AGENT,
            "constellation": CONSTELLATION,
            "prompt": text("What to do.", minLength=1, maxLength=LONGEST_TEXT),
        },
        gives=SESSION,
    ),
    Tool(
        "fleet_stop",
        "End an agent's session, or that of a run, with all that runs in it. Its worktree and its branch "
        "stay. Only where the task asks for it: what the agent was doing is cut off.",
        stop,
        takes={
            "agent": AGENT,
            "constellation": CONSTELLATION,
            "session": text("Another session of it, such as the one that fleet_run gave.", minLength=1),
        },
        optional=frozenset({"session"}),
        gives={"outcome": text("How it ended, in words.")},
        destroys=True,
    ),
)
