"""Files that must not lose a byte: committed, staged, modified, untracked and ignored ones."""

import hashlib
import random
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.proof.ground import Ground
from tests.reliability.lab import git

ARCHIVE = ".constellagent-rescue.tar"
KINDS = ("committed", "staged", "modified", "untracked", "ignored")


@dataclass(frozen=True, slots=True)
class Sown:
    """What lies in one worktree.

    Attributes:
        head: the commit.
        files: digests by path.
        staged: the object that is staged, by path.
    """

    head: str
    files: Mapping[str, str]
    staged: str


def sow(ground: Ground, agent: str, round_: int, chance: random.Random) -> Sown:
    """Put files of all kinds into an agent's worktree."""
    tree = place(ground, agent)
    names = {
        "committed": f"committed-{round_}.bin",
        "staged": f"staged-{round_}.bin",
        "modified": f"file-{chance.randrange(40)}.txt",
        "untracked": f"deep/er/untracked-{round_}.bin",
        "ignored": f"ignored-{round_}.log",
    }
    for kind in KINDS:
        file = tree / names[kind]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(chance.randbytes(chance.randrange(1, 5000)))
        if kind == "committed":
            git(tree, "add", names[kind])
            git(tree, "commit", "-q", "--no-verify", "-m", f"round {round_}")
        elif kind == "staged":
            git(tree, "add", names[kind])
    (tree / names["staged"]).write_bytes(chance.randbytes(100))  # another content than what is staged
    return look(ground, agent, tuple(names.values()))


def place(ground: Ground, agent: str) -> Path:
    """Return where an agent's worktree lies."""
    return ground.folder / "repo.worktrees" / agent


def look(ground: Ground, agent: str, names: tuple[str, ...]) -> Sown:
    """Return what lies there now."""
    tree = place(ground, agent)
    files = {name: digest((tree / name).read_bytes()) for name in names if (tree / name).is_file()}
    staged = git(tree, "ls-files", "--stage", "--", *(name for name in names if name.startswith("staged")))
    return Sown(git(tree, "rev-parse", "HEAD").strip(), files, staged)


def compare(ground: Ground, agent: str, sown: Sown) -> None:
    """Assert that every byte is where it was."""
    now = look(ground, agent, tuple(sown.files))
    assert now == sown, f"{agent} lost work: {sown} became {now}"


def recover(ground: Ground, agent: str, sown: Sown) -> None:
    """Get everything back from git after a forced removal, as the printed command does, and compare it."""
    refs = git(
        ground.repo, "for-each-ref", "--format=%(refname)", f"refs/constellagent/rescue/{agent}"
    ).split()
    assert refs, f"there is no rescue ref of {agent}"
    branch = git(ground.repo, "rev-parse", f"refs/heads/work/{agent}").strip()
    assert branch == sown.head, f"the branch of {agent} moved from {sown.head} to {branch}"
    with tempfile.TemporaryDirectory(prefix="back-", dir=ground.folder) as folder:
        git(ground.repo, "worktree", "add", "-q", "--detach", f"{folder}/tree", f"refs/heads/work/{agent}")
        try:
            for ref in refs:
                _unpack(ground.repo, f"{ref}:{ARCHIVE}", Path(folder, "tree"))
            found = {
                name: digest(Path(folder, "tree", name).read_bytes())
                for name in sown.files
                if Path(folder, "tree", name).is_file()
            }
        finally:
            git(ground.repo, "worktree", "remove", "--force", f"{folder}/tree")
    assert found == sown.files, f"the rescue of {agent} lost bytes: {sown.files} became {found}"
    blob = sown.staged.split()[1]
    assert any(
        blob in git(ground.repo, "ls-tree", "-r", parent) for ref in refs for parent in _parents(ground, ref)
    ), f"what {agent} had staged is not kept: {blob}"


def _parents(ground: Ground, ref: str) -> list[str]:
    return git(ground.repo, "rev-list", "--parents", "-n1", ref).split()


def _unpack(repo: Path, named: str, folder: Path) -> None:
    archive = subprocess.run(
        ["git", "cat-file", "blob", named], cwd=repo, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-xpf", "-", "-C", str(folder)], input=archive, check=True, capture_output=True)


def forget_rescues(ground: Ground) -> None:
    """Remove the rescue refs, once what they keep was compared."""
    for ref in git(ground.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent/rescue").split():
        git(ground.repo, "update-ref", "-d", ref)


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()
