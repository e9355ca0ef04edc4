"""A browser for each module, and a context of its own for each test, in which every fault is found."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.checkout import ROOT
from tests.e2e.browser.town import PAGE, Town, chromium
from tests.e2e.browser.watched import Watched

PICTURES = ROOT / "build" / "screenshots"
"""Where pictures of the page are kept; CI keeps them with a run."""
PATIENCE = 40_000
"""Milliseconds that something may take to appear, on a machine that does much else."""
WIDE = {"width": 1360, "height": 860}

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give this machine's Chromium."""
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    if not PAGE.is_file():
        pytest.skip("the page was not built: CONSTELLAGENT_PAGE=require pip install -e . builds it")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=arguments, timeout=3 * PATIENCE)
        yield launched
        launched.close()


class Visit:
    """One browser's look at a town: contexts are logged in separately, and all are listened to."""

    def __init__(self, browser: Browser, town: Town) -> None:
        self.browser = browser
        self.town = town
        self.origin = town.origin()
        self.watched = Watched(self.origin)
        self.contexts: list[BrowserContext] = []

    def stranger(self, *, dark: bool = True, size: dict[str, int] | None = None, touch: bool = False) -> Page:
        """Open an empty page of a browser that nobody knows."""
        context = self.browser.new_context(
            viewport=size or WIDE,  # type: ignore[arg-type] # a TypedDict of the same two
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE)
        self.watched.follow(context)
        self.contexts.append(context)
        return context.new_page()

    def guest(
        self,
        where: str = "#/",
        *,
        dark: bool = True,
        size: dict[str, int] | None = None,
        read_only: bool = False,
        touch: bool = False,
    ) -> Page:
        """Open a page that is logged in, at a place of it."""
        page = self.stranger(dark=dark, size=size, touch=touch)
        page.goto(self.town.entry(read_only=read_only)["url"])
        expect(page.get_by_role("contentinfo")).to_contain_text("daemon")
        if where != "#/":
            page.goto(f"{self.origin}/{where}")
        return page

    def agent(self, name: str, tab: str = "diff", *, read_only: bool = False) -> Page:
        """Open a page that is logged in, at a tab of an agent."""
        return self.guest(f"#/c/lab/agents/{name}/{tab}", read_only=read_only)

    def close(self) -> None:
        """Close all."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser, town: Town) -> Iterator[Visit]:
    """Give a visit to the module's town; at its end there was no fault of any kind."""
    begun = Visit(browser, town)
    yield begun
    begun.close()
    assert begun.watched.faults() == []


Picture = Callable[[Page, str], Path]


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Give what keeps a picture of a page, by a name."""

    def take(page: Page, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png"
        page.screenshot(path=path)
        return path

    return take
