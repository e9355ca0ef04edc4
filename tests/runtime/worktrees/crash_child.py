"""A process that creates or removes one worktree, and is killed while it does."""

import asyncio
import sys
from pathlib import Path

from tests.runtime.worktrees.rig import Rig

SETUP = (("sh", "-c", "echo run >>count.log"),)


async def main(folder: Path, what: str) -> None:
    """Do what is asked over the repository in `folder`."""
    rig = await Rig.over(folder, folder / "repo")
    agent = rig.agent(setup=SETUP)
    path = Path(agent.path)
    if what == "create":
        await rig.create(agent)
    elif what == "repair":
        await rig.port.repair(agent, folder / "trees" / "moved")
    else:
        await rig.port.remove("worker", path, force=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
