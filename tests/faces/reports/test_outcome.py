"""What all reports begin with."""

from constellagent.faces.reports.outcome import counts, said
from tests.faces.reports.outcomes import BAD, EMPTY, ERROR, FILE


def test_findings_are_counted_by_severity() -> None:
    """Over all files; what there is none of is 0."""
    assert counts([FILE, EMPTY]) == {"error": 2, "warning": 1, "info": 1}
    assert counts([]) == {"error": 0, "warning": 0, "info": 0}


def test_a_finding_names_its_schedule() -> None:
    """Where it is about one."""
    assert said(ERROR) == "a/m: never fires, or: not"
    assert said(BAD) == "the file is empty"
