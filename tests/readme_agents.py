"""The tables of docs/agents.md: how each kind is started comes from its module, the rest from tests.

What the code has no words for is said here, by the name that it has in the code, so a kind, a choice or an
event that comes or goes without a word is an error.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.agents.start import KINDS
from constellagent.runtime.hook_program import STATES
from constellagent.spec.models import Agent
from tests.readme_markdown import table
from tests.readme_proofs import E2E, PROOFS, Cell
from tests.runtime.screens.test_signs import verdicts

SEEN = tuple(kind for kind in KINDS.values() if kind.program)
"""The kinds that know a program, in the order of the tables."""

_SESSION, _PROFILE, _HOME = PurePosixPath("/SESSION"), PurePosixPath("/PROFILE"), PurePosixPath("/HOME")
_PLACE = Place(_SESSION, PurePosixPath("/WORKTREE"), env={"HOME": str(_HOME)})
_OWN = Place(_SESSION, PurePosixPath("/WORKTREE"), env={"HOME": str(_HOME)}, profile=_PROFILE)
_TOOLS = Tools(
    hook=("constellagent-hook",),
    bridge=("bridge",),
    mcp=("constellagent-mcp",),
    mcp_env=("RAVI_API_KEY",),
    instructions="who",
)

_WORDS: Mapping[str, str] = {
    "starting": "It starts.",
    "working": "It works. After a minute without any output nobody believes that any more.",
    "waiting": "It needs a person. `--reason` says for what, `permission` or `question` (the default); "
    "`--message` what it asks.",
    "done": "It is done with its order.",
    "failed": "It could not do it; `--reason` and `--message` say why.",
    "idle": "It is ready for its next order: `waiting`, `idle prompt`.",
    "unknown": "Takes back what was said: terminal, title and screen tell again.",
}
"""What each word of `constellagent hook` says."""


def kinds() -> str:
    """Return the kinds with their programs, versions, and how one gets and opens them."""
    rows = [("`command`", "any", "", "", "none")]
    for kind in SEEN:
        facts = kind.facts
        tested = " to ".join(dict.fromkeys(facts.tested or ()))
        log_in = facts.log_in[:1].upper() + facts.log_in[1:].rstrip(".") + "."
        rows.append((f"`{kind.name}`", f"`{kind.program}`", tested, f"`{facts.install}`", log_in))
    return table(("kind", "program", "tested", "to install it", "to log in"), *rows)


def permissions() -> str:
    """Return into what the choices of `permissions` and `unattended` are translated."""
    rows = []
    for kind in SEEN:
        for key, choices in (("permissions", ("ask", "read", "edit", "all")), ("unattended", _UNWATCHED)):
            said = [_said(kind, key, choice) if choice in choices else "" for choice in _CHOICES]
            rows.append((f"`{kind.name}`", f"`{key}`", *said))
    return table(("kind", "key", *(f"`{choice}`" for choice in _CHOICES)), *rows)


_CHOICES = ("ask", "read", "edit", "all")
_UNWATCHED = ("read", "edit", "all")
_SERVERS = "mcp_servers."
"""How a word begins that says how an MCP server is started, and whether its tools are asked for."""


def _said(kind: Kind, key: str, choice: str) -> str:
    """Return the words, or the rules, that a choice adds."""
    without, chosen = (_start(kind, key, value) for value in (None, choice))
    added = _less(chosen.argv, without.argv)
    if added:
        words = " ".join(word for word in added if not word.startswith(_SERVERS))
        tools = ", and the tools of its identity" if any(word.startswith(_SERVERS) for word in added) else ""
        return f"`{words.replace('/SESSION/', '').replace('/HOME', '~')}`{tools}"
    rules = _rules(chosen)
    if rules is None:
        return "no words: that is its own way"
    allowed = [name for name, what in _flat(rules) if what == "allow" and name != "*"]
    other = {"allow": "all", "ask": "it asks", "deny": "nothing"}[_otherwise(rules)]
    return f"{', '.join(f'`{name}`' for name in allowed)}; else {other}" if allowed else other


def _start(kind: Kind, key: str, value: str | None) -> Start:
    """Return a start with a choice, or as if there were none."""
    spec = Agent.model_validate({"kind": kind.name})
    options = spec.options.model_copy(update={"unattended": None, "permissions": None, key: value})
    task = Task("PROMPT", headless=key == "unattended")
    return kind.start(spec.model_copy(update={"options": options}), task, _PLACE, _TOOLS)


def _less(words: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    left = Counter(others)
    found = []
    for word in words:
        if left[word]:
            left[word] -= 1
        else:
            found.append(word)
    return found


def _rules(start: Start) -> dict[str, Any] | None:
    """Return the rules of a program whose configuration for a run has some."""
    for value in start.env.values():
        if value.startswith("{"):
            found = json.loads(value).get("permission")
            return found if isinstance(found, dict) else None
    return None


def _flat(rules: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, what in rules.items():
        if isinstance(what, dict):
            yield from ((f"{name}: {inner}", word) for inner, word in what.items())
        else:
            yield name, what


def _otherwise(rules: Mapping[str, Any]) -> Literal["allow", "ask", "deny"]:
    found: Literal["allow", "ask", "deny"] = rules["*"]
    return found


def profiles() -> str:
    """Return by what each kind is led to a profile of the agent's own, and what is put there first."""
    rows = []
    for kind in SEEN:
        start = kind.start(Agent.model_validate({"kind": kind.name}), Task(), _OWN, _TOOLS)
        plain = kind.start(Agent.model_validate({"kind": kind.name}), Task(), _PLACE, _TOOLS)
        by = [f"`{name}`" for name, value in start.env.items() if str(_PROFILE) in value]
        by += [f"`{word}`" for word in _less(start.argv, plain.argv) if word.startswith("--")]
        first = ", ".join(f"`{name}`" for name in start.seeds) or "nothing"
        needs = "no" if kind.needs_profile else "yes"
        rows.append((f"`{kind.name}`", ", ".join(by), first, needs if kind.mcp else "hooks only"))
    return table(
        ("kind", "how it is led there", "prepared in it", "hooks and MCP with your own configuration"), *rows
    )


