"""What we remember across daemons: one SQLite file, one thread that owns it, one module a table."""
