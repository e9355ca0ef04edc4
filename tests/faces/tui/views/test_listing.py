"""A list with one chosen row."""

from prompt_toolkit.layout import HSplit

from constellagent.faces.tui.views.listing import Listing
from constellagent.faces.tui.words import Fragments
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.host import DOWN, END, ENTER, HOME, PAGE_DOWN, PAGE_UP, UP, hosted


class Rig:
    """A list of words, and what became of it."""

    def __init__(self, *words: str) -> None:
        self.deck = FakeDeck()
        self.chosen: list[str] = []
        self.moves = 0
        self.drawn = 0
        self.list = Listing[str](
            self.deck,
            self._draw,
            key=lambda word: word,
            text=lambda word: word,
            empty=lambda: ["Nothing yet; do something about it."],
            chosen=self.chosen.append,
            moved=self._moved,
        )
        self.list.put(words)

    def _draw(self, word: str, _width: int) -> Fragments:
        self.drawn += 1
        return [("class:dim", word)]

    def _moved(self) -> None:
        self.moves += 1


def many(count: int = 100) -> Rig:
    """Return a list of many words."""
    return Rig(*(f"word-{number:05}" for number in range(count)))


async def test_keys() -> None:
    """Arrows, letters, pages and ends choose a row, and Enter chooses it for good."""
    rig = many()
    async with hosted(rig.list.window, 40, 10) as host:
        for keys, wanted in (
            (DOWN, 1),
            ("j", 2),
            ("k", 1),
            (UP, 0),
            (UP, 0),
            (PAGE_DOWN, 9),
            (END, 99),
            (DOWN, 99),
            (PAGE_UP, 90),
            (HOME, 0),
            ("G", 99),
            ("g", 0),
        ):
            await host.press(keys)
            assert rig.list.selected == f"word-{wanted:05}"
            assert rig.list.selected in host.text()
        await host.press(ENTER)
        assert rig.chosen == ["word-00000"]
        assert rig.moves == 10


async def test_only_rows_in_sight_are_drawn() -> None:
    """Of ten thousand rows a frame draws those in sight."""
    rig = many(10_000)
    async with hosted(rig.list.window, 40, 10) as host:
        rig.drawn = 0
        before = host.app.render_counter
        await host.press(END)
        assert rig.drawn <= 10 * (host.app.render_counter - before)


async def test_chosen_row_stays() -> None:
    """Rows that are fetched anew leave the choice where it was; where it is gone the neighbour is chosen."""
    rig = Rig("a", "b", "c")
    rig.list.move(1)
    rig.list.put(["x", "a", "b", "c"])
    assert rig.list.selected == "b"
    rig.list.put(["x", "a", "c"])
    assert rig.list.selected == "c"
    rig.list.put([])
    assert rig.list.selected is None
    rig.list.move(1)
    rig.list.put(["z"])
    assert rig.list.selected == "z"


async def test_narrowed() -> None:
    """Only rows with all the words are shown, whatever their case; another choice is told of."""
    rig = Rig("Red apple", "green apple", "red pear")
    rig.deck.answers += ["RED pear", None, "nothing like it", ""]
    async with hosted(rig.list.window, 70, 10) as host:
        await host.press("/")
        await rig.deck.settle()
        assert list(rig.list.seen) == ["red pear"]
        assert (len(rig.list.items), rig.moves) == (3, 1)
        await host.press("/")
        await rig.deck.settle()
        assert rig.list.words == "RED pear"
        assert rig.deck.asked[-1] == ("Show only rows with:", {"initial": "RED pear", "multiline": False})
        await host.press("/")
        await rig.deck.settle()
        await host.drawn()
        assert "Nothing has 'nothing like it'; / looks for something else." in host.text()
        await host.press("/")
        await rig.deck.settle()
        assert len(rig.list.seen) == 3
        assert rig.moves == 3


async def test_empty() -> None:
    """An empty list says so, wrapped; keys, clicks and the wheel do nothing there."""
    rig = Rig()
    async with hosted(rig.list.window, 24, 10) as host:
        for keys in (DOWN, ENTER, END):
            await host.press(keys)
        await host.click(2, 1)
        await host.wheel(2, 1, down=True)
        assert host.lines()[:3] == ["", "  Nothing yet; do", "  something about it."]
        assert rig.chosen == []
        assert rig.list.at_end


async def test_clicks() -> None:
    """A click chooses a row, a second one is Enter; the heading and the room below are no rows."""
    rig = Rig("a", "b")
    rig.list.heading = [("", "letters")]
    async with hosted(rig.list.window, 20, 6) as host:
        await host.drawn()
        await host.click(3, 2)
        assert (rig.list.selected, rig.chosen) == ("b", [])
        for row in (0, 3, 5):
            await host.click(3, row)
        assert (rig.list.selected, rig.chosen) == ("b", [])
        await host.click(3, 2)
        assert rig.chosen == ["b"]
        assert host.lines()[0] == " letters"


async def test_click_takes_the_keys() -> None:
    """A click into another list gives it the keys, and is not Enter on the row that is chosen there."""
    one, two = Rig("a"), Rig("b")
    async with hosted(HSplit([one.list.window, two.list.window]), 20, 10) as host:
        await host.drawn()
        assert "class:selected" in host.style_at("a")
        assert "class:selected" not in host.style_at("b")
        await host.click(3, 5)
        assert host.app.layout.current_window is two.list.window
        assert two.chosen == []
        assert "class:selected" in host.style_at("b")


async def test_wheel() -> None:
    """The wheel scrolls and stops at both ends, what is chosen stays; the next key brings it back."""
    rig = many()
    async with hosted(rig.list.window, 20, 10) as host:
        await host.wheel(2, 2, down=True)
        assert "word-00003" in host.lines()[0]
        assert rig.list.selected == "word-00000"
        for _ in range(50):
            await host.wheel(2, 2, down=True)
        assert "word-00099" in host.lines()[-1]
        await host.wheel(2, 2, down=False)
        assert "word-00096" in host.lines()[-1]
        await host.press(DOWN)
        assert "word-00001" in host.text()


async def test_end_is_not_followed_from_afar() -> None:
    """Who chose the last row and scrolled away from it is not at the end; scrolled back she is again."""
    rig = many()
    async with hosted(rig.list.window, 20, 10) as host:
        assert not rig.list.at_end
        await host.press(END)
        assert rig.list.at_end
        await host.wheel(2, 2, down=False)
        assert not rig.list.at_end
        await host.wheel(2, 2, down=True)
        assert rig.list.at_end
