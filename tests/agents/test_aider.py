"""How aider is launched, and what it tells."""

import re
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.aider import CONFIG, INSTRUCTIONS, KIND
from constellagent.agents.aider import PROMPT as FILE
from constellagent.agents.kind import Place, Report, Start, Task, Tools
from tests.agents.specs import PROMPT, spec, words_of
from tests.agents.test_values import ANYTHING

PLACE = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"))
OWN = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"), profile=PurePosixPath("/p"))
TOOLS = Tools(hook=("/bin/hook",), instructions="You are `docs`.\n")


def begin(task: Task, place: Place = PLACE, **options: Any) -> Start:
    """Return how an agent with these options starts."""
    return KIND.start(spec("aider", options=options), task, place, TOOLS)


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("aider",)),
        (None, True, ("aider",)),
        (PROMPT, False, ("aider",)),
        (PROMPT, True, ("aider", "--yes-always", "--message-file", FILE)),
    ],
)
def test_the_words_that_a_person_is_shown(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """No prompt is among them: one is typed, the other is read from a file."""
    assert words_of(KIND, spec("aider"), prompt, headless=headless) == words


def test_a_conversation_gets_its_prompt_typed() -> None:
    """It takes none when it starts."""
    found = begin(Task(PROMPT))

    assert found.later == PROMPT
    assert found.stream == ""


def test_a_run_reads_its_prompt_from_a_file() -> None:
    """Nobody can read it in the list of processes, and it is never a command of aider's."""
    found = begin(Task("!touch x", headless=True))

    assert found.files[FILE] == " !touch x"
    assert found.argv[-2:] == ("--message-file", f"/s/agent/{FILE}")
    assert (found.later, found.stream) == (None, "plain")


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would."""
    declared = spec("aider", command=["nice", "aider", "--verbose"])

    assert words_of(KIND, declared, PROMPT, headless=False) == ("nice", "aider", "--verbose")


@pytest.mark.parametrize(
    ("options", "headless", "words"),
    [
        ({}, False, ()),
        ({"permissions": "ask"}, False, ()),
        ({"permissions": "read"}, False, ("--chat-mode", "ask")),
        ({"permissions": "edit"}, False, ("--yes-always",)),
        ({"permissions": "all"}, False, ("--yes-always",)),
        ({"unattended": "read"}, True, ("--chat-mode", "ask", "--yes-always")),
        ({"unattended": "all"}, True, ("--yes-always",)),
    ],
)
def test_what_it_may_do(options: dict[str, Any], headless: bool, words: tuple[str, ...]) -> None:
    """The option of the file that counts for this start becomes its own words; a run never asks."""
    argv = begin(Task(PROMPT, headless=headless), **options).argv

    assert argv[1 : 1 + len(words)] == words
    assert ("--yes-always" in argv) == ("--yes-always" in words)


def test_nothing_of_it_lies_in_the_worktree() -> None:
    """Its histories are in the session's files, and it leaves the ignored files and the author alone."""
    argv = begin(Task()).argv

    assert argv[argv.index("--chat-history-file") + 1] == "/s/agent/chat.md"
    assert argv[argv.index("--input-history-file") + 1] == "/s/agent/input"
    assert {"--no-gitignore", "--no-attribute-author", "--no-attribute-committer"} <= set(argv)


def test_it_is_told_who_it_is_and_tells_its_turns_end() -> None:
    """Both go through options of the run; its shell gives the hook no terminal."""
    found = begin(Task())

    assert found.files[INSTRUCTIONS] == TOOLS.instructions
    assert found.argv[found.argv.index("--read") + 1] == f"/s/agent/{INSTRUCTIONS}"
    command = found.argv[found.argv.index("--notifications-command") + 1]
    assert command == """/bin/hook aider '{"event":"your turn"}' </dev/null"""
    assert "--notifications" not in begin(Task(PROMPT, headless=True)).argv


def test_a_profile_of_its_own_has_another_configuration() -> None:
    """Then the person's file is not read."""
    found = begin(Task(), OWN)

    assert found.argv[found.argv.index("--config") + 1] == f"/s/agent/{CONFIG}"
    assert "--config" not in begin(Task()).argv


def test_words_of_the_file_are_passed_on() -> None:
    """Model and further words reach it."""
    argv = begin(Task(), model="m", args=["--vim"]).argv

    assert argv[argv.index("--model") + 1] == "m"
    assert argv[-1] == "--vim"


def test_what_a_hook_says() -> None:
    """An answer is there, and it is the person's turn."""
    assert KIND.read_hook({"event": "your turn"}) == Report("done")
    assert KIND.read_hook({"event": "other"}) is None


@given(st.dictionaries(st.sampled_from(["event", "x"]), ANYTHING))
def test_no_payload_is_a_reason_to_fail(payload: dict[str, Any]) -> None:
    """Whatever a hook is given, it is read."""
    KIND.read_hook(payload)


@pytest.mark.parametrize("line", [">", "> ", "ask> ", "multi> ", "ask multi> "])
def test_an_empty_input_line_is_ready(line: str) -> None:
    """With any mode before its mark."""
    assert any(re.search(pattern, line) for pattern in KIND.signs.ready)


@pytest.mark.parametrize("line", ["", "README.md", "Create new file? (Y)es/(N)o [Yes]: ", "a b c d> "])
def test_other_lines_are_not(line: str) -> None:
    """Neither its words nor its questions."""
    assert not any(re.search(pattern, line) for pattern in KIND.signs.ready)
