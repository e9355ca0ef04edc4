"""Edits of a constellation file that leave every other character as it was.

The text is cut at the offsets that the tree knows. Dumping a parsed document again would lose the comments
above a key whose predecessor is removed, and would lay other parts out anew. Every result is read again
before it is given back: it says what was asked for and nothing else changed, or there is an error.
"""

import json
from collections.abc import Callable
from collections.abc import Mapping as Settings
from typing import Any

from constellagent.errors import SpecError, UsageError
from constellagent.spec.compose import compose
from constellagent.spec.events import FatalError
from constellagent.spec.load import load, no_mapping
from constellagent.spec.scalars import resolve
from constellagent.spec.splice import Splice
from constellagent.spec.suggest import did_you_mean
from constellagent.spec.tree import Mapping, plain

FILE = "constellation.yaml"
_MARK = "\ufeff"


def add_agent(text: str, name: str, settings: Settings[str, object], file: str = FILE) -> str:
    """Return the text with one more agent behind the others.

    Raises:
        UsageError: there is such an agent already, or the file is so written that only a person can edit it.
        SpecError: the text cannot be read, or the result would not be valid.
    """
    if name in _agents(_read(text, file)):
        raise UsageError(
            f"there is an agent called {name!r} already", hint="choose another name, or change its settings"
        )
    return _put(text, ["agents", name], dict(settings), file)


def remove_agent(text: str, name: str, file: str = FILE) -> str:
    """Return the text without an agent; comments above it and behind it stay.

    Raises:
        UsageError: there is no such agent, or the file is so written that only a person can edit it.
        SpecError: the text cannot be read, or the result would not be valid.
    """
    root = _read(text, file)
    _known(_agents(root), name)

    def change(values: dict[str, Any]) -> None:
        del values["agents"][name]

    return _edited(text, root, change, lambda splice: splice.remove("agents", name), file)


def set_value(text: str, dotted: str, value: str, file: str = FILE) -> str:
    """Return the text with the value at a dotted path replaced, or added where there is none.

    A value in brackets, braces or quotes is read as YAML; so are numbers, true, false and null where they are
    valid; all else is text. Agents must exist; a name with dots in it is found as it is.

    Raises:
        UsageError: there is no such agent, the path leads through something that is no block, the value's
            brackets do not match, or the file is so written that only a person can edit it.
        SpecError: the text cannot be read, or the result would not be valid.
    """
    root = _read(text, file)
    steps = _steps(plain(root), dotted)
    if steps[0] == "agents" and len(steps) > 2:
        _known(_agents(root), steps[1])
    read = _value(value)
    try:
        return _put(text, steps, read, file)
    except SpecError:
        if isinstance(read, str | list | dict):
            raise
        return _put(text, steps, value, file)


def _put(text: str, steps: list[str], value: object, file: str) -> str:
    root = _read(text, file)

    def change(values: dict[str, Any]) -> None:
        around = values
        for count, step in enumerate(steps[:-1], start=1):
            around[step] = {} if around.get(step) is None else around[step]
            around = around[step]
            if not isinstance(around, dict):
                raise UsageError(
                    f"{'.'.join(steps[:count])} holds no keys, so {steps[count]} cannot be set in it"
                )
        around[steps[-1]] = value

    return _edited(text, root, change, lambda splice: splice.put(steps, value), file)


def _edited(
    text: str,
    root: Mapping,
    change: Callable[[dict[str, Any]], None],
    cut: Callable[[Splice], str],
    file: str,
) -> str:
    """Return the cut text after proving that it says what `change` makes of the old one's values."""
    wanted = plain(root)
    change(wanted)
    mark = _MARK if text.startswith(_MARK) else ""
    result = mark + cut(Splice(text.removeprefix(_MARK), root))
    try:
        said = compose(result.removeprefix(_MARK), [])
    except FatalError as error:
        raise _by_hand(file) from error
    load(result.encode("utf-8", "surrogatepass"), file)
    if said is None or _canonical(plain(said)) != _canonical(wanted):
        raise _by_hand(file)
    return result


def _canonical(values: object) -> str:
    """Return values in a form that compares without regard to the order of keys, which merges change."""
    return json.dumps(values, sort_keys=True)


def _by_hand(file: str) -> UsageError:
    return UsageError(
        f"{file} cannot be edited here without changing something else",
        hint="aliases (*name) and merges (<<) share text between agents; edit the file by hand",
    )


def _read(text: str, file: str) -> Mapping:
    """Return the tree of a text that may break rules, as long as its form is right."""
    try:
        root = compose(text.removeprefix(_MARK), [])
    except FatalError as error:
        raise SpecError(file, [error.problem]) from error
    if not isinstance(root, Mapping):
        raise SpecError(file, [no_mapping(root)])
    return root


def _agents(root: Mapping) -> Settings[str, object]:
    entry = root.entries.get("agents")
    return entry.node.entries if entry is not None and isinstance(entry.node, Mapping) else {}


def _known(agents: Settings[str, object], name: str) -> None:
    if name not in agents:
        raise UsageError(
            f"there is no agent called {name!r}{did_you_mean(name, agents)}",
            hint="the agents are the keys below agents: in the file",
        )


def _steps(values: object, dotted: str) -> list[str]:
    """Return the keys of a dotted path; where a key of the file has dots itself, it is taken whole."""
    steps = []
    rest = dotted.split(".")
    if "" in rest:
        raise UsageError(
            f"{dotted!r} is no path of keys", hint="write keys with dots between, such as agents.a.kind"
        )
    while rest:
        known = values if isinstance(values, dict) else {}
        count = next((n for n in range(len(rest), 0, -1) if ".".join(rest[:n]) in known), 1)
        steps.append(".".join(rest[:count]))
        values, rest = known.get(steps[-1]), rest[count:]
    return steps


def _value(text: str) -> object:
    if text[:1] not in {"[", "{", '"', "'"}:
        return resolve(text)
    try:
        node = compose(text, [])
    except FatalError as error:
        raise UsageError(
            f"the value cannot be read: {error.problem.message}", hint="put a text with brackets in quotes"
        ) from error
    return None if node is None else plain(node)
