"""The `ravi` command of sessions, as whole processes against the embedded provider and scripted servers."""
