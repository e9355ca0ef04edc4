"""Marks by which those who left come back."""

import json

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.web.live.frames import MOST_BYTES, MOST_KEPT, Marks


def test_who_comes_back_gets_what_came_later() -> None:
    """After a mark there is exactly what was added since."""
    marks = Marks()
    frames = [marks.add("event", {"text": str(number)}) for number in range(5)]
    mark = json.loads(frames[2].data)["id"]
    assert marks.since(mark) == frames[3:]
    assert marks.since(marks.mark(5)) == []
    assert marks.since(marks.mark(0)) == frames


def test_a_mark_of_another_life_is_none() -> None:
    """A daemon never takes a mark of another one for its own, nor one that is yet to come."""
    marks, others = Marks(), Marks()
    marks.add("event", {})
    others.add("event", {})
    assert marks.since(others.mark(1)) is None
    assert marks.since(marks.mark(7)) is None


def test_only_so_much_is_kept() -> None:
    """Neither many frames nor large ones are kept for ever, and what is too old is not half answered."""
    marks = Marks()
    for _ in range(MOST_KEPT + 10):
        marks.add("event", {})
    assert marks.since(marks.mark(5)) is None
    assert len(marks.since(marks.mark(10)) or []) == MOST_KEPT
    for _ in range(10):
        marks.add("event", {"text": "x" * (MOST_BYTES // 4)})
    assert marks.since(marks.mark(marks.number - 4)) is None
    assert len(marks.since(marks.mark(marks.number - 3)) or []) == 3


@given(st.text(max_size=40))
def test_any_text_is_a_mark_or_none(text: str) -> None:
    """What a client sends as a mark never does harm."""
    marks = Marks()
    marks.add("event", {})
    assert marks.since(text) in (None, [])
    assert marks.since(f"{marks.mark(0)[:9]}{text}") in (None, [], marks.since(marks.mark(0)))
