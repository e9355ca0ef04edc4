"""Screens of real sessions, behind real holders."""
