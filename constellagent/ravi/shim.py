"""Puts programs of ours, such as the `ravi` command of sessions, where an agent's PATH finds them first.

Apart from the programs, which must start fast and so import nothing of ours.
"""

import shlex
import sys
from pathlib import Path

from constellagent.ravi.private_files import write_private

NAME = "ravi"
_LONGEST_SHEBANG = 127
"""Bytes that every kernel in use reads of the first line."""


def install(bin_folder: Path, python: str = sys.executable) -> Path:
    """Write the program for this interpreter and this copy of the package; return its path.

    `-IS` starts it without the user's site folders and variables: faster, and nothing that an agent sets
    changes what runs.

    Raises:
        ConstellagentError: the folder cannot be used.
    """
    code = "from constellagent.ravi.shim_program import main\nsys.exit(main())\n"
    return install_program(bin_folder, NAME, code, flags="-IS", python=python)


def install_program(
    bin_folder: Path, name: str, code: str, *, flags: str, python: str = sys.executable
) -> Path:
    """Write a program that runs `code`, which may import this copy of the package; return its path.

    Raises:
        ConstellagentError: the folder cannot be used.
    """
    package_parent = str(Path(__file__).parents[2])
    code = f"import sys\nsys.path.append({package_parent!r})\n{code}"
    first = f"#!{python} {flags}"
    if len(first.encode()) <= _LONGEST_SHEBANG and not any(c.isspace() for c in python):
        script = f"{first}\n{code}"
    else:
        script = f'#!/bin/sh\nexec {shlex.quote(python)} {flags} -c {shlex.quote(code)} "$@"\n'
    write_private(bin_folder, name, script.encode(), mode=0o700)
    return bin_folder / name
