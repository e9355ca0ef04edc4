"""The command line: one file a command, listed in `commands`, read by `arguments` or by typer in `app`."""
