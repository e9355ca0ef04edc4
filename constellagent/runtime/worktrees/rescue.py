"""Keeping in git what a forced removal would lose.

A rescue is one commit below `refs/constellagent/rescue/`. Its tree shows the worktree as it was, file by file and
byte by byte, so that it can be compared and read. It also holds a tar of everything that HEAD has not, because
git keeps neither modes such as 0600 nor the exact bytes of files that filters or line endings change. Its
parents keep HEAD, what was staged, and the commits of an operation in progress.
"""

import asyncio
import os
import shlex
import stat
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from constellagent.errors import ConflictError, GitError, RefusedError, WorldError
from constellagent.runtime.ports import Removal
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, short

LIMIT = 100 << 20
"""Bytes that a rescue may hold; a worktree with more must be tidied by hand."""
ARCHIVE = ".constellagent-rescue.tar"
_HELD = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "MERGE_AUTOSTASH",
    "rebase-merge/autostash",
    "rebase-apply/autostash",
)
_SHOWN = 20
_AUTHOR = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "constellagent"), ("EMAIL", "constellagent@localhost"))
}


@dataclass(frozen=True, slots=True)
class _Contents:
    """What differs from HEAD.

    Attributes:
        written: files and links that HEAD has not, or has otherwise.
        deleted: files that HEAD has and the worktree has not.
    """

    written: tuple[str, ...]
    deleted: tuple[str, ...]


async def keep(site: Site, agent: str, ours: Registration, losses: Sequence[str]) -> Removal:
    """Write everything that is only in the worktree into a commit, and check it against the disk.

    Raises:
        RefusedError: there is more than a rescue may hold, or something that git cannot hold.
        ConflictError: the worktree changed meanwhile.
        WorldError: it could not be written.
    """
    if ours.admin is None or ours.head is None:
        raise ConflictError(
            f"{ours.path} has no commit checked out", hint="commit what is in it, then remove it"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="constellagent-rescue-", dir=ours.admin) as scratch:
            return await _keep(site, agent, ours, ours.head, Path(scratch), losses)
    except OSError as error:
        raise WorldError(
            f"cannot keep what is in {ours.path}: {error.strerror}", hint="free some space"
        ) from error


async def _keep(
    site: Site, agent: str, ours: Registration, head: str, scratch: Path, losses: Sequence[str]
) -> Removal:
    path, index = ours.path, {"GIT_INDEX_FILE": str(scratch / "index")}
    contents = await _contents(site, path, index)
    await asyncio.to_thread(_check_size, path, contents.written)
    archive = scratch / "archive"
    await asyncio.to_thread(_pack, path, contents.written, archive)
    blob = await site.git.run("hash-object", "-w", "--no-filters", "--", str(archive), cwd=path)
    await _write_tree(site, path, index, contents, blob.text)
    tree = (await site.git.run("write-tree", cwd=path, env=index)).text
    parents = [head, *await _staged(site, ours, head, scratch), *await _held(site, ours)]
    ref = _ref(site, agent)
    recover = _recover(site, ours, ref, deleted=bool(contents.deleted))
    message = "\n".join([f"rescue of {agent}", "", *losses, "", "Get it back with:", "", recover, ""])
    await _commit(site, ref, tree, parents, message)
    packed = (await site.git.run("cat-file", "blob", f"{ref}:{ARCHIVE}", cwd=path)).stdout
    await asyncio.to_thread(_check_archive, path, contents.written, packed)
    if await _contents(site, path, index, read_again=True) != contents:
        raise ConflictError(
            f"{path} changed while it was kept in {ref}", hint="stop what works in it, then remove it again"
        )
    return Removal(ref, recover)


