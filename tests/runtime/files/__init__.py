"""Files of a worktree, reached by directory handles."""
