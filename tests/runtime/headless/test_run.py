"""Headless runs, from outside the process that carries them out: what is shown, and how they end."""

import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.runtime.headless import order, result
from constellagent.runtime.headless.order import Order
from constellagent.runtime.store.sessions import SessionRow
from tests.reliability.lab import git
from tests.runtime.headless.bench import RESULT, Bench, python, shell
from tests.runtime.sessions_rig import Rig, until


def test_the_prompt_comes_on_stdin_and_lines_go_out(bench: Bench) -> None:
    """A program gets its prompt whole, ends it with the end of the file, and its lines are shown."""
    prompt = "first\nsecond \N{SNOWMAN}"
    given = Order(python("import sys; print('got', ascii(sys.stdin.read()))"), "plain", stdin=True)

    code, shown, found = bench.carry_out(given, prompt)

    assert (code, shown) == (0, f"got {prompt!a}\n")
    assert found is not None
    assert (found.ok, found.exit_status, found.outcome.answer) == (True, 0, f"got {prompt!a}")


def test_without_a_prompt_there_is_nothing_to_read(bench: Bench) -> None:
    """A program without a prompt on its standard input gets the end at once, never the terminal."""
    assert bench.carry_out(Order(shell("cat; echo end"), "plain"))[:2] == (0, "end\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (RESULT + ', "total_cost_usd": 0.25, "usage": {"input_tokens": 7, "output_tokens": 5}}', ""),
        (RESULT.replace("false", "true") + "}", "Done."),
        ("no JSON at all", "it ended without a result: no JSON at all"),
        ("", "it ended without a result"),
    ],
)
def test_an_exit_status_of_0_is_no_success(bench: Bench, line: str, why: str) -> None:
    """What the program says of itself decides, though it always exits with 0."""
    code, shown, found = bench.carry_out(Order(("echo", line), "claude"))

    assert found is not None
    assert (code, found.ok, found.why, found.exit_status) == (1 if why else 0, not why, why, 0)
    assert ("echo failed:" in shown) == bool(why)
    if not why:
        assert (found.outcome.input, found.outcome.output, found.outcome.cost) == (7, 5, 0.25)


@pytest.mark.parametrize(
    ("work", "changed"),
    [("true", False), ("touch made", True), ("git commit -q -m x --allow-empty", True)],
)
def test_denied_tools_fail_a_run_that_changed_nothing(bench: Bench, work: str, changed: bool) -> None:
    """A run that was not allowed to write fails where its worktree is as before, and only there."""
    git(bench.worktree, "init", "-q")
    git(bench.worktree, "config", "user.name", "A")
    git(bench.worktree, "config", "user.email", "a@example.com")
    git(bench.worktree, "commit", "-q", "-m", "start", "--allow-empty")
    denied = RESULT + ', "permission_denials": [{"tool_name": "Write"}]}'

    code, shown, found = bench.carry_out(Order(shell(f"{work}; echo '{denied}'"), "claude"))

    assert found is not None
    why = "was not allowed to: Write" + ("" if changed else "; changed nothing")
    assert (code, found.ok, found.why) == (0 if changed else 1, changed, why)
    assert why in shown


def test_the_exit_status_is_the_programs(bench: Bench) -> None:
    """A program that fails by its exit status fails with it."""
    code, _, found = bench.carry_out(Order(shell("echo x; exit 42"), "plain"))

    assert found is not None
    assert (code, found.ok, found.why, found.exit_status) == (42, False, "exit status 42", 42)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE])
def test_the_signal_is_the_programs(bench: Bench, number: signal.Signals) -> None:
    """A program that died by a signal is seen to have done so."""
    code, _, found = bench.carry_out(Order(shell(f"echo x; kill -{number.value} $$"), "plain"))

    assert found is not None
    assert (code, found.why, found.exit_status) == (-number, f"killed by {number.name}", None)


def test_a_program_that_is_not_there_is_said(bench: Bench) -> None:
    """A missing program is named, with what helps, and is no success."""
    code, shown, found = bench.carry_out(Order(("no-such-agent",), "plain"))

    assert found is not None
    assert (code, found.ok, found.exit_status) == (127, False, None)
    assert found.why.startswith("command not found: no-such-agent; install it")
    assert found.why in shown


def test_a_program_that_may_not_be_run_is_said(bench: Bench) -> None:
    """A program that cannot be run says why."""
    _, _, found = bench.carry_out(Order(("/",), "plain"))

    assert found is not None
    assert found.why == "cannot run /: Permission denied"


def test_a_prompt_that_is_gone_is_said(bench: Bench) -> None:
    """A missing prompt is not taken for a missing program, and the program does not start without it."""
    _, _, found = bench.carry_out(Order(shell("echo started"), "plain", stdin=True))

    assert found is not None
    assert found.why == f"cannot run /bin/sh: {bench.folder}/prompt: No such file or directory"


