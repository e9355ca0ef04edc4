"""Making commits again on top of another commit, without a worktree: what a rebase does, object by object."""

from pathlib import Path

from constellagent.errors import ConflictError
from constellagent.runtime.edits import trees
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.edits.trees import Merged
from constellagent.runtime.git import Git

_FORMAT = "%T%x00%P%x00%an%x00%ae%x00%ad%x00%B"


async def replay(git: Git, folder: Path, onto: str, head: str, merged: Merged, committer: Author) -> str:
    """Make each commit of `onto..head` that is no merge again on top of `onto`; returns the last one.

    Commits whose changes are there already are left out. `merged` is what merging the two comes to: where the
    branch has merges, the outcome must be the same, or what was resolved in them would be lost.

    Raises:
        ConflictError: a commit does not apply, or merges of the branch would be lost.
        GitError: git failed.
    """
    between = f"{onto}..{head}"
    listed = await git.run("rev-list", "--reverse", "--topo-order", "--parents", between, "--", cwd=folder)
    rows = [line.split() for line in listed.text.split("\n")]
    tip, tree = onto, await _tree(git, folder, onto)
    for one, *parents in rows:
        if len(parents) == 1:
            tip, tree = await _again(git, folder, one, tip, tree, committer)
    if any(len(row) > 2 for row in rows) and tree != merged.tree:
        raise ConflictError(
            "the branch has merges, and what was resolved in them would be lost by a rebase",
            hint="use the method merge or squash",
        )
    return tip


async def _again(git: Git, folder: Path, one: str, tip: str, tree: str, committer: Author) -> tuple[str, str]:
    said = await git.run(
        "log", "-1", "--no-mailmap", "--date=raw", f"--format={_FORMAT}", one, "--", cwd=folder
    )
    own_tree, parent, name, email, date, message = said.text.split("\0", 5)
    parent_tree = await _tree(git, folder, parent)
    # Merging from a stand-in for the tip that has the commit's own parent makes that parent the merge base.
    stand_in = await git.run(
        "commit-tree", tree, "-p", parent, "-m", "stand-in", cwd=folder, env=committer.environment()
    )
    merged = await trees.merge(git, folder, stand_in.text, one)
    if merged.conflicts:
        paths = ", ".join(path for path, _ in merged.conflicts[:10])
        raise ConflictError(
            f"{one[:12]} ({message.partition(chr(10))[0]}) does not apply on the base: {paths}",
            hint="let the agent rebase its branch in its worktree and resolve there, then merge again",
        )
    if merged.tree == tree and own_tree != parent_tree:
        return tip, tree
    env = {
        **committer.environment(),
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_AUTHOR_DATE": f"@{date}",
    }
    data = message.encode(errors="surrogateescape")
    made = await git.run(
        "commit-tree", merged.tree, "-p", tip, "-F", "-", cwd=folder, stdin=data or b"\n", env=env
    )
    return made.text, merged.tree


async def _tree(git: Git, folder: Path, commit: str) -> str:
    return (await git.run("rev-parse", "--verify", f"{commit}^{{tree}}", cwd=folder)).text
