"""An agent's terminal in the page: typed into, only looked at, sized, and there again after the daemon."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.town import SHELL, Town
from tests.e2e.desk import wrote


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with a shell in it."""
    with Town(f"agents: {{shell: {SHELL}}}") as made:
        yield made


def rows(page: Page) -> Locator:
    """Return the rows of the terminal that are on the screen."""
    return page.locator(".xterm-rows")


def enter(page: Page, command: str) -> None:
    """Type a command into the terminal."""
    expect(page.get_by_role("status").filter(has_text=re.compile("^live"))).to_be_visible()
    page.locator(".xterm").click()
    page.keyboard.type(command)
    page.keyboard.press("Enter")


def test_what_is_typed_reaches_the_program(visit: Visit, picture: Picture) -> None:
    """Keys go to the agent's program, what it answers is shown, and another browser sees the same."""
    page = visit.agent("shell", "terminal")
    enter(page, "printf '\\033[32m%s\\033[0m\\n' gre''en")
    expect(rows(page)).to_contain_text("green")
    picture(page, "terminal dark")
    other = visit.agent("shell", "terminal", read_only=True)
    expect(rows(other)).to_contain_text("green")
    expect(other.get_by_role("button", name="Typing")).to_have_count(0)


def test_looking_types_nothing(visit: Visit, town: Town) -> None:
    """With the switch on looking, no key gets to the program."""
    page = visit.agent("shell", "terminal")
    enter(page, "echo rea''dy")
    expect(rows(page)).to_contain_text("ready")
    page.get_by_role("button", name="Typing").click()
    expect(page.get_by_role("button", name="Looking")).to_be_visible()
    expect(rows(page)).to_contain_text("ready")
    page.locator(".xterm").click()
    page.keyboard.type("echo never")
    page.get_by_role("button", name="Looking").click()
    expect(page.get_by_role("button", name="Typing")).to_be_visible()
    expect(page.locator(".xterm-helper-textarea")).to_be_focused()  # the terminal of that mode is there
    enter(page, "echo af''ter")
    expect(rows(page)).to_contain_text("after")
    assert "never" not in wrote(town, "shell")


def test_the_program_takes_the_size_of_the_window(visit: Visit) -> None:
    """A window of another size is a terminal of another size, and the program is told."""
    page = visit.agent("shell", "terminal")
    shown = page.locator(".terminal-bar").get_by_text(re.compile(r"^\d+\D\d+$"))
    enter(page, "true")
    before = shown.inner_text()
    page.set_viewport_size({"width": 900, "height": 600})
    expect(shown).not_to_have_text(before)
    until = time.monotonic() + 60
    while not told_its_size(page, shown):  # a window may come to its size by more than one step
        assert time.monotonic() < until, (shown.inner_text(), rows(page).inner_text())
        enter(page, "clear; stty size")
        page.wait_for_timeout(500)


def told_its_size(page: Page, shown: Locator) -> bool:
    """Say whether the program was told the size that the page shows."""
    columns, lines = re.findall(r"\d+", shown.inner_text())
    return f"{lines} {columns}" in " ".join(rows(page).inner_text().split())


def test_the_terminal_comes_back_with_the_daemon(visit: Visit, town: Town) -> None:
    """A daemon that dies takes nothing along: the terminal says so, and goes on with the next one."""
    visit.watched.expect(
        r"ERR_CONNECTION_REFUSED|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"
    )
    page = visit.agent("shell", "terminal")
    enter(page, "x=still; echo be''fore")
    expect(rows(page)).to_contain_text("before")
    town.kill_daemon()
    expect(page.locator(".terminal-state")).to_contain_text("reconnecting")
    town.run("status")
    enter(page, "echo $x-here")
    expect(rows(page)).to_contain_text("still-here")
