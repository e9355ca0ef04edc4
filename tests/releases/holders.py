"""The holders of earlier releases: their own programs, kept and started as their release did."""

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ptyprocess

MAIN = "constellagent/runtime/holder/__main__.py"
_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, so that the same files make the same archive."""


def pack(package: Path, target: Path) -> None:
    """Write the holder's program of the release in `package`, and all that it imports, to an archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(_needed(package)):
            archive.writestr(
                zipfile.ZipInfo(name, _ALWAYS), (package / name).read_bytes(), zipfile.ZIP_DEFLATED
            )
    target.write_bytes(content.getvalue())


def _needed(package: Path) -> set[str]:
    """Return the files that the holder's program imports, itself among them."""
    found, queue = set[str](), [MAIN]
    while queue:
        name = queue.pop()
        if name in found or not (package / name).exists():
            continue
        found.add(name)
        queue += [str(parent / "__init__.py") for parent in Path(name).parents if parent.name]
        queue += _imports(ast.parse((package / name).read_text()))
    return found


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield the files that a module's imports may mean."""
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for module in modules:
            yield from (f"{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py"))


class OldHolders:
    """Starts holders of one earlier release.

    Attributes:
        main: their program.
    """

    def __init__(self, archive: Path, folder: Path) -> None:
        """Unpack the program below `folder`, which must stay as long as a holder runs."""
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)
        self.main = folder / MAIN

    def start(
        self, session: str, folder: Path, socket: Path, argv: Sequence[str], cwd: Path, env: Mapping[str, str]
    ) -> dict[str, Any]:
        """Start a holder and, in it, `argv`; returns its first status, as the holder told it."""
        text = json.dumps(
            {
                "session": session,
                "argv": list(argv),
                "cwd": os.fspath(cwd),
                "env": dict(env),
                "rows": 24,
                "columns": 80,
                "socket": os.fspath(socket),
                "folder": os.fspath(folder),
                "log_bytes": 1 << 20,
                "grace": 2.0,
                "pty_size": "latest",
                "clipboard": False,
            }
        )
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(self.main), session],
            input=f"{Path(ptyprocess.__file__).parent.parent}\n{text}",
            env={"PATH": os.defpath},
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert outcome.pop("started"), outcome
        return outcome
