"""A session's terminal in a browser: its screen, its output as it comes, and the keys for it."""
