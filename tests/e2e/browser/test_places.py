"""What stands beside the work: mail, schedules, the plan, the audit."""

import re
import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.town import Town

MAILED = "{command: [sleep, '600']}"
TIMED = """{command: [sh, -c, 'echo worked'], autostart: false, identity: false, schedules: {
    yearly: {cron: '0 9 1 1 *'}, often: {cron: '* * * * *', missed: skip, overlap: skip}}}"""
HTML = """<html><head><style>body {background: url(http://evil.invalid/style.png)}</style></head><body>
<h1>Welcome</h1><p>Your code is <b>481516</b>.</p>
<img src="http://evil.invalid/pixel.png" onerror="document.title='run'">
<script>document.title = 'run'; fetch('http://evil.invalid/script')</script>
<p><a href="http://shop.example/confirm?x=1">Confirm</a>
<a href="javascript:document.title='run'">or this</a></p>
<iframe src="http://evil.invalid/frame"></iframe></body></html>"""
HOURS = 3 * 3600 * 1_000_000
"""Microseconds, as the ledger counts them."""
PICTURE = """<img src=http://evil.invalid/only.png onerror="document.title='run'">
<script>document.title = 'run'</script>"""
"""A mail without a word."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with an agent that has mail, and one whose schedules the daemon was away for."""
    with Town(f"agents: {{docs: {MAILED}, timed: {TIMED}}}") as made:
        _post(made, "Your code for <b>the shop</b>", HTML)
        _post(made, "A picture", PICTURE)
        made.kill_daemon()
        with closing(sqlite3.connect(made.home / "state.db")) as state, state:
            state.execute("UPDATE schedules SET created_at = created_at - ?, upto = upto - ?", (HOURS, HOURS))
        made.run("schedule", "run", "timed/yearly")
        yield made


def _post(town: Town, subject: str, content: str) -> None:
    """Send a mail of HTML alone to the agent, as the world does."""
    message = EmailMessage()
    message["From"], message["To"] = "Shop <shop@outside.example>", town.view("docs")["address"]
    message["Subject"] = subject
    message.set_content(content, subtype="html")
    door = urlsplit(town.json("provider", "status")["smtp"])
    with smtplib.SMTP(door.hostname or "", door.port or 0, local_hostname="outside.example") as smtp:
        smtp.send_message(message)


def test_a_mail_is_read_without_loading_or_running_anything(visit: Visit, picture: Picture) -> None:
    """Its words, its code and its links are there; its pictures, scripts and frames are not."""
    page = visit.agent("docs", "inbox")
    talks = page.get_by_role("list", name="Conversations").get_by_role("button")
    talks.filter(has_text="A picture").click()
    expect(page.get_by_text("This mail has no text.")).to_be_visible()
    talks.filter(has_text="Your code").click()
    body = page.locator(".mail-body")
    expect(body).to_contain_text("Welcome")
    expect(body.get_by_text("481516")).to_be_visible()
    expect(page.get_by_text("Newest code")).to_be_visible()
    expect(page.get_by_role("article").get_by_role("heading").first).to_have_text(
        "Your code for <b>the shop</b>"
    )
    assert body.locator("img, script, iframe, style").count() == 0
    links = body.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    assert links == ["http://shop.example/confirm?x=1"]
    assert "run" not in page.title().split()
    picture(page, "inbox dark")


def test_the_timeline_shows_what_ran_what_was_missed_and_what_comes(visit: Visit, picture: Picture) -> None:
    """A run, a stretch that was missed and the next fires stand in the bands and in the ledger below."""
    page = visit.guest("#/timeline")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^next ")).first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^missed, [0-9]+ fires")).first).to_be_visible()
    ledger = page.get_by_role("table")
    expect(ledger.get_by_text("missed", exact=True).first).to_be_visible()
    expect(ledger.get_by_role("row").filter(has_text="timed/yearly")).to_contain_text("succeeded")
    picture(page, "timeline dark")
    ledger.get_by_role("row").filter(has_text="timed/yearly").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Exit status")
    dialog.get_by_role("link", name="Its terminal").click()
    expect(page.locator(".xterm-rows")).to_contain_text("worked")


def test_the_audit_tells_who_used_an_identity(visit: Visit, picture: Picture) -> None:
    """The arrival of the mail is a line with its agent, who did it, and how it went."""
    page = visit.guest("#/audit")
    expect(page.get_by_role("row").filter(has_text="docs").first).to_be_visible()
    picture(page, "audit dark")


def test_a_plan_is_looked_at_approved_and_applied(visit: Visit, town: Town, picture: Picture) -> None:
    """A file that changed is shown with its commands before it may run, and then step by step."""
    town.write(f"agents: {{docs: {MAILED}, timed: {TIMED}, added: {MAILED}}}")
    page = visit.guest("#/plan")
    rows = page.get_by_role("list", name="What would be done")
    expect(rows.get_by_text("added").first).to_be_visible()
    expect(page.get_by_text("the file has changed since it was approved")).to_be_visible()
    picture(page, "plan dark")
    page.get_by_role("button", name="Apply", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("sleep 600")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").filter(has_text="Applied")).to_be_visible()
    picture(page, "applied dark")
    expect(page.get_by_role("navigation", name="Places and agents").get_by_text("added")).to_be_visible()
    assert town.view("added")["session"]["live"]
