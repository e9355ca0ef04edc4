"""The page while an agent works: it follows without losing its place, and saves without losing work."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import heading, line, pick, row, side
from tests.e2e.browser.town import LONG, PROGRAM, Town
from tests.e2e.place import SLEEPER, commit
from tests.reliability.lab import git

FLEET = "".join(f"  {name}: {SLEEPER}\n" for name in ("reads", "edits", "fights", "rebases"))
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
"""Returns once the page was drawn with all that has come to it."""
NEAR = 40
"""Pixels by which a line may move and still be where it was: two lines."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with an agent for each test."""
    with Town(f"agents:\n{FLEET}") as made:
        for agent in ("reads", "edits", "fights"):
            changed = LONG.replace("line 90 of", "line ninety of")
            made.change(
                agent, {"app/hello.py": PROGRAM.replace("Hello", "Good day"), "docs/long.txt": changed}
            )
        yield made


def height_of(page: Page, text: str) -> float:
    """Return how far below the top of the page a line stands."""
    box = line(page, text).bounding_box()
    assert box is not None
    return box["y"]


def scroll_to(page: Page, text: str) -> None:
    """Turn the wheel over the right side until a line is well inside of the window."""
    side(page, "modified").hover()
    for _ in range(60):
        if line(page, text).count() and height_of(page, text) < 600:
            return
        page.mouse.wheel(0, 120)
        page.evaluate(DRAWN)
    raise AssertionError(f"{text!r} was not reached")


def stands(page: Page, text: str, height: float) -> None:
    """Wait until a line stands where it stood: the page shows a text first, and then puts it in its place."""
    for _ in range(400):
        box = line(page, text).bounding_box()
        if box is not None and abs(box["y"] - height) <= NEAR:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{text!r} stands at {box}, and stood at {height}")


def test_an_open_diff_follows_the_agent_and_keeps_its_place(visit: Visit, town: Town) -> None:
    """What the agent writes appears by itself; the lines on the screen and the selection stay."""
    page = visit.agent("reads")
    pick(page, "long.txt")
    page.get_by_role("button", name="Fold").click()
    expect(page.get_by_text(re.compile(r"\d+ hidden lines"))).to_have_count(0)
    scroll_to(page, "line 95 of")
    line(page, "line 95 of").dblclick(position={"x": 60, "y": 8})
    expect(page.locator(".editor.modified .selected-text").first).to_be_visible()
    before = height_of(page, "line 95 of")

    text = LONG.replace("line 90 of", "line ninety of").replace("line 97 of", "line ninety-seven of")
    town.change("reads", {"docs/long.txt": f"a line before all others\n{text}"})
    expect(line(page, "line ninety-seven of")).to_be_visible()
    expect(page.locator(".editor.modified .selected-text").first).to_be_visible()
    stands(page, "line 95 of", before)
    town.change("reads", {"docs/new.txt": "as well\n"})
    expect(row(page, "new.txt")).to_be_visible()
    expect(heading(page)).to_contain_text("long.txt")


def test_the_right_side_is_edited_and_saved(visit: Visit, town: Town) -> None:
    """What a person types into the right side is on disk after saving, in a file that keeps its mode."""
    file = town.tree_of("edits") / "app" / "hello.py"
    file.chmod(0o755)
    page = visit.agent("edits")
    pick(page, "hello.py")
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    line(page, "import sys").click()
    page.keyboard.press("End")
    page.keyboard.type("  # for the names")
    expect(page.get_by_text("not saved", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")

    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    assert "import sys  # for the names\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o755
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("not saved", exact=True)).to_have_count(0)


def test_a_file_that_changed_underneath_is_never_overwritten(
    visit: Visit, town: Town, picture: Picture
) -> None:
    """The page tells of it while one types, refuses to save over it, and shows both before one may."""
    file = town.tree_of("fights") / "app" / "hello.py"
    page = visit.agent("fights")
    pick(page, "hello.py")
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    line(page, "import sys").click()
    page.keyboard.press("End")
    page.keyboard.type("  # mine")
    theirs = PROGRAM.replace("A program", "Their program")
    town.change("fights", {"app/hello.py": theirs})
    bar = page.get_by_role("alert").filter(has_text="changed on disk")
    expect(bar).to_contain_text("while you were typing")
    expect(line(page, "# mine")).to_be_visible()
    bar.get_by_role("button", name="Keep mine").click()
    visit.watched.expect(r"status of 409")
    page.keyboard.press("Control+s")

    expect(bar).to_contain_text("Nothing was overwritten")
    assert file.read_text() == theirs
    bar.get_by_role("button", name="Compare").click()
    expect(side(page, "original")).to_contain_text(re.compile("Their.program"))
    picture(page, "conflict dark")
    bar.get_by_role("button", name="Save mine over theirs").click()
    expect(bar).to_have_count(0)
    assert "# mine" in file.read_text()


@pytest.mark.timeout(150)
def test_an_agent_may_rebase_while_it_is_looked_at(visit: Visit, town: Town) -> None:
    """In the middle of a rebase the page shows the conflict, and after it the work on its new base."""
    tree = town.tree_of("rebases")
    commit(tree, {"docs/long.txt": LONG.replace("line 1 of", "line one, theirs, of")}, "their line")
    page = visit.agent("rebases")
    pick(page, "long.txt")
    expect(line(page, "line one, theirs, of")).to_be_visible()
    commit(town.repo, {"docs/long.txt": LONG.replace("line 1 of", "line one, ours, of")}, "our line")
    with pytest.raises(Exception, match="returned non-zero"):
        git(tree, "rebase", "main")
    expect(page.get_by_text("in conflict: the file holds conflict markers")).to_be_visible()
    (tree / "docs" / "long.txt").write_text(LONG.replace("line 1 of", "line one, together, of"))
    git(tree, "add", "-A")
    git(tree, "-c", "core.editor=true", "rebase", "--continue")
    expect(line(page, "line one, together, of")).to_be_visible()
    expect(line(page, "line one, ours, of", "original")).to_be_visible()
    # A machine that answers slowly is asked for its list ten times less often than that.
    expect(page.get_by_text("in conflict: the file holds")).to_have_count(0, timeout=60_000)
