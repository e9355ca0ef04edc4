"""How an agent's worktree differs from its base, its last commit or another commit."""

from constellagent.runtime.diffs.answer import Diffs

__all__ = ["Diffs"]
