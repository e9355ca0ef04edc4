"""Git in a sandbox, with real repositories: what it can conclude, and what is seen of changes outside."""

import subprocess
from pathlib import Path

import pytest

from constellagent.runtime.sandbox import git_folder
from tests.runtime.sandbox.yard import Yard, git

pytestmark = pytest.mark.usefixtures("bwrap")

GIT = tuple(int(part) for part in git(Path("/"), "version").split()[2].split(".")[:2])
PRUNING = (2, 44)
"""The first git that looks whether a ref is packed before it writes the packed refs anew."""

CONFLICT = """set -e
git checkout -q -b side && echo side >file && git commit -qam side
git checkout -q agents/one && echo own >file && git commit -qam own
export GIT_EDITOR=true
"""
"""A branch `side` that conflicts with the agent's own."""
OTHER = "GIT_AUTHOR_NAME=Other GIT_AUTHOR_EMAIL=other@example.com"
MENDED = "echo mended >file && git add file"
FLOWS = {
    "cherry-pick": f"git cherry-pick side && exit 9; {MENDED} && git cherry-pick --continue",
    "cherry-pick and commit": f"git cherry-pick side && exit 9; {MENDED} && git commit -q --no-edit",
    "cherry-pick, given up": "git cherry-pick side && exit 9; git cherry-pick --abort",
    "revert": f"git revert --no-edit HEAD~1 && exit 9; {MENDED} && git revert --continue",
    "merge": f"git merge side && exit 9; {MENDED} && git merge --continue",
    "rebase": f"git rebase side && exit 9; {MENDED} && git rebase --continue",
    "rebase, given up": "git rebase side && exit 9; git rebase --abort",
}


@pytest.mark.parametrize("flow", FLOWS)
async def test_what_met_a_conflict_is_concluded(yard: Yard, flow: str) -> None:
    """Nothing of it is left, git says no word of an error, and the next commit is the agent's own."""
    shelter = await yard.shelter()
    before = "echo more >file && git commit -qam more" if flow == "revert" else "true"
    yard.shell(shelter, CONFLICT.replace("git commit -qam side", f"{OTHER} git commit -qam side"))

    done = yard.shell(shelter, f"export GIT_EDITOR=true; {before} && {FLOWS[flow]}")

    assert done.returncode == 0, done.stderr
    assert "Read-only" not in done.stderr
    said = yard.shell(shelter, "git status; git commit -q --allow-empty -m next")
    assert "nothing to commit, working tree clean" in said.stdout
    assert "You are" not in said.stdout, said.stdout
    assert said.stderr == ""
    assert git(yard.tree(), "log", "-1", "--format=%an %s") == "one@example.com next"
    left = {"CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_HEAD", "rebase-merge", "rebase-apply"}
    assert not left & {entry.name for entry in yard.admin().iterdir()}


async def test_branches_and_tags_are_renamed_and_removed(yard: Yard) -> None:
    """A newer git does it by every command; an older one by `update-ref`, and changes nothing by others."""
    shelter = await yard.shelter()
    yard.shell(shelter, "git branch a; git branch b; git branch c; git tag t; git tag u")
    yard.shell(
        shelter, "git branch -m a moved; git update-ref -d refs/heads/b; git update-ref -d refs/tags/t"
    )
    assert names(yard) == {
        "heads/agents/one",
        "heads/agents/two",
        "heads/c",
        "heads/main",
        "heads/moved",
        "tags/u",
    }

    branch, tag = yard.shell(shelter, "git branch -d c"), yard.shell(shelter, "git tag -d u")

    newer = GIT >= PRUNING
    assert (branch.returncode == 0, tag.returncode == 0) == (newer, newer)
    assert names(yard) >= {"heads/agents/one", "heads/agents/two", "heads/main", "heads/moved"}
    assert (names(yard) & {"heads/c", "tags/u"}) == (set() if newer else {"heads/c", "tags/u"})


async def test_nothing_is_packed_or_unpacked_inside(yard: Yard) -> None:
    """What would be packed would be lost with the sandbox, and what is packed cannot be removed."""
    git(yard.repo, "branch", "old")
    git(yard.repo, "pack-refs", "--all")
    git(yard.repo, "branch", "new")
    shelter = await yard.shelter()
    before, packed = names(yard), (yard.common / "packed-refs").read_bytes()
    for words in ("pack-refs --all", "gc", "branch -D old", "update-ref -d refs/heads/old"):
        assert yard.shell(shelter, f"git {words}").returncode != 0, words
    yard.shell(shelter, "git stash; git maintenance run --task=pack-refs; git branch -m old older")
    assert names(yard) - {"heads/older"} == before
    assert (yard.common / "packed-refs").read_bytes() == packed


