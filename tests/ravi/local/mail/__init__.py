"""Mail of local identities."""
