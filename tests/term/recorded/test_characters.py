"""Characters of all kinds take the columns that they take in tmux, but for those that are listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from constellagent.term.screen import Screen
from tests.term.recorded.pane import Pane

SELECTOR = "tmux leaves the width of the character as it was; ours follows Unicode: an emoji is wide"
CONJUNCT = "tmux adds up the columns of the parts; by Unicode a conjunct is one character of at most two"
NEW = "tmux's table of characters is older than this one, and it prints nothing"


class Case(NamedTuple):
    """Some text, and why tmux shows it otherwise than we do with mode 2027 on and off; else empty."""

    name: str
    text: str
    on: str = ""
    off: str = ""


CASES = (
    Case("accented", "aé"),
    Case("combining mark", "e\u0301x"),
    Case("two combining marks", "o\u0302\u0323"),
    Case("Chinese and Japanese", "日本語"),
    Case("Hangul", "한국"),
    Case("Hangul in parts", "\u1112\u1161\u11ab"),
    Case("Thai", "ก\u0e34น\u0e49ำ"),
    Case("Arabic", "السلام"),
    Case("Hebrew with points", "שָׁלוֹם"),
    Case("of ambiguous width", "°±→Ω"),
    Case("lines and blocks", "│─┼█▓⣿"),
    Case("private use", "\ue0b0\uf09b"),
    Case("soft hyphen", "a\u00adb"),
    Case("full width", "AB".translate({65: 0xFF21, 66: 0xFF22})),
    Case("half width", "\uff71\uff72"),
    Case("emoji", "🙂🚀"),
    Case(
        "zero-width space",
        "a\u200bb",
        on="ours drops it, tmux keeps it in the cell before; no column differs",
    ),
    Case(
        "joined emoji",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        off="tmux joins them, as ours does with the mode",
    ),
    Case("flag", "\U0001f1e9\U0001f1ea", off="tmux joins the two letters, as ours does with the mode"),
    Case("skin tone", "👍🏽", on="tmux shows two emoji, each wide; by Unicode it is one"),
    Case("Devanagari conjunct", "\u0915\u094d\u0937\u0924\u094d\u0930\u093f\u092f", on=CONJUNCT),
    Case("emoji by a selector", "❤\ufe0f", on=SELECTOR),
    Case(
        "text by a selector",
        "🙂\ufe0e",
        on="ours drops a selector that Unicode does not list for this character",
    ),
    Case("keycap", "1\ufe0f\u20e3", on=SELECTOR, off="ours drops the selector behind a digit, tmux keeps it"),
    Case(
        "flag of a region",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        on="tmux cuts a cell's text short",
        off="tmux cuts a cell's text short",
    ),
    Case("emoji of Unicode 14", "\U0001fae0"),
    Case("emoji of Unicode 15", "\U0001fae8", on=NEW, off=NEW),
    Case("emoji of Unicode 16", "\U0001fae9", on=NEW, off=NEW),
)


@pytest.fixture(scope="module")
def pane() -> Iterator[Pane]:
    """One pane of tmux for all."""
    with Pane(3, 40) as made:
        yield made


@pytest.mark.parametrize("clusters", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_characters_take_the_columns_that_they_take_in_tmux(case: Case, clusters: bool, pane: Pane) -> None:
    """Text and cursor are equal, unless a reason is listed; then they are not."""
    screen = Screen(3, 40, graphemes=clusters)
    output = b"\x1b[2J\x1b[H" + case.text.encode()
    pane.feed(output)
    screen.feed(output)
    theirs = (pane.facts().cursor_x, pane.capture(looks=False)[0].rstrip())
    mine = (screen.cursor().column, screen.text()[0])
    screen.close()
    listed = case.on if clusters else case.off
    assert (mine != theirs) == bool(listed), f"ours {mine!a}, tmux {theirs!a}, listed: {listed!r}"


def test_every_difference_of_characters_is_explained_to_readers() -> None:
    """The documentation names each of them."""
    text = (Path(__file__).parents[3] / "docs" / "terminal.md").read_text(encoding="utf-8")
    assert [case.name for case in CASES if (case.on or case.off) and f"| {case.name} |" not in text] == []
