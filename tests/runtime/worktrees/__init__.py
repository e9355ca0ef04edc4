"""Tests of constellagent.runtime.worktrees."""
