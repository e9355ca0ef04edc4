"""The repository that a constellation belongs to: where it is, what it needs of git, what a base means.

A command may be given in any folder of the main checkout or of a linked worktree; the constellation always
belongs to the main checkout.
"""

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError, GitError
from constellagent.plan.observed import Absent, Look, There, Unknown
from constellagent.runtime.git import Git

_FIND_TIMEOUT = 30.0
_HEAD_OF_REMOTES = "refs/remotes/*/HEAD"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a main checkout and at least one commit.

    Attributes:
        root: the folder of the main checkout, resolved.
        common_dir: git's own folder, shared by all worktrees, resolved.
        version: of the git that was asked.
    """

    root: Path
    common_dir: Path
    version: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a repository uses that decides which engine may read it.

    Attributes:
        filters: names of the filters that its attributes ask for (`lfs`).
        configured: those of them that git knows how to run.
        sparse: only part of the tree is checked out.
        partial: objects are fetched when they are needed.
        object_format: `sha1` or `sha256`.
        ref_format: `files` or `reftable`.
        submodules: it has a `.gitmodules`.
        other: extensions that libgit2 may not know.
    """

    filters: frozenset[str] = frozenset()
    configured: frozenset[str] = frozenset()
    sparse: bool = False
    partial: bool = False
    object_format: str = "sha1"
    ref_format: str = "files"
    submodules: bool = False
    other: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether libgit2 reads this repository's objects and refs rightly."""
        return (
            not self.partial
            and not self.other
            and self.object_format == "sha1"
            and self.ref_format == "files"
        )


async def find(
    start: Path, *, timeout: float = _FIND_TIMEOUT, env: Mapping[str, str] | None = None
) -> Repository:
    """Find the repository that `start` lies in, from any of its worktrees.

    Raises:
        ConflictError: there is none, or one that cannot hold agents (bare, without a commit, another's).
        ConstellagentError: git is too old.
        UnavailableError: git is not installed.
    """
    git = Git(start, timeout=timeout, env=env)
    version = await git.version()
    try:
        said = await git.run("rev-parse", "--path-format=absolute", "--git-common-dir", "--git-dir")
    except GitError as error:
        raise _no_repository(start, error) from error
    common, own = (Path(os.path.realpath(line)) for line in said.text.split("\n"))
    root = await _main_checkout(git, common, linked=own != common)
    if (await git.run("rev-parse", "--verify", "-q", "HEAD^{commit}", cwd=root, check=False)).status != 0:
        raise ConflictError(
            f"{root} has no commit that its HEAD names",
            hint='make one (git commit --allow-empty -m "first commit") or check out a branch that has one',
        )
    return Repository(root, common, version)


def _no_repository(start: Path, error: GitError) -> ConstellagentError:
    if "dubious ownership" in error.stderr:
        return ConflictError(
            f"git refuses {start}: it belongs to another user",
            hint=f"if you trust it: git config --global --add safe.directory {start}",
        )
    if "not a git repository" in error.stderr or "no folder" in error.stderr:
        return ConflictError(
            f"{start} is in no git repository", hint="run this in a repository, or git init first"
        )
    return error


async def _main_checkout(git: Git, common_dir: Path, *, linked: bool) -> Path:
    """Return the main checkout; a linked worktree knows it only by its name or by `core.worktree`."""
    bare = await git.run("config", "--type=bool", "--get", "core.bare", cwd=common_dir, check=False)
    if bare.text == "true":
        raise ConflictError(
            f"{common_dir} is a bare repository, which has no main checkout to keep constellation.yaml in",
            hint="clone it and run this in the clone",
        )
    if not linked:
        inside = await git.run("rev-parse", "--show-toplevel", check=False)
        if inside.status == 0:
            return Path(os.path.realpath(inside.text))
    declared = await git.run("config", "--type=path", "--get", "core.worktree", cwd=common_dir, check=False)
    if declared.status == 0:
        return Path(os.path.realpath(common_dir / declared.text))
    if common_dir.name != ".git":
        raise ConflictError(
            f"the main checkout of {common_dir} is not known from here", hint="run this in the main checkout"
        )
    return common_dir.parent


