"""Applies a part of a constellation from the multiplexer: plan, approve, apply, and say how it goes.

What is applied is exactly the plan that was shown: where the world has moved since, the daemon refuses.
"""

import os
from collections.abc import Callable, Mapping, Sequence

from constellagent.errors import ConstellagentError
from constellagent.faces.tui import approving
from constellagent.faces.tui.deck import Deck, Tone
from constellagent.faces.tui.words import clean
from constellagent.faces.wording import counted
from constellagent.runtime import hosted_key
from constellagent.runtime.control import ApplyRequest, ApplyResult, PlanReply, PlanRequest

_TONES: dict[str, Tone] = {"done": "done", "warning": "warning", "error": "error"}

Tell = Callable[[str, str, str], None]
"""Tells one step: its subject, which may be empty, what is done, and its level."""


async def apply(
    deck: Deck,
    file: str,
    agents: Sequence[str],
    *,
    restart: bool,
    may_end: bool,
    environ: Mapping[str, str] = os.environ,
) -> ApplyResult | None:
    """Make these agents as declared; None where nothing was done.

    `restart` starts anew what ended, and ends what runs; without `may_end` a person is asked before that.

    Raises:
        ConstellagentError: it cannot be planned or applied, or the daemon ended before it said how it went.
    """
    asked = request(file, agents, restart=restart, environ=environ)
    reply = await deck.control.plan(asked)
    if reply["empty"] and not approving.needed(reply):
        _say_why_not(deck, reply)
        return None
    ending = [] if may_end else approving.ending_lines(reply)
    if ending and not await deck.confirm("This ends what runs now. Go on?", ending):
        return None
    if not await approving.approve(deck, reply):
        deck.say("nothing was done")
        return None
    result = await carry_out(deck, order(asked, reply, environ))
    report(deck, result)
    return result


def request(file: str, agents: Sequence[str], *, restart: bool, environ: Mapping[str, str]) -> PlanRequest:
    """Return what to plan."""
    asked = PlanRequest(file=file, env_names=sorted(environ), path=environ.get("PATH", ""), agents=[*agents])
    if restart:
        asked["restart"] = [*agents]
    if key := hosted_key.of_shell(environ):
        asked["ravi_key"] = key
    return asked


def order(asked: PlanRequest, reply: PlanReply, environ: Mapping[str, str]) -> ApplyRequest:
    """Return what the daemon is asked to do: the plan that was shown, with the variables it wants."""
    wanted = {name: environ[name] for name in reply["wants_env"] if name in environ}
    ordered = ApplyRequest(file=asked["file"], approved=reply["content_hash"], env=wanted, plan=reply["plan"])
    if "agents" in asked:
        ordered["agents"] = asked["agents"]
    if "restart" in asked:
        ordered["restart"] = asked["restart"]
    if "prune" in asked:
        ordered["prune"] = asked["prune"]
    if "ravi_key" in asked:
        ordered["ravi_key"] = asked["ravi_key"]
    return ordered


async def carry_out(deck: Deck, ordered: ApplyRequest, tell: Tell | None = None) -> ApplyResult:
    """Apply, and tell each step as it happens; without `tell` the deck says them.

    Raises:
        ConstellagentError: it cannot be applied, or the daemon ended before it said how it went.
    """

    def say(subject: str, text: str, level: str) -> None:
        deck.say(clean(f"{subject}: {text}" if subject else text), _TONES.get(level, "info"))

    result: ApplyResult | None = None
    async for item in deck.control.apply(ordered):
        if "event" in item:
            event = item["event"]
            (tell or say)(event["subject"], event["text"], event["level"])
        if "result" in item:
            result = ApplyResult(**item["result"])  # type: ignore[typeddict-item] # the daemon's own shape
    if result is None:
        raise ConstellagentError("the daemon ended before it said how it went", hint="do it again")
    return result


def report(deck: Deck, result: ApplyResult) -> None:
    """Say in one line how an apply ended."""
    for name, why in result["failed"].items():
        deck.say(clean(f"{name} failed: {why}"), "error")
        return
    for name, why in result["skipped"].items():
        deck.say(clean(f"{name} was skipped: {why}"), "warning")
        return
    deck.say(f"applied: {counted(result['changed'], 'change')}", "done")


def _say_why_not(deck: Deck, reply: PlanReply) -> None:
    """Say what the plan has to say where it does nothing: the first of what stands in the way, if any."""
    notes = [clean(line) for line in reply["lines"]]
    if notes:
        deck.say(notes[0], "warning")
    else:
        deck.say(f"nothing to do: {clean(reply['summary'])}")