@pytest.mark.parametrize("way", ["pack-refs --all --prune", "gc --quiet"])
async def test_what_is_packed_outside_is_seen_at_once(yard: Yard, way: str) -> None:
    """While the agent commits, all refs are packed many times: no commit is lost, no history begins anew."""
    shelter = await yard.shelter()
    # Without a sandbox too git refuses a commit now and then while its branch is being packed.
    commits = "for n in $(seq 40); do until git commit -q --allow-empty -m $n; do :; done; done"
    with subprocess.Popen(
        [*shelter.prefix, "/bin/sh", "-c", commits],
        cwd=yard.tree(),
        env=yard.env(shelter),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as working:
        times = 0
        while times < 20 or working.poll() is None:
            git(yard.repo, *way.split())
            times += 1
        assert working.wait() == 0
    git(yard.repo, *way.split())  # the last commit may have come after the last packing
    assert git(yard.tree(), "log", "--format=%s").split() == [*map(str, range(40, 0, -1)), "one"]
    assert git(yard.tree(), "rev-list", "--max-parents=0", "HEAD").split() == [
        git(yard.repo, "rev-parse", "main")
    ]
    assert not (yard.common / "refs" / "heads" / "agents" / "one").exists()


async def test_what_changes_outside_is_seen_inside(yard: Yard) -> None:
    """Settings, the main checkout's branch, new worktrees: no file is lost from sight by being replaced."""
    shelter = await yard.shelter()
    with subprocess.Popen(
        [*shelter.prefix, "/bin/sh", "-c", "read go; git config some.thing; git branch; git worktree list"],
        cwd=yard.tree(),
        env=yard.env(shelter),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as working:
        git(yard.repo, "config", "some.thing", "new")
        git(yard.repo, "checkout", "-q", "-b", "elsewhere")
        git(yard.repo, "worktree", "add", "-q", "-b", "third", str(yard.tree("three")))
        said, _ = working.communicate("\n", timeout=60)
    assert said.splitlines()[0] == "new"
    assert "+ elsewhere" in said
    assert f"{yard.repo} " in said
    assert str(yard.tree("three")) in said


async def test_the_folder_cannot_be_exchanged(yard: Yard) -> None:
    """It is read-only inside, but for where the lock is taken; nothing that is put there leads outside."""
    shelter = await yard.shelter()
    common, ours = yard.common, yard.common / git_folder.OURS
    scripts = (
        f"touch {common}/new",
        f"rm {common}/config",
        f"ln -sf /etc/passwd {common}/hooks",
        f"mv {common} {common}.old",
        f"touch {ours}/real/new",
        f"echo x >>{common}/config",
        f"echo x >>{common}/packed-refs",
        f"echo x >>{common}/HEAD",
        f"rm {ours}/locks/packed-refs.new",
        f"mkdir {common}/hooks/new",
        f"touch {ours}/real/refs/heads/new",
        f"touch {common}/worktrees/new {common}/refs/new",
    )
    before = sorted(str(place) for place in common.rglob("*"))
    done = yard.shell(shelter, "; ".join(f"({script}) && echo '{script}'" for script in scripts))
    assert done.stdout == ""
    yard.shell(
        shelter,
        f"ln -sf {yard.person}/x {ours}/locks/packed-refs; git branch b; git update-ref -d refs/heads/b",
    )
    assert sorted(str(place) for place in common.rglob("*")) == before
    assert list(yard.person.iterdir()) == []


async def test_git_in_the_main_checkout_can_be_asked(yard: Yard) -> None:
    """Its folder is git's for a git inside, though its `HEAD` is a link there."""
    done = yard.shell(
        await yard.shelter(), f"cd {yard.repo} && git branch --show-current && git log --format=%s"
    )
    assert (done.stdout, done.stderr) == ("main\none\n", "")


async def test_a_worktree_in_git_s_own_folder(yard: Yard) -> None:
    """It is there inside, and can be written."""
    place = yard.common / "trees" / "deep"
    place.parent.mkdir()
    git(yard.repo, "worktree", "move", "-f", "-f", str(yard.tree()), str(place))
    shelter = await yard.shelter(worktree=place)
    done = subprocess.run(
        [*shelter.prefix, "/bin/sh", "-c", "echo x >new && git add new && git commit -qm new"],
        cwd=place,
        env=yard.env(shelter),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert git(place, "log", "-1", "--format=%s") == "new"


def names(yard: Yard) -> set[str]:
    """Return the branches and tags, as they are outside."""
    found = git(yard.repo, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags").split()
    return {name.removeprefix("refs/") for name in found}