async def traits(repository: Repository, git: Git, commit: str = "HEAD") -> Traits:
    """Look at what the repository uses, and at the filters that `commit` (`HEAD` or a full id) asks for.

    Raises:
        GitError: git failed.
    """
    config: dict[str, str] = {}
    for line in (await git.run("config", "--list", "-z", cwd=repository.root)).fields:
        key, _, value = line.partition("\n")
        config[key] = value
    extensions = {
        key.partition(".")[2]: value for key, value in config.items() if key.startswith("extensions.")
    }
    known = {
        "objectformat",
        "refstorage",
        "partialclone",
        "worktreeconfig",
        "relativeworktrees",
        "preciousobjects",
        "noop",
    }
    partial = any(key.startswith("remote.") and key.endswith(".promisor") for key in config)
    return Traits(
        filters=await _filters(repository, git, commit),
        configured=frozenset(
            key.split(".", 1)[1].rpartition(".")[0]
            for key, value in config.items()
            if key.startswith("filter.") and key.endswith((".smudge", ".process")) and value
        ),
        sparse=config.get("core.sparsecheckout", "").lower() in {"true", "yes", "on", "1"},
        partial=partial or "partialclone" in extensions,
        object_format=extensions.get("objectformat", "sha1"),
        ref_format=extensions.get("refstorage", "files"),
        submodules=(repository.root / ".gitmodules").is_file(),
        other=frozenset(extensions) - known,
    )


async def _filters(repository: Repository, git: Git, commit: str) -> frozenset[str]:
    args = ("grep", "-hIE", "-e", "filter=", commit, "--", ":(glob)**/.gitattributes")
    said = await git.run(*args, cwd=repository.root, check=False)
    if said.status not in {0, 1}:  # 1 says: no line matches
        raise GitError(args, said.status, said.stderr)
    lines = said.text.splitlines()
    with contextlib.suppress(OSError):
        lines += (repository.common_dir / "info" / "attributes").read_text(errors="replace").splitlines()
    words = (word for line in lines if not line.lstrip().startswith("#") for word in line.split()[1:])
    return frozenset(word.removeprefix("filter=") for word in words if word.startswith("filter="))


async def resolve_base(git: Git, base: str) -> Look[str]:
    """Resolve one declared base to a commit; see `resolve_bases`."""
    return (await resolve_bases(git, [base]))[base]


async def resolve_bases(git: Git, bases: Iterable[str]) -> dict[str, Look[str]]:
    """Resolve declared bases to commits, with two git commands for any number of them.

    `auto` is the remote's HEAD, else `main` or `master`, else HEAD. A branch is preferred to a tag of the
    same name. A base that names no commit is `Absent`; where git could not be asked, it is `Unknown`.
    """
    wanted = list(dict.fromkeys(bases))
    try:
        candidates = {base: await candidate_names(git, base) for base in wanted}
        asked = [name for base in wanted for name in candidates[base]]
        query = "".join(f"{name}^{{commit}}\n" for name in asked)
        said = (
            await git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=os.fsencode(query))
        ).text.splitlines()
    except ConstellagentError as error:
        return dict.fromkeys(wanted, Unknown(error.message))
    found = {
        name: line.split()[0] for name, line in zip(asked, said, strict=True) if line.endswith(" commit")
    }
    return {base: _first(candidates[base], found) for base in wanted}


def _first(names: Iterable[str], found: Mapping[str, str]) -> Look[str]:
    return next((There(found[name]) for name in names if name in found), Absent())


async def candidate_names(git: Git, base: str, *, cwd: Path | None = None) -> list[str]:
    """Return the full names that a declared base may mean, the first one that exists counts.

    Raises:
        GitError: git failed.
    """
    if base != "auto":
        if not base or base.split() != [base]:
            return []  # git would read it as several questions
        return [f"refs/heads/{base}", f"refs/tags/{base}", f"refs/remotes/{base}", base]
    heads = (await git.run("for-each-ref", "--format=%(refname)", _HEAD_OF_REMOTES, cwd=cwd)).text.split("\n")
    remote = ["refs/remotes/origin/HEAD"] if "refs/remotes/origin/HEAD" in heads else heads
    return [
        *(remote if len(remote) == 1 and remote[0] else ()),
        "refs/heads/main",
        "refs/heads/master",
        "HEAD",
    ]
