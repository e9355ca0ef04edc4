"""Which options of an agent its kind cannot heed: a promise of the file that nobody would keep."""

from constellagent.agents.kind import Kind
from constellagent.agents.start import kind_of
from constellagent.spec.models import Agent
from constellagent.spec.options import Options

_FEW = {"codex": ("allow",), "aider": ("allow",)}
"""Options for which a program has no words of its own."""


def unheeded(spec: Agent) -> list[str]:
    """Return one sentence for each promise of `options:` that this agent's program does not keep."""
    kind, options = kind_of(spec), spec.options
    nothing = Options()
    said = [name for name in Options.model_fields if getattr(options, name) != getattr(nothing, name)]
    if not kind.program:
        # What `defaults` say of coding agents is no promise of a plain command's.
        text = f"a shell line gets none of `options:` ({', '.join(said)}); give it words of its own"
        return [text] if said and spec.kind != "command" else []
    lost = [name for name in _FEW.get(kind.name, ()) if name in said]
    found = [f"{kind.name} has no way to heed `options.{name}`" for name in lost]
    return [*found, *_profile(spec, kind)]


def _profile(spec: Agent, kind: Kind) -> list[str]:
    options = spec.options
    wanted = [name for name in ("hooks", "mcp") if getattr(options, name) and getattr(kind, name)]
    if not kind.needs_profile or options.profile == "agent" or not wanted:
        return []
    return [f"{kind.name} takes {' and '.join(wanted)} only with `options.profile: agent`"]
