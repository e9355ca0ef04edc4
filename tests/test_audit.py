"""What is known against packages is told, and fails only where it can be mended."""

import datetime as dt
import json

import pytest

from tests.audit import LISTED, Finding, UnreachableError, judge, listed, of_npm_audit, of_pip_audit

TODAY = dt.date(2026, 11, 23)
PIP = {
    "dependencies": [
        {"name": "sound", "version": "1", "vulns": []},
        {"name": "weak", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3"]}]},
        {"name": "skipped", "skip_reason": "not found"},
    ]
}
NPM = {
    "vulnerabilities": {
        "thing": {
            "range": "<2",
            "via": [{"url": "https://example.com/advisories/GHSA-1"}, "other"],
            "fixAvailable": True,
        }
    }
}


def test_findings_are_read() -> None:
    """Of both services each weakness is read once, with what mends it."""
    assert list(of_pip_audit(json.dumps(PIP))) == [Finding("weak 2", "PYSEC-1", "2.1, 3")]
    assert list(of_npm_audit(json.dumps(NPM))) == [Finding("thing <2", "GHSA-1", "True")]
    assert list(of_npm_audit('{"vulnerabilities": {}}')) == []


@pytest.mark.parametrize("text", ["", "ConnectionError: no route", '{"message": "405 Method Not Allowed"}'])
def test_no_answer_is_no_finding_and_no_proof(text: str) -> None:
    """What a service writes that cannot be asked is told as that."""
    with pytest.raises(UnreachableError):
        list(of_npm_audit(text))


def test_packages_that_nobody_knows_are_no_proof() -> None:
    """Where every package was passed over, the service did not answer."""
    with pytest.raises(UnreachableError, match="not found"):
        list(of_pip_audit('{"dependencies": [{"name": "x", "skip_reason": "not found"}]}'))


def test_only_what_can_be_mended_and_is_not_listed_fails() -> None:
    """A listed one counts again after its day."""
    weak, hopeless = Finding("weak 2", "PYSEC-1", "3"), Finding("old 1", "PYSEC-2", "")
    text = "# why\n\nPYSEC-1 2026-11-23 not reached by us\n"
    assert judge([weak, hopeless], {}) == (
        ["no fix   old 1: PYSEC-2", "MEND     weak 2: PYSEC-1, mended in 3"],
        True,
    )
    assert judge([weak], listed(text, TODAY)) == (["listed   weak 2: PYSEC-1 (not reached by us)"], False)
    assert judge([weak], listed(text, TODAY + dt.timedelta(days=1)))[1] is True
    with pytest.raises(ValueError, match="PYSEC-3"):
        listed("PYSEC-3 because\n", TODAY)


def test_the_list_can_be_read() -> None:
    """Whatever is in the list has an id, a day and a reason."""
    listed(LISTED.read_text(encoding="utf-8") if LISTED.exists() else "", TODAY)
