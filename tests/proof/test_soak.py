"""The soak in short: everything at once for some seconds."""

import sys
from pathlib import Path

import pytest

from tests.proof import soak

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the house reads /proc"),
    pytest.mark.timeout(3600),
]
LOOSE = 500.0
"""How much more may grow: some seconds are no hour."""
PATIENCE = 10.0
"""Seconds for an answer of the API, since other tests share the machine; the command is stricter."""


def test_b5_everything_at_once_for_some_seconds(tmp_path: Path) -> None:
    """Nothing is lost, everybody is answered, and nothing grows out of all bounds."""
    file = tmp_path / "samples.csv"
    made = soak.run(0.12, 7, 5, every=0.5, loose=LOOSE, p99=PATIENCE, file=file)
    assert made.failed == []
    assert len(file.read_text().splitlines()) == len(made.samples) + 1 > 5


@pytest.mark.long
def test_b5_everything_at_once_for_half_an_hour(tmp_path: Path) -> None:
    """Memory and open files are flat, the API answers in time, nothing is lost."""
    assert soak.run(30.0, 50, 20, file=tmp_path / "samples.csv").failed == []
