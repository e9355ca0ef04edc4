"""Checked-out content in repositories that use more of git than plain files."""

import asyncio
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, GitError
from constellagent.plan.observed import WorktreeState
from constellagent.runtime import processes
from tests.runtime.worktrees.rig import Rig, commit, contents, git, make_repo

REAL = "real content of a large file\n" * 100


def with_lfs(repo: Path, tmp_path: Path, *, smudge: str = "", required: bool = True) -> None:
    """Keep `*.bin` with a stand-in for git-lfs: it stores content in a folder and leaves a pointer."""
    store = tmp_path / "lfs-store"
    store.mkdir()
    program = tmp_path / "fake-lfs"
    program.write_text(
        '#!/bin/sh\nset -e\nif [ "$1" = clean ]; then cat >"$2/tmp"; h=$(sha256sum <"$2/tmp" | cut -c1-64); '
        'mv "$2/tmp" "$2/$h"; echo "pointer $h"; else read word h; cat "$2/$h"; fi\n'
    )
    program.chmod(0o755)
    git(repo, "config", "filter.lfs.clean", f"{program} clean {store}")
    git(repo, "config", "filter.lfs.smudge", smudge or f"{program} smudge {store}")
    git(repo, "config", "filter.lfs.required", "true" if required else "false")
    commit(repo, {".gitattributes": "*.bin filter=lfs -text\n", "big.bin": REAL})


async def test_c10_lfs_content_not_pointers(rig: Rig, tmp_path: Path) -> None:
    """Files kept with git-lfs have their content in the worktree, and it is clean."""
    with_lfs(rig.repo, tmp_path)
    assert git(rig.repo, "show", "HEAD:big.bin").startswith("pointer")
    path = await rig.create()
    assert (path / "big.bin").read_text() == REAL
    assert git(path, "status", "--porcelain") == ""


async def test_c10_lfs_that_git_does_not_know_is_refused(rig: Rig, tmp_path: Path) -> None:
    """Where git-lfs was never set up, git would write pointers without a word; we refuse and say so."""
    with_lfs(rig.repo, tmp_path)
    git(rig.repo, "config", "--remove-section", "filter.lfs")
    with pytest.raises(ConflictError) as caught:
        await rig.create()
    assert "git lfs install" in caught.value.hint
    assert (await rig.facts(rig.agent())).state is WorktreeState.UNFINISHED


@pytest.mark.parametrize("required", [True, False])
async def test_c10_missing_filter_program_is_said_and_can_be_mended(
    rig: Rig, tmp_path: Path, required: bool
) -> None:
    """A filter whose program is missing fails the creation, required or not; with it back, apply goes on."""
    with_lfs(rig.repo, tmp_path, smudge="/nonexistent/git-lfs smudge", required=required)
    with pytest.raises(GitError) as caught:
        await rig.create()
    assert "git-lfs" in caught.value.hint
    git(rig.repo, "config", "filter.lfs.smudge", f"{tmp_path}/fake-lfs smudge {tmp_path}/lfs-store")
    path = Path(rig.agent().path)
    if required:
        await rig.create()
        assert (path / "big.bin").read_text() == REAL


async def test_c10_lfs_file_cut_short_is_completed(rig: Rig, tmp_path: Path) -> None:
    """A half-written file of a killed checkout is recognised by its content, not by its pointer."""
    with_lfs(rig.repo, tmp_path)
    agent = rig.agent()
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    (Path(agent.path) / "big.bin").write_text(REAL[:500])
    path = await rig.create(agent)
    assert (path / "big.bin").read_text() == REAL


async def test_c10_custom_filter_ident_and_line_endings(rig: Rig) -> None:
    """Custom filters, `ident` and `eol` do in the worktree what they do in the main checkout."""
    for way in ("clean", "smudge"):
        git(rig.repo, "config", f"filter.rot.{way}", "tr a-zA-Z n-za-mN-ZA-M")
    commit(rig.repo, {".gitattributes": "*.rot filter=rot\n*.id ident\n*.dos text eol=crlf\n"})
    commit(rig.repo, {"s.rot": "secret\n", "v.id": "$Id$\n", "d.dos": "a\nb\n"})
    path = await rig.create()
    assert (path / "s.rot").read_text() == "secret\n"
    assert (path / "v.id").read_text() == f"$Id: {git(rig.repo, 'rev-parse', 'HEAD:v.id')} $\n"
    assert (path / "d.dos").read_bytes() == b"a\r\nb\r\n"


