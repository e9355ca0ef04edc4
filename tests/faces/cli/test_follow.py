"""Reading the output of a session from disk."""

import threading
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import follow
from tests.faces.cli.session import Session


def test_follows_to_the_end(tmp_path: Path) -> None:
    """All that is written until the session ends is read once, in order, from the offset asked for."""
    session = Session(tmp_path / "s")
    session.write(b"skipped ")

    def write() -> None:
        for number in range(200):
            session.write(b"line %d\n" % number)
        session.end()

    writer = threading.Thread(target=write)
    writer.start()
    read = list(follow.output(session.log, 8))
    writer.join()
    assert b"".join(data for _, data in read) == b"".join(b"line %d\n" % number for number in range(200))
    assert read[0][0] == 8


def test_ends_when_the_holder_was_killed(tmp_path: Path) -> None:
    """A session whose holder is gone without a last word is over, and counts as lost."""
    session = Session(tmp_path / "s")
    session.write(b"last words")
    session.lose()
    assert [data for _, data in follow.output(session.log, 0)] == [b"last words"]
    end = follow.end_of(session.log)
    assert end is not None
    assert end["ended_by"] == "lost"
    assert follow.exit_code(end) == 1


def test_lives_while_its_holder_lives(tmp_path: Path) -> None:
    """A session is live as long as its holder runs and wrote no end."""
    assert follow.end_of(Session(tmp_path / "s").log) is None


@pytest.mark.parametrize(
    ("end", "code"),
    [({"exit_status": 0}, 0), ({"exit_status": 7}, 7), ({"exit_status": None, "signal": 9}, 137), ({}, 1)],
)
def test_exit_codes_are_those_of_a_shell(end: dict[str, object], code: int) -> None:
    """An exit status is kept, a signal is 128 more, and an unknown end is a failure."""
    assert follow.exit_code(end) == code


def test_a_folder_that_is_no_session(tmp_path: Path) -> None:
    """Without a status, or with a damaged one, the reader gets an error in words."""
    log = tmp_path / "log"
    with pytest.raises(ConstellagentError, match="there is no session"):
        follow.end_of(str(log))
    (tmp_path / "status.json").write_text("[")
    with pytest.raises(ConstellagentError, match="cannot be read"):
        follow.end_of(str(log))
    (log / "0000000000000000.out").mkdir(parents=True)
    with pytest.raises(ConstellagentError, match="cannot be read"):
        list(follow.chunks(str(log), 0))
