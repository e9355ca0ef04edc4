"""Texts for the real agents: each arrives whole and once, and none is typed into a dialog or a draft."""

import json
import os
import re
import signal
import string
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.faces.blocking import BlockingClient
from constellagent.runtime import processes
from constellagent.runtime.paths import Paths
from constellagent.term.keys import pasteable
from tests.e2e.agents.field import KEY, Field
from tests.programs import needs
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.timeout(1800)

PROVEN = [pytest.param(kind, marks=needs(kind)) for kind in ("claude", "codex", "copilot")]
BY_TURNS = [
    pytest.param(kind, marks=[needs(kind), *([] if kind == "claude" else [pytest.mark.long])])
    for kind in ("claude", "codex", "copilot")
]
"""What is the same code for all kinds is shown with one of them in every run, and with all in a long one."""


def declaration(field: Field, *, options: str = "permissions: edit") -> str:
    """Return how to declare an agent that talks to the model, with a profile of its own."""
    url = field.model.url
    variables, more = "", ""
    if field.kind == "claude":
        variables = f"ANTHROPIC_BASE_URL: '{url}', ANTHROPIC_API_KEY: {KEY}"
    elif field.kind == "codex":
        variables = f"OPENAI_API_KEY: {KEY}, OPENAI_BASE_URL: '{url}/v1'"
        more = ", model: stub"
    else:
        variables = (
            f"COPILOT_PROVIDER_BASE_URL: '{url}/v1', COPILOT_PROVIDER_API_KEY: {KEY}, "
            "COPILOT_MODEL: stub, COPILOT_OFFLINE: 'true', COPILOT_AUTO_UPDATE: 'false'"
        )
    return f"env: {{set: {{{variables}}}}}, options: {{profile: agent, {options}{more}}}"


