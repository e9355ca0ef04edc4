"""Passwords and secrets of local identities."""
