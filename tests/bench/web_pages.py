"""The page in Chromium with nothing kept of before: its first paint, long diffs, and its size."""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Playwright, sync_playwright

from tests.bench.measure import Report, quantile
from tests.e2e.api.served import Served
from tests.e2e.browser.town import PAGE, chromium
from tests.e2e.place import SLEEPER, commit

ROUNDS = 5
LINES = 5_000
CHANGES = 40
PATIENCE = 120_000
"""Milliseconds that anything may take on a machine that does much else."""

PAINT, COLD, NEXT = 0.4, 2.0, 1.0
"""Goals in seconds."""

WATCH = """
window.shownAt = (seen) => new Promise((done) => {
  const look = () => {
    if (seen()) requestAnimationFrame(() => done(performance.now()));
    else requestAnimationFrame(look);
  };
  look();
});
const holds = (selector, text) =>
  [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text));
window.fleetShown = () => holds("main", "docs") && holds("footer, [role=contentinfo]", "daemon");
window.diffShown = (text) => () =>
  holds(".editor.modified .view-lines", text) &&
  document.querySelector(".editor.modified .line-insert") !== null &&
  document.querySelector(".editor.original .line-delete") !== null;
window.coloursShown = () => document.querySelectorAll(".editor.modified [class*=mtk]").length > 0;
addEventListener("keydown", (event) => { window.pressedAt = event.timeStamp; }, true);
"""
"""Asks at each frame whether something is there, and tells when the next one begins: it is painted then."""


def run(report: Report, rounds: int = ROUNDS) -> None:
    """Measure in new browsers, each with an empty cache; every one is logged in anew."""
    program = chromium()
    if program is None or not PAGE.is_file():
        why = "needs Chromium" if program is None else "the page was not built: pip install -e . builds it"
        report.add("the page in a browser", "not measured", why)
        return
    with Served(agents=0) as place, sync_playwright() as playwright:
        names = written(place)
        visit = Visit(playwright, program, place)
        shells = [visit.shell() for _ in range(rounds)]
        diffs = [visit.diffs(names) for _ in range(rounds)]
        parts = visit.parts(names[0])
    paints, fleets = ([each[number] for each in shells] for number in range(2))
    firsts, nexts = ([each[number] for each in diffs] for number in range(2))
    lines = f"{LINES:,} lines, {CHANGES} changes"
    _tell(report, "first contentful paint, cold", paints, PAINT)
    _tell(report, "  the fleet on the screen, logged in meanwhile", fleets, None)
    _tell(report, f"diff of two texts of {lines}, cold", firsts, COLD)
    _tell(report, f"  the next file, {lines}", nexts, NEXT)
    sizes(report, parts)


def _tell(report: Report, what: str, values: list[float], goal: float | None) -> None:
    ends = f"{min(values) * 1000:.0f} to {max(values) * 1000:.0f} ms"
    wanted = "no goal" if goal is None else f"<= {goal * 1000:.0f} ms"
    report.add(f"{what}, median of {len(values)}", f"{quantile(values, 0.5) * 1000:.0f} ms", ends, wanted)


def written(place: Served) -> list[str]:
    """Commit two long programs, bring an agent up and change both; returns their names in order."""
    names = ["one.py", "two.py"]
    commit(place.repo, {name: text(name, changed=False) for name in names})
    place.agent(SLEEPER.replace("}", ", identity: false}"))
    place.open()
    for name in names:
        (place.tree_of() / name).write_text(text(name, changed=True))
    return names


