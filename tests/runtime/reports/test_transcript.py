"""Transcripts that grow, are replaced, and are none."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.claude import KIND as CLAUDE
from constellagent.agents.kind import Usage
from constellagent.errors import WorldError
from constellagent.runtime.reports import transcript
from constellagent.runtime.reports.transcript import Transcript
from tests.agents.meters.test_claude import answer


def at(path: Path, *folders: Path) -> Transcript:
    """Return the transcript in a file, which may lie in its own folder where no other is given."""
    return Transcript(str(path), CLAUDE, [folder.resolve() for folder in folders or (path.parent,)])


def test_it_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    """A line counts once it is complete, and once."""
    path = tmp_path / "t.jsonl"
    path.write_text(answer("a", 1, 2) + "\n" + answer("b", 10, 20)[:-5])
    read = at(path)

    read.look()
    first = read.used()
    with path.open("a") as file:
        file.write(answer("b", 10, 20)[-5:] + "\n")
    read.look()
    second = read.used()
    path.write_bytes(path.read_bytes()[:1].replace(b"{", b"X") + path.read_bytes()[1:])
    read.look()

    assert (first, second, read.used()) == (Usage(1, 2), Usage(11, 22), Usage(11, 22))


def test_one_that_says_nothing_yet_has_used_nothing_that_is_known(tmp_path: Path) -> None:
    """It may have been begun only now."""
    path = tmp_path / "t.jsonl"
    path.touch()
    read = at(path)

    assert read.look() is False
    assert read.used() is None


@pytest.mark.parametrize("how", ["cut", "replaced"])
def test_one_that_is_another_is_read_anew(tmp_path: Path, how: str) -> None:
    """A shorter one is, and another file in its place, however long it is."""
    path, fresh = tmp_path / "t.jsonl", tmp_path / "fresh"
    path.write_text((answer("a", 1, 2) + "\n") * 3)
    read = at(path)
    read.look()

    if how == "cut":
        path.write_text(answer("b", 3, 4) + "\n")
    else:
        fresh.write_text((answer("b", 3, 4) + "\n") * 5)
        fresh.replace(path)
    read.look()

    assert read.used() == Usage(3, 4)


def test_a_long_one_takes_several_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says whether there is more; and what lies beyond the largest size is left."""
    monkeypatch.setattr(transcript, "PART", 300)
    monkeypatch.setattr(transcript, "LARGEST", 900)
    path = tmp_path / "t.jsonl"
    line = answer("a" * 100, 1, 2)
    path.write_text("".join(f"{line.replace('a' * 100, f'{n:0100}')}\n" for n in range(100)))
    read = at(path)
    looks = 1
    while read.look():
        looks += 1

    assert looks == 3
    assert read.used() == Usage(900 // (len(line) + 1), 2 * (900 // (len(line) + 1)))


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it counts."""
    monkeypatch.setattr(transcript, "_LONGEST", 1000)
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([answer("a", 1, 2), answer("b" * 2000, 5, 5), answer("c", 3, 4), ""]))
    read = at(path)
    read.look()

    assert read.used() == Usage(4, 6)


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 7))
def test_it_does_not_matter_how_the_bytes_come(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], size: int
) -> None:
    """Whatever they are, and wherever they are cut, whole lines among them count."""
    path = tmp_path_factory.mktemp("t") / "t.jsonl"
    whole = b"\n".join([*pieces, answer("last", 3, 4).encode(), b""])
    read = at(path)
    path.touch()
    for begin in range(0, len(whole), len(whole) // size + 1):
        with path.open("ab") as file:
            file.write(whole[begin : begin + len(whole) // size + 1])
        read.look()

    assert read.used() == Usage(3, 4)


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "missing", "elsewhere", "around", "relative"])
def test_what_is_no_transcript_is_not_read(tmp_path: Path, what: str) -> None:
    """Only a plain file is, where transcripts are kept; and a pipe keeps nobody waiting."""
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    path = home / "t.jsonl"
    (away / "t.jsonl").write_text(answer("a", 1, 2) + "\n")
    match what:
        case "link":
            path.symlink_to(away / "t.jsonl")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "elsewhere":
            path = away / "t.jsonl"
        case "around":
            (home / "way").symlink_to(away)
            path = home / "way" / "t.jsonl"
        case "relative":
            path = Path("t.jsonl")
    read = at(path, home)

    with pytest.raises(WorldError):
        read.look()
    assert read.used() is None


def test_somebody_elses_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another user tells nothing of our agents."""
    path = tmp_path / "t.jsonl"
    path.write_text(answer("a", 1, 2) + "\n")
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)

    with pytest.raises(WorldError, match="no file of this user's"):
        at(path).look()


def test_a_path_that_leads_in_a_circle_is_none(tmp_path: Path) -> None:
    """Whether the transcript names it, or it is where transcripts may lie."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for path, folder in ((tmp_path / "one" / "t.jsonl", tmp_path), (tmp_path / "t.jsonl", tmp_path / "one")):
        with pytest.raises(WorldError):
            Transcript(str(path), CLAUDE, [folder]).look()
