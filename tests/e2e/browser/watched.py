"""What a browser says and asks for while a test drives it, and that none of it is a fault.

A page that looks right may still break its own policy, ask another machine for something or throw where
nobody looks: each is written down here as it happens, and asked for at the end of every test.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

LISTENER = """
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI, sourceFile, lineNumber}) => {
  console.error(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""
"""Tells of each violation of the page's policy in the console, where it survives the page."""

LOUD = frozenset({"error", "warning", "assert"})
OWN_SCHEMES = ("data:", "blob:")
"""What never leaves the browser."""


@dataclass
class Watched:
    """All that the pages of one context did, and what of it a test says that it brought about itself."""

    origin: str
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of the context from its beginning."""
        context.add_init_script(LISTENER)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self._asked)
        context.on("page", self._opened)

    def expect(self, pattern: str) -> None:
        """Say that the test itself brings lines about that match, such as those of a refused request."""
        self.expected.append(pattern)

    def faults(self) -> list[str]:
        """Return what should not have been, in words."""
        loud = [line for line in self.console if not any(re.search(one, line) for one in self.expected)]
        foreign = [url for url in self.requests if not self._own(url)]
        return [
            *(f"console: {line}" for line in loud),
            *(f"thrown: {error}" for error in self.errors),
            *(f"asked elsewhere: {url}" for url in foreign),
        ]

    def _own(self, url: str) -> bool:
        socket = self.origin.replace("http", "ws", 1)
        return url.startswith((f"{self.origin}/", f"{socket}/", *OWN_SCHEMES))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in LOUD:
            self.console.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _opened(self, page: Page) -> None:
        page.on("worker", lambda worker: self.workers.append(worker.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))


def address(page: Page) -> str:
    """Return where the page is, as its own address has it: what is behind the `#`."""
    found: Any = page.evaluate("location.hash")
    return str(found)
