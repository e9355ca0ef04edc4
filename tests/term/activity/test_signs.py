"""Signs that hold for any program."""

import pytest

from constellagent.term.activity import Signs
from constellagent.term.activity.evidence import Reading, read_notification, read_title
from constellagent.term.scanner.events import Notification


@pytest.mark.parametrize(
    ("title", "reading"),
    [
        ("\u2802 Fixing the tests", ("working", "", "")),
        ("\u2839 folder", ("working", "", "")),
        ("\u25d1 Claude Code", ("working", "", "")),
        ("\u2726  Working\u2026 (folder)", ("working", "", "")),
        ("\u2733 Claude Code", ("waiting", "idle prompt", "")),
        ("\u25c7  Ready (folder)", ("waiting", "idle prompt", "")),
        ("\u270b  Action Required (folder)", ("waiting", "permission", "")),
        ("[ ! ] Action Required | folder", ("waiting", "permission", "")),
        ("[ . ] Action Required | folder", ("waiting", "permission", "")),
        ("", None),
        ("folder", None),
        ("vim action required.md", None),
        ("\u2800", None),
    ],
)
def test_titles_of_agents_tell_their_state(title: str, reading: Reading | None) -> None:
    """What agents write into their titles is known; other titles say nothing."""
    assert read_title(title, Signs().titles) == reading


@pytest.mark.parametrize(
    ("title", "body", "reading", "sure"),
    [
        ("Claude Code", "Claude needs your permission", ("waiting", "permission"), True),
        ("Claude Code", "Claude is waiting for your input", ("waiting", "idle prompt"), True),
        ("Gemini CLI needs your attention", "Approval required | x", ("waiting", "permission"), True),
        ("Gemini CLI session complete", "done", ("done", ""), True),
        ("", "Which of the two?", ("waiting", "question"), False),
    ],
)
def test_notifications_of_agents_tell_why(
    title: str, body: str, reading: tuple[str, str], sure: bool
) -> None:
    """A text that is known is sure; any other may be a question, and comes with its words."""
    event = Notification(title, body, "normal", 777, 0)
    assert read_notification(event, Signs().notifications) == (
        (*reading, f"{title}: {body}" if title else body),
        sure,
    )
