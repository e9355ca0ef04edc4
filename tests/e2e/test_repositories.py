"""Repositories in which nothing can be done, and those that use more of git than plain files."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.place import Place, commit, git_quietly, refused
from tests.reliability.lab import git, wait_for
from tests.runtime.worktrees.locked_door import locked_door

REAL = "real content of a large file\n" * 100


def test_c9_not_a_repository(place: Place) -> None:
    """Outside of a repository every command that needs one says so."""
    place.agent()
    shutil.rmtree(place.repo / ".git")
    for command in (
        ["plan"],
        ["apply", "--yes"],
        ["status"],
        ["destroy", "--yes"],
        ["plan", "-f", str(place.file)],
    ):
        done = place.run(*command, check=None)
        assert done.returncode in {1, 64}
        refused(done, "git repository", "hint:")


def test_c9_bare_repository(place: Place) -> None:
    """A bare repository has no checkout to take the file from."""
    git(place.folder, "clone", "-q", "--bare", str(place.repo), "bare.git")
    place.agent()
    shutil.copy(place.file, place.folder / "bare.git" / "constellation.yaml")
    shutil.rmtree(place.repo)
    (place.folder / "bare.git").rename(place.repo)
    done = place.run("plan", "-f", str(place.file), check=None)
    assert done.returncode in {1, 64}
    refused(done, "bare", "hint:")


def test_c9_repository_without_a_commit(place: Place) -> None:
    """There is nothing that a branch could start from; after the commit that the hint makes it works."""
    shutil.rmtree(place.repo / ".git")
    git(place.repo, "init", "-q", "-b", "main")
    place.agent()
    refused(place.run("apply", "--yes", check=1), "no commit", "git commit --allow-empty")
    git(
        place.repo,
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "first",
    )
    place.run("apply", "--yes")
    place.settled()


def test_c9_detached_head_and_missing_base(place: Place) -> None:
    """A detached main checkout is no obstacle; a base that is not there stops its own agent only."""
    git(place.repo, "checkout", "-q", "--detach")
    place.write("""
        agents:
          docs: {command: [sleep, "600"]}
          lost: {command: [sleep, "600"], base: no-such-branch}
        """)
    done = place.run("apply", "--yes", check=1)
    refused(done, "base no-such-branch does not exist; declare a branch, a tag or a commit that does")
    assert place.view("docs")["session"]["live"]
    assert not place.tree_of("lost").exists()


def _lfs(place: Place) -> None:
    """Keep `*.bin` with a stand-in for git-lfs, and `*.rot` with a filter of the repository's own."""
    store, program = place.folder / "store", place.folder / "fake-lfs"
    store.mkdir()
    program.write_text(
        '#!/bin/sh\nset -e\nif [ "$1" = clean ]; then cat >"$2/tmp"; h=$(sha256sum <"$2/tmp" | cut -c1-64); '
        'mv "$2/tmp" "$2/$h"; echo "pointer $h"; else read word h; cat "$2/$h"; fi\n'
    )
    program.chmod(0o755)
    for way in ("clean", "smudge"):
        git(place.repo, "config", f"filter.lfs.{way}", f"{program} {way} {store}")
        git(place.repo, "config", f"filter.rot.{way}", "tr a-zA-Z n-za-mN-ZA-M")
    commit(place.repo, {".gitattributes": "*.bin filter=lfs -text\n*.rot filter=rot\n"})
    commit(place.repo, {"big.bin": REAL, "s.rot": "secret\n"})


def test_c10_content_of_filters_reaches_the_agent(place: Place) -> None:
    """What an agent reads is content and not pointers, and its worktree is clean and can be removed."""
    _lfs(place)
    assert git(place.repo, "show", "HEAD:big.bin").startswith("pointer")
    assert git(place.repo, "show", "HEAD:s.rot") == "frperg\n"
    looks = "cat big.bin s.rot > ../read; git status --porcelain > ../part; mv ../part ../status"
    place.agent(f"{{shell: '{looks}; exec sleep 600'}}")
    place.run("apply", "--yes")
    read = place.folder / "repo.worktrees" / "status"
    wait_for(read.exists, "the agent to have read")
    assert (read.parent / "read").read_text() == REAL + "secret\n"
    assert read.read_text() == ""
    place.settled()
    place.run("destroy", "--yes")
    assert not place.tree_of().exists()


