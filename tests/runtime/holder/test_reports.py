"""What a session's programs report: with its token only, numbered, bounded, kept, and told at once."""

import asyncio
import itertools
import os
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.reports import FOLDER, Reports
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.reports import kept
from tests.runtime import reporting
from tests.runtime.holder.conftest import Session, Start, until
from tests.runtime.holder.wire import Wire

PLAIN = protocol.hook("no token", "working", b"{}")


async def reporter(start: Start) -> tuple[Session, dict[str, str]]:
    """Start a session, and return what its programs report with."""
    session = await start(*reporting.PYTHON, reporting.TELLS)
    return session, await reporting.door(session.folder / "log")


def tell(session: Session, token: str, event: str, data: bytes = b"{}") -> int:
    """Report over a connection of its own; returns the number."""
    with Wire(session.socket, hello=False) as wire:
        wire.send(protocol.hook(token, event, data))
        return protocol.parse_taken(wire.until(protocol.TAKEN))


async def test_a_report_is_numbered_timed_placed_and_kept(start: Start) -> None:
    """Each has its number, its time and where output was; it is on disk when the reporter is told so."""
    session, env = await reporter(start)
    token = env[protocol.REPORT_TOKEN]
    assert tell(session, token, "working") == 1
    assert tell(session, token, "claude", b'{"a": "\xff"}') == 2
    first, second = kept.after(session.folder, 0)
    assert (first.number, first.event, first.data) == (1, "working", b"{}")
    assert (second.number, second.event, second.data) == (2, "claude", b'{"a": "\xff"}')
    assert first.offset == second.offset == session.log.end()
    assert session.first["started_at"] <= first.at <= second.at
    for place in (session.folder / FOLDER, *(session.folder / FOLDER).iterdir()):
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0


async def test_who_keeps_the_screen_is_told_at_once_and_others_are_not(start: Start) -> None:
    """A viewer that answers for the terminal gets each report; one that only looks gets none."""
    session, env = await reporter(start)
    with Wire(session.socket) as daemon, Wire(session.socket) as viewer:
        daemon.send(protocol.attach_tail(0, protocol.VIEW | protocol.ANSWERS))
        viewer.send(protocol.attach_tail(0, protocol.VIEW))
        daemon.until(protocol.SIZED)
        viewer.until(protocol.SIZED)
        tell(session, env[protocol.REPORT_TOKEN], "waiting", b'{"reason": "permission"}')
        got = Reported.parse(daemon.until(protocol.REPORTED))
        assert (got.number, got.event, got.data) == (1, "waiting", b'{"reason": "permission"}')
        viewer.send(protocol.frame(protocol.STATUS))
        while (frame := viewer.frame()) is not None and frame[0] != protocol.STATUS:
            assert frame[0] != protocol.REPORTED


@pytest.mark.parametrize(
    "frame", [PLAIN, protocol.hook("", "done", b""), protocol.frame(protocol.HOOK, b"x")]
)
async def test_without_the_token_nothing_is_taken(start: Start, frame: bytes) -> None:
    """A wrong or missing token, and what is no report, are refused, and the connection is closed."""
    session, _ = await reporter(start)
    with Wire(session.socket, hello=False) as wire:
        wire.send(frame)
        assert wire.until(protocol.ERROR)
        assert wire.frame() is None
    assert kept.after(session.folder, 0) == []


async def test_a_wrong_token_is_noted_but_not_shown(start: Start) -> None:
    """The holder's log says that somebody tried; it holds no token."""
    session, env = await reporter(start)
    with Wire(session.socket, hello=False) as wire:
        wire.send(protocol.hook("0" * 32, "working", b""))
        wire.until(protocol.ERROR)
    noted = (session.folder / "holder.log").read_text()
    assert "a report was refused" in noted
    assert env[protocol.REPORT_TOKEN] not in noted


