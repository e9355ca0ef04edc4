"""Whole sessions in a sandbox: the terminal, the holder's report socket, the stop, and a holder that dies."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.runtime import processes
from constellagent.runtime.headless import order
from constellagent.runtime.headless.verdicts import verdict_of
from constellagent.runtime.ports import Launch
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.sandbox.yard import Yard, git
from tests.runtime.sessions_rig import Rig, members, until

pytestmark = pytest.mark.usefixtures("bwrap")

SESSION = f"{os.getpid():032x}"
"""Not the same in another process that runs these tests: processes are found by it."""


class Inside:
    """Sessions of the agent `one` in its sandbox."""

    def __init__(self, yard: Yard, rig: Rig) -> None:
        """Make the sandboxes over the state in which the sessions are."""
        self.yard = yard
        self.rig = rig
        self.sandboxes = Sandboxes(rig.settings.paths, yard.sandboxes._roots, person=yard.person)
        yard.sandboxes = self.sandboxes

    async def launch(self, script: str, session: str, grace: float = 10.0, *, leads: bool = True) -> Launch:
        """Return how to start a shell line."""
        stay = self.yard.stay(session=session, leads=leads)
        shelter = await self.sandboxes.around(stay, self.rig.folder(session))
        return self.rig.launch(
            *shelter.prefix,
            "/bin/bash",
            "-c",
            script,
            cwd=self.yard.tree(),
            env=self.yard.env(shelter),
            session=session,
            files=shelter.files,
            grace=timedelta(seconds=grace),
        )

    async def start(self, script: str, session: str = SESSION, grace: float = 10.0) -> SessionRow:
        """Start a session that runs a shell line."""
        return await self.rig.registry.start("c", await self.launch(script, session, grace))

    async def until_said(self, text: str, session: str = SESSION) -> None:
        """Wait until the terminal shows a text."""
        await until(lambda: text.encode() in self.rig.output(session), text)


@pytest.fixture
async def inside(yard: Yard, rig: Rig) -> AsyncIterator[Inside]:
    """Return sessions in sandboxes; none is left behind."""
    it = Inside(yard, rig)
    yield it
    for row in await rig.rows.live():
        await rig.registry.stop(row.id)


async def test_the_terminal_is_the_programs(inside: Inside) -> None:
    """Its size, keys that signal, and a shell with job control that gives the terminal back when it ends."""
    await inside.start(
        "stty size; bash -ic 'sleep 9 & kill %1; wait'; read -r said; echo heard $said;"
        " trap 'echo broken' INT; echo ready; while :; do sleep 0.05; done"
    )
    row = await inside.rig.row(SESSION)
    await inside.until_said("50 160")
    await inside.rig.registry.send(row.id, b"word\n")
    await inside.until_said("heard word")
    await inside.until_said("ready")
    await inside.rig.registry.send(row.id, b"\x1a")
    await inside.rig.registry.send(row.id, b"\x03")
    await inside.until_said("broken")


async def test_a_stop_lets_the_program_end_in_order(inside: Inside) -> None:
    """It has its grace, and what it says last is kept; its own exit status is the session's."""
    await inside.start("trap 'sleep 0.3; echo goodbye; exit 5' TERM; echo up; while :; do sleep 0.05; done")
    await inside.until_said("up")
    assert await inside.rig.registry.stop(SESSION) == "stopped (exit status 5)"
    assert b"goodbye" in inside.rig.output(SESSION)
    assert members(SESSION) == {}


async def test_all_processes_are_found_and_ended(inside: Inside) -> None:
    """Those that left the group, and those that ignore what they are asked, with a program that does, too."""
    await inside.start(
        "setsid sleep 1001 & (setsid sleep 1002 &) ; nohup sleep 1003 & env -i sleep 1004 & trap '' TERM HUP;"
        " echo up; while :; do sleep 0.05; done",
        grace=0.5,
    )
    await inside.until_said("up")
    row = await inside.rig.row(SESSION)
    await until(lambda: len(members(row.id)) > 6, "all of them")  # who is just becoming another has no marker
    before = members(row.id)
    assert (await inside.rig.registry.stop(row.id)).startswith("stopped")
    assert members(row.id) == {}
    assert not any(processes.alive(pid, start) for pid, start in before.items())


async def test_a_program_that_was_stopped_by_a_signal_is_seen(inside: Inside) -> None:
    """Though the process that we started is bubblewrap: what has the terminal is looked at."""
    await inside.start("trap 'echo on' CONT; echo up; while :; do sleep 0.05; done")
    await inside.until_said("up")
    pid = inside.rig.registry.view(await inside.rig.row(SESSION))["pid"]
    assert pid is not None
    assert processes.halted(pid) is None
    below = processes.children_of(pid)
    lines: dict[int, bytes] = {}
    for one in below:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # its sleepers come and go
            lines[one] = Path(f"/proc/{one}/cmdline").read_bytes()
    script = next(one for one, line in lines.items() if line.startswith(b"/bin/bash\0"))
    os.kill(script, signal.SIGSTOP)
    await until(lambda: processes.halted(pid) == script, "the stop")
    os.kill(script, signal.SIGCONT)
    await inside.until_said("on")
    assert processes.halted(pid) is None


async def test_a_holder_that_is_killed_leaves_nothing(inside: Inside) -> None:
    """The sandbox dies with it, without anybody who sweeps."""
    await inside.start("trap '' HUP TERM; setsid sleep 1005 & echo up; sleep 1000")
    await inside.until_said("up")
    holders = processes.holders_of(SESSION)
    others = {pid: start for pid, start in processes.with_marker(SESSION).items() if pid not in holders}
    assert len(others) >= 3
    await inside.rig.registry.close()
    for pid in holders:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not any(processes.alive(pid, start) for pid, start in others.items()), "the end")
    inside.rig.registry = inside.rig.new_registry()
    await inside.rig.registry.adopt()


async def test_its_programs_report_to_its_own_holder(inside: Inside) -> None:
    """The hook that agents call reaches the session's socket, the only one that is there."""
    await asyncio.to_thread(inside.yard.paths.create)
    code = (
        "import sys; sys.path.append(sys.argv.pop(1)); "
        "from constellagent.runtime.hook_program import main; sys.exit(main())"
    )
    root = order.__file__.rsplit("/", 4)[0]
    await inside.start(f"{sys.executable} -IS -c '{code}' {root} working && echo reported; sleep 100")
    await inside.until_said("reported")


async def test_a_run_is_judged_from_outside_and_its_git_asked_inside(inside: Inside) -> None:
    """The process that judges is in no sandbox; what a commit changed is found all the same."""
    session = f"e{os.getpid():031x}"
    launch = await inside.launch("", session, leads=False)
    around = launch.argv[: launch.argv.index("/bin/bash")]
    script = "echo x >made; git add made; git commit -qm made; echo done"
    told = order.Order(("/bin/bash", "-c", script), "plain", around=around)
    files = {**launch.files, order.NAME: order.write(told)}
    words = order.words(str(inside.rig.folder(session)))
    await inside.rig.registry.start(
        "c",
        inside.rig.launch(*words, cwd=launch.cwd, env=launch.env, role="run", session=session, files=files),
    )
    await inside.rig.until_ended(session)
    verdict = verdict_of(inside.rig.folder(session))
    assert verdict is not None
    assert (verdict.ok, verdict.why, verdict.exit_status) == (True, "", 0)
    assert git(inside.yard.repo, "log", "-1", "--format=%s", "agents/one") == "made"
