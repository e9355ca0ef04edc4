"""How the multiplexer looks in windows of all sizes and terminals of all kinds; whole screens are kept."""

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.desk import RUN, SHELL, Desk, steady
from tests.e2e.place import Place
from tests.golden_option import Golden

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
FLEET = f"""
agents:
  asks: {{shell: 'stty -echo; printf "May I? (y/n) \\a\\n"; read -r x', identity: false}}
  asleep: {{command: ["true"], autostart: false, identity: false}}
  failed: {{shell: 'echo it broke; exit 7', identity: false}}
  shell: {SHELL}
"""
_COLOUR = re.compile("\x1b\\[([0-9;:]*)m")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Place]:
    """Give a place with agents in four states that time alone does not change any more."""
    with Place(agents=0) as made:
        made.write(FLEET)
        made.run("apply", "--yes")
        yield made


def _settled(desk: Desk, *texts: str) -> str:
    """Wait until every agent is in its last state, nothing is said of how it came there, and these are seen.

    Returns that one screen: in another the shell may be at work again, for it draws its prompt anew whenever
    its terminal gets another size, and on a busy machine that can come late.
    """
    terminal, states = desk.terminal, ("◐ asks", "○ asleep", "✗ failed", "? shell")
    terminal.shows(*states)
    terminal.click(3, int(terminal.ask("pane_height")) - 1)  # takes away what is said at the bottom
    return terminal.shows("C-] ? keys", *states, *texts)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
def test_all_terminals_at_once(fleet: Place, golden: Golden, columns: int, rows: int) -> None:
    """List, tiles, borders, titles and the status line, small and large."""
    with Desk(fleet, columns=columns, rows=rows) as desk:
        done = fleet.folder / f"cleared-{columns}"
        fleet.run("send", "shell", f"clear; touch {done}", check=0)  # what another test had it say
        fleet.waits_for(done)
        terminal = desk.attach()
        terminal.command("a")
        seen = _settled(desk, "May I?", "it broke", "sh>")
        golden(f"../e2e/golden/multiplexer/all-{columns}x{rows}.txt", steady(seen))


def test_the_window_changes_its_size(fleet: Place) -> None:
    """Whatever sizes it had between, in the end everything is drawn for the last one, down to one row."""
    with Desk(fleet) as desk:
        terminal = desk.attach()
        desk.switch("shell")
        before = steady(_settled(desk, "sh>"))
        for columns, rows in ((250, 60), (20, 5), (500, 3), (80, 1), (1, 1), (500, 60)):
            terminal.resize(columns, rows)
        terminal.until(lambda seen: any(len(line) > 400 for line in seen.split("\n")), "500 columns")
        for columns, rows in ((500, 1), (3, 24)):
            terminal.resize(columns, rows)
            terminal.until(str.strip, f"something in {columns}x{rows}")
        terminal.resize(80, 24)
        terminal.until(lambda seen: steady(seen) == before, f"the screen as it was:\n{before}")
        terminal.enter("clear; echo si''ze $(stty size)")
        terminal.shows("size 21 55")


def _colours(desk: Desk) -> set[str]:
    """Return the parameters of all sequences that change how characters look."""
    return set(_COLOUR.findall(desk.terminal.screen(styled=True)))


def test_no_colour_where_none_is_wanted(fleet: Place) -> None:
    """With NO_COLOR the multiplexer uses bold, reverse and the like, and no colour."""
    with Desk(fleet, NO_COLOR="1") as desk:
        desk.attach()
        _settled(desk)
        codes = {part for code in _colours(desk) for part in code.split(";") if part}
        assert codes
        assert not [code for code in codes if int(code.partition(":")[0]) >= 30 and code not in {"39", "49"}]


def test_sixteen_colours(fleet: Place) -> None:
    """The theme of 16 colours uses the terminal's own palette only."""
    with Desk(fleet, CONSTELLAGENT_THEME="16") as desk:
        desk.attach()
        _settled(desk)
        codes = _colours(desk)
        assert not [code for code in codes if "38;" in code or "48;" in code]
        assert [code for code in codes if re.search(r"\b(3[0-7]|9[0-7])\b", code)]


def test_a_locale_without_these_signs(fleet: Place) -> None:
    """In a locale of ASCII only, borders and signs are ASCII, too."""
    with Desk(fleet, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0") as desk:
        desk.terminal.enter(f"{RUN} attach")
        seen = desk.terminal.shows("! asks", "x failed")
        assert seen.isascii()