async def test_each_session_has_a_token_of_its_own(start: Start) -> None:
    """What one session's programs know opens no other session."""
    one, env = await reporter(start)
    other, others = await reporter(start)
    assert env[protocol.REPORT_TOKEN] != others[protocol.REPORT_TOKEN]
    with Wire(other.socket, hello=False) as wire:
        wire.send(protocol.hook(env[protocol.REPORT_TOKEN], "done", b""))
        wire.until(protocol.ERROR)
    assert tell(one, env[protocol.REPORT_TOKEN], "done") == 1


async def test_the_token_is_in_no_command_line_and_no_file(start: Start) -> None:
    """Only the environment of the session's programs carries it."""
    session, env = await reporter(start)
    token = env[protocol.REPORT_TOKEN].encode()
    tell(session, token.decode(), "working")
    output = session.folder / "log"
    for place in session.folder.rglob("*"):
        if place.is_file() and place.parent != output:  # the program of this test prints it
            assert token not in place.read_bytes(), place
    asked = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True)
    assert token not in asked.stdout


async def test_twenty_hooks_at_once_from_several_processes_keep_one_order(start: Start) -> None:
    """Numbers have no gap and no repeat, and each process finds its own in the order that it called."""
    session, env = await reporter(start)
    with reporting.hook_program() as program:
        script = 'for n in 1 2 3 4 5; do "$0" waiting --reason "$1-$n"; done'
        callers = [
            await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", script, str(program), name, env=reporting.least(env)
            )
            for name in "abcd"
        ]
        assert [await caller.wait() for caller in callers] == [0, 0, 0, 0]
    found = kept.after(session.folder, 0)
    assert [report.number for report in found] == list(range(1, 21))
    reasons = [report.data.split(b'"')[3].decode() for report in found]
    for name in "abcd":
        assert [reason for reason in reasons if reason[0] == name] == [f"{name}-{n}" for n in range(1, 6)]


async def test_a_small_report_does_not_overtake_a_large_one(start: Start) -> None:
    """Who waited for its first report knows that the second counts after it, whatever their sizes."""
    session, env = await reporter(start)
    token = env[protocol.REPORT_TOKEN]
    assert tell(session, token, "claude", b"x" * protocol.REPORT_DATA) == 1
    assert tell(session, token, "claude", b"y") == 2
    assert [len(report.data) for report in kept.after(session.folder, 0)] == [protocol.REPORT_DATA, 1]


async def test_reports_end_with_the_session_and_keep_nobody(start: Start) -> None:
    """A reporter that hangs in the middle of a frame does not keep the holder from ending."""
    session, env = await reporter(start)
    with Wire(session.socket, hello=False) as wire:
        wire.send(protocol.hook(env[protocol.REPORT_TOKEN], "working", bytes(1000))[:500])
        final = await session.client.stop(1.0)
        assert final["ended_by"] == "stop"
    await until(lambda: not session.socket.exists())


async def test_a_program_may_report_while_it_is_ended(start: Start) -> None:
    """What it says on its way out, as when its session is stopped, is kept."""
    with reporting.hook_program() as program:
        script = (
            f"import signal, subprocess, sys, time\n"
            f"def bye(*_):\n"
            f"    subprocess.run([{str(program)!r}, 'done'])\n"
            f"    sys.exit(0)\n"
            f"signal.signal({signal.SIGTERM:d}, bye)\n"
            f"print('ready', flush=True)\n"
            f"time.sleep(60)\n"
        )
        session = await start(*reporting.PYTHON, script)
        await session.shows(b"ready")
        await session.client.stop(30.0)
    assert [report.event for report in kept.after(session.folder, 0)] == ["done"]


events = st.tuples(st.sampled_from(["working", "claude", "x"]), st.integers(0, protocol.REPORT_DATA))


