"""The holder: a tiny process that owns one session's pty and outlives the daemon."""
