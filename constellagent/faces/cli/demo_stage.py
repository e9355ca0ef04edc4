"""The stage of `constellagent demo`: a repository in a temporary folder, with one commit."""

import asyncio
import contextlib
import json
import secrets
import shutil
import socket
import string
import sys
import tempfile
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from constellagent.demo.signups import SERVICES
from constellagent.errors import ConstellagentError
from constellagent.faces.cli.demo_cast import CAST
from constellagent.runtime.git import Git

_NAME = "constellation.yaml"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PERSON = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "constellagent demo"), ("EMAIL", "demo@example.com"))
}


class Stage(NamedTuple):
    """Where the demo takes place.

    Attributes:
        folder: the temporary folder, with the repository and its worktrees.
        file: the constellation's file.
    """

    folder: Path
    file: str


def build(*, keep: bool) -> Stage:
    """Make the repository; with `keep` each agent goes on as a shell, which a person can attach to.

    Raises:
        ConstellagentError: the folder cannot be made, or git fails.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="constellagent-demo-")).resolve()
    except OSError as error:
        raise ConstellagentError(f"there is no temporary folder: {error.strerror}") from error
    repo = folder / "demo"
    try:
        repo.mkdir()
        _copy(files("constellagent.demo"), repo)
        (repo / _NAME).write_text(_filled(keep=keep), encoding="utf-8")
        asyncio.run(_commit(repo))
    except BaseException as error:
        shutil.rmtree(folder)
        if isinstance(error, OSError):
            raise ConstellagentError(f"{repo} cannot be written: {error.strerror}") from error
        raise
    return Stage(folder, str(repo / _NAME))


def remove(stage: Stage) -> None:
    """Remove the temporary folder and all that is in it.

    Raises:
        ConstellagentError: something in it cannot be removed.
    """
    try:
        shutil.rmtree(stage.folder)
    except OSError as error:
        raise ConstellagentError(f"{stage.folder} cannot be removed: {error.strerror}") from error


def _copy(source: Traversable, target: Path) -> None:
    """Copy the programs; `__init__.py` is what makes them a package, which they are only with us."""
    for entry in source.iterdir():
        if entry.is_dir() and not entry.name.startswith("__"):
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name)
        elif entry.name.endswith((".py", ".sh")) and not entry.name.startswith("__"):
            (target / entry.name).write_bytes(entry.read_bytes())


def _filled(*, keep: bool) -> str:
    """Return the constellation's file for ports that are free now and for a domain of its own."""
    template = files("constellagent.demo").joinpath(_NAME).read_text(encoding="utf-8")
    goes_on = "; exec sh" if keep else ""
    values = {
        "python": json.dumps(sys.executable),
        "domain": f"demo-{''.join(secrets.choice(_LETTERS) for _ in range(4))}.test",
        **{kind: str(port) for kind, port in zip(SERVICES, _free_ports(len(SERVICES)), strict=True)},
        **{agent: part.line + goes_on for agent, part in CAST.items()},
    }
    return string.Template(template).substitute(values)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


async def _commit(repo: Path) -> None:
    git = Git(repo, timeout=60, env=_PERSON)
    await git.run("init", "--quiet", "--initial-branch=main")
    await git.run("add", "--all")
    await git.run("commit", "--quiet", "--no-gpg-sign", "--message=Four services and four agents")
