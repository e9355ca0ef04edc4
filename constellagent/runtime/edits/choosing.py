"""Which of a worktree's changes a request means: all of them, or those at paths that are taken literally."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from constellagent.errors import UsageError
from constellagent.runtime.files.paths import checked


@dataclass(frozen=True, slots=True)
class Choice:
    """The paths of a request, each a file or a folder; None for everything."""

    paths: tuple[str, ...] | None = None

    @classmethod
    def of(cls, paths: Sequence[str] | None) -> "Choice":
        """Check what a request gives.

        Raises:
            UsageError: a path is never answered.
        """
        if paths is None:
            return cls()
        plain = tuple(path.removesuffix("/") for path in paths)
        for path in plain:
            checked(path)
        return cls(plain)

    def among(self, known: Iterable[str]) -> list[str]:
        """Return those of `known` that are meant."""
        if self.paths is None:
            return list(known)
        files, folders = set(self.paths), tuple(f"{path}/" for path in self.paths)
        return [one for one in known if one.removesuffix("/") in files or one.startswith(folders)]

    def require(self, found: Sequence[str], what: str) -> None:
        """Check that every path that was given means something.

        Raises:
            UsageError: one does not.
        """
        for path in self.paths or ():
            if not any(one.removesuffix("/") == path or one.startswith(f"{path}/") for one in found):
                raise UsageError(
                    f"there is nothing {what} at {path!r}",
                    hint="paths are relative to the worktree and taken literally, without patterns",
                )


def counted(paths: Sequence[str], what: str = "file") -> str:
    """Return how many they are, in words; the only one by its name."""
    return paths[0] if len(paths) == 1 else f"{len(paths)} {what}s"
