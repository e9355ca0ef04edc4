"""Events are plain values."""

import json

from constellagent.runtime.events import Event


def test_an_event_is_json() -> None:
    """Every part of an event survives the way over a socket."""
    event = Event("docs", "worktree made", "done", {"exit_code": 0, "losses": ["a"]})

    assert json.loads(json.dumps(event.to_json())) == {
        "subject": "docs",
        "text": "worktree made",
        "level": "done",
        "data": {"exit_code": 0, "losses": ["a"]},
    }
    assert Event("", "hello").to_json()["level"] == "info"
