"""What the multiplexer shows in place of terminals: schedules, mail, plan, diff, events, audit; and help."""

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.desk import Desk, steady, writes
from tests.e2e.place import Place
from tests.golden_option import Golden
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
FLEET = """
timezone: UTC
agents:
  docs:
    shell: 'echo "at work"; exec sleep 600'
  triage:
    shell: 'echo "morning run"; sleep 1; echo "all done"'
    autostart: false
    schedules:
      morning: {cron: "0 9 * * 1-5", missed: skip}
"""
_BOTTOM = re.compile("└─ [^\n┘]*─┘")
"""The last line of a dialog, to its very end."""
_DAY = re.compile("next (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Place]:
    """Give a place with an agent that runs and one that has a schedule; both have identities."""
    with Place(agents=0) as made:
        made.write(FLEET)
        made.run("apply", "--yes", CONSTELLAGENT_WAKE_GRACE="0")
        yield made


@pytest.fixture
def desk(fleet: Place) -> Iterator[Desk]:
    """Give a terminal in which the multiplexer runs."""
    with Desk(fleet) as opened:
        opened.attach(see="at work")
        yield opened


def test_a_schedule_is_run_now_paused_and_resumed(desk: Desk) -> None:
    """The run and what it wrote are in the ledger below; paused it says so, and the daemon knows."""
    terminal = desk.terminal
    terminal.command("t")
    terminal.shows("1 schedule", "morning")
    terminal.press("n")
    terminal.until(lambda seen: "of triage/morning is queued" in seen or "succeeded" in seen, "the run")
    terminal.shows("succeeded")
    terminal.press("Tab", "Enter")
    terminal.shows("run ", "of triage/morning", "all done")
    terminal.press("BSpace")
    terminal.press("Tab", "p")
    terminal.until(_paused, "its row to say that it is paused")
    wait_for(lambda: "paused" in desk.place.run("schedule", "show").stdout, "it to be paused")
    terminal.press("p")
    wait_for(lambda: "paused" not in desk.place.run("schedule", "show").stdout, "it to be resumed")
    terminal.press("q")
    terminal.shows("at work")


def _paused(seen: str) -> bool:
    """Say whether the schedule's own row tells that it is paused; the line at the bottom may be earlier."""
    return any("morning" in line and "paused" in line for line in seen.split("\n")[:22])


def test_mail_is_read_and_its_code_copied(desk: Desk) -> None:
    """A letter for the agent is counted, listed, read in full, and its code goes to the clipboard."""
    terminal = desk.terminal
    _mail(desk.place, "docs@lab.test", "Your code", "Hello.\n\nYour verification code is 491823.\n")
    terminal.shows("✉1")
    terminal.command("m")
    terminal.shows("inbox of docs · 1 unread", "Your code")
    terminal.press("Enter")
    terminal.shows("Your verification code is 491823.")
    terminal.press("y")
    wait_for(lambda: "491823" in desk.terminal.run("list-buffers"), "the code")
    terminal.press("BSpace")
    terminal.press("q")
    terminal.shows("at work", "✉1")


def _mail(place: Place, to: str, subject: str, text: str) -> None:
    """Let the other agent write a letter."""
    place.run("identity", "send", "triage", "--to", to, "--subject", subject, "--body", text)


def test_plan_and_apply_of_a_changed_file(place: Place) -> None:
    """A changed file is a plan in words; a yes applies it, step by step, and the new agent has a terminal."""
    place.write(FLEET)
    place.run("apply", "--yes")
    with Desk(place) as desk:
        terminal = desk.attach(see="at work")
        more = "  extra: {shell: 'echo extra here; exec sleep 600', identity: false}\n"
        place.file.write_text(place.file.read_text() + more)
        terminal.command("P")
        terminal.shows("plan of lab", "extra", "create worktree", "start")
        terminal.press("a")
        terminal.shows("exec sleep 600", "Yes")
        terminal.press("y")
        terminal.shows("applied: 2 changes")
        terminal.press("q")
        terminal.shows("? extra")
        desk.switch("extra")
        terminal.shows("extra here")
        terminal.command("P")
        terminal.shows("Nothing to do: the world is as declared.")
        place.settled()


def test_the_diff_of_an_agent(desk: Desk) -> None:
    """What an agent changed is counted in the list, and shown by file, hunk and line."""
    terminal = desk.terminal
    tree = desk.place.tree_of("docs")
    (tree / "file-7.txt").write_text("line 7\n" * 49 + "the last one\n")
    (tree / "fresh.py").write_text("def fresh() -> int:\n    return 7\n")
    terminal.command("D")
    terminal.shows("file-7.txt", "fresh.py", "the last one")
    assert "\x1b[" in terminal.screen(styled=True)
    terminal.press("n")
    terminal.shows("def fresh() -> int:")
    terminal.press("q")
    terminal.shows("at work")


def test_events_and_audit(desk: Desk) -> None:
    """What happened is listed, newest last, and who asked for what of an identity."""
    terminal = desk.terminal
    terminal.command("e")
    terminal.shows("events · ", "docs", "started")
    terminal.press("q")
    terminal.shows("at work")  # what comes with that key in one reading would be for the view
    terminal.command("u")
    terminal.shows("audit of docs", "identity.created")
    terminal.press("v")
    terminal.shows("the audit holds")
    terminal.press("Escape")
    terminal.shows("at work")


@pytest.mark.parametrize(("name", "key", "sign"), [
    ("help", "?", "Keys, after C-]"),
    ("palette", ":", "Commands"),
    ("switcher", "g", "Switch to"),
    ("prompt", "p", "Prompt for docs"),
])  # fmt: skip
def test_dialogs_over_the_terminals(desk: Desk, golden: Golden, name: str, key: str, sign: str) -> None:
    """Each has its place over what goes on below, and Escape leaves everything as it was."""
    terminal = desk.terminal
    terminal.shows("? docs", " next ")
    before = desk.tile()
    terminal.command(key)
    seen = terminal.until(lambda seen: f"┌─ {sign}" in seen and _BOTTOM.search(seen), f"all of {sign}")
    box = steady(_box(seen, sign))
    if _DAY.search(box):  # nine o'clock is over, or it is a weekend: the box is wider by the day's name
        name, box = f"{name}-another-day", _DAY.sub("next Day ", box)
    golden(f"../e2e/golden/multiplexer/{name}-80x24.txt", box)
    terminal.press("Escape")
    terminal.lacks(sign)
    terminal.until(lambda _: desk.tile() == before, f"all as it was: {before}")


def _box(seen: str, sign: str) -> str:
    """Return the dialog alone."""
    lines = seen.split("\n")
    top = next(number for number, line in enumerate(lines) if f"┌─ {sign}" in line)
    left, right = lines[top].index(f"┌─ {sign}"), lines[top].rindex("┐")
    rows = [line[left : right + 1] for line in lines[top:]]
    return "\n".join(rows[: next(number for number, row in enumerate(rows) if row[:1] == "└") + 1])


def test_a_command_is_found_by_letters(desk: Desk) -> None:
    """The palette finds a command by a few letters of what it does, and does it."""
    terminal = desk.terminal
    terminal.command(":")
    terminal.shows("Commands")
    terminal.type("happened")
    terminal.lacks("Show one terminal")
    terminal.shows("Show what happened")
    terminal.press("Enter")
    terminal.shows("events · ")


def test_a_prompt_is_sent(place: Place) -> None:
    """Several lines are written in a dialog and reach the agent as they are."""
    place.agent("{shell: 'stty -echo; while read -r line; do echo \"got <$line>\"; done', identity: false}")
    place.run("apply", "--yes")
    with Desk(place) as desk:
        terminal = desk.attach()
        terminal.command("p")
        terminal.shows("Prompt for docs")
        terminal.enter("first line")
        terminal.type("second line")
        terminal.shows("second line")
        terminal.press("C-d")
        terminal.until(lambda seen: "sent to docs" in seen or "got <second line>" in seen, "it to be sent")
        writes(place, "docs", "got <second line>")
        terminal.shows("got <first line>")
