"""What is said above a tile."""

import time

from constellagent.faces.tui.borders import title
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.tile import Source, Tile
from constellagent.faces.tui.titles import changes_at, tile_title
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl, agent_view


def said(room: int, **changes: object) -> str:
    """Return the title of a tile of `docs` in so many columns."""
    source = Source(FakeControl(), Settings(), time.monotonic, print, print, print, print, print)
    tile = Tile(AgentId("/f", "docs"), source)
    view = agent_view("docs", "waiting", reason="permission", since=60.0, **changes)
    parts = tile_title(tile, view, number=2, mark="border.broadcast", now=100.0, symbols=UNICODE)
    return "".join(text for _, text in title(parts, room)).strip()


def test_a_title_says_who_what_for_and_how_it_goes() -> None:
    """With all the room there is."""
    full = said(200, restarts=2)
    assert full == (
        "2 docs · command · agents/docs · waiting: permission 40s · restarted 2 times · broadcast"
    )


def test_a_narrow_title_says_who_and_how() -> None:
    """What matters less is left out."""
    assert said(38) == "docs · waiting: permission"
    assert said(26) == "docs · waiting"
    assert said(12) == "docs"


def test_an_age_is_out_of_date_a_second_later() -> None:
    """An agent whose state has no beginning has no age."""
    assert changes_at(agent_view("docs", since=60.0), 100.0) == 101.0
    assert changes_at(agent_view("docs", since=None), 100.0) is None
    assert changes_at(None, 100.0) is None
