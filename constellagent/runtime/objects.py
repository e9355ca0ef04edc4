"""Cheap reads of git objects through libgit2, in a process of their own.

libgit2 holds Python's lock for the whole of a call, so it never runs in the daemon: `objects_worker` answers
one line of JSON with another. Where libgit2 cannot read a repository (partial clones, sha256, reftable,
unknown extensions), or the worker fails, git itself is asked.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.runtime.git import Git

_WORKER = "constellagent.runtime.objects_worker"
_ANSWER_WITHIN = 20.0
_LINE = 16 << 20
_AT_ONCE = 4


class Objects:
    """Questions about commits, answered by a worker that is started when it is first needed."""

    def __init__(self, git: Git) -> None:
        """`git` answers where libgit2 cannot."""
        self._git = git
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def ahead(self, repo: Path, pairs: Sequence[tuple[str, str]]) -> list[int | None]:
        """Count the commits that each first commit has and the second has not; None where that is unknown."""
        if not pairs:
            return []
        counts = await self._ask(
            {"repo": os.fspath(repo), "ahead": [list(pair) for pair in pairs]}, len(pairs)
        )
        slots = asyncio.Semaphore(_AT_ONCE)

        async def settle(pair: tuple[str, str], count: int | None) -> int | None:
            async with slots:
                return await self._counted(repo, pair) if count is None else count

        return list(await asyncio.gather(*(settle(*row) for row in zip(pairs, counts, strict=True))))

    async def close(self) -> None:
        """End the worker; a later question starts another."""
        async with self._turn:
            await self._end()

    async def _counted(self, repo: Path, pair: tuple[str, str]) -> int | None:
        tip, base = pair
        try:
            said = await self._git.run("rev-list", "--count", "--end-of-options", f"{base}..{tip}", cwd=repo)
        except ConstellagentError:
            return None
        return int(said.text)

    async def _ask(self, question: Mapping[str, object], answers: int) -> list[int | None]:
        """Ask the worker; where it fails in any way it is ended, and every answer is None."""
        async with self._turn:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    said = await self._answer(json.dumps(question).encode() + b"\n")
                found = json.loads(said)
            except (OSError, ValueError, TimeoutError):
                await self._end()
                return [None] * answers
            except asyncio.CancelledError:
                await self._end()  # its answer would be taken for that of the next question
                raise
        if not isinstance(found, list) or len(found) != answers:
            return [None] * answers
        return [count if isinstance(count, int) else None for count in found]

    async def _answer(self, question: bytes) -> bytes:
        worker = self._worker
        if worker is None or worker.returncode is not None:
            worker = self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                _WORKER,
                env={name: os.environ[name] for name in ("PATH", "HOME", "LC_ALL") if name in os.environ},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                limit=_LINE,
            )
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(question)
        await worker.stdin.drain()
        return await worker.stdout.readline()

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.communicate()
