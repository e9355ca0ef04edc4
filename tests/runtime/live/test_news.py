"""News reach who watches and who comes later, and cost a bounded amount of memory."""

from constellagent.runtime.live.news import KEPT, MOST_WAITING, News
from constellagent.runtime.live_views import EventView


def event(text: str, file: str = "/a.yaml") -> EventView:
    """Return an event."""
    return EventView(at=1.0, file=file, subject="docs", kind="state", level="info", text=text, notify=False)


def test_who_comes_later_hears_what_was_kept() -> None:
    """A reader begins with the events that are kept, then gets each new one once."""
    news = News()
    news.tell(event("one"))
    reader = news.open(None)
    news.tell(event("two"))
    assert [row["text"] for row in reader.take()] == ["one", "two"]
    assert reader.take() == []


def test_only_the_file_asked_for() -> None:
    """A reader of one constellation hears nothing of the others."""
    news = News()
    news.tell(event("old", "/b.yaml"))
    reader = news.open("/a.yaml")
    news.tell(event("mine"))
    news.tell(event("other", "/b.yaml"))
    assert [row["text"] for row in reader.take()] == ["mine"]


def test_what_waits_is_bounded() -> None:
    """A reader that never reads loses the oldest; what is kept for others is bounded too."""
    news = News()
    reader = news.open(None)
    for number in range(MOST_WAITING + 5):
        news.tell(event(str(number)))
    assert [row["text"] for row in reader.take()] == [str(n) for n in range(5, MOST_WAITING + 5)]
    assert len(news.open(None).take()) == KEPT


def test_a_closed_reader_hears_nothing() -> None:
    """After `close` nothing is put."""
    news = News()
    reader = news.open(None)
    news.close(reader)
    news.close(reader)
    news.tell(event("late"))
    assert reader.take() == []
