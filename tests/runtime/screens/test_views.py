"""Views of screens: each form, bounded, and gone on from at exactly their offset."""

import base64
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.screen_views import ScreenForm, ScreenRequest, ScreenView
from constellagent.runtime.screens import views
from constellagent.runtime.screens.views import Wanted, view
from constellagent.term.screen import Screen

PARTS = st.sampled_from(
    [
        "plain ",
        "é",
        "漢字",
        "👩‍👩‍👧",
        "\x1b[31m",
        "\x1b[0m",
        "\r\n",
        "\x1b]2;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1b[3;4H",
    ]
)


def shown(screen: Screen) -> tuple[object, ...]:
    """Return what is seen."""
    return screen.cells(), screen.cursor(), screen.title


@given(st.lists(PARTS, max_size=20), st.integers(min_value=0))
def test_a_snapshot_is_gone_on_from_wherever_it_was_taken(parts: list[str], cut: int) -> None:
    """Cut anywhere, also inside a sequence or a character, snapshot and rest show what all of it shows."""
    data = "".join(parts).encode()
    cut %= len(data) + 1
    whole, half = Screen(6, 30), Screen(6, 30)
    whole.feed(data)
    half.feed(data[:cut])
    made = view(half, "s", cut, Wanted("ansi", None))
    again = Screen(6, 30)
    again.feed(base64.b64decode(made["data"]))
    again.feed(data[made["offset"] :])
    try:
        assert shown(again) == shown(whole)
    finally:
        for screen in (whole, half, again):
            screen.close()


def request(form: ScreenForm, **options: int) -> ScreenRequest:
    """Return a request."""
    return cast("ScreenRequest", {"file": "f", "subject": "s", "form": form, **options})


def made(form: ScreenForm, **options: int) -> tuple[ScreenView, bytes]:
    """Return the view of a screen with a long history, and its data."""
    screen = Screen(5, 20)
    screen.feed(b"".join(b"line %d\r\n" % n for n in range(3000)))
    try:
        found = view(screen, "s", 1, Wanted.of(request(form, **options)))
    finally:
        screen.close()
    return found, base64.b64decode(found["data"])


def test_history_is_given_as_asked() -> None:
    """None by default, so many rows, or all of them."""
    assert made("text")[1].count(b"line") == 4
    assert made("text", history=10)[1].count(b"line") == 14
    assert made("text", history=-1)[1].count(b"line") == 3000


def test_what_is_too_large_for_the_wire_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine's form that is too large becomes a snapshot, with as much history as can be sent."""
    monkeypatch.setattr(views, "_MOST", 4096)

    found, data = made("engine", history=-1)

    assert found["form"] == "ansi"
    assert len(data) <= 4096
    assert data.count(b"line") > 100
    assert len(made("text", history=-1)[1]) <= 4096
