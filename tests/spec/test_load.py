"""Bytes -> a constellation, or all problems with their places."""

import contextlib
import hashlib
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import SpecError
from constellagent.spec.load import load, survey
from tests.growth import assert_linear
from tests.spec.samples import EXAMPLE, agent, lines, loaded, only


def fleet(size: int) -> str:
    """Return the text of a file with so many agents."""
    return "version: 1\ndefaults: {setup: [[npm, ci]]}\nagents:\n" + "".join(
        f"""  agent-{number}:
    kind: claude                   # adapter
    branch: feature/auth-redesign-{number}
    prompt: Redesign the login flow. Read AUTH.md first.
    ports: [web, db]
    schedules:
      morning:
        cron: "0 9 * * 1-5"
        prompt: Read your inbox and answer the first unread mail.
        catch_up_window: 7d
        timeout: 45m
"""
        for number in range(size)
    )


def test_the_example_says_what_the_documentation_says() -> None:
    """The documented example loads, with defaults merged into every agent."""
    result = load(EXAMPLE.encode(), "constellation.yaml")
    assert result.content_hash == hashlib.sha256(EXAMPLE.encode()).hexdigest()
    triage = result.constellation.agents["triage"]
    assert triage.env.set_ == {"CI": "1"}
    assert triage.setup == (("npm", "ci"),)
    assert triage.schedules["morning"].timeout == timedelta(minutes=45)
    assert result.places.find("agents", "triage", "kind").line == 36


def test_a_byte_order_mark_is_read_over() -> None:
    """Editors on other systems put one at the top."""
    assert load(b"\xef\xbb\xbfversion: 1\n", "f").constellation.agents == {}


def test_all_problems_are_told_at_once_by_place() -> None:
    """Form, values and rules between parts are all told, in the order of the file."""
    text = """\
version: 1
notfy: [waiting]
timezone: Europe/Lodon
agents:
  a: {kind: cluade}
  b: {command: [x], needs: [shop]}
  b: {}
  c: {command: x, schedules: {m: {cron: "61 * * * *"}}}
"""
    told = lines(text)
    assert told[:6] == [
        "2:1: notfy: unknown key; did you mean notify?",
        (
            "3:11: timezone: 'Europe/Lodon' is no time zone of the tz database, "
            "such as Europe/London or UTC; did you mean Europe/London?"
        ),
        (
            "5:13: agents.a.kind: expected command, claude, codex, gemini, opencode, aider or copilot, "
            "found the text 'cluade'; did you mean claude?"
        ),
        "6:29: agents.b.needs.0: no service or agent is called 'shop'; declare it under services",
        "7:3: agents.b: the key 'b' is given twice, first at line 6, column 3",
        "8:16: agents.c.command: expected a list, such as [first, second], found the text 'x'",
    ]
    assert told[6].startswith("8:41: agents.c.schedules.m.cron: minute 61 is not in 0 to 59\n")
    assert len(told) == 7


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"version: 1\nname: caf\xe9\n", "2:10: what follows is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfa: \xe9\n", "1:4: what follows is not UTF-8; save the file as UTF-8"),
        ("version: 1".encode("utf-16"), "1:1: the file is UTF-16; save it as UTF-8"),
        ("version: 1".encode("utf-16-le"), "1:2: a NUL character may not stand in a file"),
        (b"#" * ((1 << 20) + 1), " the file is larger than 1,048,576 bytes"),
        (b"", " the file is empty; begin with version: 1 and agents:"),
        (b"~", " the file is empty; begin with version: 1 and agents:"),
        (b"- x", "1:1: the file must hold keys and values; begin with version: 1 and agents:"),
        (b"agents: {}", "1:1: version: is missing; write version: 1 at the top"),
        (b"version: 2", "1:10: version: expected 1, found 2"),
        (b"version: true", "1:10: version: write version: 1"),
        (b"version: 1\nagents:\n", "2:1: agents: expected a block of keys, found nothing"),
        (b"version: 1\nservices: {}\nagents: [a]\n", "3:9: agents: expected a block of keys, found a list"),
    ],
)
def test_texts_that_are_no_constellation(text: bytes, problem: str) -> None:
    """Each wrong form is told in one line with its place."""
    assert only(text) == problem.removeprefix(" ") if problem[0] != " " else only(text).endswith(problem)