async def test_c11_submodules_are_left_empty(rig: Rig, tmp_path: Path) -> None:
    """Submodules are not initialised, which may need the network; their folders are there and empty."""
    lib = make_repo(tmp_path / "lib")
    git(rig.repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(lib), "lib")
    git(rig.repo, "commit", "-q", "-m", "lib")
    git(rig.repo, "config", "submodule.recurse", "true")
    path = await rig.create()
    assert list((path / "lib").iterdir()) == []
    assert git(path, "status", "--porcelain") == ""


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
@pytest.mark.parametrize("cut_short", [False, True])
async def test_c12_sparse_is_inherited(tmp_path: Path, cone: str, cut_short: bool) -> None:
    """A worktree of a sparse main checkout has the same part of the tree, also when it is taken up again."""
    repo = make_repo(tmp_path / "repo", files={"in/a": "1", "out/b": "2", "top": "3"})
    git(repo, "sparse-checkout", "set", cone, "in")
    rig = await Rig.over(tmp_path, repo)
    agent = rig.agent()
    if cut_short:
        await rig.port.register(agent, git(repo, "rev-parse", "HEAD"), new_branch=True)
        (Path(agent.path) / "in").mkdir()
        (Path(agent.path) / "in" / "a").touch()
    path = await rig.create(agent)
    assert sorted(contents(path)) == sorted(contents(repo))
    assert git(path, "status", "--porcelain") == ""
    await rig.port.remove("worker", path, force=False)


async def test_c12_partial_clone_fetches_what_it_needs(tmp_path: Path, rig: Rig) -> None:
    """In a partial clone the checkout fetches missing content, once, and it is right."""
    git(rig.repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{rig.repo}", "partial")
    other = await Rig.over(tmp_path / "rig2", tmp_path / "partial")
    path = await other.create()
    assert (path / "sub" / "b.txt").read_text() == "two\n"


@pytest.mark.parametrize(
    ("options", "config"),
    [
        (("--object-format=sha256",), ()),
        ((), ("core.splitIndex", "true")),
        ((), ("index.sparse", "true")),
        ((), ("core.untrackedCache", "true")),
        ((), ("extensions.worktreeConfig", "true")),
        (("--separate-git-dir=../apart.git",), ()),
    ],
)
async def test_c12_other_kinds_of_repository(
    tmp_path: Path, options: tuple[str, ...], config: tuple[str, ...]
) -> None:
    """Creation and forced removal work in repositories with other formats and layouts."""
    repo = make_repo(tmp_path / "repo", *options)
    if config:
        git(repo, "config", *config)
        git(repo, "reset", "-q", "--hard")
    rig = await Rig.over(tmp_path, repo)
    path = await rig.create()
    (path / "mine.txt").write_text("x")
    removal = await rig.port.remove("worker", path, force=True)
    assert git(repo, "show", f"{removal.rescue_ref}:mine.txt") == "x"
    assert git(repo, "config", "--get", "extensions.relativeWorktrees", check=False) == ""


async def test_c9_shallow_clone(tmp_path: Path, rig: Rig) -> None:
    """A shallow clone is as good as any."""
    commit(rig.repo, {"a.txt": "2\n"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{rig.repo}", "shallow")
    other = await Rig.over(tmp_path / "rig2", tmp_path / "shallow")
    path = await other.create()
    assert await other.port.losses("worker", path) == []


async def test_c9_detached_main_checkout(rig: Rig) -> None:
    """A main checkout with a detached HEAD is no obstacle."""
    git(rig.repo, "checkout", "-q", "--detach")
    await rig.create()


async def test_cancelled_checkout_leaves_no_process(rig: Rig, tmp_path: Path) -> None:
    """Cancelling a creation ends git and its filters at once, and a later apply completes it."""
    with_lfs(rig.repo, tmp_path)
    started = tmp_path / "started"
    git(rig.repo, "config", "filter.lfs.smudge", f"echo $$ >{started}; exec sleep 60")
    agent = rig.agent()
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    filling = asyncio.ensure_future(rig.port.fill(agent))
    async with asyncio.timeout(20):
        while not (started.exists() and started.read_text().strip()):
            await asyncio.sleep(0.02)
    filling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await filling
    pid = started.read_text().strip()
    async with asyncio.timeout(30):
        while processes.state_of(int(pid)) not in {None, "Z"}:
            await asyncio.sleep(0.02)
    git(rig.repo, "config", "filter.lfs.smudge", f"{tmp_path}/fake-lfs smudge {tmp_path}/lfs-store")
    path = await rig.create(agent)
    assert (path / "big.bin").read_text() == REAL