@pytest.fixture(params=PROVEN)
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place for agents of one kind."""
    with Field(request.param) as place:
        yield place


def begin(field: Field, **options: str) -> None:
    """Start an agent that waits for its first prompt."""
    field.declare_agents(one=declaration(field, **options))
    field.run("apply", "--yes")


def got(field: Field, text: str) -> int:
    """Return how many times a person has said a text in the conversation, as the model knows it."""
    return max((sum(text in said for said in turn.prompts) for turn in list(field.model.turns)), default=0)


def send(field: Field, text: str, *options: str) -> str:
    """Send a text that must be confirmed, and return its first words for a failure."""
    sent = field.run("send", "one", *options, "--", text, check=None)
    assert sent.returncode == 0, (text[:80], sent.stderr, field.screen("one"))
    return repr(text[:60])


def touching(field: Field, file: Path) -> str:
    """Return the order to make a file, which the agent may not without asking."""
    if field.kind != "codex":
        return f"!run touch {file}"
    call = {"cmd": f"touch {file}", "sandbox_permissions": "require_escalated", "justification": "May I?"}
    return f"!use exec_command {json.dumps(call)}"


def in_smileys(mark: str) -> str:
    """Return a mark without letters or digits."""
    return "".join(chr(0x1F600 + int(digit, 16)) for digit in mark)


def in_cyrillic(mark: str) -> str:
    """Return a mark without Latin letters or digits."""
    return "".join(chr(0x430 + int(digit, 16)) for digit in mark)


TEXTS: tuple[Callable[[str], str], ...] = (
    lambda mark: f"Say hello, {mark}.",
    lambda mark: f"First {mark}\nsecond\n\nfourth line",
    lambda mark: f"-{mark} begins like an option",
    lambda mark: f"Gr\u00fc\u00dfe, \u4f60\u597d \U0001f680 {mark}",
    lambda mark: "\n".join(f"line {number} of {mark}" for number in range(300)),
    lambda mark: (f"{mark} " + "abcdefghi " * 2_000)[:20_000] + "end",
    lambda mark: f"{mark} " + "word " * 60 + "end",
    lambda mark: f"{mark} ends\x1b[201~ here\x1b[200~, or \x9b201~here\x9b200~.",
    lambda mark: f"\x1b[201~\r{mark} \x1b[A\x1b[31mred\x1b[0m\x1bOP\x1b\x1b[201~ \x1b]0;title\x07after",
    lambda mark: f"{mark} nul\x00 etx\x03 del\x7f nel\x85 bell\x07\r\nnext\rlast",
    lambda mark: f"{mark}\tone\n\ttwo\tthree",
    in_smileys,
    lambda mark: f"\u041f\u0440\u0438\u0432\u0435\u0442 {in_cyrillic(mark)}",
    lambda mark: f"\u0645\u0631\u062d\u0628\u0627 {in_cyrillic(mark)}",
    lambda mark: f"Cafe\u0301 {mark} nai\u0308ve",
    lambda mark: chr(0x4E00 + int(mark[:2], 16)),
    lambda mark: string.ascii_letters[int(mark[:2], 16) // 17],
)
"""Texts of all sorts, each with a mark of its own that begins with its number; the last are one letter."""


def whole(text: str) -> str:
    """Return a text as all programs pass it on: some compose accents, or turn tabs into blanks."""
    return unicodedata.normalize("NFC", pasteable(text).replace("\t", "    ")).strip()


def arrived(field: Field, text: str) -> int:
    """Return how many turns of the conversation were begun with exactly this text, as of late."""
    wanted = whole(text)
    turns = [turn.prompts for turn in list(field.model.turns)[-6:] if turn.tools]
    return max(
        (sum(whole(said.rpartition("</current_datetime>")[2]) == wanted for said in each) for each in turns),
        default=0,
    )


@pytest.mark.parametrize("count", [len(TEXTS), pytest.param(200, marks=pytest.mark.long)])
def test_every_text_arrives(field: Field, count: int) -> None:
    """Short, long, of many lines, with ends of pastes: at the model whole and once, or reported unsent."""
    begin(field)
    unsent = {}
    began = time.monotonic()
    for number in range(count):
        text = TEXTS[number % len(TEXTS)](f"{number:02x}{uuid.uuid4().hex[:6]}")
        if why := doubt(field, text):
            unsent[number] = f"{why}; the model got it {arrived(field, text)} times"
            print(number, repr(text[:60]), unsent[number], field.screen("one"))
            continue
        try:
            wait_for(lambda text=text: arrived(field, text), f"{number}, {text[:60]!r}", 60)
        except AssertionError:
            print(
                *(turn.prompt[-300:] for turn in list(field.model.turns)[-5:]),
                field.screen("one"),
                sep="\n--\n",
            )
            raise
        assert arrived(field, text) == 1
    took = time.monotonic() - began
    print(f"{field.kind}: {count - len(unsent)} of {count} confirmed in {took:.0f} s, not: {unsent}")
    assert len(unsent) <= count // 50, unsent


def doubt(field: Field, text: str) -> str:
    """Send a text, and return what is said of it where it is not confirmed."""
    with BlockingClient.connect(Paths(field.home).control_socket) as client:
        try:
            return client.send(str(field.file), "one", text, enter=True)["why"]
        except ConflictError as error:
            return error.message


def test_what_we_left_makes_way(field: Field) -> None:
    """A text that a stopped program reads too late is deleted before the next one, however long it is."""
    begin(field)
    send(field, "Hello")
    wait_for(lambda: got(field, "Hello"), "the first text")
    pid = field.view("one")["session"]["pid"]
    for number in range(3):
        late = (f"{number} late\n\n\nand more " + "of it " * 60, TEXTS[4]("late"), TEXTS[5]("late"))[number]
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: processes.state_of(pid) == "T", "the program to stop")
        went = doubt(field, late)
        os.kill(pid, signal.SIGCONT)
        assert "the program is stopped; the text waits in its terminal, and Enter was not pressed" in went
        wait_for(lambda: re.search(r"late|\[Past|abcdefghi", field.screen("one")), "the late text", 20)

        send(field, f"Instead {number}")

        wait_for(lambda number=number: arrived(field, f"Instead {number}"), "the other text", 60)
        assert arrived(field, late) == 0


def test_nothing_answers_a_permission(field: Field) -> None:
    """While the agent asks, a text is not sent, and what it asked for does not happen."""
    begin(field, options="permissions: ask")
    never = field.folder / "never"
    send(field, f"Work now\n{touching(field, never)}")
    field.wait_state("one", "waiting:permission")

    sent = field.run("send", "one", "Go on", check=1)

    assert "nothing was sent to one: it asks for a permission" in sent.stderr
    assert got(field, "Go on") == 0
    assert not never.exists()
    field.wait_state("one", "waiting:permission")


@pytest.mark.parametrize("field", BY_TURNS, indirect=True)
def test_a_draft_is_neither_sent_nor_lost(field: Field) -> None:
    """What somebody has begun to write stays where it is."""
    begin(field)
    send(field, "Hello")
    wait_for(lambda: got(field, "Hello"), "the first text")
    send(field, "a draft of mine", "--no-enter")

    sent = field.run("send", "one", "--wait", "1", "Something else", check=1)

    assert "a text that somebody has begun is in its input line" in sent.stderr
    assert "a draft of mine" in field.screen("one")
    assert got(field, "Something else") == got(field, "a draft of mine") == 0


@pytest.mark.parametrize("field", BY_TURNS, indirect=True)
def test_a_busy_agent(field: Field) -> None:
    """One that queues takes a text while it works; one that it would disturb is waited for."""
    begin(field)
    send(field, "Take your time\n!wait 15")
    wait_for(lambda: got(field, "Take your time"), "the first text")
    if field.kind == "codex":
        refused = field.run("send", "one", "--wait", "0.5", "Too early", check=1)
        assert "it works" in refused.stderr

    send(field, "And now this")

    wait_for(lambda: got(field, "And now this"), "the second text", 60)
    assert got(field, "And now this") == 1
    assert got(field, "Too early") == 0


@pytest.mark.parametrize("field", BY_TURNS, indirect=True)
def test_a_daemon_that_dies_types_nothing_twice(field: Field) -> None:
    """A text whose delivery was cut short is there once or not at all, and the sender is not told it was."""
    begin(field)
    send(field, "Hello")
    sending = field.start("send", "one", "Only once, if at all")
    time.sleep(0.7)
    field.kill_daemon()
    _, said = sending.communicate(timeout=150)

    send(field, "/help", "--force", "--no-enter")  # the next daemon has looked at the session by then
    if sending.returncode == 0:
        wait_for(lambda: got(field, "Only once, if at all"), f"what was said to be sent: {said}")
    assert got(field, "Only once, if at all") <= 1


@pytest.mark.parametrize("field", BY_TURNS, indirect=True)
def test_broadcast(field: Field) -> None:
    """One command reaches all agents side by side, and says of each how it went."""
    field.declare_agents(one=declaration(field), two=declaration(field))
    field.run("apply", "--yes")

    sent = field.run("broadcast", "--json", "Hear, hear", check=None)

    assert sorted((one["agent"], one["outcome"]) for one in json.loads(sent.stdout)) == [
        ("one", "sent"),
        ("two", "sent"),
    ], sent.stdout
    assert sent.returncode == 0
    wait_for(lambda: sum("Hear, hear" in t.prompt for t in list(field.model.turns)) >= 2, "both")
