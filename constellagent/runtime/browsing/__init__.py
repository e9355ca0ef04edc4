"""Looks into worktrees: their files, contents, commits, and what several agents touch."""

from constellagent.runtime.browsing.browser import Browser

__all__ = ["Browser"]
