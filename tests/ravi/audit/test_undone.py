"""Lines whose transaction was not committed: told from those of an older database that was put back."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import WorldError
from constellagent.ravi.audit.lines import START, Entry, Position
from constellagent.ravi.audit.undone import ACTION, Stretch, Unsettled, done
from constellagent.ravi.vault import RootKey
from tests.ravi.audit.kept import KEY, keeping, uuid

A, B = uuid(1), uuid(2)
HEAD, END = Position(3, "a" * 64, 300), Position(5, "b" * 64, 500)


def entry(seq: int, action: str = "secrets.create", row: str = "") -> Entry:
    """Return a line."""
    return Entry(seq, "2026-01-01T00:00:00.000Z", "a test", action, "ok", row, "", "")


def test_a_note_tells_of_its_lines(tmp_path: Path) -> None:
    """What it names from the head on, as far as it was written, is undone; the note is private."""
    note = Unsettled(tmp_path / "audit", KEY)
    note.write({A: HEAD}, {A: END})
    assert note.stretch(A, HEAD, END) == Stretch(4, 5)
    assert note.stretch(A, HEAD, END._replace(seq=4)) == Stretch(4, 4)
    assert (tmp_path / "audit" / "unsettled").stat().st_mode & 0o777 == 0o600
    note.clear()
    note.clear()
    assert note.stretch(A, HEAD, END) is None


@pytest.mark.parametrize(
    ("identity", "head", "end"),
    [
        (B, HEAD, END),
        (A, START, END),
        (A, HEAD._replace(hash="c" * 64), END),
        (A, HEAD, END._replace(seq=6)),
        (A, HEAD, HEAD),
    ],
)
def test_what_a_note_does_not_fit_is_not_undone(
    tmp_path: Path, identity: str, head: Position, end: Position
) -> None:
    """Another identity or head, lines beyond those of the note, and none at all."""
    note = Unsettled(tmp_path, KEY)
    note.write({A: HEAD}, {A: END})
    assert note.stretch(identity, head, end) is None


@pytest.mark.parametrize("spoilt", [b"", b"\xff\xfe", b"{}", b"0 {}", b"x" * 5000])
def test_a_note_of_others_says_nothing(tmp_path: Path, spoilt: bytes) -> None:
    """Whoever has no key can write none, and half a note is none."""
    note = Unsettled(tmp_path, KEY)
    note.write({A: HEAD}, {A: END})
    file = tmp_path / "unsettled"
    whole = file.read_bytes()
    file.write_bytes(spoilt)
    assert note.read() == {}
    file.write_bytes(whole[:-1])
    assert note.read() == {}
    file.write_bytes(whole)
    assert Unsettled(tmp_path, RootKey(bytes(32), "another")).read() == {}
    assert note.read() == {A: (3, "a" * 64, 5)}


@pytest.mark.parametrize("cut", [1, 2, 20, 90])
def test_half_a_note_takes_no_other_away(tmp_path: Path, cut: int) -> None:
    """Where the writing of the next one is cut off, the one before it holds; the one after it does, too."""
    note = Unsettled(tmp_path, KEY)
    note.write({A: HEAD}, {A: END})
    note.write({A: HEAD}, {A: END._replace(seq=7)})
    file = tmp_path / "unsettled"
    file.write_bytes(file.read_bytes()[:-cut])
    assert note.stretch(A, HEAD, END) == Stretch(4, 5)
    note.write({A: HEAD}, {A: END._replace(seq=9)})
    assert note.stretch(A, HEAD, END._replace(seq=9)) == Stretch(4, 9)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="a descriptor's file is asked of Linux")
async def test_the_note_is_on_disk_before_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut can leave a note without lines, and no lines without their note."""
    waited_for = list[str]()
    wait = os.fsync

    def noted(descriptor: int) -> None:
        wait(descriptor)
        waited_for.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    async with keeping(tmp_path) as kept:
        monkeypatch.setattr(os, "fsync", noted)
        await kept.note(A)
        await kept.note(A)
    name = kept.file(A).name
    assert waited_for == ["unsettled", "audit", name, "audit", "unsettled", name]


def test_a_note_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The reason is in the words."""
    (tmp_path / "audit").write_text("a file")
    with pytest.raises(WorldError, match="cannot be written"):
        Unsettled(tmp_path / "audit", KEY).write({A: HEAD}, {A: END})


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 5))
def test_only_what_was_done_is_left(fates: list[bool], pending: int) -> None:
    """Each undone line is named by the line that follows it; those at the end by who is asked."""
    lines: list[Entry] = []
    kept: list[int] = []
    for fate in fates:
        seq = len(lines) + 1
        lines.append(entry(seq))
        if fate:
            kept.append(seq)
        else:
            lines.append(entry(seq + 1, ACTION, f"{seq}-{seq}"))
    first = len(lines) + 1
    lines += [entry(first + n) for n in range(pending)]
    at_end = Stretch(first, first + pending - 1) if pending else None
    assert [line.seq for line in done(lines, at_end) if line.action != ACTION] == kept


async def test_a_crash_before_the_commit_is_told_by_the_next_line(tmp_path: Path) -> None:
    """The process dies after the lines are on disk: the next one counts them for nothing, and says so."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    _die_unsettled(tmp_path, A, B)
    async with keeping(tmp_path) as kept:
        assert kept.audit.undone(A) == Stretch(2, 2)
        assert kept.audit.undone(B) == Stretch(1, 1)
        assert await kept.problems() == []
        await kept.note(A)  # one transaction tells of the lines of all
        assert (kept.audit.undone(A), kept.audit.undone(B)) == (None, None)
        for identity, rows in ((A, ["2-2"]), (B, ["1-1"])):
            lines = await kept.store.run(partial(kept.audit.read, identity=identity))
            assert [line.row for line in lines if line.action == ACTION] == rows
    assert (tmp_path / "audit" / "unsettled").read_bytes() == b""


async def test_a_second_crash_takes_the_telling_line_along(tmp_path: Path) -> None:
    """What was to tell of a crash is undone by the next: in the end one line names all of it."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    _die_unsettled(tmp_path, A)
    _die_unsettled(tmp_path, A)
    async with keeping(tmp_path) as kept:
        assert kept.audit.undone(A) == Stretch(2, 4)
        await kept.note(A)
        lines = await kept.store.run(lambda db: kept.audit.read(db, A))
        assert [line.action for line in done(lines, None)] == ["secrets.get", ACTION, "secrets.get"]


async def test_an_older_database_is_no_crash(tmp_path: Path) -> None:
    """After a commit nothing says that its lines are undone, though the database was put back behind it."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    older = (tmp_path / "provider.db").read_bytes()
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    (tmp_path / "provider.db").write_bytes(older)
    async with keeping(tmp_path) as kept:
        assert kept.audit.undone(A) is None


def _die_unsettled(folder: Path, *identities: str) -> None:
    """Write lines as a process does that dies before the commit."""
    program = f"""
import asyncio, os
from pathlib import Path
from tests.ravi.audit.kept import NOW, keeping

async def main():
    async with keeping(Path({str(folder)!r})) as kept:
        def dies(db):
            for identity in {identities!r}:
                kept.audit.note(NOW, identity, "a test", "secrets.lost")
            kept.audit.settle(db)
            os._exit(137)
        await kept.store.run(dies)

asyncio.run(main())
"""
    died = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert died.returncode == 137
