"""Taking an agent's commits into its base: what it would do, and doing it.

The new commits are made first, without touching any worktree. Then the base's branch moves in one step, and
only if it is still where it was: a process that dies leaves it before or after, never in between. The agent's
own branch and worktree stay as they are.
"""

from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, RefusedError, UsageError
from constellagent.failpoints import around
from constellagent.runtime.edits import bases, replaying, state, trees
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.edits.bases import Target
from constellagent.runtime.edits.choosing import counted
from constellagent.runtime.edits.commits import message_bytes
from constellagent.runtime.edits.trees import Merged
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point
from constellagent.runtime.review_views import MergedView, MergeView

METHODS = ("merge", "squash", "rebase")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to merge.

    Attributes:
        method: one of `METHODS`.
        author: who the new commits name; of those that are made again, as committer.
        message: of the one new commit, empty for a usual one.
        commit: the branch's commit that was looked at, empty for any.
    """

    method: str
    author: Author
    message: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class _Work:
    """A branch with commits that its base has not, and what merging the two comes to."""

    target: Target
    branch: str
    head: str
    merged: Merged


async def preview(git: Git, folder: Path, declared: str) -> MergeView:
    """Say what merging the branch that is checked out into its base would do.

    Raises:
        ConstellagentError: git is too old.
        ConflictError: no branch is checked out, or the base names no commit.
        GitError: git failed.
    """
    await trees.require(git)
    now = await state.look(git, folder)
    if not now.branch or not now.head:
        raise ConflictError(
            f"{folder} has no branch with a commit checked out", hint="let the agent finish what it is doing"
        )
    target = await bases.find(git, folder, declared)
    if not target.commit:
        raise ConflictError(target.why_not, hint="correct `base` in the file")
    commits = await _count(git, folder, f"{target.commit}..{now.head}")
    behind = await _count(git, folder, f"{now.head}..{target.commit}")
    merged = await trees.merge(git, folder, target.commit, now.head) if commits else Merged(target.commit)
    changed = await trees.files(git, folder, target.commit, merged.tree) if commits else ()
    losses = await _losses(git, folder, target, merged) if commits else []
    names = {target.commit: target.name, now.head: now.branch}
    return MergeView(
        base=target.name,
        base_commit=target.commit,
        branch=now.branch,
        commit=now.head,
        commits=commits,
        files=len(changed),
        fast_forward=commits > 0 and behind == 0,
        up_to_date=commits == 0,
        conflicts=await trees.conflicts(git, folder, merged, names),
        uncommitted=len({*now.staged, *now.changed, *now.untracked, *now.unmerged}),
        blocked=_blocked(target, now.branch, merged, losses) if commits else "",
    )


def _blocked(target: Target, branch: str, merged: Merged, losses: list[str]) -> str:
    if target.why_not:
        return target.why_not
    if target.name == branch:
        return f"{branch} is its own base"
    if merged.conflicts:
        many = counted([path for path, _ in merged.conflicts])
        return f"{many} in conflict; merge {target.name} into {branch} and resolve that"
    if losses:
        more = f" and {len(losses) - 1} more" if len(losses) > 1 else ""
        return f"the worktree of {target.name} is not clean: {losses[0]}{more}"
    return ""


@around(Point.WORK_MERGE)
async def merge(git: Git, folder: Path, declared: str, wanted: Wanted) -> MergedView:
    """Take the branch's commits into its base.

    `merge` fast-forwards where it can and no message is given; `squash` makes one commit of all; `rebase`
    makes each commit again on top of the base.

    Raises:
        UsageError: there is no such method.
        ConflictError: there are conflicts, the base is no local branch, or one of the two moved meanwhile.
        RefusedError: the base's worktree has changes, or files that would be overwritten.
        ConstellagentError: git is too old.
    """
    if wanted.method not in METHODS:
        raise UsageError(f"{wanted.method!r} is no way to merge", hint=f"one of {', '.join(METHODS)}")
    await trees.require(git)
    now = await state.look(git, folder)
    if wanted.commit not in {"", now.head}:
        raise ConflictError(
            f"{now.branch or folder} has moved to {now.head[:12]} since it was looked at",
            hint="look at the preview again, then merge",
        )
    target = await bases.find(git, folder, declared)
    if not target.ref or not now.branch or target.name == now.branch:
        why = _blocked(target, now.branch, Merged(""), []) or f"{folder} has no branch checked out"
        raise ConflictError(why, hint="nothing was merged")
    count = await _count(git, folder, f"{target.commit}..{now.head}")
    if not count:
        return _view(target, target.commit, [f"{target.name} has all of {now.branch} already"])
    merged = await trees.merge(git, folder, target.commit, now.head)
    if merged.conflicts and wanted.method != "rebase":
        raise _conflict(merged, target, now.branch)
    if losses := await _losses(git, folder, target, merged):
        raise RefusedError(
            f"{target.name} cannot be moved now; nothing was merged",
            losses,
            hint=f"commit or stash what is in {target.at}" if target.at else "wait until that is done",
        )
    made, how = await _made(git, folder, _Work(target, now.branch, now.head, merged), wanted)
    await _land(git, folder, target, made, now.branch)
    commits = "1 commit" if count == 1 else f"{count} commits"
    done = [f"{how} into {target.name}: {commits} ({target.commit[:12]}..{made[:12]})"]
    if target.at:
        done.append(f"updated {target.at}")
    if wanted.method != "merge":
        done.append(
            f"{now.branch} stays as it is; to go on from {target.name}, in the agent's worktree: "
            f"git rebase --onto {target.name} {now.head[:12]}"
        )
    return _view(target, made, done)


async def _made(git: Git, folder: Path, work: _Work, wanted: Wanted) -> tuple[str, str]:
    """Make the commit that the base is to be; returns it and how it was made."""
    base, branch, head = work.target.commit, work.branch, work.head
    straight = not await _count(git, folder, f"{head}..{base}")
    if wanted.method == "rebase":
        if straight:
            return head, f"fast-forwarded {branch}"
        made = await replaying.replay(git, folder, base, head, work.merged, wanted.author)
        return made, f"rebased {branch}"
    given, joined = wanted.message.strip(), wanted.method == "merge"
    if joined and straight and not given:
        return head, f"fast-forwarded {branch}"
    message = given or await _default_message(git, folder, work, wanted.method)
    done = await git.run(
        "commit-tree",
        work.merged.tree,
        "-p",
        base,
        *(["-p", head] if joined else []),
        "-F",
        "-",
        cwd=folder,
        stdin=message_bytes(message),
        env=wanted.author.environment(),
    )
    return done.text, f"{'merged' if joined else 'squashed'} {branch}"


async def _default_message(git: Git, folder: Path, work: _Work, method: str) -> str:
    if method == "merge":
        return f"Merge branch '{work.branch}'"
    between = f"{work.target.commit}..{work.head}"
    said = await git.run("log", "--no-merges", "--reverse", "-z", "--format=%B", between, "--", cwd=folder)
    bodies = [body.encode(errors="replace").decode().strip() for body in said.fields]
    if len(bodies) == 1 and bodies[0]:
        return bodies[0]
    listed = "".join(f"* {body.partition(chr(10))[0]}\n" for body in bodies)
    return f"{work.branch}: {len(bodies)} commits\n\n{listed}"


async def _losses(git: Git, folder: Path, target: Target, merged: Merged) -> list[str]:
    if not target.ref:
        return []
    added = await trees.files(git, folder, target.commit, merged.tree, only="A")
    return await bases.standing_in_the_way(git, target, await bases.common_folder(git, folder), added)


def _conflict(merged: Merged, target: Target, branch: str) -> ConflictError:
    paths = ", ".join(path for path, _ in merged.conflicts[:10])
    return ConflictError(
        f"merging {branch} into {target.name} stops at {len(merged.conflicts)} files: {paths}",
        hint=f"in the agent's worktree: git merge {target.name}; resolve and commit, then merge again",
    )


@around(Point.WORK_LAND)
async def _land(git: Git, folder: Path, target: Target, made: str, branch: str) -> None:
    """Move the base's branch, with its worktree where it has one, if it is still where it was."""
    if target.at:
        await _land_in(git, Path(target.at), target, made)
    else:
        reason = f"constellagent: merge {branch}"
        said = await git.run(
            "update-ref", "-m", reason, target.ref, made, target.commit, cwd=folder, check=False
        )
        if said.status != 0:
            raise await _moved(git, folder, target, said.stderr)
        await _recheck(git, folder, target, made)