async def keep_index(site: Site, agent: str, ours: Registration) -> Removal:
    """Keep what only git's folder of a worktree holds whose files are gone: staged content, detached commits.

    Raises:
        GitError: git failed.
    """
    if ours.admin is None or ours.head is None:
        return Removal()
    with tempfile.TemporaryDirectory(prefix="constellagent-rescue-", dir=ours.admin) as scratch:
        parents = [*await _staged(site, ours, ours.head, Path(scratch)), *await _held(site, ours)]
    loose = await site.git.run(
        "rev-list",
        "--max-count=1",
        ours.head,
        "--not",
        "--branches",
        "--remotes",
        "--tags",
        cwd=site.repository.root,
    )
    if not parents and not loose.text:
        return Removal()
    ref = _ref(site, agent)
    kept = parents[0] if parents else ours.head
    message = (
        f"rescue of {agent}\n\nThe folder was gone; this is what was staged or committed on no branch.\n"
    )
    await _commit(site, ref, f"{kept}^{{tree}}", [ours.head, *parents], message)
    where = ours.path
    return Removal(ref, _line(site, "worktree", "add", "--detach", str(where), ref))


async def _contents(
    site: Site, path: Path, index: Mapping[str, str], *, read_again: bool = False
) -> _Contents:
    """Compare the disk with HEAD in an index of our own, where no flag hides a file."""
    fresh = dict(index)
    if read_again:
        fresh["GIT_INDEX_FILE"] += "-again"
    await site.git.run("read-tree", "HEAD", cwd=path, env=fresh)
    await site.git.run("update-index", "-q", "--refresh", cwd=path, env=fresh, check=False)
    differ = await site.git.run("diff-files", "-z", "--name-status", "--no-renames", cwd=path, env=fresh)
    others = await site.git.run("ls-files", "-z", "--others", cwd=path, env=fresh)
    elsewhere = await _not_here(site, path)
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
    return _Contents(tuple(sorted(written)), tuple(sorted(deleted)))


async def _not_here(site: Site, path: Path) -> frozenset[str]:
    """Return the files that a sparse checkout leaves out: they are not deleted."""
    entries = (await site.git.run("ls-files", "-z", "-t", cwd=path)).fields
    return frozenset(entry[2:] for entry in entries if entry.startswith("S "))


def _storable(file: Path) -> bool:
    mode = file.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _check_size(path: Path, names: Sequence[str]) -> None:
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


def _pack(path: Path, names: Sequence[str], archive: Path) -> None:
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as packed:
        for name in names:
            packed.add(path / name, arcname=name, recursive=False)


def _check_archive(path: Path, names: Sequence[str], packed: bytes) -> None:
    """Compare every byte and mode of the archive, as git gives it back, with the disk."""
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
        return member.issym() and member.linkname == os.readlink(file)
    content = archive.extractfile(member)
    same_mode = stat.S_IMODE(found.st_mode) == stat.S_IMODE(member.mode)
    return content is not None and same_mode and content.read() == file.read_bytes()