def test_a_problem_that_aliases_repeat_is_told_once() -> None:
    """It stands in one place, so it is told once."""
    text = "version: 1\nagents:\n  a: {command: [x], restart: &r often}\n  b: {command: [x], restart: *r}\n"
    assert only(text).startswith("3:30: agents.a.restart: expected never, on-failure or always")


def test_defaults_that_are_wrong_are_told_in_their_place_only() -> None:
    """Agents are not blamed for what they inherit, and their own problems are still told."""
    text = """\
version: 1
defaults: {restart: often, branch: x, env: {pass: [1A]}}
agents:
  a: {command: [x], prt: 1}
  b: {command: [x], branch: agents/a}
"""
    assert [line.partition(" ")[2].partition(":")[0] for line in lines(text)] == [
        "defaults.restart",
        "defaults.branch",
        "defaults.env.pass.0",
        "agents.a.prt",
    ]


def test_broken_parts_do_not_hide_rules_between_the_others() -> None:
    """A clash is told although another agent, a service and a setting are broken."""
    text = """\
version: 3
services: {web: {command: []}, db: {command: [x]}}
agents:
  a: {command: [x], needs: [web]}
  b: {command: [x], branch: agents/a}
  c: 5
"""
    paths = [line.partition(" ")[2].partition(":")[0] for line in lines(text)]
    assert paths == ["version", "services.web.command", "agents.b.branch", "agents.c"]


def test_a_faulty_schedule_hides_nothing() -> None:
    """Its agent and the agent's other schedules are judged without it."""
    text = """\
version: 1
agents:
  a:
    command: [x]
    shell: x
    schedules: {m: {cron: nonsense}}
  b:
    command: [x]
    schedules:
      bad: {cron: "61 * * * *"}
      Odd: {cron: "@daily"}
      worse: {cron: "0 * * * *", jitter: 30m}
      good: {cron: "@daily"}
"""
    paths = [line.partition(" ")[2].partition(":")[0] for line in lines(text)]
    assert paths == [
        "agents.a",
        "agents.a.schedules.m.cron",
        "agents.b.schedules.bad.cron",
        "agents.b.schedules.Odd",
        "agents.b.schedules.worse.jitter",
    ]
    found, problems = survey(text.encode())
    assert found is not None
    assert list(found.constellation.agents["b"].schedules) == ["worse", "good"]
    assert "a" not in found.constellation.agents
    assert len(problems) == 5


def test_a_survey_never_raises() -> None:
    """A sound file has no problems, and one that cannot be read has no parts."""
    found, problems = survey(EXAMPLE.encode())
    assert (found is not None, problems) == (True, [])
    found, problems = survey(b"- x")
    assert (found, len(problems)) == (None, 1)


def test_thousands_of_mistakes_are_cut() -> None:
    """The first 500 are told, and how many more there are."""
    told = lines("version: 1\n" + "".join(f"k{number}: 1\n" for number in range(600)))
    assert len(told) == 501
    assert told[0].endswith("100 more problems are not shown")


