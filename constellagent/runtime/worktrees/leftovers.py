"""What of a worktree a rescue must hold, in the two forms in which it holds it: a tree and a tar.

Everything that HEAD has not is found with an index of our own, where no flag hides a file and no pattern
ignores one. Nothing is filtered on the way: the bytes are those on the disk.
"""

import os
import stat
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from constellagent.errors import ConflictError, RefusedError
from constellagent.runtime.git import Git

LIMIT = 100 << 20
"""Bytes that a rescue may hold; a worktree with more must be tidied by hand."""
ARCHIVE = ".constellagent-rescue.tar"
"""The name of the tar in a rescue's tree."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Contents:
    """What differs from HEAD.

    Attributes:
        written: files and links that HEAD has not, or has otherwise.
        deleted: files that HEAD has and the worktree has not.
    """

    written: tuple[str, ...]
    deleted: tuple[str, ...]


async def compare(git: Git, path: Path, index: Mapping[str, str], *, read_again: bool = False) -> Contents:
    """Compare the disk with HEAD in an index of our own, where no flag hides a file.

    Raises:
        RefusedError: there is a repository within, which no tree can hold.
        GitError: git failed.
    """
    fresh = dict(index)
    if read_again:
        fresh["GIT_INDEX_FILE"] += "-again"
    await git.run("read-tree", "HEAD", cwd=path, env=fresh)
    await git.run("update-index", "-q", "--refresh", cwd=path, env=fresh, check=False)
    differ = await git.run("diff-files", "-z", "--name-status", "--no-renames", cwd=path, env=fresh)
    others = await git.run("ls-files", "-z", "--others", cwd=path, env=fresh)
    elsewhere = await _not_here(git, path)
    fields = differ.fields
    pairs = list(zip(fields[::2], fields[1::2], strict=True))
    written = [name for letter, name in pairs if letter != "D"] + others.fields
    written = [name for name in written if name.split("/", 1)[0] != ".ravi"]
    beyond = [name for name in written if not _storable(path / name)]
    if beyond:
        raise RefusedError(
            f"{path} holds what a rescue cannot",
            [f"a repository of its own, with changes: {name}" for name in beyond[:_SHOWN]],
            hint="push or move it away, then remove the worktree again",
        )
    deleted = [name for letter, name in pairs if letter == "D" and name not in elsewhere]
    return Contents(tuple(sorted(written)), tuple(sorted(deleted)))


async def _not_here(git: Git, path: Path) -> frozenset[str]:
    """Return the files that a sparse checkout leaves out: they are not deleted."""
    entries = (await git.run("ls-files", "-z", "-t", cwd=path)).fields
    return frozenset(entry[2:] for entry in entries if entry.startswith("S "))


def _storable(file: Path) -> bool:
    mode = file.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def check_size(path: Path, names: Sequence[str]) -> None:
    """Refuse more than `LIMIT`.

    Raises:
        RefusedError: there is more; carries the largest files.
    """
    sizes = sorted(((path / name).lstat().st_size, name) for name in names)
    total = sum(size for size, _ in sizes)
    if total <= LIMIT:
        return
    largest = [f"{size / (1 << 20):.1f} MiB: {name}" for size, name in reversed(sizes[-_SHOWN:])]
    raise RefusedError(
        f"{path} holds {total / (1 << 20):.0f} MiB that git has not; a rescue holds {LIMIT >> 20} MiB",
        largest,
        hint="delete what can be made again (node_modules, build folders), then remove the worktree again",
    )


def pack(path: Path, names: Sequence[str], archive: Path) -> None:
    """Write files and links, with their modes, into a tar."""
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as packed:
        for name in names:
            packed.add(path / name, arcname=name, recursive=False)


def check_archive(path: Path, names: Sequence[str], packed: bytes) -> None:
    """Compare every byte and mode of the archive, as git gives it back, with the disk.

    Raises:
        ConflictError: they differ.
    """
    with tarfile.open(fileobj=BytesIO(packed), errors="surrogateescape") as archive:
        members = archive.getmembers()
        same = sorted(member.name for member in members) == list(names) and all(
            _same(path / member.name, member, archive) for member in members
        )
    if not same:
        raise ConflictError(
            f"{path} changed while it was kept", hint="stop what works in it, then remove it again"
        )


def _same(file: Path, member: tarfile.TarInfo, archive: tarfile.TarFile) -> bool:
    found = file.lstat()
    if stat.S_ISLNK(found.st_mode):
        return member.issym() and member.linkname == os.readlink(file)  # noqa: PTH115 - a Path changes text
    content = archive.extractfile(member)
    same_mode = stat.S_IMODE(found.st_mode) == stat.S_IMODE(member.mode)
    return content is not None and same_mode and content.read() == file.read_bytes()


async def write_tree(
    git: Git, path: Path, index: Mapping[str, str], contents: Contents, archive: str
) -> None:
    """Bring `index`, which holds HEAD, to what is on the disk, and add the blob of the tar.

    Raises:
        GitError: git failed.
    """
    blobs = await _blobs(git, path, contents.written)
    nothing = "0" * len(archive)
    lines = [f"0 {nothing}\t{name}" for name in contents.deleted]
    for name, blob in blobs.items():
        mode = (path / name).lstat().st_mode
        kind = "120000" if stat.S_ISLNK(mode) else "100755" if mode & stat.S_IXUSR else "100644"
        lines.append(f"{kind} {blob}\t{name}")
    lines.append(f"100644 {archive}\t{ARCHIVE}")
    data = b"".join(os.fsencode(line) + b"\0" for line in lines)
    await git.run(
        "update-index",
        "-z",
        "--add",
        "--remove",
        "--replace",
        "--index-info",
        cwd=path,
        env=index,
        stdin=data,
    )


async def _blobs(git: Git, path: Path, names: Sequence[str]) -> dict[str, str]:
    """Write the files as they are, without any filter; a link's content is where it points."""
    blobs, many = {}, []
    for name in names:
        file = path / name
        if file.is_symlink():
            target = os.readlink(os.fsencode(file))  # noqa: PTH115 - a Path would change the text
            link = await git.run("hash-object", "-w", "--stdin", cwd=path, stdin=target)
            blobs[name] = link.text
        elif "\n" in name:
            one = await git.run("hash-object", "-w", "--no-filters", "--", f"./{name}", cwd=path)
            blobs[name] = one.text
        else:
            many.append(name)
    if many:
        query = b"".join(b"./" + os.fsencode(name) + b"\n" for name in many)
        said = await git.run("hash-object", "-w", "--no-filters", "--stdin-paths", cwd=path, stdin=query)
        blobs.update(zip(many, said.text.split("\n"), strict=True))
    return blobs
