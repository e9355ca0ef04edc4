"""The bounded log on disk."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.runtime.holder.log import LogReader, LogWriter


def read_all(reader: LogReader, offset: int = 0, limit: int = 1000) -> bytes:
    """Read to the end and insist that nothing is missing in between."""
    parts: list[bytes] = []
    while True:
        start, data = reader.read(offset, limit)
        if not data:
            return b"".join(parts)
        assert start == offset
        parts.append(data)
        offset = start + len(data)


def test_an_empty_log_reads_empty(tmp_path: Path) -> None:
    """No segment, no folder: nothing to read, and no error."""
    for folder in (tmp_path, tmp_path / "none"):
        reader = LogReader(folder)
        assert (reader.begin(), reader.end(), reader.read(0, 10), reader.tail(10)) == (
            0,
            0,
            (0, b""),
            (0, b""),
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=700), min_size=1, max_size=30), st.integers(4, 4096))
def test_what_is_kept_is_the_end_of_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], limit: int
) -> None:
    """The log never grows beyond its limit, and holds exactly the last bytes at their offsets."""
    folder = tmp_path_factory.mktemp("log")
    writer = LogWriter(str(folder), limit)
    for part in parts:
        writer.append(part)
        assert sum(file.stat().st_size for file in folder.iterdir()) <= limit
    writer.close()
    written = b"".join(parts)
    reader = LogReader(folder)
    assert reader.end() == writer.end == len(written)
    assert reader.begin() == writer.begin
    assert len(written) - reader.begin() >= min(len(written), limit // 2)
    assert read_all(reader, reader.begin()) == written[reader.begin() :]


def test_offsets_go_on_when_a_log_is_opened_again(tmp_path: Path) -> None:
    """A second writer continues where the first ended, also after one that wrote nothing."""
    for part in (b"one", b"", b"two"):
        writer = LogWriter(str(tmp_path), 1 << 20)
        writer.append(part)
        writer.close()
    assert read_all(LogReader(tmp_path)) == b"onetwo"


def test_a_reader_that_asks_for_what_is_gone_is_told_where_it_goes_on(tmp_path: Path) -> None:
    """Dropped output is skipped, and the answer's offset says so."""
    writer = LogWriter(str(tmp_path), 400)
    for number in range(100):
        writer.append(b"%09d\n" % number)
    start, data = LogReader(tmp_path).read(0, 10)
    assert start == writer.begin > 0
    assert data == b"%09d\n" % (start // 10)


def test_reading_at_or_beyond_the_end_gives_nothing(tmp_path: Path) -> None:
    """An offset that is not written yet gives nothing and stays the offset to go on from."""
    LogWriter(str(tmp_path), 400).append(b"abc")
    assert LogReader(tmp_path).read(3, 10) == (3, b"")
    assert LogReader(tmp_path).read(99, 10) == (99, b"")


def test_the_tail_is_the_last_bytes_and_where_to_go_on(tmp_path: Path) -> None:
    """`tail` crosses segments and returns the offset after them."""
    writer = LogWriter(str(tmp_path), 400)
    for number in range(30):
        writer.append(b"%09d\n" % number)
    assert LogReader(tmp_path).tail(25) == (300, b"0027\n000000028\n000000029\n"[-25:])


def test_files_that_are_not_segments_are_ignored(tmp_path: Path) -> None:
    """What else lies in the folder does not disturb."""
    (tmp_path / "zzzzzzzzzzzzzzzz.out").write_text("no number")
    (tmp_path / "abc.out").write_text("short")
    (tmp_path / "note.txt").write_text("else")
    LogWriter(str(tmp_path), 400).append(b"abc")
    assert read_all(LogReader(tmp_path)) == b"abc"


def test_segments_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """Output may hold secrets: nobody else reads it."""
    before = os.umask(0)
    try:
        LogWriter(str(tmp_path), 400).append(b"abc")
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_reader_keeps_up_while_segments_are_dropped(tmp_path: Path) -> None:
    """A reader that follows while the writer rotates sees whole lines in order, with gaps only where told."""
    writer = LogWriter(str(tmp_path), 4000)
    done = threading.Event()

    def write() -> None:
        for number in range(20_000):
            writer.append(b"%09d\n" % number)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    reader = LogReader(tmp_path)
    offset, seen = 0, 0
    while not (done.is_set() and offset == writer.end):
        try:
            start, data = reader.read(offset, 1000)
        except OSError as error:
            if "dropped faster" not in str(error):
                raise
            continue  # every look came too late, which is said and loses nothing
        assert start >= offset
        if data:
            number = start // 10
            lines = (b"x" * (start % 10) + data).split(b"\n")
            assert all(int(line) == number + at for at, line in enumerate(lines[1:-1], 1))
            seen += len(data)
        offset = start + len(data)
    thread.join()
    assert seen > 0


FULL = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from constellagent.runtime.holder.log import LogReader, LogWriter
writer = LogWriter(sys.argv[1], 1 << 20)
writer.append(b"a" * 600)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
writer.append(b"b" * 600)
assert (writer.end, writer.lost) == (1200, 200), (writer.end, writer.lost)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
writer.append(b"c" * 100)
assert (writer.end, writer.lost) == (1300, 300), (writer.end, writer.lost)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(b"d" * 10)
reader = LogReader(sys.argv[1])
assert reader.read(0, 5000) == (0, b"a" * 600 + b"b" * 400)
assert reader.read(1000, 5000) == (1300, b"d" * 10)
assert reader.end() == writer.end == 1310
assert reader.tail(310) == (1310, b"d" * 10)
"""


def test_a_full_disk_costs_its_bytes_and_nothing_else(tmp_path: Path) -> None:
    """What the disk does not take is counted and leaves a gap; writing resumes when there is space again."""
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), str(root)], check=True, stdin=subprocess.DEVNULL
    )


def test_a_segment_dropped_under_a_reader_is_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listing may be older than the file: the reader looks again."""
    writer = LogWriter(str(tmp_path), 400)
    for number in range(30):
        writer.append(b"%09d\n" % number)
    real = os.open
    oldest = writer.begin

    def vanish(path: str, flags: int, mode: int = 0o777) -> int:
        if path.endswith(f"{oldest:016x}.out"):
            Path(path).unlink(missing_ok=True)
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", vanish)  # a race of two processes cannot be timed otherwise
    start, data = LogReader(tmp_path).read(0, 10)
    assert start > oldest
    assert data


def test_a_log_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments that are always gone when opened are an error, not an empty log."""
    LogWriter(str(tmp_path), 400).append(b"abc")

    def gone(path: str, flags: int) -> int:
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "open", gone)  # see above
    with pytest.raises(OSError, match="dropped faster"):
        LogReader(tmp_path).read(0, 10)


def test_segments_dropped_since_the_listing_do_not_make_a_log_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all that were listed have gone, newer ones are there: the log is listed again."""
    writer = LogWriter(str(tmp_path), 400)
    writer.append(b"x" * 100)
    old = list(tmp_path.iterdir())
    real = os.stat

    def late(path: str, **options: Any) -> os.stat_result:
        for file in old:
            with contextlib.suppress(FileNotFoundError):
                file.rename(tmp_path / f"{100:016x}.out")
        return real(path, **options)

    monkeypatch.setattr(os, "stat", late)  # see above
    assert LogReader(tmp_path).end() == 200
