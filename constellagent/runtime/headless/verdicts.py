"""What a headless run left of how it went, for everybody who did not start it."""

import os
from pathlib import Path

from constellagent.agents.kind import Usage
from constellagent.errors import WorldError
from constellagent.runtime.headless import progress, result
from constellagent.runtime.headless.result import Result


def verdict_of(folder: Path) -> Result | None:
    """Return how the run went whose session has this folder.

    None where nothing says so: it goes on, was killed with all that judged it, or was no headless run.

    Raises:
        WorldError: it is written down and cannot be read.
    """
    try:
        return result.read(os.fspath(folder))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise WorldError(f"how the run in {folder} went cannot be read: {why}") from error


def used_so_far(folder: Path) -> Usage | None:
    """Return what the run has used so far whose session has this folder, None where nothing says so.

    Raises:
        WorldError: it is written down and cannot be read.
    """
    try:
        found = progress.read(os.fspath(folder))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise WorldError(f"what the run in {folder} has used cannot be read: {why}") from error
    return None if found is None else Usage(*found)


def usage_of(folder: Path) -> Usage | None:
    """Return what the run used whose session has this folder, None where its program did not say.

    Raises:
        WorldError: it is written down and cannot be read.
    """
    found = verdict_of(folder)
    if found is None:
        return None
    outcome = found.outcome
    if not outcome.input and not outcome.output and outcome.cost is None:
        return None
    return Usage(outcome.input, outcome.output, outcome.cost)
