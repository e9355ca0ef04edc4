"""A race before it begins: who takes part, from which commit, and where each will work."""

import secrets
import uuid
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Absent, Unknown
from constellagent.runtime.contexts import Context
from constellagent.runtime.git import Git
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.repository import resolve_base
from constellagent.runtime.runs.naming import FOLDER
from constellagent.runtime.store.races import RaceRow, RaceRun
from constellagent.spec.suggest import did_you_mean

BRANCHES = "races"
"""With what the branches of races begin."""

MOST = 16
"""Agents in one race: all of them start at once."""


async def drawn(
    context: Context, git: Git, request: RaceRequest, now: float
) -> tuple[RaceRow, list[RaceRun]]:
    """Return a race and its runs as they are to be written down; nothing is made yet.

    Raises:
        UsageError: agents or prompt are missing, unknown or given twice, or the base is not clear.
        ConflictError: the base names no commit, or a branch is in the way.
        WorldError: git could not be asked.
    """
    prompt = request.get("prompt", "")
    if not prompt.strip():
        raise UsageError("a race needs a prompt", hint="say what all of the agents are to do")
    limit = request.get("timeout")
    if limit is not None and limit <= 0:
        raise UsageError("the time limit of a race must be longer than zero")
    agents = _agents(context, request.get("agents", []))
    base, commit = await _base(git, agents, request.get("base", ""))
    await _refuse_in_the_way(git)
    over = request.get("over_limit", False)
    race = RaceRow(secrets.token_hex(4), context.id, prompt, base, commit, limit, now, over_limit=over)
    root = Path(context.desired.worktrees) / FOLDER
    runs = [
        RaceRun(
            run=uuid.uuid4().hex,
            race=race.id,
            agent=agent.name,
            branch=f"{BRANCHES}/{race.id}/{agent.name}",
            path=str(root / f"{agent.name}.race-{race.id}"),
        )
        for agent in agents
    ]
    return race, runs


def _agents(context: Context, names: Sequence[str]) -> list[DesiredAgent]:
    if not names:
        raise UsageError("a race needs agents", hint="name at least two of them, separated by commas")
    known = context.desired.agents
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no agent {name!r}{did_you_mean(name, known)}",
                hint="an agent that was added to the file takes part after `constellagent apply`",
            )
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UsageError(
            f"{twice[0]} is named twice", hint="declare a second agent of its kind to race it against itself"
        )
    if len(names) < 2:
        raise UsageError("a race needs two agents or more", hint=f"`constellagent run {names[0]}` runs one")
    if len(names) > MOST:
        raise UsageError(f"a race has {MOST} agents at most", hint="all of them start at once")
    return [known[name] for name in names]


async def _base(git: Git, agents: Sequence[DesiredAgent], wanted: str) -> tuple[str, str]:
    """Return the base that all begin from, and the commit that it names now."""
    names = [wanted] if wanted else list(dict.fromkeys(agent.base for agent in agents))
    if len(names) > 1:
        raise UsageError(
            f"the agents are declared on different bases: {', '.join(names)}",
            hint="all of a race begin from one commit: choose it with --base",
        )
    look = await resolve_base(git, names[0])
    if isinstance(look, Absent):
        raise ConflictError(f"base {names[0]!r} names no commit", hint="--base takes a branch, tag or commit")
    if isinstance(look, Unknown):
        raise WorldError(f"base {names[0]!r} cannot be looked at: {look.reason}")
    return names[0], look.value


async def _refuse_in_the_way(git: Git) -> None:
    """Refuse where a branch has the name that all branches of races lie below."""
    said = await git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCHES}", check=False)
    if said.status == 0:
        raise ConflictError(
            f"branch {BRANCHES} is in the way: the branches of races are called {BRANCHES}/ID/AGENT",
            hint=f"give it another name: git branch -m {BRANCHES} NAME",
        )