def reports() -> str:
    """Return the words of `constellagent hook` that any program can use."""
    assert {*_WORDS} == {*STATES}
    return table(("word", "what it says"), *((f"`{word}`", _WORDS[word]) for word in STATES))


def proven() -> str:
    """Return what is known of each kind."""
    rows = ((what, *(_known(cells[kind.name]) for kind in SEEN)) for what, cells in PROOFS.items())
    return table(("", *(f"`{kind.name}`" for kind in SEEN)), *rows)


def _known(cell: Cell) -> str:
    grade = f"**{cell.grade}**" if cell.grade == "proven" else cell.grade
    return f"{grade}: {cell.note}" if cell.note else grade


def proofs() -> str:
    """Return the tests that have shown what is proven: with which kind, and what."""
    shown: dict[tuple[str, str], list[str]] = {}
    for what, cells in PROOFS.items():
        of: dict[str, list[str]] = {}
        for kind in SEEN:
            if cells[kind.name].test:
                of.setdefault(cells[kind.name].test, []).append(kind.name)
        for test, kinds_of in of.items():
            shown.setdefault((test, ", ".join(kinds_of)), []).append(what)
    rows = ((f"`{test.removeprefix(E2E)}`", of, "; ".join(what)) for (test, of), what in shown.items())
    return table(("test", "with", "shows"), *sorted(rows))


def agreement() -> str:
    """Return at how many recorded moments the state was what a person says, of each kind."""
    right: dict[bool, Counter[str]] = {}
    every: Counter[str] = Counter()
    for hooks in (False, True):
        found = list(verdicts(hooks=hooks))
        every = Counter(kind for kind, _ in found)
        right[hooks] = Counter(kind for kind, verdict in found if verdict.right)
    rows = [
        (f"`{kind.name}`", *(f"{right[hooks][kind.name]} of {every[kind.name]}" for hooks in right))
        for kind in SEEN
    ]
    return table(("kind", "right without hooks", "right with hooks"), *rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "kinds": kinds,
    "permissions": permissions,
    "profiles": profiles,
    "reports": reports,
    "proven": proven,
    "proofs": proofs,
    "agreement": agreement,
}
"""What follows each `<!-- table: NAME -->` of that document."""