def test_much_output_is_read_to_its_end(bench: Bench) -> None:
    """Fifty megabytes are shown whole, and take no memory."""
    work = f"{sys.executable} -S -c \"for _ in range(50000): print('x' * 999)\"; ps -o rss= -p $PPID"
    code, shown, found = bench.carry_out(Order(shell(work), "plain"))
    *lines, size, last = shown.split("\n")

    assert found is not None
    assert (code, found.ok, last) == (0, True, "")
    assert lines == ["x" * 999] * 50000
    assert int(size) < 30 * 1024, "kilobytes"


def test_one_endless_line_is_left_out(bench: Bench) -> None:
    """A line that never ends is not kept, and the lines around it are."""
    code = "import sys; w = sys.stdout.write; w('a\\n'); [w('x' * 100000) for _ in range(100)]; w('\\nz\\n')"

    assert bench.carry_out(Order(python(code), "plain"))[1] == (
        "a\n(a line that is too long is left out)\nz\n"
    )


def test_half_a_line_is_shown_at_the_end(bench: Bench) -> None:
    """What was not ended when the program ended is shown and read too."""
    code, shown, found = bench.carry_out(Order(("printf", f"%s\nhalf{RESULT}", RESULT + "}"), "claude"))

    assert found is not None
    assert (code, found.ok) == (0, True)
    assert shown.endswith(f"half{RESULT}\n")


def test_what_a_program_logs_is_read_too(bench: Bench) -> None:
    """Lines of both streams are shown and read whole, also where one is written in the middle of another."""
    code = (
        "import os\n"
        f"os.write(1, b'{RESULT}'); os.write(2, b'a log\\n'); os.write(1, b'}}\\n'); os.write(2, b'half')"
    )

    status, shown, found = bench.carry_out(Order(python(code), "claude"))

    assert found is not None
    assert (status, found.ok) == (0, True)
    assert sorted(shown.splitlines()) == ["a log", "half"]


def test_lines_are_shown_as_they_come(bench: Bench) -> None:
    """Somebody who looks on sees a line as soon as it is written, not when the program ends."""
    with bench.start(Order(shell("echo one; sleep 30"), "plain")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"one\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_a_program_that_closes_its_output_is_waited_for(bench: Bench) -> None:
    """An early end of the output is not the end of the program."""
    code, _, found = bench.carry_out(Order(shell("echo x; exec >&- 2>&-; sleep 0.3; exit 5"), "plain"))

    assert found is not None
    assert (code, found.exit_status) == (5, 5)


@pytest.mark.parametrize("left", ["sleep 60 &", "(while :; do echo y; done) &"])
def test_what_a_program_leaves_behind_is_not_waited_for(bench: Bench, left: str) -> None:
    """The run ends with its program, whoever still holds or fills its output."""
    began = time.monotonic()
    with bench.start(Order(shell(f"echo begun $$; {left} exit 0"), "plain")) as process:
        assert process.stdout is not None
        group = int(process.stdout.readline().split()[1])
        while process.poll() is None:
            process.stdout.read1(1 << 16)  # type: ignore[attr-defined] # it is a buffered reader
        os.killpg(group, signal.SIGKILL)

    assert process.returncode == 0
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_the_program(bench: Bench, number: signal.Signals) -> None:
    """A signal to the process is one to its program, which may end in its own way."""
    code = shell(f"trap 'echo caught; exit 7' {number.value}; echo up; while :; do sleep 0.05; done")
    with bench.start(Order(code, "plain")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)

    assert (process.returncode, b"caught" in out) == (7, True)


def test_a_run_that_takes_too_long_is_ended(bench: Bench) -> None:
    """At its limit the program is asked to end, and that is what the verdict says, whatever it answers."""
    code, shown, found = bench.carry_out(
        Order(shell("trap 'exit 0' 15; echo x; while :; do sleep 0.02; done"), "plain", limit=2, grace=20)
    )

    assert found is not None
    assert (code, found.ok, found.timed_out, found.exit_status) == (124, False, True, 0)
    assert found.why == "it took longer than its limit of 2s"
    assert "it takes longer than its limit of 2s and is ended" in shown


def test_a_program_that_does_not_end_is_killed(bench: Bench) -> None:
    """After its grace a program that ignores the request is killed with all of its group."""
    code, _, found = bench.carry_out(
        Order(shell("trap '' 15; echo x; while :; do sleep 0.1; done"), "plain", limit=0.2, grace=0.3)
    )

    assert found is not None
    assert (code, found.timed_out, found.exit_status) == (124, True, None)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.5, "0.5s"), (90, "90s"), (120, "2m"), (7200, "2h"), (5400, "90m")]
)
def test_a_limit_is_said_in_its_unit(seconds: float, words: str) -> None:
    """A limit is told as a person would write it."""
    from constellagent.runtime.headless.watch import span  # noqa: PLC0415 - takes no signals by itself

    assert span(seconds) == words


def test_a_command_may_have_a_limit_too(bench: Bench) -> None:
    """A command that nothing reads keeps the terminal to itself, and is ended at its limit all the same."""
    assert bench.carry_out(Order(shell("echo out; exit 3")))[:2] == (3, "out\nsh failed: exit status 3\n")
    code, _, found = bench.carry_out(Order(("sleep", "60"), limit=0.2))
    assert found is not None
    assert (code, found.timed_out) == (124, True)