async def _recheck(git: Git, folder: Path, target: Target, made: str) -> None:
    """Take the step back where the branch was checked out meanwhile, with the files of its old commit."""
    at = await bases.checked_out(git, folder, target.ref)
    if at is None:
        return
    same = await git.run("diff-index", "--cached", "--quiet", made, "--", cwd=at, check=False)
    if same.status == 0:
        return  # it was checked out after the step
    reason = "constellagent: take a merge back"
    back = await git.run("update-ref", "-m", reason, target.ref, target.commit, made, cwd=folder, check=False)
    if back.status != 0:
        raise ConflictError(
            f"{target.name} was checked out in {at} while it was merged, and its files there are older",
            hint=f"see `git status` in {at}: what is staged there and not yours would undo the merge",
        )
    raise ConflictError(
        f"{target.name} was checked out in {at} while the merge was made; nothing was merged",
        hint="look at the preview again, then merge",
    )


async def _land_in(git: Git, at: Path, target: Target, made: str) -> None:
    there = await git.run("symbolic-ref", "-q", "HEAD", cwd=at, check=False)
    if there.text != target.ref:
        raise await _moved(git, at, target, "")
    said = await git.run(
        "merge",
        "--ff-only",
        "--no-autostash",
        "--no-overwrite-ignore",
        "--no-verify-signatures",
        "-q",
        made,
        cwd=at,
        check=False,
    )
    after = (await git.run("rev-parse", "--verify", "-q", target.ref, cwd=at, check=False)).text
    if after == made:
        return
    if after != target.commit:
        raise await _moved(git, at, target, said.stderr)
    losses = [line.strip() for line in said.stderr.splitlines() if line.strip()]
    raise RefusedError(
        f"git would not update {at}; nothing was merged", losses, hint=f"see `git status` in {at}"
    )


async def _moved(git: Git, folder: Path, target: Target, said: str) -> ConflictError:
    after = (await git.run("rev-parse", "--verify", "-q", target.ref, cwd=folder, check=False)).text
    if after == target.commit and said:
        return ConflictError(f"{target.name} could not be moved: {said.strip()}", hint="try again")
    return ConflictError(
        f"{target.name} moved while the merge was made; nothing was merged", hint="look at the preview again"
    )


def _view(target: Target, made: str, done: list[str]) -> MergedView:
    return MergedView(base=target.name, commit=made, before=target.commit, done=done)


async def _count(git: Git, folder: Path, between: str) -> int:
    return int((await git.run("rev-list", "--count", between, "--", cwd=folder)).text)
