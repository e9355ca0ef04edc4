"""A terminal's conformance: a public suite of tests, run against our screens and against tmux."""
