"""Changes worktrees as a reviewer asks, and loses nothing."""

from constellagent.runtime.edits.authors import Author
from constellagent.runtime.edits.editor import Editor

__all__ = ["Author", "Editor"]
