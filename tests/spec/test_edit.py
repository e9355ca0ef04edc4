"""Edits that leave all else as it was."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import SpecError, UsageError
from constellagent.spec.edit import add_agent, remove_agent, set_value
from tests.spec.samples import EXAMPLE, agent, loaded

MERGED = "defaults: {env: {set: &s {a: x}}}\nversion: 1\nagents:\n a:\n  kind: aider"
DOCS = {"kind": "claude", "prompt": "Write docs: all of them.", "env": {"set": {"A": "1"}}, "ports": ["web"]}


def changes(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def test_an_agent_is_added_behind_the_others() -> None:
    """Only its lines come; no other line changes."""
    gone, came = changes(EXAMPLE, add_agent(EXAMPLE, "docs", DOCS))
    assert gone == []
    assert came == [
        "  docs:",
        "    kind: claude",
        '    prompt: "Write docs: all of them."',
        "    env:",
        "      set:",
        '        A: "1"',
        "    ports: [web]",
    ]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("version: 1\n", "version: 1\nagents:\n  d:\n    kind: claude\n"),
        ("version: 1", "version: 1\nagents:\n  d:\n    kind: claude"),
        ("{version: 1}", "{version: 1, agents: {d: {kind: claude}}}"),
        ("{version: 1, }", "{version: 1, agents: {d: {kind: claude}} }"),
        ("{version: 1 # one\n}", "{version: 1 # one\n, agents: {d: {kind: claude}}}"),
        (
            "version: 1\nagents: {}  # none\nname: x\n",
            "version: 1\nagents:  # none\n  d:\n    kind: claude\nname: x\n",
        ),
        ("version: 1\nagents: {}", "version: 1\nagents:\n  d:\n    kind: claude"),
        ("version: 1\nagents:  # none\n", "version: 1\nagents:  # none\n  d:\n    kind: claude\n"),
        (
            "agents: { a: {kind: codex} }\nversion: 1\n",
            "agents: { a: {kind: codex}, d: {kind: claude} }\nversion: 1\n",
        ),
        (
            "agents:\n   a:\n      kind: codex\n   # last\n\n# end\nversion: 1\n",
            "agents:\n   a:\n      kind: codex\n   # last\n   d:\n      kind: claude\n\n# end\nversion: 1\n",
        ),
        (
            "version: 1\nagents:\n  a: {kind: codex}\n\n  b: {kind: codex}\n",
            "version: 1\nagents:\n  a: {kind: codex}\n\n  b: {kind: codex}\n\n  d:\n    kind: claude\n",
        ),
        (
            "version: 1\r\nagents:\r\n  a: {kind: codex} # x\r\n",
            "version: 1\r\nagents:\r\n  a: {kind: codex} # x\r\n  d:\r\n    kind: claude\r\n",
        ),
        ("\ufeffversion: 1\n", "\ufeffversion: 1\nagents:\n  d:\n    kind: claude\n"),
        (
            "version: 1\ndefaults: &x {kind: codex}\nagents:\n a: *x\n",
            "version: 1\ndefaults: &x {kind: codex}\nagents:\n a: *x\n d:\n  kind: claude\n",
        ),
    ],
)
def test_an_agent_is_added_in_the_style_of_the_file(text: str, result: str) -> None:
    """Indentation, line breaks, blank lines, braces and comments are those of the file."""
    assert add_agent(text, "d", {"kind": "claude"}) == result


def test_an_agent_is_removed_with_its_own_lines_only() -> None:
    """Comments above it and above the next one stay."""
    text = "version: 1\nagents:\n  # about a\n  a:\n    kind: claude  # x\n  # about b\n  b: {kind: codex}\n"
    assert remove_agent(text, "a") == "version: 1\nagents:\n  # about a\n  # about b\n  b: {kind: codex}\n"
    gone, came = changes(EXAMPLE, remove_agent(EXAMPLE, "auth-redesign"))
    assert (len(gone), came) == (9, [])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (
            "version: 1\nagents:  # mine\n  d:\n    kind: codex  # x\n# end\n",
            "version: 1\nagents: {}  # mine\n# end\n",
        ),
        ("version: 1\nagents: {d: {kind: codex}}", "version: 1\nagents: {}"),
        (
            "agents: {d: {kind: codex}, e: {kind: codex}}\nversion: 1",
            "agents: {e: {kind: codex}}\nversion: 1",
        ),
        (
            "agents: {e: {kind: codex}, d: {kind: codex}}\nversion: 1",
            "agents: {e: {kind: codex}}\nversion: 1",
        ),
        (
            "version: 1\nagents:\n  e: {kind: codex}\n  d: {kind: codex}",
            "version: 1\nagents:\n  e: {kind: codex}\n",
        ),
    ],
)
def test_an_agent_is_removed_in_every_style(text: str, result: str) -> None:
    """The last one leaves an empty block."""
    assert remove_agent(text, "d") == result


@pytest.mark.parametrize(
    ("path", "value", "gone", "came"),
    [
        ("agents.triage.kind", "codex", ["    kind: command"], ["    kind: codex"]),
        ("agents.triage.prompt", "Hello, you", [], ['    prompt: "Hello, you"']),
        ("agents.triage.env.set.A", "1", [], ["    env:", "      set:", '        A: "1"']),
        ("agents.triage.schedules", "{}", None, ["    schedules: {}"]),
        ("owner.phone", "+15550100", None, None),
        ("agents.auth-redesign.ports", "[api]", None, None),
        ("services.shop.ready.timeout", "1m", None, None),
        ("name", "'other'", None, None),
    ],
)
def test_one_value_is_set(path: str, value: str, gone: list[str] | None, came: list[str] | None) -> None:
    """Comments on the line stay, missing blocks are made, the rest is untouched."""
    went, new = changes(EXAMPLE, set_value(EXAMPLE, path, value))
    assert gone is None or went == gone
    assert came is None or new == came
    assert len(new) <= 3


@pytest.mark.parametrize(
    ("text", "path", "value", "result"),
    [
        ("version: 1\nname: a  # x\n", "name", "b", "version: 1\nname: b  # x\n"),
        ("version: 1\nname:  # x\n", "name", "b", "version: 1\nname: b  # x\n"),
        ("version: 1\nname:\n  a\n", "name", "b", "version: 1\nname: b\n"),
        ("{version: 1, name}", "name", "b", "{version: 1, name: b}"),
        ("version: 1\nname: null", "name", "null", "version: 1\nname: null"),
        ("version: 1\nname: a", "name", '""', None),
        ("version: 1\nnotify: # x\n- waiting  # y\n", "notify", "[done]", "version: 1\nnotify: [done] # x\n"),
        ("version: 1\nowner: {}\n", "owner.email", "a@b.c", "version: 1\nowner:\n  email: a@b.c\n"),
        (
            "version: 1\nagents:\n  a.b: {kind: codex}\n",
            "agents.a.b.kind",
            "claude",
            "version: 1\nagents:\n  a.b: {kind: claude}\n",
        ),
        (
            "version: 1\nagents:\n  a:\n    kind: codex\n    prompt: |\n      x\n      y\n\n",
            "agents.a.prompt",
            "z",
            "version: 1\nagents:\n  a:\n    kind: codex\n    prompt: z\n\n",
        ),
        (
            "version: 1\ndefaults: {env: {set: &s {a: x}}}\nagents: {a: {kind: codex, env: {set: {<<: *s}}}}",
            "agents.a.env.set.b",
            "y",
            "version: 1\ndefaults: {env: {set: &s {a: x}}}\nagents: {a: {kind: codex, env: {set: {<<: *s, b: y}}}}",  # noqa: E501 - one text
        ),
        (
            MERGED + "\n  env:\n   set:\n    <<: *s\n",
            "agents.a.env.set.a",
            "y",
            MERGED + "\n  env:\n   set:\n    <<: *s\n    a: y\n",
        ),
    ],
)
def test_one_value_is_set_in_every_style(text: str, path: str, value: str, result: str | None) -> None:
    """Scalars, blocks, flow, literal texts, empty values and merged keys; a bad result changes nothing."""
    if result is None:
        with pytest.raises(SpecError):
            set_value(text, path, value)
    else:
        assert set_value(text, path, value) == result


def test_what_cannot_be_edited_is_said() -> None:
    """Unknown agents, paths through values and broken brackets are usage errors with a way out."""
    with pytest.raises(UsageError, match="called 'docs' already"):
        add_agent(add_agent(EXAMPLE, "docs", DOCS), "docs", DOCS)
    with pytest.raises(UsageError, match="no agent called 'triag'; did you mean triage"):
        remove_agent(EXAMPLE, "triag")
    with pytest.raises(UsageError, match="no agent called 'x'"):
        remove_agent("version: 1\n", "x")
    with pytest.raises(UsageError, match="no agent called 'triag'; did you mean triage"):
        set_value(EXAMPLE, "agents.triag.kind", "claude")
    with pytest.raises(UsageError, match=r"agents\.triage\.kind holds no keys, so x cannot"):
        set_value(EXAMPLE, "agents.triage.kind.x", "1")
    with pytest.raises(UsageError, match="cannot be read: not valid YAML"):
        set_value(EXAMPLE, "name", "[a")
    with pytest.raises(UsageError, match="no path of keys"):
        set_value(EXAMPLE, "agents..kind", "x")


def test_a_bad_edit_changes_nothing() -> None:
    """The rules hold for the result, and the text is read before it is touched."""
    with pytest.raises(SpecError, match="unknown key; did you mean kind"):
        set_value(EXAMPLE, "agents.triage.knd", "claude")
    with pytest.raises(SpecError, match=r"agents\.docs: kind command needs command"):
        add_agent(EXAMPLE, "docs", {})
    with pytest.raises(SpecError, match="not valid YAML"):
        add_agent("a: [", "docs", DOCS)
    with pytest.raises(SpecError, match="the file is empty"):
        set_value("", "name", "x")


def test_shared_text_is_never_changed_behind_somebodys_back() -> None:
    """Where an alias or a merge would change another agent too, a person has to edit."""
    shared = "version: 1\nagents:\n  a: &a {kind: codex}\n  b: *a\n"
    with pytest.raises(UsageError, match="without changing something else"):
        set_value(shared, "agents.b.kind", "claude")
    with pytest.raises(UsageError, match="without changing something else"):
        remove_agent(shared, "a")
    assert remove_agent(shared, "b") == "version: 1\nagents:\n  a: &a {kind: codex}\n"


_LINES = ["", "# top", "  # in", "    # deep"]


@given(
    st.lists(
        st.sampled_from(
            ["{kind: codex}", "\n    kind: codex  # k", "\n    kind: codex\n    prompt: |\n      x"]
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.sampled_from(_LINES), min_size=6, max_size=6),
    st.integers(0, 3),
)
def test_every_edit_keeps_all_other_lines(agents: list[str], between: list[str], which: int) -> None:
    """Adding, setting and removing touch no line of another part."""
    text = "version: 1\nagents:\n"
    for number, body in enumerate(agents):
        text += f"{between[number]}\n  a{number}: {body}\n".replace(": \n", ":\n")
    text += f"{between[4]}\nname: x  # end\n{between[5]}\n"
    name = f"a{which % len(agents)}"
    gone, _ = changes(text, add_agent(text, "new", DOCS))
    assert gone == []
    gone, came = changes(text, set_value(text, f"agents.{name}.kind", "claude"))
    assert len(gone) == len(came) == 1
    removed = remove_agent(text, name)
    assert name not in loaded(removed).agents
    assert removed.count("#") >= text.count("#") - ("# k" in agents[which % len(agents)])


def test_edits_stay_in_flow_files() -> None:
    """A file of one line stays one line."""
    text = agent("kind: codex")
    assert set_value(text, "agents.a.restart", "always") == text.replace("codex}", "codex, restart: always}")
