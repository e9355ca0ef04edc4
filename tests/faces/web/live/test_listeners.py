"""Those who watch, and what waits for them."""

from constellagent.faces.web.live.frames import Frame
from constellagent.faces.web.live.listeners import MOST_WAITING, Audience, Listener


def frame(number: int, file: str = "f", subject: str = "docs") -> Frame:
    """Return an event."""
    return Frame(number, "event", {"file": file, "subject": subject}, b"{}")


def select(one: Frame, audience: Audience) -> Frame | None:
    """Return events that the audience may see."""
    return one if audience.sees(one.value["file"], one.value["subject"]) else None


async def test_what_comes_is_taken_in_order() -> None:
    """First what was there, then what came, each once."""
    listener = Listener(Audience(), [frame(1)], select)
    listener.put(frame(2))
    assert await listener.wait(0)
    assert [one.number for one in listener.take()] == [1, 2]
    assert not await listener.wait(0.01)
    listener.put(frame(3))
    assert await listener.wait(5)
    assert [one.number for one in listener.take()] == [3]


async def test_an_agent_hears_of_itself_alone() -> None:
    """Neither another agent nor one of the same name elsewhere is its business."""
    listener = Listener(Audience("f", "docs"), [], select)
    for one in (frame(1, subject="auth"), frame(2, file="g"), frame(3)):
        listener.put(one)
    assert [one.number for one in listener.take()] == [3]


async def test_who_does_not_read_costs_a_bounded_amount() -> None:
    """With too much waiting all of it goes, and the listener is told that it fell behind."""
    listener = Listener(Audience(), [], select)
    for number in range(MOST_WAITING + 50):
        listener.put(frame(number))
    assert listener.stale
    assert listener.take() == []
    assert await listener.wait(0)
    listener.stale = False
    listener.put(frame(999))
    assert [one.number for one in listener.take()] == [999]


async def test_the_end_is_noticed() -> None:
    """Whoever waits learns at once that nothing comes any more."""
    listener = Listener(Audience(), [], select)
    listener.end()
    assert await listener.wait(5)
    assert listener.over
