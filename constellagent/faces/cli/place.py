"""Which constellation file a command means: the one named, or the nearest one upwards.

From inside an agent's worktree it is the file of the main checkout: a branch must not decide what runs.
"""

from pathlib import Path

from constellagent.errors import UsageError

NAME = "constellation.yaml"


def current() -> Path:
    """Return the folder that we stand in.

    Raises:
        UsageError: it was deleted.
    """
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("the current folder was deleted", hint="go into one that is there") from error


def constellation_file(named: str | None) -> str:
    """Return the absolute path of the constellation file.

    Raises:
        UsageError: the named file is not there, or none is found upwards.
    """
    if named is not None:
        file = Path(named)
        file = file if file.is_absolute() else current() / file
        if not file.is_file():
            raise UsageError(f"there is no file {named}", hint="`constellagent init` writes a first one")
        return str(file)
    here = current()
    checkout = checkout_of(here)
    if checkout is None:
        raise UsageError(
            f"{here} is not inside a git repository", hint="go into one, or name the file with --file"
        )
    main = main_checkout(checkout)
    start = main / here.relative_to(checkout)
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return str(folder / NAME)
        if folder == main:
            break
    raise UsageError(
        f"no {NAME} in {start} or above it in the repository",
        hint="`constellagent init` writes one, or name the file with --file",
    )


def checkout_of(here: Path) -> Path | None:
    """Return the top of the checkout that `here` lies in, main or linked; None outside of any."""
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)


def main_checkout(checkout: Path) -> Path:
    """Return the main checkout of the repository that `checkout` belongs to; itself where it is the main one.

    Reads git's own pointer files (`.git`, `commondir`), so that finding the file starts no process.

    Raises:
        UsageError: the repository has no main checkout (it is bare).
    """
    pointer = checkout / ".git"
    if not pointer.is_file():
        return checkout
    try:
        private = checkout / pointer.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        common_file = private / "commondir"
        if not common_file.is_file():
            return checkout
        common = (private / common_file.read_text(encoding="utf-8").strip()).resolve()
    except (OSError, ValueError) as error:
        raise UsageError(f"{pointer} cannot be read", hint="name the file with --file") from error
    if common.name != ".git":
        raise UsageError(f"{common} has no main checkout", hint="name the file with --file")
    return common.parent
