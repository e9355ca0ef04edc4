"""What a headless run left of how it went, as the daemon reads it."""

from pathlib import Path

import pytest

from constellagent.agents.kind import Usage
from constellagent.agents.streams.outcome import Outcome
from constellagent.errors import WorldError
from constellagent.runtime.headless import result
from constellagent.runtime.headless.result import Result
from constellagent.runtime.headless.verdicts import usage_of, verdict_of


@pytest.mark.parametrize(
    ("outcome", "usage"),
    [
        (Outcome(ok=True), None),
        (Outcome(ok=True, input=3, output=2), Usage(3, 2)),
        (Outcome(ok=False, cost=0.0), Usage(cost=0.0)),
        (Outcome(ok=False, input=3, output=2, cost=0.5), Usage(3, 2, 0.5)),
    ],
)
def test_what_it_used(tmp_path: Path, outcome: Outcome, usage: Usage | None) -> None:
    """Tokens and cost are known where the program said any of them, also of a run that failed."""
    found = Result(outcome.ok, "", timed_out=False, exit_status=0, outcome=outcome)
    result.write(str(tmp_path), found)

    assert verdict_of(tmp_path) == found
    assert usage_of(tmp_path) == usage


def test_no_run_says_nothing(tmp_path: Path) -> None:
    """A session that was no headless run has neither."""
    assert verdict_of(tmp_path) is None
    assert usage_of(tmp_path) is None


def test_what_cannot_be_read_is_not_nothing(tmp_path: Path) -> None:
    """A file that is no outcome is an error that names it."""
    (tmp_path / result.NAME).write_text("{")

    for read in (verdict_of, usage_of):
        with pytest.raises(WorldError, match=str(tmp_path)):
            read(tmp_path)
