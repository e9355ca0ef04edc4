"""The note beside a session's output: all that its row needs, and nothing that is another's."""

import json
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.runtime import session_notes
from constellagent.runtime.ports import Launch, Talk
from constellagent.runtime.store.sessions import SessionRow

ROW = SessionRow("a" * 32, "c0ffee", "agent", "docs", "print", 7.5, 10.0, "boot")


def launch(talk: Talk | None = None) -> Launch:
    """Return a launch whose environment holds a secret."""
    return Launch(
        "docs", "agent", ("true",), Path("/w/docs"), {"RAVI_API_KEY": "secret"}, talk=talk, content="f" * 64
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the session's folder."""
    made = tmp_path / ROW.id
    made.mkdir(mode=0o700)
    return made


@pytest.mark.parametrize("talk", [None, Talk("docs", "claude", "id", "/w/docs", "/p", "digest")])
def test_a_note_gives_the_rows_back(folder: Path, talk: Talk | None) -> None:
    """The row is live and without a holder, as at its start; the conversation is the one that it is in."""
    session_notes.write(folder, ROW, launch(talk))
    note = session_notes.read(folder)
    kept = session_notes.conversation(ROW, launch(talk))
    assert note == session_notes.Note(ROW, Path("/w/docs"), kept, "f" * 64)
    assert (folder / session_notes.NAME).stat().st_mode & 0o777 == 0o600
    assert "secret" not in (folder / session_notes.NAME).read_text()


def test_a_session_of_an_older_release_has_none(folder: Path) -> None:
    """That is no error."""
    assert session_notes.read(folder) is None


def test_a_note_of_an_older_release_names_no_content(folder: Path) -> None:
    """It is a whole note, and proves nothing of the file."""
    session_notes.write(folder, ROW, launch())
    file = folder / session_notes.NAME
    written = json.loads(file.read_text())
    del written["content"]
    file.write_text(json.dumps(written))
    assert session_notes.read(folder) == session_notes.Note(ROW, Path("/w/docs"))


@pytest.mark.parametrize(
    "change", [{"session": "b" * 32}, {"version": 2}, {"role": "king"}, {"talk": {"x": 1}}]
)
def test_what_is_another_s_or_not_understood_is_no_note(folder: Path, change: dict[str, object]) -> None:
    """Nothing is guessed from it."""
    session_notes.write(folder, ROW, launch())
    file = folder / session_notes.NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(WorldError, match="cannot read"):
        session_notes.read(folder)
    file.write_text("{")
    with pytest.raises(WorldError, match="cannot read"):
        session_notes.read(folder)
