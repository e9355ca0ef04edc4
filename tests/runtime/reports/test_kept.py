"""What lies on disk of a session's reports, also of one that a crash has damaged."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.holder.reports import FOLDER
from constellagent.runtime.reports import kept
from constellagent.runtime.reports.kept import Progress, Told


def write(folder: Path, count: int) -> Path:
    """Write so many reports; returns the file that they are in."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    (folder / FOLDER).mkdir()
    log = LogWriter(str(folder / FOLDER), 1 << 20)
    for number in range(1, count + 1):
        log.append(protocol.reported(number, 100.0 + number, number, b"working", b"{}"))
    log.close()
    (file,) = (folder / FOLDER).iterdir()
    return file


def test_of_a_session_without_reports_there_are_none(tmp_path: Path) -> None:
    """No folder is no failure: nothing was reported."""
    assert kept.after(tmp_path, 0) == []
    assert kept.read_progress(tmp_path) == Progress()


def test_those_after_a_number_come_in_order(tmp_path: Path) -> None:
    """From the beginning, from the middle, from the end."""
    write(tmp_path, 5)
    assert [report.number for report in kept.after(tmp_path, 0)] == [1, 2, 3, 4, 5]
    assert [report.number for report in kept.after(tmp_path, 3)] == [4, 5]
    assert kept.after(tmp_path, 5) == []
    assert kept.after(tmp_path, 9) == []


def test_a_report_that_is_half_written_is_none_yet(tmp_path: Path) -> None:
    """A reader that comes while the holder writes takes it next time."""
    file = write(tmp_path, 3)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    assert [report.number for report in kept.after(tmp_path, 0)] == [1, 2]
    file.write_bytes(whole)
    assert [report.number for report in kept.after(tmp_path, 2)] == [3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=40))
def test_damage_costs_reports_but_raises_nothing(tmp_path: Path, place: int, damage: bytes) -> None:
    """Whatever a crash of the machine left there: numbers still only grow."""
    file = write(tmp_path, 6)
    whole = bytearray(file.read_bytes())
    whole[place : place + len(damage)] = damage
    file.write_bytes(whole)
    numbers = [report.number for report in kept.after(tmp_path, 0)]
    assert numbers == sorted(set(numbers))


def test_progress_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Number and state come back; the file is private whatever the umask."""
    for progress in (
        Progress(),
        Progress(7),
        Progress(8, Told(5.0, 4.0, "waiting", "permission", "may I \N{SNOWMAN}?")),
        Progress(9, None, 9),
    ):
        before = os.umask(0)
        try:
            kept.write_progress(tmp_path, progress)
        finally:
            os.umask(before)
        assert kept.read_progress(tmp_path) == progress
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "nonsense",
        '{"number": -1, "told": null}',
        '{"number": true, "told": null}',
        '{"number": 1}',
        '{"number": 1, "told": {"at": "x", "since": 1, "state": "done", "reason": "", "message": ""}}',
        '{"number": 1, "told": 5}',
        '{"number": 1, "told": null, "lag": 2}',
        '{"number": 1, "told": null, "lag": -1}',
        '{"number": 1, "told": null, "lag": "1"}',
    ],
)
def test_progress_that_makes_no_sense_is_none(tmp_path: Path, text: str) -> None:
    """It is as if nothing had been dealt with: reports are read again, and none is lost."""
    (tmp_path / "heard").write_text(text)
    assert kept.read_progress(tmp_path) == Progress()


def test_a_state_of_another_release_is_left_out(tmp_path: Path) -> None:
    """How far daemons have come still counts."""
    told = '{"at": 1, "since": 1, "state": "sleeping", "reason": "", "message": ""}'
    (tmp_path / "heard").write_text(f'{{"number": 4, "told": {told}}}')
    assert kept.read_progress(tmp_path) == Progress(4)


def test_progress_that_an_older_release_wrote_lags_by_nothing(tmp_path: Path) -> None:
    """It knew of no reports that are told again."""
    (tmp_path / "heard").write_text('{"number": 4, "told": null}')
    assert kept.read_progress(tmp_path) == Progress(4)


def test_progress_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """A folder in the way is said, and the file before stays."""
    kept.write_progress(tmp_path, Progress(1))
    (tmp_path / "heard.new").mkdir()
    with pytest.raises(OSError, match="heard"):
        kept.write_progress(tmp_path, Progress(2))
    assert kept.read_progress(tmp_path) == Progress(1)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """Nobody can have another file read or written through it."""
    other = tmp_path / "other"
    other.write_text('{"number": 9, "told": null}')
    (tmp_path / "heard").symlink_to(other)
    with pytest.raises(OSError, match="heard"):
        kept.read_progress(tmp_path)
    kept.write_progress(tmp_path, Progress(1))
    assert other.read_text() == '{"number": 9, "told": null}'
    assert kept.read_progress(tmp_path) == Progress(1)
