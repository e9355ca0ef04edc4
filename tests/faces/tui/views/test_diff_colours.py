"""Colours of code are there for every theme, and can be read on every ground."""

import itertools

import pytest

from constellagent.faces.tui.theme_rules import RULES
from constellagent.faces.tui.views.diff_colours import PALETTES
from constellagent.faces.tui.views.diff_syntax import PARTS

GROUNDS = {"dark": "#1e1e2e", "light": "#ffffff"}


def luminance(colour: str) -> float:
    """Return how bright a colour is, as the contrast rules define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_theme_has_every_part() -> None:
    """No theme forgets a part."""
    assert set(PALETTES) == set(RULES)
    for palette in PALETTES.values():
        assert set(palette) == {"added", "removed", "gap", *PARTS}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_code_can_be_read_on_every_ground(theme: str) -> None:
    """The contrast of every part is 4.5 or more: on the usual ground, and on that of both kinds of lines."""
    palette = PALETTES[theme]  # type: ignore[index] # a test names real themes
    grounds = [GROUNDS[theme], palette["added"].removeprefix("bg:"), palette["removed"].removeprefix("bg:")]
    for part, ground in itertools.product(PARTS, grounds):
        assert contrast(palette[part], ground) >= 4.5, (part, ground)


def test_without_colour_there_is_none() -> None:
    """The theme without colours has none here either; that of 16 colours names only these."""
    assert not any(PALETTES["mono"].values())
    assert all(style.startswith("ansi") for style in PALETTES["16"].values() if style)