@settings(deadline=None, max_examples=30)
@given(st.lists(events, max_size=40), st.integers(0, 45))
def test_the_newest_reports_are_kept_whole_and_in_order(sent: list[tuple[str, int]], known: int) -> None:
    """However many come and however large: what is kept is an unbroken end of them, within the bound."""
    with tempfile.TemporaryDirectory() as folder:
        reports = Reports(folder)
        token = reports.variables("")[protocol.REPORT_TOKEN]
        for number, (event, size) in enumerate(sent, 1):
            payload = protocol.hook(token, event, bytes(size))[5:]
            assert reports.take(payload, 7 * number)[0] == number
        reports.close()
        found = kept.after(Path(folder), known)
        numbers = [report.number for report in found]
        assert numbers == list(range(numbers[0], len(sent) + 1)) if numbers else known >= len(sent)
        assert all(number > known for number in numbers)
        for report in found:
            assert (report.event, len(report.data)) == sent[report.number - 1]
            assert report.offset == 7 * report.number
        sizes = [each.stat().st_size for each in (Path(folder) / FOLDER).glob("*")]
        assert sum(sizes) <= 1 << 21
        if sum(size for _, size in sent) < 1 << 20:
            assert numbers == list(range(known + 1, len(sent) + 1))


@given(st.binary(max_size=600))
def test_any_payload_is_taken_or_refused(payload: bytes) -> None:
    """Foreign bytes with any token but ours raise nothing but ProtocolError."""
    with tempfile.TemporaryDirectory() as folder, pytest.raises(protocol.ProtocolError):
        Reports(folder).take(payload, 0)


def test_a_token_that_differs_anywhere_is_refused(tmp_path: Path) -> None:
    """One wrong, missing or additional character is enough."""
    reports = Reports(str(tmp_path))
    token = reports.variables("")[protocol.REPORT_TOKEN]
    wrong = [token[:-1], token + "0", "", token[:5] + "z" + token[6:], token.upper() + "A"]
    for other in wrong:
        with pytest.raises(protocol.ProtocolError):
            reports.take(protocol.hook(other, "working", b"")[5:], 0)
    assert reports.take(protocol.hook(token, "working", b"")[5:], 0)[0] == 1


def test_refusals_are_noted_a_few_times_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who tries for ever fills no disk."""
    reports = Reports(str(tmp_path))
    for _ in range(100):
        with pytest.raises(protocol.ProtocolError):
            reports.take(PLAIN[5:], 0)
    assert len(capsys.readouterr().err.splitlines()) == 20


def test_a_disk_that_takes_nothing_does_not_stop_reports(tmp_path: Path) -> None:
    """They are numbered and passed on all the same, and kept again once they can be."""
    (tmp_path / FOLDER).write_bytes(b"in the way")
    reports = Reports(str(tmp_path))
    token = reports.variables("")[protocol.REPORT_TOKEN]
    payload = protocol.hook(token, "working", b"")[5:]
    assert [reports.take(payload, 0)[0] for _ in range(2)] == [1, 2]
    (tmp_path / FOLDER).unlink()
    assert reports.take(payload, 0)[0] == 3
    reports.close()
    assert [report.number for report in kept.after(tmp_path, 0)] == [3]


def test_nothing_is_written_for_a_session_that_reports_nothing(tmp_path: Path) -> None:
    """A session without hooks has no folder of reports."""
    Reports(str(tmp_path)).close()
    assert not list(tmp_path.iterdir())


def uses(values: Any) -> list[int]:
    """Return the differences between neighbours."""
    return [after - before for before, after in itertools.pairwise(values)]


async def test_times_never_go_back_within_a_session(start: Start) -> None:
    """Reports in a row have times and offsets in a row."""
    session, env = await reporter(start)
    for _ in range(10):
        tell(session, env[protocol.REPORT_TOKEN], "working")
        await session.client.send(os.urandom(4).hex().encode())
    found = kept.after(session.folder, 0)
    assert min(uses([report.offset for report in found])) >= 0
    assert all(gap >= 0 for gap in uses([report.at for report in found]))
