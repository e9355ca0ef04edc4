"""Review comments: on a line, on several, changed, settled, and given to the agent as one prompt."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import line, number, pick
from tests.e2e.browser.town import LISTENS, PROGRAM, Town
from tests.e2e.desk import writes
from tests.e2e.place import SLEEPER


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with an agent that answers what it is told, one to stop, and one to comment on."""
    with Town(f"agents: {{docs: {LISTENS}, still: {SLEEPER}, kept: {SLEEPER}}}") as made:
        for agent in ("docs", "still", "kept"):
            made.change(agent, {"app/hello.py": PROGRAM.replace("Hello", "Good day")})
        yield made


def comment(page: Page, of: int, text: str) -> None:
    """Click the number of a line, write a comment, and add it."""
    number(page, of).click()
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator(".thread").get_by_text(text)).to_be_visible()


def test_a_comment_is_written_changed_settled_and_kept(visit: Visit, picture: Picture) -> None:
    """Comments on one line and on several stand between the lines, also after a reload."""
    page = visit.agent("kept")
    pick(page, "hello.py")
    comment(page, 7, "Say it in French.")
    expect(page.locator(".thread").get_by_text("line 7")).to_be_visible()
    picture(page, "comment dark")
    page.get_by_role("button", name="Edit", exact=True).last.click()
    page.get_by_label("Edit this comment").fill("Say it in Welsh.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Say it in Welsh.")).to_be_visible()
    line(page, "def greet").click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+End")
    page.keyboard.press("c")
    page.get_by_label("Comment", exact=True).fill("Both lines.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".thread").get_by_text(re.compile(r"lines 6\D7"))).to_be_visible()

    page.reload()
    expect(page.get_by_text("Say it in Welsh.")).to_be_visible()
    thread = page.locator("article.comment").filter(has_text="Welsh")
    thread.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Say it in Welsh.")).to_have_count(0)
    expect(page.get_by_text("Both lines.")).to_be_visible()


def test_comments_go_to_the_agent_as_one_prompt(visit: Visit, town: Town, picture: Picture) -> None:
    """The agent's program hears each comment with its place and words; they are then marked as sent."""
    page = visit.agent("docs")
    pick(page, "hello.py")
    comment(page, 7, "Say it in Breton.")
    comment(page, 9, "And count them.")
    page.get_by_role("button", name="Comments").click()
    panel = page.get_by_role("complementary", name="Comments")
    panel.get_by_label("Words before the comments").fill("Please see to these.")
    panel.get_by_role("button", name="Send 2 comments to docs").click()

    expect(panel.get_by_role("alert")).to_contain_text("docs took 2 comments")
    expect(panel).to_contain_text("0 not sent · 2 sent")
    picture(page, "comments sent dark")
    for words in ("Please see to these.", "app/hello.py", "Say it in Breton.", "And count them."):
        writes(town, "docs", words)
    page.get_by_role("link", name="Terminal").click()
    expect(page.locator(".xterm-rows")).to_contain_text("Say it in Breton.")


def test_comments_for_an_agent_that_does_not_run_stay_unsent(visit: Visit, town: Town) -> None:
    """Where nothing could be delivered the page says why, and the comments wait."""
    town.run("stop", "still")
    page = visit.agent("still")
    pick(page, "hello.py")
    comment(page, 7, "For later.")
    page.get_by_role("button", name="Comments").click()
    panel = page.get_by_role("complementary", name="Comments")
    visit.watched.expect(r"status of (409|503)")
    panel.get_by_role("button", name="Send").click()

    expect(panel.get_by_role("alert")).to_contain_text("ot ")
    expect(panel.locator("article.comment").filter(has_text="For later.")).to_contain_text("not sent")
