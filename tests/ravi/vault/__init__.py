"""The root key and the keys under it."""
