"""Keeping an agent's processes from the rest of the machine."""
