"""The diff view as a person sees and drives it, at the smallest and at a large size."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from prompt_toolkit.layout import HSplit

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.tui.symbols import ASCII, UNICODE
from constellagent.faces.tui.views.diff import DiffPane
from tests.faces.tui.conftest import Screens
from tests.faces.tui.host import DOWN, ENTER, PAGE_DOWN, Host, hosted
from tests.faces.tui.views.changes import DOCS, PATCHES, ChangedDeck, change


class Shown(Host):
    """A host with the view in it."""

    deck: ChangedDeck
    pane: DiffPane

    async def settled(self) -> str:
        """Wait until everything in sight was fetched and drawn; returns what is seen."""
        await self.drawn()
        while self.deck._spawned:
            await self.deck.settle()
            await self.drawn()
        return self.text()

    async def do(self, *keys: str) -> str:
        """Press keys one after another; returns what is seen."""
        for key in keys:
            await self.press(key)
            await self.settled()
        return self.text()

    @property
    def at(self) -> str:
        """The row with the cursor."""
        screen = self.app.renderer.last_rendered_screen
        assert screen is not None
        beside = self.pane._picture.beside
        for row, line in enumerate(self.lines()):
            if row and "class:selected" in screen.data_buffer[row][beside].style:
                return line[beside:]
        raise AssertionError(f"no cursor in:\n{self.text()}")


@contextlib.asynccontextmanager
async def shown(
    deck: ChangedDeck | None = None, columns: int = 80, rows: int = 24, *, ascii_only: bool = False
) -> AsyncIterator[Shown]:
    """Open the view, and have all in sight fetched."""
    deck = deck or ChangedDeck()
    pane = DiffPane(deck, symbols=ASCII if ascii_only else UNICODE)
    async with hosted(HSplit([pane.container()], key_bindings=pane.bindings()), columns, rows) as host:
        host.__class__ = Shown
        assert isinstance(host, Shown)
        host.deck, host.pane = deck, pane
        with contextlib.suppress(UnavailableError):
            await pane.refresh()
        await host.settled()
        yield host
        await deck.settle()


async def test_a_small_window(screens: Screens) -> None:
    """At 80x24 all is one column: what is compared, then files with their lines."""
    async with shown() as host:
        screens("views/diff-80x24.txt", host.text())
        screens("views/diff-80x24-end.txt", await host.do("G"))


async def test_a_large_window(screens: Screens) -> None:
    """At 250x60 the files stand beside their lines, which can be shown side by side."""
    async with shown(columns=250, rows=60) as host:
        screens("views/diff-250x60.txt", host.text())
        screens("views/diff-250x60-sides.txt", await host.do("s"))


async def test_ascii(screens: Screens) -> None:
    """Where the terminal knows ASCII only, nothing else is drawn but what the files hold."""
    async with shown(ascii_only=True) as host:
        screens("views/diff-80x24-ascii.txt", host.text())


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (5, 2), (20, 5), (500, 3)])
async def test_odd_sizes(columns: int, rows: int) -> None:
    """In any window it draws, and takes keys."""
    async with shown(columns=columns, rows=rows) as host:
        await host.do("j", "s", PAGE_DOWN, "G", "l")
        assert len(host.lines()) == rows


async def test_moving() -> None:
    """Lines, files, hunks and the ends are a key away."""
    async with shown() as host:
        await host.do("j", DOWN, "k")
        assert "line 1" in host.at
        await host.do("n")
        assert "logo.png" in host.at
        await host.do("J", "p")
        assert "logo.png" in host.at
        await host.do("]")
        assert "── line 1 " in host.at
        await host.do("]", "]")
        assert "── line 41 def send" in host.at
        await host.do("[")
        assert "── line 8 class Signup" in host.at
        await host.do("g")
        assert "docs/new.md" in host.at
        await host.do("K")
        assert "docs/new.md" in host.at
        await host.do(" ", "b")
        assert host.pane._place.cursor == 0


async def test_folding() -> None:
    """Enter folds and opens the file with the cursor, from any of its lines; z does so with all."""
    async with shown() as host:
        await host.do("j", "j", ENTER)
        assert "▸ R docs/old.md → docs/new.md" in host.at
        assert "old words" not in host.text()
        await host.do(ENTER)
        assert "old words" in host.text()
        text = await host.do("z")
        assert text.count("▸") == 4
        assert (await host.do("z")).count("▾") >= 3


async def test_the_mouse() -> None:
    """A click goes to a line or a file of the list, on a heading it folds; the wheel scrolls."""
    async with shown(columns=130, rows=12) as host:
        await host.click(60, 3)
        assert "-old words" in host.at
        await host.click(3, 4)
        assert "src/signup.py" in host.at
        top = host.lines().index(next(line for line in host.lines() if "▾ M src/signup.py" in line))
        await host.click(60, top)
        assert "▸ M src/signup.py" in host.text()
        await host.click(60, 0)
        await host.click(3, 9)
        await host.wheel(60, 5, down=False)
        assert "▾ R docs/old.md" in host.text() or host.pane._place.top > 0


async def test_searching() -> None:
    """Words are found and marked, n and N go on; nothing found is said; no words end it."""
    async with shown() as host:
        host.deck.answers += ["address", "nowhere to be found", None, ""]
        await host.do("/")
        assert "address" in host.at.lower()
        assert "class:match" in host.style_at("address")
        first = host.at
        await host.do("n")
        assert host.at != first
        await host.do("N")
        assert host.at == first
        assert ("n/N", "match") in host.pane.hints()
        await host.do("/")
        assert host.deck.said == [("'nowhere to be found' is not in the open files", "warning")]
        await host.do("/", "/")
        assert ("n/p", "file") in host.pane.hints()
        await host.do("N")


async def test_what_it_is_compared_with() -> None:
    """One key changes between base and HEAD, another asks for a commit; a wrong one changes nothing."""
    async with shown() as host:
        assert host.pane.title == "diff · docs against base"
        await host.do("a")
        assert host.pane.title == "diff · docs against HEAD"
        await host.do("a")
        host.deck.answers += [" v1.0 ", None, "mian"]
        await host.do("c", "c")
        assert host.pane.title == "diff · docs against v1.0"
        host.deck.control.faults[""] = UsageError("there is no commit 'mian'")
        await host.do("c")
        assert host.pane.title == "diff · docs against v1.0"
        assert host.deck.said == [("there is no commit 'mian'", "error")]
        del host.deck.control.faults[""]
        await host.do("w")
        assert host.pane.title == "diff · docs against v1.0 · without white space"
        assert host.deck.control.compared[-1]["ignore_space"] is True


async def test_side_by_side_needs_room() -> None:
    """Without room for it that is said, and one side is shown until there is."""
    async with shown(columns=70) as host:
        await host.do("s")
        assert host.deck.said == [("side by side needs 80 columns", "info")]
        assert "│" not in host.text()
        await host.do("f")
        assert host.deck.said[-1][0] == "the list needs 110 columns; z folds all files instead"
        host.output.size = host.output.size._replace(columns=90)
        await host.settled()
        assert "│" in host.text()


async def test_the_list_can_be_put_away() -> None:
    """Then the lines have all the room."""
    async with shown(columns=120) as host:
        assert "│" in host.text()
        assert "│" not in await host.do("f")


async def test_long_lines() -> None:
    """A line that is too long ends with a mark, and can be moved."""
    async with shown() as host:
        assert "…" in host.text()
        assert "in a narrow window" in await host.do("l", "l", "l", "l", "l")
        assert "+new words" in await host.do(*"hhhhhh")


async def test_refreshing_keeps_the_place() -> None:
    """When a file comes before it, the line with the cursor stays at its height."""
    async with shown() as host:
        await host.do("n", "n", "j", "j", "j")
        before = host.at
        at = host.lines().index(before)
        host.deck.control.files = [change("a-new.txt"), *host.deck.control.files]
        host.deck.control.patches["a-new.txt"] = PATCHES["notes.txt"]

        await host.do("r")

        assert host.at == before
        assert host.lines().index(before) == at


async def test_nothing_changed() -> None:
    """An agent that changed nothing is said to, with what to do; the mouse and keys do no harm."""
    deck = ChangedDeck()
    deck.control.files = []
    async with shown(deck) as host:
        assert "Nothing differs from base (1a2b3c4d5e)." in host.text()
        await host.do("n", "p", "]", "j", ENTER, "z", "G")
        await host.click(3, 3)
        assert "Nothing differs from HEAD" in await host.do("a")


async def test_before_and_without_an_answer() -> None:
    """Before the first answer it says that it compares; where none comes, why, and what to do."""
    deck = ChangedDeck()
    deck.control.faults[""] = UnavailableError("the daemon is away")
    pane = DiffPane(deck, DOCS, UNICODE)
    async with hosted(pane.container()) as host:
        assert "Comparing ..." in host.text()
        with pytest.raises(UnavailableError):
            await pane.refresh()
        await host.drawn()
        assert "The changes cannot be shown: the daemon is away" in host.text()


async def test_a_fault_later() -> None:
    """What was fetched stays in sight, and is said not to be fresh."""
    async with shown() as host:
        host.deck.control.faults[""] = UnavailableError("the daemon is away")
        text = await host.do("r")
        assert "not fresh: the daemon is away" in text
        assert "docs/new.md" in text
        assert host.deck.said == [("the daemon is away", "error")]


async def test_no_agent() -> None:
    """Where no agent is chosen it says so."""
    deck = ChangedDeck()
    deck.current = None
    async with shown(deck) as host:
        assert "No agent is chosen" in host.text()
        assert host.pane.title == "diff"


@pytest.mark.parametrize("theme", ["dark", "light", "16", "mono"])
async def test_colours(theme: str) -> None:
    """Code has the colours of its language, except where the theme has none; both kinds of lines differ."""
    async with shown(ChangedDeck(theme)) as host:
        await host.do("G")
        keyword, came, went = (host.style_at(text) for text in ("def check", "# An address", "return None"))
        assert (keyword != "") == (theme != "mono")
        assert came != went


async def test_a_list_that_is_cut() -> None:
    """More files than were sent are said to be more."""
    deck = ChangedDeck()
    deck.control.truncated.add("")
    async with shown(deck) as host:
        assert "more than 4 files" in host.text()


async def test_a_very_long_file_stays_quick() -> None:
    """Of a file of fifty thousand lines only the rows in sight are drawn."""
    deck = ChangedDeck()
    lines = "".join(f"+line {number}\n" for number in range(50_000))
    deck.control.files = [change("long.txt", "untracked", 50_000, 0)]
    deck.control.patches["long.txt"] = f"@@ -0,0 +1,50000 @@\n{lines}"
    async with shown(deck) as host:
        await host.do("G")
        assert "line 49999" in host.text()
        assert len(host.pane._picture._kept) < 100
