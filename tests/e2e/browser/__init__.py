"""The page in a real browser, before a daemon that really runs and agents that really work."""
