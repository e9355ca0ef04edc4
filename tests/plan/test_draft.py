"""What is found for one subject."""

from constellagent.plan.actions import Note, StartSession, StopSession
from constellagent.plan.draft import Draft


def test_actions_and_notes_keep_their_order() -> None:
    """A draft gives back what was put in, in order, each note with its symbol and subject."""
    draft = Draft("docs")
    first, second = StartSession("docs", "why"), StopSession("docs", "why", session="s")
    draft.do(first)
    draft.inform("one")
    draft.do(second)
    draft.ask_leave("two")
    assert draft.actions == (first, second)
    assert draft.notes == [Note("~", "docs", "one"), Note("!", "docs", "two")]


def test_a_stopped_draft_does_nothing_whatever_came_before_or_after() -> None:
    """Stopping drops the actions of the whole subject and keeps all that was said."""
    for symbol in ("?", "x"):
        draft = Draft("docs")
        draft.do(StartSession("docs", "why"))
        draft.inform("one")
        (draft.stop_unknown if symbol == "?" else draft.stop_conflict)("two")
        draft.do(StartSession("docs", "why"))
        draft.inform("three")
        assert draft.actions == ()
        assert [(note.symbol, note.text) for note in draft.notes] == [
            ("~", "one"),
            (symbol, "two"),
            ("~", "three"),
        ]
