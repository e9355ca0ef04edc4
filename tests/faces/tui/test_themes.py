"""The themes: complete, readable, and the one that fits the terminal."""

import re
from pathlib import Path
from typing import get_args

import pytest
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style, default_ui_style, merge_styles

import constellagent.faces.tui as package
from constellagent.faces.tui.theme_rules import CLASSES, RULES, ThemeName
from constellagent.faces.tui.themes import choose, depth_of

BACKGROUNDS = {"dark": ("000000", "1e1e2e", "282c34"), "light": ("ffffff", "fafafa", "fdf6e3")}
LINES = {"border", "border.focused", "dialog.border"}
"""Lines carry no text: WCAG asks contrast 3 of them, and of those that only separate nothing."""


def luminance(colour: str) -> float:
    """Return the relative luminance of rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_right() -> None:
    """The known ratios: black on white, and the grey that just passes on white."""
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", get_args(ThemeName))
def test_complete(name: ThemeName) -> None:
    """Each theme has a rule for each class, and none for another; prompt_toolkit reads them all."""
    assert RULES[name].keys() == CLASSES.keys()
    Style(list(RULES[name].items()))


@pytest.mark.parametrize("name", ["dark", "light"])
def test_readable(name: ThemeName) -> None:
    """All text has contrast 4.5 or more, on the usual backgrounds and on those that we set."""
    style = choose(name, {"TERM": "xterm-256color"}).style
    poor: list[str] = []
    for word in CLASSES.keys() - {"terminal"}:
        parent = word.partition(".")[0]
        around = f"class:{parent} " if parent in {"dialog", "status"} else ""
        attrs = style.get_attrs_for_style_str(f"{around}class:{word}")
        least = 1.5 if word == "border" else 3.0 if word in LINES else 4.5
        for background in [attrs.bgcolor] if attrs.bgcolor else BACKGROUNDS[name]:
            ratio = contrast(attrs.color or "", background)
            if ratio < least:
                poor.append(f"{word}: {attrs.color} on {background} has {ratio:.2f}")
    assert not poor


INNER = ("dim", "key", "added", "removed", *(word for word in CLASSES if word.startswith("state.")))


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(
    ("row", "inner"),
    [*(("selected", inner) for inner in INNER), *(("dialog.selected", inner) for inner in ("key", "match"))],
)
def test_chosen_rows_are_readable(name: ThemeName, row: str, inner: str) -> None:
    """Coloured words in a chosen row keep its background and can be read on it."""
    style = choose(name, {"TERM": "xterm"}).style
    attrs = style.get_attrs_for_style_str(f"class:dialog class:{row} class:{inner}")
    assert attrs.bgcolor == style.get_attrs_for_style_str(f"class:{row}").bgcolor
    assert contrast(attrs.color or "", attrs.bgcolor or "") >= 4.5


@pytest.mark.parametrize("word", ["state.waiting", "state.failed", "tone.error", "status.strong", "selected"])
def test_stands_out_without_colours(word: str) -> None:
    """In `mono` what matters is told by attributes alone, and nothing has a colour."""
    style = choose("mono", {"TERM": "xterm"}).style
    plain = style.get_attrs_for_style_str("")
    assert style.get_attrs_for_style_str(f"class:{word}") != plain
    for other in CLASSES:
        attrs = style.get_attrs_for_style_str(f"class:{other}")
        assert (attrs.color or "", attrs.bgcolor or "") == ("", "")


@pytest.mark.parametrize(
    ("environ", "name", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "dark", ColorDepth.DEPTH_24_BIT),
        ({"TERM": "xterm-256color"}, "dark", ColorDepth.DEPTH_8_BIT),
        ({"TERM": "xterm-kitty"}, "dark", ColorDepth.DEPTH_24_BIT),
        ({"TERM": "screen", "TMUX": "/tmp/tmux"}, "dark", ColorDepth.DEPTH_8_BIT),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, "dark", ColorDepth.DEPTH_8_BIT),
        ({"TERM": "tmux-256color", "COLORTERM": "truecolor"}, "dark", ColorDepth.DEPTH_24_BIT),
        ({"TERM": "xterm"}, "16", ColorDepth.DEPTH_4_BIT),
        ({"TERM": "linux"}, "16", ColorDepth.DEPTH_4_BIT),
        ({"TERM": "vt100"}, "mono", ColorDepth.DEPTH_1_BIT),
        ({"TERM": "dumb"}, "mono", ColorDepth.DEPTH_1_BIT),
        ({}, "mono", ColorDepth.DEPTH_1_BIT),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono", ColorDepth.DEPTH_8_BIT),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "dark", ColorDepth.DEPTH_8_BIT),
    ],
)
def test_auto(environ: dict[str, str], name: ThemeName, depth: ColorDepth) -> None:
    """`auto` takes what the terminal shows; NO_COLOR takes our colours and leaves the programs theirs."""
    theme = choose("auto", environ)
    assert (theme.name, theme.depth, depth_of(environ)) == (name, depth, depth)


def test_background_and_setting() -> None:
    """`auto` follows the background; a setting wins over the terminal and NO_COLOR."""
    assert choose("auto", {"TERM": "xterm-256color"}, "light").name == "light"
    assert choose("light", {"TERM": "xterm-256color", "NO_COLOR": "1"}).name == "light"
    assert choose("16", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}).name == "16"


@pytest.mark.parametrize("name", get_args(ThemeName))
def test_nothing_of_the_toolkit_shows_through(name: ThemeName) -> None:
    """The rules that prompt_toolkit puts under ours change nothing."""
    ours = choose(name, {"TERM": "xterm"}).style
    drawn = merge_styles([default_ui_style(), ours])
    for word in CLASSES:
        alone, merged = (style.get_attrs_for_style_str(f"class:{word}") for style in (ours, drawn))
        assert merged == alone, word


def test_every_class_that_is_used_is_known() -> None:
    """No module of the multiplexer names a class that the themes lack."""
    folder = Path(package.__file__).parent
    used = {
        word.rstrip(".")
        for module in folder.rglob("*.py")
        for word in re.findall(r"class:([a-z]+(?:\.[a-z]+)*)", module.read_text(encoding="utf-8"))
    }
    general = {word.partition(".")[0] for word in CLASSES}
    assert used - CLASSES.keys() - general == set()
