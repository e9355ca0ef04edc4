"""Ways through the page: with a daemon that dies, on a phone, and without a mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import heading, line
from tests.e2e.browser.town import LISTENS, PROGRAM, SHELL, Town
from tests.e2e.browser.watched import address

PHONE = {"width": 390, "height": 844}
BROKEN = r"ERR_CONNECTION_REFUSED|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET"
"""What Chromium itself says of a server that is gone."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with a change to read and a shell to type into."""
    with Town(f"agents: {{docs: {LISTENS}, shell: {SHELL}}}") as made:
        made.change("docs", {"app/hello.py": PROGRAM.replace("Hello", "Good day"), "docs/more.txt": "more\n"})
        yield made


def test_a_daemon_that_dies_is_told_of_and_found_again(visit: Visit, town: Town, picture: Picture) -> None:
    """The page keeps what it shows, says that it reconnects, and goes on without another login."""
    visit.watched.expect(BROKEN)
    page = visit.agent("docs")
    expect(line(page, "Good day")).to_be_visible()
    foot = page.get_by_role("contentinfo")
    town.kill_daemon()
    expect(foot).to_contain_text("reconnecting")
    expect(line(page, "Good day")).to_be_visible()
    picture(page, "reconnecting dark")
    town.run("status")
    expect(foot).to_contain_text("daemon restarted, connected again")
    town.change("docs", {"docs/again.txt": "again\n"})
    expect(page.get_by_role("treeitem").filter(has_text="again.txt")).to_be_visible()
    page.reload()
    expect(line(page, "Good day")).to_be_visible()


def narrow(page: Page) -> None:
    """Assert that nothing is wider than the screen."""
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= PHONE["width"], f"{page.url} is {wide} wide"


def test_a_phone_shows_all_of_it(visit: Visit, picture: Picture) -> None:
    """On a narrow screen fleet, diff, list, comments and terminal are usable and never too wide."""
    page = visit.guest(size=PHONE, touch=True)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    narrow(page)
    picture(page, "phone overview")
    page.get_by_role("main").get_by_role("link", name="docs").first.tap()
    expect(heading(page)).to_be_visible()
    expect(page.locator(".monaco-diff-editor:not(.side-by-side)")).to_be_visible()
    narrow(page)
    picture(page, "phone diff")
    page.get_by_role("button", name="Show the list of files (t)").tap()
    expect(page.get_by_role("treeitem").filter(has_text="hello.py")).to_be_visible()
    picture(page, "phone list")
    page.get_by_role("treeitem").filter(has_text="hello.py").tap()
    expect(heading(page)).to_contain_text("hello.py")
    page.get_by_role("button", name="Comments").tap()
    expect(page.get_by_role("complementary", name="Comments")).to_be_visible()
    narrow(page)
    picture(page, "phone comments")
    page.get_by_role("button", name="Close the comments (m)").tap()
    page.get_by_role("button", name="Places and agents").tap()
    page.get_by_role("navigation", name="Places and agents").get_by_role("link", name="shell").tap()
    page.get_by_role("link", name="Terminal").tap()
    expect(page.locator(".xterm-rows")).to_contain_text("sh>")
    expect(page.get_by_role("button", name="Looking")).to_be_visible()
    page.get_by_role("button", name="Looking").tap()
    expect(page.get_by_role("toolbar", name="Keys")).to_be_visible()
    narrow(page)
    picture(page, "phone terminal")
    for place in ("timeline", "inbox", "plan", "events", "audit"):
        page.goto(f"{visit.origin}/#/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        narrow(page)
        picture(page, f"phone {place}")


def test_a_keyboard_is_enough(visit: Visit, town: Town, picture: Picture) -> None:
    """Without a mouse one gets to an agent, through its changes, comments, sends, and out of its terminal."""
    page = visit.guest()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Show these keys")
    picture(page, "keys dark")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("link", name="docs").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(line(page, "Good day")).to_be_visible()
    page.keyboard.press("]")
    expect(heading(page)).not_to_contain_text("hello.py")
    page.keyboard.press("[")
    expect(heading(page)).to_contain_text("hello.py")
    page.keyboard.press("n")
    page.keyboard.press("c")
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    page.keyboard.type("By hand.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".thread").get_by_text("By hand.")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("shell")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("shell")
    picture(page, "palette dark")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="shell", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("status").filter(has_text=re.compile("^live"))).to_be_visible()
    page.keyboard.type("echo by-ha''nd")
    page.keyboard.press("Enter")
    expect(page.locator(".xterm-rows")).to_contain_text("by-hand")
    page.keyboard.press("Shift+Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert address(page) == "#/"


def test_keys_that_come_before_a_text_wait_for_it(visit: Visit, town: Town) -> None:
    """Who goes on, back, to the next change and to a comment at once has it where a slow person has it."""
    page = visit.agent("docs")
    expect(line(page, "Good day")).to_be_visible()
    held: list[Route] = []
    slow = True

    def answer(route: Route) -> None:
        if slow:
            held.append(route)
        else:
            route.continue_()

    page.route("**/content?*", answer)
    for key in ("]", "[", "n", "c"):
        page.keyboard.press(key)
    for _ in range(400):
        if held:
            break
        page.wait_for_timeout(50)
    assert held
    slow = False
    for route in held:
        route.continue_()
    box = page.get_by_label("Comment", exact=True)
    expect(box).to_be_focused()
    expect(heading(page)).not_to_contain_text("hello.py")
    expect(page.locator(".writing")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
