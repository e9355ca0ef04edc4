"""Tests of what is seen of an agent's worktree."""
