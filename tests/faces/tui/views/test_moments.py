"""Times by this place's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.moments import NARROW, WIDE, when
from tests.faces.tui.fake_deck import NOW

pytestmark = pytest.mark.usefixtures("utc")
DAY = 86400.0


@pytest.mark.parametrize(
    ("at", "narrow", "wide"),
    [
        (NOW, "13:46:40", "13:46:40"),
        (NOW - DAY, "11 Jan", "11 Jan 13:46"),
        (NOW - 30 * DAY, "Dec 1969", "13 Dec 1969"),
        ("1970-01-12T12:00:00Z", "12:00:00", "12:00:00"),
        ("1970-01-12T01:00:00+02:00", "11 Jan", "11 Jan 23:00"),
        ("no time \x1b[2J", "no time…", "no time \N{REPLACEMENT CHARACTER}[2J"),
        (1e300, "1e+300", "1e+300"),
    ],
)
def test_when(at: float | str, narrow: str, wide: str) -> None:
    """A time is told as precisely as it matters and has room."""
    assert when(at, NOW, NARROW) == f"{narrow:<{NARROW}}"
    assert when(at, NOW) == f"{wide:<{WIDE}}"


@given(st.floats() | st.text(), st.sampled_from([NARROW, WIDE]))
def test_exactly_so_wide(at: float | str, columns: int) -> None:
    """Whatever the time is, it takes its columns and ends with a blank."""
    text = when(at, NOW, columns)
    assert text[-1] == " "
    assert text.isprintable()
