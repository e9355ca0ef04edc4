"""How a browser gets in, and what becomes of the address that let it in."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.town import LISTENS, Town
from tests.e2e.browser.watched import address


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with one agent."""
    with Town(f"agents: {{docs: {LISTENS}}}") as made:
        yield made


def test_e5_the_address_logs_in_and_forgets_its_code(visit: Visit, town: Town, picture: Picture) -> None:
    """The address of `constellagent web` shows the fleet, and no code is left in it or in the history."""
    page = visit.stranger()
    url = town.let_in()
    page.goto(url)

    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("docs", exact=True)).to_be_visible()
    assert "code" in url
    assert "code" not in page.url
    picture(page, "overview dark")
    page.reload()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_e5_an_address_holds_once(visit: Visit, town: Town) -> None:
    """A second browser with the same address is told that it is not logged in, and how to be."""
    visit.watched.expect(r"status of 401")
    url = town.let_in()
    first = visit.stranger()
    first.goto(url)
    expect(first.get_by_role("heading", name="Overview")).to_be_visible()
    second = visit.stranger()
    second.goto(url)

    expect(second.get_by_role("heading", name="This browser is not logged in")).to_be_visible()
    expect(second.get_by_role("alert")).to_contain_text(re.compile("code"))
    assert "code" not in address(second)


def test_a_browser_may_be_let_in_to_look_only(visit: Visit) -> None:
    """Who was let in to look sees the work, and nothing that would change it."""
    page = visit.agent("docs", read_only=True)
    expect(page.get_by_role("contentinfo")).to_contain_text("read only")
    expect(page.get_by_role("heading", name="docs", level=1)).to_be_visible()
    for name in ("Send a prompt", "Start a run", "Stop its session", "Comment", "Edit"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)


def test_logging_out_forgets_the_browser(visit: Visit) -> None:
    """After the button the page is that of a stranger, and stays so."""
    visit.watched.expect(r"status of 401|WebSocket connection")
    page = visit.guest()
    page.get_by_role("button", name="Log this browser out").click()
    stranger = page.get_by_role("heading", name="This browser is not logged in")
    expect(stranger).to_be_visible()
    page.reload()
    expect(stranger).to_be_visible()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_e5_an_address_holds_for_a_minute(visit: Visit, town: Town) -> None:
    """A code that nobody used in its minute lets nobody in."""
    visit.watched.expect(r"status of 401")
    entry = town.entry()
    page = visit.stranger()
    page.wait_for_timeout(max(0.0, entry["expires_at"] + 1 - time.time()) * 1000)
    page.goto(entry["url"])

    expect(page.get_by_role("heading", name="This browser is not logged in")).to_be_visible()


def test_e6_what_breaks_the_policy_is_refused_and_found(visit: Visit) -> None:
    """A script within the page, a picture of elsewhere and a form do nothing, and each is told as a fault."""
    page = visit.guest()
    page.evaluate("""() => {
      const inline = document.createElement("script");
      try { inline.textContent = "window.fired = true"; } catch {}
      const picture = document.createElement("img");
      picture.src = "https://foreign.invalid/x.png";
      const form = document.createElement("form");
      form.action = "/api/v1/tokens";
      form.method = "post";
      document.body.append(inline, picture, form);
      form.submit();
    }""")
    for directive in ("require-trusted-types-for", "img-src", "form-action"):
        found(visit, directive)
    assert page.evaluate("window.fired") is None
    visit.watched.expect(r"policy: |Content Security Policy|ERR_BLOCKED_BY_CSP|TrustedScript")
    visit.watched.requests = [url for url in visit.watched.requests if "foreign.invalid" not in url]


def found(visit: Visit, directive: str) -> None:
    """Wait until the page has told of this violation."""
    page = visit.contexts[0].pages[0]
    for _ in range(800):
        if any(f"policy: {directive}" in line for line in visit.watched.console):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"no violation of {directive} was told: {visit.watched.console}")
