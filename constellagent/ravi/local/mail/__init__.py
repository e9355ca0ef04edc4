"""Mail of local identities: taken in, kept sealed, shown as threads, sent on."""
