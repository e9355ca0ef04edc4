"""How many files the daemon may open: as many as it needs, which is more than a shell usually gives.

Every session, viewer and connection takes one. The usual limits of 256 and 1024 are for programs that pass
descriptors to `select`, which takes none above 1023; the daemon uses none of that. The programs of sessions
get the limit back that the daemon found. So do not all that run for a moment (git, steps of a setup): what is
enough for the daemon is still little for a program that walks through all possible descriptors.
"""

import resource

ENOUGH = 8192
_found = 0


def raise_limit() -> int:
    """Let this process open enough files, or as many as it may; returns how many."""
    global _found  # noqa: PLW0603 - the limit is the process's, too
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _found = _found or soft
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft  # the system knows a limit of its own; the entrances keep to what there is
    return wanted


def for_programs() -> int:
    """Return the limit that was found, which programs of sessions get; 0 where it was left alone."""
    return _found
