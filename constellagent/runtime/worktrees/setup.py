"""The last part of a creation: the setup steps, and the mark that the worktree is complete.

Each step's output is kept in a file of its own. A step that ended well is not run again when a later one
failed, as long as it is declared as it was.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import shlex
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from constellagent.errors import ConflictError, UnavailableError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.ravi.private_files import write_private
from constellagent.runtime.events import Event
from constellagent.runtime.paths import private_folder
from constellagent.runtime.ports import Report, Step
from constellagent.runtime.sandbox.sandboxes import Shelter, Stay
from constellagent.runtime.tasks import to_its_end
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.marker import Marker
from constellagent.runtime.worktrees.site import Site

_GRACE = 5.0


async def finish(site: Site, agent: DesiredAgent, env: Mapping[str, str], report: Report) -> None:
    """Run the setup steps with `env`, keep their logs, and mark the worktree complete.

    Raises:
        ConflictError: there is no worktree, or it was never checked out.
        WorldError: a setup step failed; the message names the step, its exit status and its log.
    """
    found, admin = await site.require(agent.name)
    known = found.marker
    if known is None or not known.filled:
        raise ConflictError(f"{found.path} was not checked out yet", hint="apply again")
    if known.complete:
        await site.settle(agent.name)
        return
    steps = agent.spec.setup
    if steps:
        async with site.journal.step(Step.WORKTREE_SETUP, agent.name):
            known = await _run_steps(site, agent, found.path, admin, known, env, report)
    async with site.journal.step(Step.WORKTREE_COMPLETE, agent.name):
        await to_its_end(partial(marker.write, admin, replace(known, complete=True)))
    await site.settle(agent.name)


async def _run_steps(
    site: Site,
    agent: DesiredAgent,
    path: Path,
    admin: Path,
    known: Marker,
    env: Mapping[str, str],
    report: Report,
) -> Marker:
    steps = agent.spec.setup
    digests = tuple(hashlib.sha256(json.dumps(step).encode()).hexdigest() for step in steps)
    done = 0
    while done < len(digests) and known.setup[: done + 1] == digests[: done + 1]:
        done += 1
    logs = site.paths.logs / site.constellation / agent.name
    for folder in (site.paths.logs, logs.parent, logs):
        private_folder(folder)
    stay = Stay(site.constellation, agent, path, site.repository.common_dir, env=env)
    for number, step in enumerate(steps[done:], start=done + 1):
        report(Event(agent.name, f"setup {number}/{len(steps)}: {shlex.join(step)}"))
        async with _sheltered(site, stay, logs) as shelter:
            words, log = (*shelter.prefix, *step), logs / f"setup-{number}.log"
            around = shelter.environment(env, agent)
            await _run_step(words, _name(step, number), path, around, log, site.setup_timeout)
        known = replace(known, setup=digests[:number])
        await to_its_end(partial(marker.write, admin, known))
    return known


@contextlib.asynccontextmanager
async def _sheltered(site: Site, stay: Stay, logs: Path) -> AsyncIterator[Shelter]:
    """Yield what goes around a step, described among the logs; let go of it behind the step.

    Raises:
        UnavailableError: there can be no such sandbox here.
    """
    if site.sandboxes is None:
        if stay.agent.spec.sandbox.kind != "none":
            raise UnavailableError(f"no sandbox can be made for {stay.agent.name} here", hint="apply again")
        yield Shelter()
        return
    shelter = await site.sandboxes.around(stay, logs)
    for name, text in shelter.files.items():
        await asyncio.to_thread(write_private, logs, name, text.encode())
    try:
        yield shelter
    finally:
        await site.sandboxes.ended(shelter.key)


def _name(step: Sequence[str], number: int) -> str:
    return f"setup step {number} ({shlex.join(step)})"


async def _run_step(
    step: Sequence[str], name: str, path: Path, env: Mapping[str, str], log: Path, limit: float
) -> None:
    with contextlib.suppress(FileNotFoundError):
        log.unlink()
    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WorldError(f"cannot write {log}: {error.strerror}") from error
    try:
        process = await asyncio.create_subprocess_exec(
            *step,
            cwd=path,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise WorldError(f"{name} could not be started: {said}", hint="check the command and PATH") from error
    finally:
        os.close(output)
    try:
        async with asyncio.timeout(limit):
            status = await process.wait()
    except TimeoutError as error:
        raise WorldError(
            f"{name} was ended after {limit:g} s; its output is in {log}",
            hint="raise CONSTELLAGENT_SETUP_TIMEOUT if it only needs longer",
        ) from error
    finally:
        if process.returncode is None:
            await asyncio.shield(_end(process))
    if status != 0:
        how = f"exit status {status}" if status > 0 else f"killed by signal {-status}"
        raise WorldError(f"{name} failed: {how}; its output is in {log}", hint="mend it, then apply again")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the step and what it started: politely first, for good after a few seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
