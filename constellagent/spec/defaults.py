"""Puts `defaults` under every agent, as a tree, so that a mistake in a default keeps its place there.

What an agent says wins. `env.pass` is joined, `env.set`, `options`, `limits` and a block of `sandbox` are
merged key by key, all other lists are replaced.
"""

from pydantic import ValidationError

from constellagent.spec.models import AgentSettings
from constellagent.spec.tree import Entry, Mapping, Node, Scalar, Sequence, plain

_KEYS = frozenset(AgentSettings.model_fields)


def with_defaults(root: Mapping) -> Mapping:
    """Return the tree with the defaults written into each agent; the tree given stays as it is."""
    defaults, agents = node_at(root, "defaults"), node_at(root, "agents")
    if not isinstance(defaults, Mapping) or not isinstance(agents, Mapping):
        return root
    common = _sound(defaults)
    merged = {
        name: Entry(entry.place, _under_agent(common, entry.node)) for name, entry in agents.entries.items()
    }
    entry = Entry(root.entries["agents"].place, Mapping(agents.place, entries=merged))
    return Mapping(root.place, entries={**root.entries, "agents": entry})


def node_at(mapping: Mapping, key: str) -> Node | None:
    """Return the value of a key, or None where the mapping does not have it."""
    entry = mapping.entries.get(key)
    return None if entry is None else entry.node


def _sound(defaults: Mapping) -> Mapping:
    """Return the valid part of the defaults; the rest is told where it stands, not in each agent."""
    kept = {key: entry for key, entry in defaults.entries.items() if key in _KEYS}
    try:
        AgentSettings.model_validate(plain(Mapping(defaults.place, entries=kept)))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            kept.pop(str(details["loc"][0]), None)
    return Mapping(defaults.place, entries=kept)


def _under_agent(defaults: Mapping, agent: Node) -> Node:
    if not isinstance(agent, Mapping):
        return agent
    merged = _over(defaults, agent)
    for key, merge in (("env", _merge_env), ("options", _over), ("limits", _over)):
        below, above = node_at(defaults, key), node_at(agent, key)
        if isinstance(below, Mapping) and isinstance(above, Mapping):
            merged.entries[key] = Entry(agent.entries[key].place, merge(below, above))
    below, above = node_at(defaults, "sandbox"), node_at(agent, "sandbox")
    if isinstance(above, Mapping) and isinstance(below, Mapping | Scalar):
        entry = Entry(agent.entries["sandbox"].place, _over(_as_block(below), above))
        merged.entries["sandbox"] = entry
    return merged


def _as_block(sandbox: Mapping | Scalar) -> Mapping:
    """Return the long form of a sandbox, so that an agent may add to a default of one word."""
    if isinstance(sandbox, Mapping):
        return sandbox
    return Mapping(sandbox.place, entries={"kind": Entry(sandbox.place, sandbox)})


def _over(below: Mapping, above: Mapping) -> Mapping:
    """Return both mappings in one; `above` wins."""
    return Mapping(above.place, entries={**below.entries, **above.entries})


def _merge_env(below: Mapping, above: Mapping) -> Mapping:
    merged = _over(below, above)
    low, high = node_at(below, "pass"), node_at(above, "pass")
    if isinstance(low, Sequence) and isinstance(high, Sequence):
        named = {item.text for item in low.items if isinstance(item, Scalar)}
        own = [item for item in high.items if not isinstance(item, Scalar) or item.text not in named]
        merged.entries["pass"] = Entry(
            above.entries["pass"].place, Sequence(high.place, items=low.items + own)
        )
    low, high = node_at(below, "set"), node_at(above, "set")
    if isinstance(low, Mapping) and isinstance(high, Mapping):
        merged.entries["set"] = Entry(above.entries["set"].place, _over(low, high))
    return merged
