"""Who has the keys."""

from prompt_toolkit.layout import HSplit, Window

from constellagent.faces.tui.views.keys_to import give_keys, has_keys, shown
from constellagent.faces.tui.views.pager import Pager
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.host import hosted


async def test_open_and_closed() -> None:
    """A part of what is open gets the keys; one of what was closed neither has nor gets them."""
    one, two, closed = (Pager(FakeDeck()).window for _ in range(3))
    body = HSplit([one, two])
    async with hosted(body):
        give_keys(two)
        assert has_keys(two)
        assert has_keys(body)
        assert not has_keys(one)
        give_keys(closed)
        assert has_keys(two)
        assert shown(body)
        assert not shown(HSplit([closed, Window()]))
