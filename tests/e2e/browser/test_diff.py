"""Reading a diff: both shapes of it, its folds, white space, the way through the changes, what was viewed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import heading, pick, row, side
from tests.e2e.browser.town import LONG, PROGRAM, Town
from tests.e2e.place import SLEEPER

TWICE = LONG.replace("line 20 of", "line twenty of").replace("line 150 of", "line one hundred and fifty of")
"""A long text with two changes far apart."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with an agent that has changed three files in two folders, and one for marks."""
    with Town(f"agents: {{docs: {SLEEPER}, marks: {SLEEPER}}}", {"app/space.py": "if a:\n    b()\n"}) as made:
        made.change("marks", {"app/hello.py": PROGRAM.replace("Hello", "Good day")})
        made.change(
            "docs",
            {
                "app/hello.py": PROGRAM.replace('"Hello, " + name', 'f"Good day, {name}"'),
                "app/space.py": "if a:\n        b()\n",
                "docs/long.txt": TWICE,
            },
        )
        yield made


def test_a_diff_is_read_side_by_side_and_in_one_column(visit: Visit, picture: Picture) -> None:
    """Both sides stand beside each other with their colours, or in one column, as a switch and a key say."""
    page = visit.agent("docs")
    pick(page, "hello.py")

    expect(side(page, "original")).to_contain_text('"Hello, "')
    expect(side(page, "modified")).to_contain_text("Good day")
    expect(page.locator(".monaco-diff-editor.side-by-side")).to_be_visible()
    expect(page.locator(".editor.modified .line-insert").first).to_be_visible()
    expect(page.locator(".editor.original .line-delete").first).to_be_visible()
    expect(side(page, "modified").locator("[class*=mtk]").nth(3)).to_be_attached()
    picture(page, "diff side by side dark")
    page.get_by_role("button", name="Inline").click()
    expect(page.locator(".monaco-diff-editor:not(.side-by-side)")).to_be_visible()
    expect(page.locator(".monaco-diff-editor")).to_contain_text('"Hello, "')
    picture(page, "diff inline dark")
    page.keyboard.press("i")
    expect(page.locator(".monaco-diff-editor.side-by-side")).to_be_visible()
    assert len(visit.watched.workers) == 1, visit.watched.workers
    assert "editor.worker" in visit.watched.workers[0]


def test_what_did_not_change_is_folded_and_unfolded(visit: Visit, picture: Picture) -> None:
    """Long stretches without a change are one line that says how long they are, until they are wanted."""
    page = visit.agent("docs")
    pick(page, "long.txt")

    expect(side(page, "modified")).to_contain_text("line twenty")
    folds = page.get_by_text(re.compile(r"\d+ hidden lines"))
    expect(folds.first).to_be_visible()
    expect(side(page, "modified")).not_to_contain_text("line 80 of")
    picture(page, "diff folded dark")
    page.get_by_role("button", name="Fold").click()
    expect(folds).to_have_count(0)


def test_changes_of_white_space_are_left_out_on_request(visit: Visit) -> None:
    """With the switch a file that changed in white space alone is no change any more."""
    page = visit.agent("docs")
    pick(page, "space.py")

    expect(page.locator(".editor.modified .line-insert").first).to_be_visible()
    page.get_by_role("button", name="No space").click()
    expect(page.locator(".editor.modified .line-insert")).to_have_count(0)


def test_the_next_change_goes_on_in_the_next_file(visit: Visit) -> None:
    """Next and previous go from change to change, and over the end of a file into its neighbour."""
    page = visit.agent("docs")
    pick(page, "space.py")
    expect(side(page, "modified")).to_contain_text("b()")

    page.get_by_role("button", name="Next change (n)").click()
    expect(heading(page)).to_contain_text("long.txt")
    expect(side(page, "modified")).to_contain_text("line twenty")
    page.keyboard.press("n")
    expect(side(page, "modified")).to_contain_text("line one hundred and fifty")
    expect(page.get_by_text("2 / 2")).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("p")
    expect(heading(page)).to_contain_text("space.py")


def test_a_viewed_mark_lasts_until_the_file_changes(visit: Visit, town: Town) -> None:
    """A file that was marked as viewed is so after a reload, and no more when the agent has changed it."""
    page = visit.agent("marks")
    pick(page, "hello.py")
    expect(side(page, "modified")).to_contain_text(re.compile(r"Good\sday"))
    page.get_by_label("Viewed", exact=True).check()

    page.reload()
    expect(row(page, "hello.py")).to_contain_text("viewed")
    town.change("marks", {"app/hello.py": PROGRAM.replace("Hello", "Good morning")})
    expect(row(page, "hello.py")).not_to_contain_text("viewed")
