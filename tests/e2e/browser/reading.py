"""What a reader of diffs does with the page, and where things stand on it."""

import re

from playwright.sync_api import Locator, Page, expect


def side(page: Page, name: str) -> Locator:
    """Return the lines of one side, `original` or `modified`, that are on the screen."""
    return page.locator(f".monaco-diff-editor .editor.{name} .view-lines")


def line(page: Page, text: str, name: str = "modified") -> Locator:
    """Return the line of a side that holds a text; the editor draws blanks as no-break spaces."""
    pattern = re.escape(text).replace("\\ ", r"\s")
    return side(page, name).locator(".view-line").filter(has_text=re.compile(pattern))


def number(page: Page, of: int, name: str = "modified") -> Locator:
    """Return the number of a line beside a side."""
    return page.locator(f".editor.{name} .line-numbers").filter(has_text=re.compile(rf"^{of}$"))


def row(page: Page, name: str) -> Locator:
    """Return the row of the list of changed files that shows a name."""
    return page.get_by_role("treeitem").filter(has_text=name)


def heading(page: Page) -> Locator:
    """Return the name of the open file."""
    return page.get_by_role("region", name="The open file").get_by_role("heading", level=2)


def pick(page: Page, name: str) -> None:
    """Open a file of the list by its last part."""
    row(page, name).click()
    expect(heading(page)).to_contain_text(name)
