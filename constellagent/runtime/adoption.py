"""Taking over what exists already, so that the first apply on a used repository does not collide with it."""

from dataclasses import replace
from pathlib import Path

from constellagent.errors import UsageError
from constellagent.failpoints import around
from constellagent.runtime.contexts import Context
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Record


@around(Point.WORK_ADOPT)
async def adopt(context: Context, name: str, path: Path | None, identity: str | None) -> list[str]:
    """Take over a worktree (`path`, or the one at the declared place) or an identity (by uuid) for an agent.

    Raises:
        ConflictError: it is not what the agent declares, or belongs to another agent.
        UsageError: the agent declares no identity.
    """
    agent = context.desired.agents[name]
    records = context.world.records
    known = (await records.all()).get(name) or Record(name, Path(agent.path), agent.branch)
    done: list[str] = []
    if identity is not None:
        if agent.identity is None:
            raise UsageError(f"{name} declares `identity: false`", hint="remove that line first")
        done.append(f"{name}: {await context.identities.adopt(name, identity)}")
        bound = await context.bindings.get(name, context.desired.provider)
        known = replace(
            known, identity_uuid=bound.uuid if bound else None, identity_name=bound.name if bound else None
        )
        await records.put(known)
    if path is not None or identity is None:
        said = await context.worktrees.adopt(agent, path or Path(agent.path))
        done += [f"{name}: {line}" for line in said]
    return done
