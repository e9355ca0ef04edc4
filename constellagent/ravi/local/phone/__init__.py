"""Text messages of local identities, and the gateway through which services send them. There are no calls."""
