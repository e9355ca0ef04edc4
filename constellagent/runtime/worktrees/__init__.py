"""Worktrees of agents: looking, creating, repairing, removing without losing anything."""

from constellagent.runtime.worktrees.port import GitWorktrees

__all__ = ["GitWorktrees"]
