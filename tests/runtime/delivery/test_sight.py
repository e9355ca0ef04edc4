"""What stands in the input line of a program, and whether a dialog is up, as real programs draw them."""

import base64
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.kind import Signs
from constellagent.agents.start import KINDS
from constellagent.runtime.delivery.sight import Sight, beside, holds, look, same, squeezed, stands_for
from constellagent.runtime.screen_views import ScreenView

SIGNS = Signs(draft="> ?", dialogs=(r"^Allow",), ready=("^ready",))
RULE = "\u2500" * 40


def seen(text: str, *, signs: Signs = SIGNS, cursor: tuple[int, int] | None = None) -> Sight:
    """Look at a screen on which this was written, with the cursor put to a row and column from 0."""
    data = text.replace("\n", "\r\n") + (f"\x1b[{cursor[0] + 1};{cursor[1] + 1}H" if cursor else "")
    return look(
        ScreenView(
            session="s",
            rows=12,
            columns=40,
            offset=0,
            form="ansi",
            engine="",
            title="",
            data=base64.b64encode(data.encode()).decode(),
        ),
        signs,
    )


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("said\n> ", ""),
        ("said\n> \x1b[2mSay something\x1b[0m\x1b[2;3H", ""),
        ("said\n> \x1b[7mS\x1b[0;2may something\x1b[0m\x1b[2;3H", ""),
        ("said\n> mine", "mine"),
        ("said\n> mine\x1b[2;3H", "mine"),
        ("said\n> x\x1b[2;3H", "x"),
        ("> said before\n\n> one\n  two\n\n  four", "one\n  two\n\n  four"),
        ("> said before\nanswer", None),
        ("nothing", None),
    ],
    ids=[
        "empty",
        "hint",
        "hint below a drawn cursor",
        "draft",
        "cursor at its start",
        "one letter",
        "lines",
        "above",
        "none",
    ],
)
def test_the_input_line(text: str, draft: str | None) -> None:
    """A hint is no draft, and what was said before is none either."""
    assert seen(text).draft == draft


def test_a_box_with_a_bar() -> None:
    """Where every row of the input begins with the same bar, all of them are the draft."""
    bar = Signs(draft="^\u2503 ?")
    assert seen("said\n\u2503 one\n\u2503 two", signs=bar).draft == "one\ntwo"
    assert seen("said\n\u2503 ", signs=bar).draft == ""


def test_a_dialog_and_words_like_one() -> None:
    """With an empty input line below, the words are only those of the conversation."""
    assert seen("Allow this?").dialog == "Allow this?"
    assert seen("Allow this?\n> ").dialog == ""
    assert seen("> half a draft\nAllow this?", cursor=(0, 14)).dialog == "Allow this?"


def test_a_line_that_shows_readiness() -> None:
    """It is told apart from an input line."""
    assert seen("ready\n").ready
    assert not seen("not ready\n").ready


def test_brackets_around_pastes() -> None:
    """The screen knows whether the program has asked for them, however long ago."""
    assert seen("\x1b[?2004h> ").brackets is True
    assert seen("\x1b[?2004h> \x1b[?2004l").brackets is False
    assert Sight(()).brackets is None


def test_what_is_above() -> None:
    """The lines of the input itself do not show that a text was said."""
    assert seen("said\n> mine").above[0] == "said"
    assert "> mine" not in seen("said\n> mine").above


@pytest.mark.parametrize(
    ("kind", "text", "cursor", "draft"),
    [
        ("claude", f"{RULE}\n\u276f\u00a0hello draft\n{RULE}\n  auto mode on", (1, 13), "hello draft"),
        ("claude", f"{RULE}\n\u276f\u00a0\n{RULE}\n  auto mode on", (1, 2), ""),
        ("claude", f"{RULE}\n\u276f\u00a0again\n  and more\n{RULE}", (2, 10), "again\n  and more"),
        ("codex", "\x1b[1m\u203a\x1b[0m \x1b[2mAsk Codex to do anything\x1b[0m\n\n  model", (0, 2), ""),
        ("codex", "\x1b[1m\u203a\x1b[0m [Pasted Content 2589 chars]", (0, 29), "[Pasted Content 2589 chars]"),
        ("copilot", "\u257b\u2584\u2584\n\u2503 one\n\u2503 two\n\u2579\u2580\u2580", (2, 5), "one\ntwo"),
        ("copilot", "\u257b\u2584\u2584\n\u2503\n\u2579\u2580\u2580", (1, 2), ""),
    ],
)
def test_real_programs(kind: str, text: str, cursor: tuple[int, int], draft: str) -> None:
    """Their input lines, as they drew them."""
    signs = next(each for name, each in KINDS.items() if name == kind).signs
    assert seen(text, signs=signs, cursor=cursor).draft == draft


