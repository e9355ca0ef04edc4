"""What the hooks of several kinds say alike."""

from constellagent.agents.hook_events import LONGEST, nothing, prompt, session_start, told, working
from constellagent.agents.kind import IDLE_PROMPT, Report

EVENT = {"session_id": "c-1", "transcript_path": "/t.jsonl", "prompt": "Do it."}


def test_a_report_is_of_its_conversation() -> None:
    """What an event says is kept; a long message is cut."""
    said = Report("done", "why", "x" * (LONGEST + 1), prompt="p")

    found = told(EVENT, said)

    assert found == Report("done", "why", "x" * LONGEST, "c-1", "/t.jsonl", "p")
    assert told({"session_id": 3}, Report()) == Report()


def test_what_a_turn_says() -> None:
    """It begins with a prompt, goes on, and before the first one a cleared conversation waits."""
    assert prompt(EVENT) == Report("working", prompt="Do it.")
    assert working(EVENT) == Report("working")
    assert nothing(EVENT) == Report()
    assert session_start({"source": "clear"}) == Report("waiting", IDLE_PROMPT)
    assert session_start({"source": "startup"}) == Report()
