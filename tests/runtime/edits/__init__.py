"""Changing worktrees as a reviewer asks."""
