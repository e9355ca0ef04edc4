"""Word to owners."""
