"""What tests have shown of each kind of coding agent, and which test has: the table of docs/agents.md.

`proven` names the test that shows it with the real program, `configured` means that we give the program what
its own documentation asks for and that no test has seen it work, `not offered` that the program has nothing
of the kind. tests/test_readme_agents.py compares all of it with the kinds and with the tree.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from constellagent.spec.models import Kind as Name

Grade = Literal["proven", "configured", "not offered"]

E2E = "tests/e2e/agents/"
"""Where most of these tests are."""


class Cell(NamedTuple):
    """What is known of one capability of one kind.

    Attributes:
        grade: how well.
        note: under which condition, or why not; often empty.
        test: the file and the test that has shown it, `FILE::TEST`; empty unless it is proven.
    """

    grade: Grade
    note: str = ""
    test: str = ""


def _proven(test: str, note: str = "") -> Cell:
    return Cell("proven", note, test if test.startswith("tests/") else E2E + test)


def _configured(note: str = "") -> Cell:
    return Cell("configured", note)


def _none(note: str = "") -> Cell:
    return Cell("not offered", note)


def _each(name: str, **notes: str) -> dict[Name, Cell]:
    """Return that the test of this name, in the file of each kind, has shown it."""
    kinds: tuple[Name, ...] = ("claude", "codex", "copilot", "gemini", "opencode", "aider")
    return {kind: _proven(f"test_{kind}.py::{name}", notes.get(kind, "")) for kind in kinds}


def _three(test: str) -> dict[Name, Cell]:
    """Return that one test has shown it of each of the three kinds that it is run with."""
    return {kind: _proven(test) for kind in ("claude", "codex", "copilot")}


_WORKS = "test_it_works_and_commits_as_itself"
_WORKING: Mapping[Name, Cell] = {
    **_each(_WORKS),
    "codex": _proven("test_codex.py::test_it_works_on_its_prompt_and_commits_as_its_identity"),
    "aider": _proven("test_aider.py::test_it_gets_its_prompt_and_commits_as_itself"),
}
_ASKING: Mapping[Name, Cell] = {
    **_each("test_it_asks_is_answered_and_told_more"),
    "codex": _proven("test_codex.py::test_it_asks_the_person_and_goes_on"),
}
_RESUMING: Mapping[Name, Cell] = {
    **_each("test_a_restart_goes_on_with_its_conversation"),
    "codex": _proven("test_codex.py::test_its_conversation_goes_on_after_a_restart", "its id is learned"),
    "opencode": _proven(
        "test_opencode.py::test_a_restart_goes_on_with_its_conversation", "its id is learned"
    ),
    "aider": _none("it keeps none"),
}
_JUDGED: Mapping[Name, Cell] = {
    **_each("test_a_run_that_nobody_watches"),
    "claude": _proven("test_claude.py::test_a_headless_run_is_judged_by_what_it_did"),
    "codex": _proven("test_codex.py::test_a_run_is_judged_by_what_it_says"),
    "copilot": _proven("test_copilot.py::test_a_headless_run_is_judged_by_what_it_did"),
    "aider": _proven("test_aider.py::test_a_run_that_nobody_watches", "by its exit status and its text"),
}
_TOLD: Mapping[Name, str] = {"claude": "", "codex": "tokens only"}
_WRITES: Mapping[Name, str] = {
    "claude": "but for its own `.claude.json`",
    "codex": "but for hints that it adds to `config.toml`",
    "copilot": "but for its own `config.json`",
}
"""What a program writes anew of itself, with us and without."""
_SEEN = "tests/runtime/screens/test_signs.py::test_the_state_agrees_with_a_person"

PROOFS: Mapping[str, Mapping[Name, Cell]] = {
    "gets its prompt as it starts": {
        **_WORKING,
        "aider": _proven(
            "test_aider.py::test_it_gets_its_prompt_and_commits_as_itself", "typed once it is ready"
        ),
    },
    "edits, and commits as its identity": _WORKING,
    "tells its state by hooks": {
        **_three("test_whole.py::test_a_whole_day"),
        "gemini": _proven(f"test_gemini.py::{_WORKS}", "with `profile: agent`"),
        "opencode": _proven(f"test_opencode.py::{_WORKS}", "by its server's events"),
        "aider": _proven(
            "test_aider.py::test_it_gets_its_prompt_and_commits_as_itself", "only that its turn ends"
        ),
    },
    "shows its state where no hook tells": {kind: _proven(_SEEN, "on recordings") for kind in _WORKING},
    "shows that it asks for a permission": {
        **_ASKING,
        "aider": _proven("test_aider.py::test_it_asks_is_answered_and_told_more", "its yes-or-no questions"),
    },
    "shows that it asks a question": {
        "claude": _proven("test_claude.py::test_a_question_is_one"),
        "codex": _configured(),
        "copilot": _proven("test_copilot.py::test_a_question_is_one"),
        "gemini": _configured(),
        "opencode": _configured(),
        "aider": _none("it asks for permissions only"),
    },
    "Esc leaves no state behind": {
        **_ASKING,
        "claude": _proven("test_claude.py::test_escape_does_not_leave_it_waiting"),
        "codex": _proven("test_signs.py::test_a_question_refused_by_esc_waits_no_more"),
        "copilot": _proven("test_copilot.py::test_an_interrupt_does_not_leave_it_waiting"),
        "aider": _proven(_SEEN, "Ctrl-C, on recordings"),
    },
    "takes another prompt by `send`": {
        **_ASKING,
        "codex": _proven("test_codex.py::test_its_conversation_goes_on_after_a_restart"),
    },
    "200 texts in a row arrive whole": {
        **_three("test_delivery.py::test_every_text_arrives"),
        **{kind: _configured() for kind in ("gemini", "opencode", "aider")},
    },
    "nothing is typed while it asks": {
        **_three("test_delivery.py::test_nothing_answers_a_permission"),
        "gemini": _configured(),
        "opencode": _configured(),
        "aider": _proven("test_aider.py::test_it_asks_is_answered_and_told_more"),
    },
    "nothing is typed behind a draft": {
        **_three("test_delivery.py::test_a_draft_is_neither_sent_nor_lost"),
        "gemini": _none("its draft cannot be told from the rest"),
        "opencode": _none("its draft cannot be told from the rest"),
        "aider": _configured(),
    },
    "`restart` goes on with its conversation": _RESUMING,
    "a run ends with a verdict": _JUDGED,
    "a run that was denied all it wanted fails": {
        **_three("test_headless.py::test_what_was_denied_and_changed_nothing_has_failed"),
        "gemini": _proven("test_gemini.py::test_a_run_that_nobody_watches"),
        "opencode": _proven("test_opencode.py::test_a_run_that_nobody_watches"),
        "aider": _none("it has no tools to deny"),
    },
    "a schedule's run is in the ledger": {
        **_three("test_headless.py::test_a_run_of_a_schedule_is_in_the_ledger"),
        **{kind: _configured() for kind in ("gemini", "opencode", "aider")},
    },
    "a run that hangs is ended": {
        **_three("test_headless.py::test_a_run_that_hangs_is_ended"),
        **{kind: _configured() for kind in ("gemini", "opencode", "aider")},
    },
    "works in a race": {
        **_three("test_race.py::test_three_kinds_race_and_one_is_kept"),
        **{kind: _configured() for kind in ("gemini", "opencode", "aider")},
    },
    "a paused run goes on where it was": {
        **_three("test_pausing.py::test_a_program_survives_that_it_is_stopped"),
        **{kind: _configured() for kind in ("gemini", "opencode", "aider")},
    },
    "reads its own inbox by MCP": {
        **_three("test_whole.py::test_a_whole_day"),
        "gemini": _proven(f"test_gemini.py::{_WORKS}", "with `profile: agent`"),
        "opencode": _proven(f"test_opencode.py::{_WORKS}"),
        "aider": _none("it speaks no MCP"),
    },
    "is told who it is": {
        **_WORKING,
        "claude": _configured(),
        "codex": _configured(),
        "gemini": _proven("test_gemini.py::test_with_the_persons_configuration"),
    },
    "says what a run used": {
        **{
            kind: _proven("test_headless.py::test_a_run_of_a_schedule_is_in_the_ledger", note)
            for kind, note in _TOLD.items()
        },
        "copilot": _proven(
            "test_usage.py::test_copilot_is_counted_live_and_in_runs", "tokens, in `usage` only"
        ),
        "gemini": _configured("tokens only"),
        "opencode": _configured(),
        "aider": _none(),
    },
    "says what a session used": {
        **{kind: _none() for kind in _WORKING},
        "claude": _proven(
            "test_usage.py::test_a_conversation_with_claude_is_counted", "dollars once the session ends"
        ),
        "codex": _proven("test_usage.py::test_a_conversation_with_codex_is_counted", "tokens only"),
        "copilot": _proven("test_usage.py::test_copilot_is_counted_live_and_in_runs", "tokens only"),
        "opencode": _configured(),
    },
    "your configuration stays as it is": {
        **{
            kind: _proven("test_untouched.py::test_only_the_program_itself_writes_its_own_state", note)
            for kind, note in _WRITES.items()
        },
        "gemini": _proven("test_gemini.py::test_with_the_persons_configuration"),
        "opencode": _proven(f"test_opencode.py::{_WORKS}", "with `profile: agent`"),
        "aider": _proven("test_aider.py::test_it_gets_its_prompt_and_commits_as_itself"),
    },
    "its vendor's own models and logins": {kind: _configured() for kind in _WORKING},
}
"""What an agent of each kind does with us, and how far that is known."""


def named() -> Iterator[tuple[Name, str]]:
    """Yield each kind with each test that is named for it."""
    for cells in PROOFS.values():
        for kind, cell in cells.items():
            if cell.grade == "proven":
                yield kind, cell.test
