"""How it is seen: the command line, and the socket over which a face asks the daemon. No rules live here."""