async def _write_tree(
    site: Site, path: Path, index: Mapping[str, str], contents: _Contents, archive: str
) -> None:
    blobs = await _blobs(site, path, contents.written)
    nothing = "0" * len(archive)
    lines = [f"0 {nothing}\t{name}" for name in contents.deleted]
    for name, blob in blobs.items():
        mode = (path / name).lstat().st_mode
        kind = "120000" if stat.S_ISLNK(mode) else "100755" if mode & stat.S_IXUSR else "100644"
        lines.append(f"{kind} {blob}\t{name}")
    lines.append(f"100644 {archive}\t{ARCHIVE}")
    data = b"".join(os.fsencode(line) + b"\0" for line in lines)
    await site.git.run(
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


async def _blobs(site: Site, path: Path, names: Sequence[str]) -> dict[str, str]:
    """Write the files as they are, without any filter; a link's content is where it points."""
    blobs, many = {}, []
    for name in names:
        file = path / name
        if file.is_symlink():
            link = await site.git.run(
                "hash-object", "-w", "--stdin", cwd=path, stdin=os.fsencode(os.readlink(file))
            )
            blobs[name] = link.text
        elif "\n" in name:
            one = await site.git.run("hash-object", "-w", "--no-filters", "--", f"./{name}", cwd=path)
            blobs[name] = one.text
        else:
            many.append(name)
    if many:
        query = b"".join(b"./" + os.fsencode(name) + b"\n" for name in many)
        said = await site.git.run("hash-object", "-w", "--no-filters", "--stdin-paths", cwd=path, stdin=query)
        blobs.update(zip(many, said.text.split("\n"), strict=True))
    return blobs


async def _staged(site: Site, ours: Registration, head: str, scratch: Path) -> list[str]:
    """Return a commit of what was staged, where that is not what HEAD has; a conflict's sides are left out."""
    if ours.admin is None or not (ours.admin / "index").exists():
        return []
    here, root = {"GIT_DIR": str(ours.admin)}, site.repository.root
    entries = (await site.git.run("ls-files", "-z", "-s", cwd=root, env=here)).fields
    resolved = b"".join(os.fsencode(one) + b"\0" for one in entries if one.split("\t", 1)[0].endswith(" 0"))
    index = {**here, "GIT_INDEX_FILE": str(scratch / "staged")}
    if resolved:
        await site.git.run("update-index", "-z", "--add", "--index-info", cwd=root, env=index, stdin=resolved)
    else:
        await site.git.run("read-tree", "--empty", cwd=root, env=index)
    tree = (await site.git.run("write-tree", cwd=root, env=index)).text
    if tree == (await site.git.run("rev-parse", f"{head}^{{tree}}", cwd=root)).text:
        return []
    commit = await site.git.run("commit-tree", tree, "-p", head, "-m", "staged", cwd=root, env=_AUTHOR)
    return [commit.text]


async def _held(site: Site, ours: Registration) -> list[str]:
    """Return the commits that an operation in progress, and nothing else, may hold."""
    found: list[str] = []
    for name in _HELD:
        try:
            words = ((ours.admin or ours.path) / name).read_text(errors="replace").split()
        except OSError:
            continue
        for word in words:
            said = await site.git.run(
                "cat-file", "-e", f"{word}^{{commit}}", cwd=site.repository.root, check=False
            )
            if said.status == 0 and word not in found:
                found.append(word)
    return found


async def _commit(site: Site, ref: str, tree: str, parents: Sequence[str], message: str) -> None:
    root = site.repository.root
    options = [part for parent in dict.fromkeys(parents) for part in ("-p", parent)]
    name = (await site.git.run("rev-parse", "--verify", tree, cwd=root)).text
    commit = await site.git.run(
        "commit-tree", name, *options, "-F", "-", cwd=root, stdin=os.fsencode(message), env=_AUTHOR
    )
    nothing = "0" * len(commit.text)
    try:
        await site.git.run("update-ref", "--end-of-options", ref, commit.text, nothing, cwd=root)
    except GitError as error:
        raise WorldError(f"{ref} could not be written: {error.stderr.strip()}", delay=1) from error


def _ref(site: Site, agent: str) -> str:
    at = site.clock.now()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(at))
    return f"refs/constellagent/rescue/{agent}/{moment}.{int(at * 1000) % 1000:03d}Z"


def _recover(site: Site, ours: Registration, ref: str, *, deleted: bool) -> str:
    where, start = str(ours.path), short(ours.branch) if ours.branch else ours.head or ""
    steps = [_line(site, "worktree", "add", *([] if ours.branch else ["--detach"]), where, start)]
    here = shlex.quote(where)
    if deleted:
        gone = f"git -C {here} diff -z --name-only --no-renames --diff-filter=D HEAD {ref}"
        steps.append(f"{gone} | (cd {here} && xargs -0 rm -f --)")
    steps.append(f"git -C {here} cat-file blob {ref}:{ARCHIVE} | tar -xpf - -C {here}")
    return " && ".join(steps)


def _line(site: Site, *args: str) -> str:
    return shlex.join(["git", "-C", str(site.repository.root), *args])
