"""How an agent's work differs between two revisions: its base, a commit, what is staged, its worktree."""

from constellagent.runtime.diffs.answer import Diffs
from constellagent.runtime.diffs.work import RunsOf, RunWork, Work

__all__ = ["Diffs", "RunWork", "RunsOf", "Work"]