def test_c10_lfs_that_git_does_not_know(place: Place) -> None:
    """Where git-lfs was never set up the agent is not started on pointers; set up, the next apply goes on."""
    _lfs(place)
    place.agent()
    clean, smudge = (git(place.repo, "config", f"filter.lfs.{way}").strip() for way in ("clean", "smudge"))
    git(place.repo, "config", "--remove-section", "filter.lfs")
    refused(place.run("apply", "--yes", check=1), "git lfs install")
    assert place.view()["state"] == "stopped"
    git(place.repo, "config", "filter.lfs.clean", clean)
    git(place.repo, "config", "filter.lfs.smudge", smudge)
    place.run("apply", "--yes")
    assert (place.tree_of() / "big.bin").read_text() == REAL
    place.settled()


@pytest.mark.parametrize("kind", ["sparse", "partial", "submodule"])
def test_c12_repositories_that_hold_less_than_the_whole_tree(place: Place, kind: str) -> None:
    """Apply, a second apply that does nothing, and destroy, in repositories where something is left out."""
    commit(place.repo, {"in/a.txt": "in\n", "out/b.txt": "out\n"})
    prepared = {"sparse": _sparse, "partial": _partial, "submodule": _submodule}[kind]
    prepared(place)
    place.agent()
    place.run("apply", "--yes")
    tree = place.tree_of()
    assert (tree / "in" / "a.txt").read_text() == "in\n"
    assert (tree / "out").exists() == (kind != "sparse")
    if kind == "submodule":
        assert list((tree / "lib").iterdir()) == []
    assert git(tree, "status", "--porcelain") == ""
    place.settled()
    place.run("destroy", "--yes")
    assert not tree.exists()


def _sparse(place: Place) -> None:
    git(place.repo, "sparse-checkout", "set", "--cone", "in")


def _partial(place: Place) -> None:
    origin = place.folder / "origin"
    place.repo.rename(origin)
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(place.folder, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{origin}", "repo")


def _submodule(place: Place) -> None:
    lib = place.folder / "lib"
    git(place.folder, "clone", "-q", str(place.repo), str(lib))
    git(place.repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(lib), "lib")
    git(place.repo, "commit", "-q", "-m", "lib")
    git(place.repo, "config", "submodule.recurse", "true")


def _payload(place: Place) -> tuple[str, Path]:
    """Return a program that leaves a mark whenever it runs, and the mark."""
    program, mark = place.folder / "payload.sh", place.folder / "fired"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >>{mark}\n')
    program.chmod(0o755)
    return str(program), mark


def test_c14_hostile_configuration(place: Place) -> None:
    """A payload in the places from which git runs programs fires under plain git, and never under ours."""
    program, mark = _payload(place)
    place.agent()
    hooks = place.repo / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (hooks / name).symlink_to(program)
    (place.repo / ".git" / "info").mkdir(exist_ok=True)
    (place.repo / ".git" / "info" / "attributes").write_text("* diff=hostile\n")
    config = {
        "core.fsmonitor": program,
        "core.pager": program,
        "core.editor": program,
        "core.askPass": program,
        "core.sshCommand": program,
        "credential.helper": f"!{program}",
        "diff.external": program,
        "diff.hostile.textconv": program,
        "diff.hostile.command": program,
        "alias.st": f"!{program}",
        "gpg.program": program,
        "commit.gpgSign": "true",
        "log.showSignature": "true",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
        "protocol.ext.allow": "always",
        "gc.auto": "1",
    }
    for key, value in config.items():
        git_quietly(place.repo, "config", key, value)
    (place.repo / "file-1.txt").write_text("changed\n")
    proofs = [
        ["status"],
        ["diff"],
        ["st"],
        ["fetch", "-q"],
        ["fetch", "-q", "ssh://nowhere.invalid/locked.git"],
        ["worktree", "add", "-q", "--detach", "../proof"],
    ]
    with locked_door() as url:
        for proof in [*proofs, ["fetch", "-q", url]]:
            mark.unlink(missing_ok=True)
            git_quietly(place.repo, *proof)
            assert mark.exists(), f"the payload must fire under plain git {proof}, else this shows nothing"
    git_quietly(place.repo, "worktree", "remove", "--force", "../proof")
    mark.unlink()
    place.run("plan")
    place.run("apply", "--yes")
    (place.tree_of() / "file-1.txt").write_text("mine\n")
    place.run("status")
    place.settled()
    place.run("destroy", "--yes", check=3)
    place.run("destroy", "--yes", "--force")
    assert not place.tree_of().exists()
    assert not mark.exists(), mark.read_text()
