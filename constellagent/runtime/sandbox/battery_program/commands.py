"""Running a command inside, as an agent would."""

import os
import subprocess
from collections.abc import Mapping

_LIMIT = 30
"""Seconds."""


def run(
    *argv: str, cwd: str | None = None, env: Mapping[str, str] | None = None, given: str = ""
) -> tuple[int, str]:
    """Run a command; returns its exit status and what it said: 127 if it cannot be run, 124 if it hangs."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, f"{argv[0]} took longer than {_LIMIT} s"
    except OSError as error:
        return 127, f"{argv[0]}: {error.strerror}"
    return done.returncode, done.stdout + done.stderr
