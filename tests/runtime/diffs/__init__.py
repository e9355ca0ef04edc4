"""Tests of how worktrees are compared with commits."""
