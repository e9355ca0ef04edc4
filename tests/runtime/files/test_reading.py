"""Reading by directory handles."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from constellagent.errors import UsageError, WorldError
from constellagent.runtime.files import reading


def test_a_file_is_read_whole_with_its_mode_and_version(tmp_path: Path) -> None:
    """Mode, size and content come with a version that both make."""
    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "a\nb"
    file.write_bytes(b"one\n")
    found = reading.read(tmp_path, "sub/a\nb")
    assert (found.kind, found.mode, found.size, found.content) == ("file", "100644", 4, b"one\n")
    assert found.version == reading.version_of("100644", b"one\n")
    file.chmod(0o755)
    again = reading.read(tmp_path, "sub/a\nb")
    assert (again.mode, again.version) == ("100755", reading.version_of("100755", b"one\n"))
    assert again.version != found.version


def test_a_link_is_its_target_and_never_followed(tmp_path: Path) -> None:
    """Of a symbolic link the text is where it points; what lies behind one is absent."""
    inside, outside = tmp_path / "tree", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (inside / "link").symlink_to("/etc/passwd")
    (inside / "folder").symlink_to(outside)
    found = reading.read(inside, "link")
    assert (found.kind, found.mode, found.content) == ("symlink", "120000", b"/etc/passwd")
    assert reading.read(inside, "folder/secret") == reading.ABSENT
    assert reading.read(inside, "folder").kind == "symlink"


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    """A missing file, a path through a file and a name that is too long are all no file."""
    (tmp_path / "file").write_text("x")
    for path in ("none", "none/x", "file/x", "x" * 300):
        assert reading.read(tmp_path, path) == reading.ABSENT
    (tmp_path / "folder").mkdir()
    assert reading.read(tmp_path, "folder").kind == "folder"


def test_pipes_and_sockets_do_not_hold_us_up(tmp_path: Path) -> None:
    """What is no file is said to be something else, without opening it."""
    os.mkfifo(tmp_path / "pipe")
    assert reading.read(tmp_path, "pipe").kind == "other"
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{short}/s")
        assert reading.read(Path(short), "s").kind == "other"


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """Above the limit there is a size and a version that a write changes, and no content."""
    file = tmp_path / "large"
    with file.open("wb") as opened:
        opened.truncate(100 << 20)
    found = reading.read(tmp_path, "large")
    assert (found.kind, found.size, found.content) == ("large", 100 << 20, None)
    with file.open("ab") as opened:
        opened.write(b"x")
    assert reading.read(tmp_path, "large").version != found.version
    assert reading.read(tmp_path, "large", largest=200 << 20).kind == "file"


def test_forbidden_paths_are_not_even_looked_for(tmp_path: Path) -> None:
    """Git's folder is refused whether it is there or not."""
    with pytest.raises(UsageError):
        reading.read(tmp_path, ".git/config")


def test_a_missing_worktree_is_absent_and_a_closed_one_an_error(tmp_path: Path) -> None:
    """What may not be read is not taken for absent."""
    assert reading.read(tmp_path / "none", "a") == reading.ABSENT
    (tmp_path / "loop").symlink_to("loop")
    assert reading.read(tmp_path / "loop", "a") == reading.ABSENT
    if os.geteuid() != 0:
        (tmp_path / "closed").write_text("x")
        (tmp_path / "closed").chmod(0)
        with pytest.raises(WorldError, match="cannot read closed"):
            reading.read(tmp_path, "closed")


def test_a_file_is_of_one_moment_while_somebody_rewrites_it(tmp_path: Path) -> None:
    """A reader never meets half of one content and half of another."""
    file, over = tmp_path / "busy", threading.Event()
    contents = [bytes([letter]) * 3_000_000 for letter in b"ab"]
    file.write_bytes(contents[0])

    def write() -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            with file.open("r+b") as opened:
                opened.write(contents[turn % 2])
            time.sleep(0.2)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            assert reading.read(tmp_path, "busy").content in contents
    finally:
        over.set()
        writer.join()


def test_a_file_that_does_not_stop_changing_is_said_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some looks the reader gives up, and says that it may be tried again."""
    file, over, turns = tmp_path / "busy", threading.Event(), [0]

    file.write_bytes(b"000000000")

    def write() -> None:
        with file.open("r+b", buffering=0) as opened:
            while not over.is_set():
                opened.seek(0)
                opened.write(b"%09d" % (turns[0] + 1))
                turns[0] += 1

    def pause(_: float = 0.0) -> None:
        """Wait until the writer has had its turn, which the machine may give it late."""
        after = turns[0] + 2
        while turns[0] < after:
            time.sleep(0.001)

    # However late a look comes, it counts as one soon after the write.
    monkeypatch.setattr(reading, "time", SimpleNamespace(sleep=pause, time_ns=lambda: 0))
    writer = threading.Thread(target=write)
    writer.start()
    try:
        pause()
        with pytest.raises(WorldError, match="does not stop changing"):
            reading.read(tmp_path, "busy")
    finally:
        over.set()
        writer.join()
