"""Runs that nobody watches: the small process that starts and judges them, and what it leaves."""
