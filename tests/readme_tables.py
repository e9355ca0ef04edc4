"""The tables of the README and of its companions, made from the code that they describe.

`pytest tests/test_readme.py --update-golden` writes them there; a test fails where they differ.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from constellagent import errors
from constellagent.faces.cli.commands import COMMANDS
from constellagent.faces.mcp.serve import FLEET_TOOLS, TOOLS
from constellagent.ravi.shim_program.program import NOUNS, verbs
from constellagent.ravi.vault.descriptor import Kind
from constellagent.ravi.vault.places import PROTECTION
from constellagent.runtime.settings import Settings
from constellagent.spec.durations import format_duration
from constellagent.spec.models import Agent, AgentSettings, Constellation, Schedule, Service
from tests import readme_agents, readme_schedules, readme_terminals, readme_web
from tests.checkout import ROOT
from tests.readme_markdown import table

README = ROOT / "README.md"
AGENTS, PAGE, API = (ROOT / "docs" / name for name in ("agents.md", "web.md", "api.md"))
_MARKED = re.compile(r"(?<=^<!-- table: )([a-z ]+)( -->\n\n)(.*?)(?=\n\n)", re.MULTILINE | re.DOTALL)


def keys(model: type[BaseModel], *without: type[BaseModel]) -> str:
    """Return the keys of a block with defaults and meanings; those of blocks inside it as `outer.inner`."""
    hidden = {name for other in without for name in other.model_fields}
    fields = {name: field for name, field in model.model_fields.items() if name not in hidden}
    return table(("key", "default", "meaning"), *_key_rows(fields, ""))


def _key_rows(fields: Mapping[str, FieldInfo], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in fields.items():
        key = f"{prefix}{field.alias or name}"
        choices = [f"`{choice}`" for choice in _choices(field.annotation)]
        said = field.description or ""
        shown = "" if all(choice.strip("`") in said for choice in choices) else ", ".join(choices) + ". "
        yield f"`{key}`", _default(field), shown + said
        for block in _blocks(field.annotation):
            if key not in {"services", "defaults", "agents", "schedules"}:
                yield from _key_rows(block.model_fields, f"{key}.")


def _choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (str(choice) for choice in get_args(annotation) if isinstance(choice, str))
    for inner in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from _choices(inner)


def _blocks(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not dict:
        for inner in get_args(annotation):
            yield from _blocks(inner)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, timedelta):
        return f"`{format_duration(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    return f"`{value}`"


def commands() -> str:
    """Return the commands with the first line of their help."""
    rows = []
    for command in COMMANDS:
        said = (inspect.getdoc(command.load()) or "").partition("\n")[0]
        rows.append((f"`{' '.join(command.words)}`", said))
    return table(("command", "what it does"), *rows)


def exit_codes() -> str:
    """Return every exit code with the classes of errors that carry it."""
    meanings = {0: "done", 2: "changes are pending (only `plan --detailed-exitcode`)", 130: "ended by Ctrl-C"}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.ConstellagentError):
            said = (inspect.getdoc(kind) or "").partition("\n")[0].rstrip(".")
            meanings.setdefault(kind.exit_code, said[:1].lower() + said[1:])
    meanings[1] = "failed: at least one agent is not as declared, or a call failed"
    return table(("code", "meaning"), *((f"{code}", text) for code, text in sorted(meanings.items())))


def settings() -> str:
    """Return the variables that set up this machine, with their defaults."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "the platform's state folder" if name == "home" else _default(field)
        rows.append((f"`CONSTELLAGENT_{name.upper()}`", default, field.description or ""))
    return table(("variable", "default", "meaning"), *rows)


def agent_commands() -> str:
    """Return what an agent can do with `ravi`."""
    rows = []
    for noun in NOUNS:
        for name, verb in verbs(noun).items():
            rows.append((f"`{' '.join(('ravi', *name, *verb.words))}`", verb.about))
    return table(("command", "what it does"), *rows)


def tools() -> str:
    """Return the MCP tools of an identity with the first sentence of what a model is told of each."""
    rows = ((f"`{tool.name}`", _first_sentence(tool.about)) for tool in TOOLS.values())
    return table(("tool", "what the model is told first"), *rows)


def fleet_tools() -> str:
    """Return the MCP tools for all agents, and what a token must allow for each."""
    rows = (
        (f"`{tool.name}`", "read" if tool.reads else "admin", _first_sentence(tool.about))
        for tool in FLEET_TOOLS.values()
    )
    return table(("tool", "scope", "what the model is told first"), *rows)


def _first_sentence(text: str) -> str:
    return f"{text.partition('. ')[0].rstrip('.')}."


_CHOSEN: Mapping[Kind, str] = {
    "file": "by default",
    "named": "`CONSTELLAGENT_KEY_FILE`, or the systemd credential `constellagent.key`",
    "keyring": "`CONSTELLAGENT_KEY_SOURCE=keyring`",
    "passphrase": "`CONSTELLAGENT_KEY_SOURCE=passphrase`, and `CONSTELLAGENT_PASSPHRASE_FILE` at each start",
}


def key_places() -> str:
    """Return where the root key can be, how that is chosen, and what it protects against."""
    rows = ((kind, _CHOSEN[kind], said) for kind, said in PROTECTION.items())
    return table(("place", "chosen", "what it keeps out, and what not"), *rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "top level": lambda: keys(Constellation),
    "services": lambda: keys(Service),
    "defaults and agents": lambda: keys(AgentSettings),
    "agents": lambda: keys(Agent, AgentSettings),
    "schedules": lambda: keys(Schedule),
    "commands": commands,
    "exit codes": exit_codes,
    "settings": settings,
    "ravi": agent_commands,
    "tools": tools,
    "fleet tools": fleet_tools,
    "key places": key_places,
    **readme_agents.TABLES,
    **readme_schedules.TABLES,
    **readme_terminals.TABLES,
    **readme_web.TABLES,
}
"""What follows each `<!-- table: NAME -->` in the documents."""


def rewrite(text: str) -> str:
    """Return a document's text with every table as the code says it is."""
    return _MARKED.sub(lambda found: f"{found[1]}{found[2]}{TABLES[found[1]]()}", text)