@given(st.text(max_size=200), st.integers(0, 11), st.integers(0, 39))
def test_any_screen_can_be_read(text: str, row: int, column: int) -> None:
    """Whatever a screen shows, reading it does not fail, and an empty input line excludes a dialog."""
    found = seen(text.replace("\x1b", ""), cursor=(row, column))
    assert len(found.lines) == 12
    assert not (found.draft == "" and found.dialog)


@given(st.text(max_size=60), st.integers(1, 20))
def test_wrapping_does_not_matter(text: str, width: int) -> None:
    """However a program breaks and indents a text, it is the same text."""
    wrapped = "\n  ".join(text[at : at + width] for at in range(0, len(text), width))
    assert squeezed(wrapped) == squeezed(text)


SCRIPTS = (
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
    "\u0645\u0631\u062d\u0628\u0627",
    "\u4f60\u597d\uff0c\u4e16\u754c",
    "\uc548\ub155\ud558\uc138\uc694",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001f680\U0001f469\u200d\U0001f4bb\u2764\ufe0f",
    "???",
    "plain",
)


@pytest.mark.parametrize("text", SCRIPTS)
def test_every_script_is_told_apart(text: str) -> None:
    """A text is found in what holds it, in none of the others, and not in nothing."""
    assert holds(f"<context/>\n  {text[:2]}\n  {text[2:]}", text)
    assert not any(holds(other, text) for other in SCRIPTS if other != text)
    assert not holds("", text)
    assert same(text, f" {text}\n")


@pytest.mark.parametrize("nothing", ["", " \n", "\u200d", "\u0301"])
def test_nothing_is_no_match(nothing: str) -> None:
    """A text with nothing to see is in no text, not even in itself."""
    assert not holds("anything", nothing)
    assert not same(nothing, nothing)


def test_accents_may_be_composed() -> None:
    """Some programs compose what was decomposed; letters that differ are other letters all the same."""
    assert same("Cafe\u0301", "CAF\u00c9")
    assert not holds("tea", "coffee")


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_part_is_found(text: str, more: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    """What was squeezed alone is in what was squeezed with more around it, in whatever normal form."""
    whole = unicodedata.normalize(form, f"{more}\n{text}\n{more}")
    assert squeezed(text) in squeezed(whole)
    if squeezed(text):
        assert holds(whole, text)


@pytest.mark.parametrize(
    ("draft", "text", "stands"),
    [
        ("[Pasted text #1 +4 lines]", "a\nb\n\n\nc", True),
        ("[Pasted text #1 +6 lines]", "a\nb\n\n\nc", False),
        ("[Paste #1 - 5 lines]", "a\nb\n\n\nc", True),
        ("[Pasted Content 1003 chars]", "x" * 1000 + "\nab", True),
        ("[Pasted Content 1004 chars]", "x" * 1000 + "\nab", False),
        ("[Pasted Content 500 chars]", "\U0001f680" * 250, True),
        ("[Pasted text #3]", "x" * 1000, True),
        ("[Pasted text #3]", "x", False),
        ("mine [Pasted text #1 +4 lines]", "a\nb\n\n\nc", False),
        ("x" * 300, "x" * 1000, True),
        ("x" * 30, "x" * 1000, False),
        ("", "", False),
    ],
)
def test_what_stands_for_a_long_text(draft: str, text: str, stands: bool) -> None:
    """Only what counts its lines or characters, or shows many of them; a person's words beside are theirs."""
    assert stands_for(draft, text) is stands


def test_what_is_beside_a_long_text() -> None:
    """What stands for a paste goes; the rest is somebody's words."""
    assert beside("[Pasted text #1 +4 lines]") == ""
    assert beside("mine [Pasted Content 2589 chars] too") == "mine  too"