def text(name: str, *, changed: bool) -> str:
    """Return a program of so many lines, of which some are different once it was changed."""
    stem, step = Path(name).stem, LINES // CHANGES
    line = "    total = total + compute({number}, 'words of {stem}')  # line {number}"
    lines = [line.format(number=number, stem=stem) for number in range(LINES)]
    if changed:
        for number in range(CHANGES):
            lines[number * step + step // 2] = f"    changed_{stem}_{number} = compute({number}, None)"
    lines[0] = "def program(compute, total):"
    return "\n".join(lines) + "\n"


class Visit:
    """Looks of new browsers at one place."""

    def __init__(self, playwright: Playwright, program: str, place: Served) -> None:
        self._playwright = playwright
        self._program = program
        self._place = place
        self._origin = f"http://127.0.0.1:{place.api.port}"

    @contextmanager
    def _page(self) -> Iterator[Page]:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = self._playwright.chromium.launch(executable_path=self._program, args=arguments)
        try:
            context = browser.new_context(viewport={"width": 1360, "height": 860})
            context.set_default_timeout(PATIENCE)
            context.set_default_navigation_timeout(PATIENCE)
            context.add_init_script(WATCH)
            yield context.new_page()
        finally:
            browser.close()

    def _entry(self) -> str:
        return str(self._place.api.own("POST", "/web", {}).json["url"])

    def shell(self) -> tuple[float, float]:
        """Open the page; returns the seconds until its first paint and until the fleet is shown."""
        with self._page() as page:
            page.goto(self._entry())
            fleet = page.evaluate("shownAt(fleetShown)")
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            return paint / 1000, fleet / 1000

    def diffs(self, names: list[str]) -> tuple[float, float]:
        """Open the page at the first file, then go to the second by a key; returns both in seconds."""
        first, second = (f"changed_{Path(name).stem}_0" for name in names)
        with self._page() as page:
            self._log_in(page)
            page.goto(f"{self._origin}/#/c/lab/agents/docs/diff?path={names[0]}", wait_until="commit")
            cold = page.evaluate("(text) => shownAt(diffShown(text))", first)
            page.keyboard.press("]")
            shown = page.evaluate("(text) => shownAt(diffShown(text))", second)
            return cold / 1000, (shown - page.evaluate("pressedAt")) / 1000

    def _log_in(self, page: Page) -> None:
        """Get the login that a browser had before it was closed, without opening the page."""
        code = self._entry().partition("#code=")[2].partition("&")[0]
        headers = {"Origin": self._origin, "X-Constellagent": "1"}
        answer = page.request.post(f"{self._origin}/api/v1/login", data={"code": code}, headers=headers)
        assert answer.status == 200, answer.text()
        secret = json.dumps(answer.json()["page"])
        page.add_init_script(f"localStorage.setItem('constellagent.login', {secret})")

    def parts(self, name: str) -> dict[str, list[Path]]:
        """Return the files that are fetched for the overview, then for a diff, then for a terminal."""
        fetched: list[str] = []
        parts: dict[str, list[Path]] = {}
        with self._page() as page:
            page.on("request", lambda request: fetched.append(request.url))
            page.on("worker", lambda worker: fetched.append(worker.url))
            page.goto(self._entry())
            page.evaluate("shownAt(fleetShown)")
            _take(parts, "shell", fetched)
            page.goto(f"{self._origin}/#/c/lab/agents/docs/diff?path={name}")
            page.evaluate("(text) => shownAt(diffShown(text))", f"changed_{Path(name).stem}_0")
            page.evaluate("shownAt(coloursShown)")
            _take(parts, "editor", fetched)
            page.goto(f"{self._origin}/#/c/lab/agents/docs/terminal")
            page.locator(".xterm-screen").wait_for()
            _take(parts, "terminal", fetched)
        return parts


def _take(parts: dict[str, list[Path]], name: str, fetched: list[str]) -> None:
    """Note the files that were fetched and are in no part yet."""
    known = {path for part in parts.values() for path in part}
    places = (urlsplit(url).path for url in fetched)
    paths = {PAGE.parent / (place.removeprefix("/") or PAGE.name) for place in places}
    parts[name] = sorted(path for path in paths - known if path.is_file())


def sizes(report: Report, parts: dict[str, list[Path]]) -> None:
    """Say how large each part is, as it is sent and as `gzip -9` would make it."""
    everything = sorted(path for path in PAGE.parent.rglob("*") if path.is_file())
    for name, paths in {**parts, "all files of the page": everything}.items():
        data = [path.read_bytes() for path in paths]
        packed = sum(len(gzip.compress(each, 9)) for each in data)
        report.add(
            f"size of {name}" if name in parts else name,
            f"{packed / 1000:,.0f} kB in gzip",
            f"{sum(map(len, data)) / 1000:,.0f} kB as sent, {len(paths)} files",
            "no goal",
        )
