"""How it is seen: command line, MCP, and the socket over which a face asks the daemon. No rules live here."""
