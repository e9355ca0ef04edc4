"""Where a worktree stands, for the line that a reviewer always sees."""

import asyncio
from pathlib import Path

from constellagent.plan.observed import There
from constellagent.runtime.edits import authors, bases, pushes, state
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import FactsView
from constellagent.runtime.standing import Standing


async def facts(git: Git, standing: Standing, agent: Author | None) -> FactsView:
    """Look at the worktree, its branch and its base.

    Raises:
        GitError: git failed.
    """
    folder = standing.folder
    now, going_on, target, person, remotes = await asyncio.gather(
        state.look(git, folder),
        state.operation(git, folder),
        bases.find(git, folder, standing.agent.base),
        authors.person(git, folder),
        pushes.names(git, folder),
    )
    base = standing.base.value if isinstance(standing.base, There) else target.commit
    ahead, behind = await _distance(git, folder, base, now.head)
    return FactsView(
        branch=now.branch,
        head=now.head,
        base=target.name,
        base_at=target.at,
        ahead=ahead,
        behind=behind,
        upstream=now.upstream,
        unpushed=now.unpushed,
        remotes=remotes,
        staged=len(now.staged),
        unstaged=len(now.changed),
        untracked=len(now.untracked),
        conflicted=len(now.unmerged),
        operation=going_on,
        agent=str(agent or ""),
        person=str(person or ""),
        path=str(folder),
    )


async def _distance(git: Git, folder: Path, base: str, head: str) -> tuple[int | None, int | None]:
    if not base or not head:
        return None, None
    said = await git.run(
        "rev-list", "--left-right", "--count", f"{base}...{head}", "--", cwd=folder, check=False
    )
    if said.status != 0:
        return None, None
    behind, ahead = said.text.split()
    return int(ahead), int(behind)
