"""How a headless run went: the verdict, and the file that says so."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.agents.streams.outcome import Outcome
from constellagent.runtime.headless import result
from constellagent.runtime.headless.result import End, Result, judge

OK = Outcome(ok=True, answer="Done.")
DENIED = OK._replace(denied=("Write", "Bash", "Write"))
TEXT = st.text(st.characters(codec="utf-8"), max_size=50)


@pytest.mark.parametrize(
    ("outcome", "end", "changed", "ok", "why"),
    [
        (OK, End(0), False, True, ""),
        (OK, End(3), True, False, "exit status 3"),
        (OK, End(None, 9), True, False, "killed by SIGKILL"),
        (OK, End(None, 4711), True, False, "killed by signal 4711"),
        (OK, End(0, limit="2h"), True, False, "it took longer than its limit of 2h"),
        (Outcome(ok=False), End(0), True, False, "it did not say that it had finished"),
        (Outcome(ok=False, why="no\ncredit"), End(0), True, False, "no credit"),
        (Outcome(ok=False, why="no credit"), End(1), True, False, "exit status 1; no credit"),
        (Outcome(ok=False, why="x", denied=("Bash",)), End(0), True, False, "x; was not allowed to: Bash"),
        (Outcome(ok=False, why="command not found: c"), End(), None, False, "command not found: c"),
        (Outcome(ok=True), End(), None, False, "it was not started"),
        (DENIED, End(0), False, False, "was not allowed to: Write, Bash; changed nothing"),
        (DENIED, End(0), True, True, "was not allowed to: Write, Bash"),
        (DENIED, End(0), None, True, "was not allowed to: Write, Bash"),
    ],
)
def test_the_verdict(outcome: Outcome, end: End, changed: bool | None, ok: bool, why: str) -> None:
    """An exit status of 0 is no success by itself, and nothing is taken for undone that nobody can see."""
    found = judge(outcome, end, lambda: changed)

    assert (found.ok, found.why, found.timed_out) == (ok, why, bool(end.limit))
    assert (found.exit_status, found.outcome) == (end.exit_status, outcome)


def test_the_worktree_is_asked_only_where_it_matters() -> None:
    """A run that was allowed everything is not held up by a look at a large worktree."""

    def asked() -> bool:
        raise AssertionError("nobody needs to know")

    assert judge(OK, End(0), asked).ok
    assert not judge(Outcome(ok=False, denied=("Bash",)), End(0), asked).ok


def test_a_reason_is_one_short_line() -> None:
    """A reason of many lines, or a very long one, is shown in one line."""
    found = judge(Outcome(ok=False, why="word \n" * 1000), End(0), lambda: None)

    assert "\n" not in found.why
    assert len(found.why) <= 500


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Result,
        ok=st.booleans(),
        why=TEXT,
        timed_out=st.booleans(),
        exit_status=st.none() | st.integers(0, 255),
        outcome=st.builds(
            Outcome,
            ok=st.booleans(),
            why=TEXT,
            answer=TEXT,
            denied=st.lists(TEXT).map(tuple),
            conversation=TEXT,
            input=st.integers(0, 1 << 60),
            output=st.integers(0, 1 << 60),
            cost=st.none() | st.floats(0, 1e6),
            turns=st.integers(0, 1000),
        ),
    )
)
def test_what_is_written_is_read(tmp_path: Path, found: Result) -> None:
    """A result comes back as it was written, and only its owner can read it."""
    result.write(str(tmp_path), found)

    assert result.read(str(tmp_path)) == found
    assert stat.S_IMODE((tmp_path / result.NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [result.NAME]


def test_nothing_written_is_no_result(tmp_path: Path) -> None:
    """A session that judged nothing, or is not there at all, has no result."""
    assert result.read(str(tmp_path)) is None
    assert result.read(str(tmp_path / "gone")) is None


ODD = json.dumps({**Result(True, "", False, 0, OK)._asdict(), "outcome": 3})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ok": true}', ODD])
def test_what_is_no_result_is_an_error(tmp_path: Path, text: str) -> None:
    """A file that says nothing of the kind is never taken for a success or for none."""
    (tmp_path / result.NAME).write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"."):
        result.read(str(tmp_path))


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    """What cannot be written is an error, and leaves nothing half written."""
    with pytest.raises(OSError, match="No such file"):
        result.write(str(tmp_path / "gone"), Result(True, "", False, 0, OK))
