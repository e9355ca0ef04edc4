"""A process that starts one run, and is killed while it does."""

import asyncio
import sys
from pathlib import Path

from constellagent.ravi.vault import RootKey
from constellagent.runtime.settings import Settings
from tests.runtime.runs.rig import laboratory


async def main(home: Path, repo: Path, run: str) -> None:
    """Start the run of a fire that is claimed already."""
    async with laboratory(Settings(home=home), repo, RootKey(bytes(32), "a test")) as lab:
        row = await lab.ledger.get(run)
        assert row is not None
        await lab.start(row.fire)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
