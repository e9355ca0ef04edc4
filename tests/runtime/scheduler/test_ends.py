"""How a run ended, read from how its session did."""

import pytest

from constellagent.plan.fires import State
from constellagent.runtime.scheduler.ends import End, end_of
from constellagent.runtime.store.sessions import EndedBy, SessionRow


def session(by: EndedBy, exit_status: int | None) -> SessionRow:
    """Return an ended session."""
    return SessionRow(
        id="r",
        constellation="c",
        role="run",
        subject="docs/daily",
        fingerprint="",
        started_at=0.0,
        grace=1.0,
        boot_id="boot",
        ended_at=1.0,
        exit_status=exit_status,
        ended_by=by,
        outcome="words",
    )


@pytest.mark.parametrize(
    ("by", "exit_status", "wanted", "end"),
    [
        ("itself", 0, None, End("succeeded", "words", 0)),
        ("itself", 2, None, End("failed", "words", 2)),
        ("itself", None, None, End("failed", "words", None)),
        ("itself", 0, "timeout", End("succeeded", "words", 0)),
        ("itself", 1, "replaced", End("failed", "words", 1)),
        ("stop", 0, None, End("stopped", "words", 0)),
        ("stop", None, "timeout", End("timeout", "it took longer than its timeout", None)),
        ("stop", 0, "replaced", End("replaced", "a later fire took its place (overlap: replace)", 0)),
        ("lost", None, None, End("lost", "words", None)),
        ("limit", 124, None, End("timeout", "words", 124)),
        ("limit", 124, "replaced", End("timeout", "words", 124)),
        ("lost", None, "timeout", End("lost", "words", None)),
    ],
)
def test_who_ended_it_decides(by: EndedBy, exit_status: int | None, wanted: State | None, end: End) -> None:
    """A run that ended by itself before a stop reached it ended by itself; a lost one is lost."""
    assert end_of(session(by, exit_status), wanted) == end
