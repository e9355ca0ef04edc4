"""Every view, dark and light: free of serious faults by axe-core's rules, and kept as a picture.

axe-core comes with the page's own development packages (`npm ci` in the page's sources). Where they are not
installed the rules are left out with a reason and the pictures are still taken.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.checkout import ROOT
from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import line, number
from tests.e2e.browser.town import LISTENS, PROGRAM, Town
from tests.reliability.lab import git

AXE = ROOT / "constellagent" / "faces" / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.filter(({impact}) => impact === "serious" || impact === "critical").flatMap(
    ({id, nodes}) => nodes.map(({target, html, failureSummary}) =>
      `${id}: ${target}: ${html.slice(0, 120)}: ${failureSummary.slice(0, 300)}`));
}"""
VIEWS = {
    "overview": "#/",
    "timeline": "#/timeline",
    "inboxes": "#/inbox",
    "overlaps": "#/overlaps",
    "plan": "#/plan",
    "events": "#/events",
    "audit": "#/audit",
    "diff": "#/c/lab/agents/docs/diff?path=app/hello.py",
    "files": "#/c/lab/agents/docs/files?path=app/hello.py",
    "changes": "#/c/lab/agents/docs/changes",
    "commits": "#/c/lab/agents/docs/commits",
    "terminal": "#/c/lab/agents/docs/terminal",
    "inbox": "#/c/lab/agents/docs/inbox",
    "runs": "#/c/lab/agents/timed/runs",
}
SETTLED = "main .loading, main .spinner"
"""What stands where something is still being read."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with something to see in every view."""
    listens = LISTENS.replace(", identity: false", "")
    timed = "{command: [sh, -c, 'echo worked'], autostart: false, schedules: {often: {cron: '0 * * * *'}}}"
    with Town(f"agents: {{docs: {listens}, timed: {timed}}}") as made:
        made.change("docs", {"app/hello.py": PROGRAM.replace("Hello", "Good day"), "docs/more.txt": "more\n"})
        git(made.tree_of(), "add", "docs/more.txt")
        made.run("schedule", "run", "timed/often")
        yield made


def serious(page: Page, view: str) -> list[str]:
    """Return the faults of a view as it is now; none where there is no axe-core to find them."""
    if not AXE.is_file():
        return []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN)
    return [f"{view}: {fault}" for fault in found]


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_e6_no_view_has_a_serious_fault(visit: Visit, picture: Picture, colours: str) -> None:
    """axe-core finds nothing serious or critical in any view, nor in a comment, the palette and the login."""
    found: list[str] = []
    page = visit.guest(dark=colours == "dark")
    for name, where in VIEWS.items():
        page.goto(f"{visit.origin}/{where}")
        expect(page.locator("main").get_by_role("heading").first).to_be_visible()
        expect(page.locator(SETTLED)).to_have_count(0)
        if name in {"diff", "files"}:
            expect(page.locator(".view-line").first).to_be_visible()
        picture(page, f"view {name} {colours}")
        found += serious(page, name)
    page.goto(f"{visit.origin}/{VIEWS['diff']}")
    expect(line(page, "Good day")).to_be_visible()
    number(page, 7).click()
    expect(page.get_by_label("Comment", exact=True)).to_be_visible()
    found += serious(page, "writing")
    page.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    found += serious(page, "palette")
    visit.watched.expect(r"status of 401")
    stranger = visit.stranger(dark=colours == "dark")
    stranger.goto(f"{visit.origin}/")
    expect(stranger.get_by_role("heading", name="This browser is not logged in")).to_be_visible()
    picture(stranger, f"view login {colours}")
    found += serious(stranger, "login")

    assert not found, "\n".join(found)
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in constellagent/faces/web/ui")