def test_d8_two_hundred_agents_are_within_the_limits() -> None:
    """A large fleet is no attack: it takes less than two seconds, and a time that grows with its size."""
    text = fleet(200)
    began = (
        time.process_time()
    )  # of the processor, as the machine that runs the tests does other work as well
    assert len(loaded(text).agents) == 200
    assert time.process_time() - began < 2
    assert_linear(fleet, loaded, 200)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version: 1\nname: café\n".encode("latin-1"), "2:10: what follows is not UTF-8"),
        ("version: 1\n".encode("utf-16"), "1:1: the file is UTF-16"),
        ("version: 1\n".encode("utf-16-be"), "1:1: a NUL character"),
        ("version: 1\n".encode("utf-32"), "1:1: the file is UTF-16"),
        (b"version: 1\nname: a\0b\n", "2:8: a NUL character"),
        (b"version: 1\nagents:\n\ta: 1\n", "3:1: not valid YAML: a tab cannot indent"),
        (b"version: 1\nname: \x1b[2J\n", "2:7: the character U+001B may not stand in a file"),
        (b"version: 1\nname: \xed\xa0\x80\n", "2:7: what follows is not UTF-8"),
        (b"\xc0\xaf", "1:1: what follows is not UTF-8"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "1:2: what follows is not UTF-8"),
    ],
)
def test_d5_bytes_that_are_no_text_are_told_with_their_place(text: bytes, problem: str) -> None:
    """Another encoding, a control character or a tab is one problem in its place, and nothing is guessed."""
    assert only(text).startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * (1 << 20),
        b"{" * 2000,
        b"- " * 2000,
        b"? " * 2000,
        b"a: &a {<<: *a}",
        b"version: 1\nagents: {a: !!python/object/apply:os.system [ls]}",
        b"version: 1\n\tname: x",
        b"\xff" * 1000,
        agent(f"command: [x], options: {{n: {'9' * 5000}}}").encode() + b"?",
        b'version: 1\nname: "\\ud800"',
    ],
)
def test_d2_hostile_texts_end_quickly(text: bytes) -> None:
    """Each is refused before it could take many seconds of processor time, whatever the machine."""
    began = time.process_time()
    assert lines(text)
    assert time.process_time() - began < 10


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_d9_any_bytes_load_or_are_explained(text: bytes) -> None:
    """No bytes lead to a traceback."""
    with contextlib.suppress(SpecError):
        load(text, "f")


_MARKS = [
    "\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "*a",
    "&a ",
    "<<: ",
    "!x ",
    "'",
    '"',
    "|",
    ">",
    "#",
    "?",
    "~",
]
_ODD = [
    "null",
    "5",
    "a",
    "agents:",
    "\\",
    "%",
    "\x85",
    "\ufeff",
    "\r",
    "é",
    "@",
    "`",
    "---\n",
    "...\n",
    ",",
    "yes",
]
_SNIPPETS = st.sampled_from([*_MARKS, *_ODD])


def refused(text: str) -> SpecError | None:
    """Return the error that a text leads to, or None where it loads."""
    try:
        load(text.encode("utf-8", "replace"), "f")
    except SpecError as error:
        return error
    return None


@given(
    st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 30), _SNIPPETS), min_size=1, max_size=4),
    st.booleans(),
)
def test_d9_mutated_files_load_or_are_explained(cuts: list[tuple[int, int, str]], short: bool) -> None:
    """Cutting and pasting in a valid file leads to problems placed inside the file, or to a valid file."""
    text = agent("command: [x], schedules: {m: {cron: '@daily', timeout: 5m}}") if short else EXAMPLE
    for at, length, snippet in cuts:
        text = text[: at % len(text)] + snippet + text[at % len(text) + length :] or "x"
    error = refused(text)
    last = text.count("\n") + text.count("\r") + text.count("\x85") + 1
    assert error is None or all(0 <= problem.line <= last + 1 for problem in error.problems)


_WORDS = st.sampled_from(
    ["agents", "a", "env", "pass", "set", "identity", "schedules", "cron", "needs", "defaults"]
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["auto", "claude", "5m"])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_WORDS | st.sampled_from(["version", "services", "identities", "owner"]), _VALUES))
def test_d9_any_structure_loads_or_is_explained(value: dict[str, object]) -> None:
    """Every shape of value in every spot has words of ours, not of the validator."""
    said = str(refused(repr(value).replace("None", "null")))
    assert "Input should" not in said
    assert "pydantic" not in said
