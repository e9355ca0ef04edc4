"""Text messages of local identities."""
