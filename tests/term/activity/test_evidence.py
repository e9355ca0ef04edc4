"""What each kind of sign says."""

import re
from typing import Literal

import pytest

from constellagent.term.activity import Sign, Source
from constellagent.term.activity.evidence import (
    Evidence,
    Reading,
    read_mark,
    read_progress,
    read_report,
    read_screen,
)
from constellagent.term.activity.states import State
from constellagent.term.scanner.events import AgentState, Mark, Progress, ProgressState


@pytest.mark.parametrize(
    ("state", "kind", "reading"),
    [
        ("idle", "", ("waiting", "idle prompt", "")),
        ("working", "x", ("working", "", "")),
        ("done", "", ("done", "", "")),
        ("blocked", "permission", ("waiting", "permission", "")),
        ("blocked", "", ("waiting", "question", "")),
        ("dreaming", "", None),
    ],
)
def test_an_agents_own_word_is_taken(state: str, kind: str, reading: Reading | None) -> None:
    """Each word of OSC 7501 has its state; one that is not known has none."""
    assert read_report(AgentState(state, kind, 0)) == reading


@pytest.mark.parametrize(
    ("state", "reading"),
    [
        ("set", ("working", "", "")),
        ("indeterminate", ("working", "", "")),
        ("error", ("failed", "progress error", "")),
        ("paused", ("waiting", "paused", "")),
        ("remove", None),
    ],
)
def test_progress_tells_a_state(state: ProgressState, reading: Reading | None) -> None:
    """A bar that moves is work; one that is taken away says nothing."""
    assert read_progress(Progress(state, None, 0)) == reading


@pytest.mark.parametrize(
    ("kind", "status", "reading"),
    [
        ("A", None, ("waiting", "idle prompt", "")),
        ("B", None, ("waiting", "idle prompt", "")),
        ("C", None, ("working", "", "")),
        ("D", None, ("done", "", "")),
        ("D", 0, ("done", "", "")),
        ("D", 3, ("failed", "exit status 3", "")),
    ],
)
def test_marks_of_a_shell_tell_a_state(
    kind: Literal["A", "B", "C", "D"], status: int | None, reading: Reading
) -> None:
    """A prompt waits, a command works, and its end is good or bad."""
    assert read_mark(Mark(kind, status, 0), None) == reading


def test_a_prompt_remembers_that_the_command_before_it_failed() -> None:
    """Until the next command its message is how that one ended."""

    def before(state: State, reason: str, message: str) -> Evidence:
        return Evidence(state, reason, "prompt", message, 0, 0, 0)

    assert read_mark(Mark("A", None, 0), before("failed", "exit status 3", ""))[2] == "exit status 3"
    assert (
        read_mark(Mark("B", None, 0), before("waiting", "idle prompt", "exit status 3"))[2] == "exit status 3"
    )
    assert read_mark(Mark("A", None, 0), before("done", "", ""))[2] == ""


def test_a_screen_is_read_by_its_signs() -> None:
    """The first sign that is found counts; one at the cursor only in its row."""
    signs = (
        Sign(re.compile(r"^> $"), "waiting", "idle prompt", at_cursor=True),
        Sign(re.compile("esc to interrupt"), "working"),
    )
    assert read_screen(["> ", "(esc to interrupt)"], 1, signs) == ("working", "", "")
    assert read_screen(["> ", "(esc to interrupt)"], 0, signs) == ("waiting", "idle prompt", "")
    assert read_screen(["> "], 7, signs) is None


def test_a_sign_may_count_in_the_last_lines_only() -> None:
    """Blank lines are no lines; a cursor that is not on the screen finds nothing."""
    lines = ["Do you want to?", "no", "", "> ", "", ""]
    for below, found in ((0, True), (1, False), (2, False), (3, True), (9, True)):
        sign = Sign(re.compile("^Do you"), "waiting", "question", below=below)
        assert (read_screen(lines, 0, [sign]) is not None) == found, below
    assert read_screen(["", " "], 0, [Sign(re.compile(""), "working")]) is None


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (("working", "", "title"), ("waiting", "permission", "hook"), True),
        (("waiting", "idle prompt", "title"), ("working", "", "hook"), True),
        (("working", "", "screen"), ("starting", "", "hook"), False),
        (("waiting", "idle prompt", "screen"), ("waiting", "permission", "hook"), True),
        (("waiting", "idle prompt", "prompt"), ("waiting", "permission", "hook"), True),
        (("waiting", "idle prompt", "title"), ("waiting", "permission", "hook"), False),
        (("done", "", "notification"), ("waiting", "permission", "hook"), False),
        (("waiting", "permission", "screen"), ("done", "", "hook"), True),
        (("waiting", "permission", "title"), ("waiting", "idle prompt", "hook"), True),
        (("waiting", "question", "bell"), ("done", "", "hook"), False),
        (("waiting", "question", "screen"), ("waiting", "permission", "hook"), True),
        (("waiting", "question", "notification"), ("waiting", "permission", "hook"), False),
        (("waiting", "question", "screen"), ("waiting", "Bash", "hook"), False),
        (("waiting", "permission", "screen"), ("waiting", "", "hook"), True),
        (("waiting", "idle prompt", "screen"), ("done", "", "hook"), False),
    ],
)
def test_signs_contradict_each_other_as_far_as_they_can_tell(
    lower: tuple[State, str, Source], upper: tuple[State, str, Source], expected: bool
) -> None:
    """Work and rest exclude each other; why a program rests, only some signs can tell."""

    def evidence(state: State, reason: str, source: Source) -> Evidence:
        return Evidence(state, reason, source, "", 0, 0, 0)

    assert evidence(*lower).contradicts(evidence(*upper)) == expected
