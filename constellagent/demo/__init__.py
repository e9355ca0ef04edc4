"""What `constellagent demo` shows: four services that verify who signs up, and four agents that do.

Programs of the standard library alone, which run as files: they know constellagent only by what every
session finds in its environment. The command reads from here only who plays.
"""
