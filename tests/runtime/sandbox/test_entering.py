"""The two halves around a sandbox: signals, groups, the end, and what cannot be started."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from constellagent.ravi.private_files import write_private
from constellagent.runtime.paths import private_folder
from constellagent.runtime.sandbox import outline
from constellagent.runtime.sandbox.outline import Limit, Outline
from tests.runtime.sandbox.yard import Yard

pytestmark = pytest.mark.usefixtures("bwrap")


def until(place: Path, text: str) -> None:
    """Poll until a file holds a text."""
    deadline = time.monotonic() + 20
    while not (place.exists() and text in place.read_text()):
        assert time.monotonic() < deadline, f"{text!r} did not come"
        time.sleep(0.01)


async def begin(yard: Yard, script: str) -> "subprocess.Popen[str]":
    """Start a shell in the sandbox, at the head of a group of its own."""
    shelter = await yard.shelter()
    return subprocess.Popen(
        [*shelter.prefix, "/bin/sh", "-c", script],
        cwd=yard.tree(),
        env=yard.env(shelter),
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


async def test_a_program_may_end_in_order(yard: Yard) -> None:
    """A signal to the group reaches the program, which cleans up; bubblewrap outlives the signal."""
    log = yard.tree() / "log"
    process = await begin(
        yard, f"trap 'echo end >>{log}; exit 7' TERM; echo up >{log}; while :; do sleep 0.05; done"
    )
    until(log, "up")
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(20) == 7
    assert log.read_text() == "up\nend\n"


@pytest.mark.parametrize(("script", "status"), [("exit 3", 3), ("exit 0", 0), ("kill -KILL $$", 137)])
async def test_the_end_is_the_programs(yard: Yard, script: str, status: int) -> None:
    """Its exit status is ours; of a signal it is 128 and its number, as in a shell."""
    assert (await begin(yard, script)).wait(20) == status


async def test_a_program_starts_with_the_default_actions(yard: Yard) -> None:
    """What the outer half ignores is not ignored inside."""
    shelter = await yard.shelter()
    done = yard.shell(shelter, "grep SigIgn /proc/self/status; grep SigBlk /proc/self/status")
    assert [int(line.split()[1], 16) for line in done.stdout.splitlines()] == [0, 0]


async def test_nothing_outlives_the_program_or_who_started_it(yard: Yard) -> None:
    """What it left behind ends with it, however it was left; and all ends with the process around."""
    log = yard.tree() / "log"
    leave = "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 0.05; date +%s%N >>log; done' & "
    assert (await begin(yard, f"{leave} sleep 0.3")).wait(20) == 0
    quiet(log)
    process = await begin(yard, f"{leave} sleep 1000")
    until(log, "")
    process.kill()
    process.wait(20)
    quiet(log)


def quiet(log: Path) -> None:
    """Check that nobody writes to a file any more, three looks in a row."""
    deadline, same, before = time.monotonic() + 20, 0, -1
    while same < 3:
        assert time.monotonic() < deadline, "somebody still writes"
        time.sleep(0.15)
        now = log.stat().st_size if log.exists() else 0
        same, before = (same + 1 if now == before else 0), now


async def test_what_is_not_there_inside_is_said(yard: Yard) -> None:
    """With the status that a shell has for it."""
    shelter = await yard.shelter()
    done = yard.run(shelter, "nosuch-program")
    assert (done.returncode, "command not found in the sandbox: nosuch-program" in done.stderr) == (127, True)
    done = yard.run(shelter, str(yard.tree()))
    assert (done.returncode, "cannot run" in done.stderr) == (126, True)


async def test_nothing_runs_without_its_description(yard: Yard) -> None:
    """A description that is missing, is none, or names no bubblewrap starts nothing."""
    folder = yard.folder / "told"
    private_folder(folder)
    mark = yard.tree() / "mark"
    for text in (None, "", "x\0inside\0many", outline.write(Outline("/nosuch/bwrap", ()))):
        if text is not None:
            write_private(folder, outline.NAME, text.encode())
        argv = [*outline.prefix(str(folder)), "/bin/sh", "-c", f"echo >{mark}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 126
        assert done.stderr.startswith("constellagent: cannot ")
    assert not mark.exists()


async def test_a_group_that_cannot_be_joined_stops_nobody(yard: Yard) -> None:
    """Limits are kept where they can be; the plan has said where they cannot."""
    shelter = await yard.shelter()
    told = Outline(
        shutil.which("bwrap") or "", ("--ro-bind", "/", "/"), (Limit("/proc/no", {"pids.max": "1"}),)
    )
    write_private(yard.paths.sessions / "setup", outline.NAME, outline.write(told).encode())
    assert yard.shell(shelter, "echo up").stdout == "up\n"


def test_the_halves_import_nothing_dear() -> None:
    """Each session pays for both: no enums, no patterns, no types."""
    code = (
        "import sys; sys.path += sys.argv[1:]\nfrom constellagent.runtime.sandbox import entering, inside\n"
        "print(*sys.modules)"
    )
    root = str(Path(outline.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True, timeout=60
    )
    dear = {"collections", "contextlib", "dataclasses", "enum", "functools", "pathlib", "re", "typing"}
    assert not dear & set(done.stdout.split())