def test_a_verdict_that_cannot_be_kept_is_no_success(bench: Bench) -> None:
    """Where the outcome cannot be written down, a run never ends well."""
    (bench.folder / f"{result.NAME}.new").mkdir()

    code, shown, found = bench.carry_out(Order(("echo", "x"), "plain"))

    assert (code, found) == (1, None)
    assert "how the run went cannot be written down" in shown


def test_it_starts_quickly_and_stays_small(bench: Bench) -> None:
    """The process adds little time and memory to a run."""
    given = bench.prepare(Order(shell("grep VmHWM /proc/$PPID/status || ps -o rss= -p $PPID"), "claude"))
    shown = subprocess.run(given, cwd=bench.worktree, capture_output=True, check=False).stdout.split()
    before = os.times()
    for _ in range(5):
        subprocess.run(given, cwd=bench.worktree, capture_output=True, check=False)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system

    assert int(next(word for word in shown if word.isdigit())) < 20 * 1024, "kilobytes"
    begin = os.times()
    for _ in range(5):
        subprocess.run([sys.executable, "-IS", "-c", "pass"], check=True)
    end = os.times()
    bare = end.children_user + end.children_system - begin.children_user - begin.children_system
    print(f"{worked:.3f} s of work, a bare interpreter {bare:.3f} s")
    assert worked < 8 * bare


class TestInASession:
    """In a session of its own, on a terminal."""

    async def start(self, rig: Rig, given: Order, cwd: Path) -> SessionRow:
        """Start a run."""
        session = uuid.uuid4().hex
        return await rig.start(
            *order.words(str(rig.folder(session))),
            session=session,
            role="run",
            cwd=cwd,
            files={order.NAME: order.write(given)},
            grace=timedelta(seconds=30),
        )

    async def test_its_verdict_is_how_the_session_ended(self, rig: Rig, tmp_path: Path) -> None:
        """The row of the session says in words why a run failed that exited with 0."""
        row = await self.start(rig, Order(("echo", "no result"), "claude"), tmp_path)

        ended = await rig.until_ended(row.id)

        assert (ended.ended_by, ended.exit_status) == ("itself", 1)
        assert ended.outcome == "it ended without a result: no result"
        assert rig.output(row.id).startswith(b"no result\r\n")

    async def test_one_that_took_too_long_reached_its_limit(self, rig: Rig, tmp_path: Path) -> None:
        """A run that its own limit ended is told from one that ended by itself."""
        row = await self.start(rig, Order(("sleep", "60"), "plain", limit=0.2), tmp_path)

        ended = await rig.until_ended(row.id)

        assert (ended.ended_by, ended.exit_status) == ("limit", 124)
        assert ended.outcome == "it took longer than its limit of 0.2s"

    async def test_a_key_reaches_the_program_alone(self, rig: Rig, tmp_path: Path) -> None:
        """Ctrl-C is the program's, once; Ctrl-Z does not leave a run standing that nobody watches."""
        code = (
            "import signal, sys, time\ncount = []\n"
            "signal.signal(signal.SIGINT, lambda *_: count.append(1))\n"
            "open('/dev/tty').close()\nprint('up', flush=True)\n"
            "while not count: time.sleep(0.02)\n"
            "time.sleep(1.5); print('interrupted', len(count))"
        )
        row = await self.start(rig, Order(python(code), "plain"), tmp_path)
        await until(lambda: b"up" in rig.output(row.id), "the program")
        await rig.registry.send(row.id, b"\x1a")
        await rig.registry.send(row.id, b"\x03")

        ended = await rig.until_ended(row.id)

        assert (ended.exit_status, b"interrupted 1\r\n" in rig.output(row.id)) == (0, True)

    async def test_a_stop_ends_the_program_once(self, rig: Rig, tmp_path: Path) -> None:
        """A stop asks the program to end, a single time, and waits for it."""
        code = (
            "import signal, sys, time\ncount = []\n"
            "signal.signal(signal.SIGTERM, lambda *_: count.append(1))\nprint('up', flush=True)\n"
            "while not count: time.sleep(0.02)\n"
            "time.sleep(0.5); print('asked', len(count)); sys.exit(3)"
        )
        row = await self.start(rig, Order(python(code), "plain"), tmp_path)
        await until(lambda: b"up" in rig.output(row.id), "the program")

        assert await rig.registry.stop(row.id) == "stopped (exit status 3)"

        assert b"asked 1\r\n" in rig.output(row.id)
        assert (await rig.row(row.id)).ended_by == "stop"

    async def test_an_outcome_that_cannot_be_read_keeps_nothing_waiting(
        self, rig: Rig, tmp_path: Path
    ) -> None:
        """Where the outcome is damaged the exit status is all there is, and the end is recorded."""
        row = await self.start(rig, Order(shell("echo '{' > $0; kill -9 $PPID"), "plain"), tmp_path)
        (rig.folder(row.id) / result.NAME).write_text("{")

        ended = await rig.until_ended(row.id)

        assert ended.ended_by == "itself"
