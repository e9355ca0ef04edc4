"""What the dry-run of schedules tells other programs: CI services, code scanning, calendars, scripts.

Each module writes one format, with the standard library alone, from values that are given to it.
"""
