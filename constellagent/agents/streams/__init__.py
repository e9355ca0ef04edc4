"""What headless runs of coding agents write, line by line: for a person to read, and how the run went.

Each module has a `Reader`. They are imported by the small process that starts such a run, so they need the
standard library only, and nothing else of ours.
"""
