"""What a face may ask about races, and how they look: JSON-shaped, for every face.

A race is one prompt given to several agents at once, each in a worktree and on a branch of its own, from one
commit. One of them may be kept: its commits are taken into a branch, and the worktrees of all are removed.
"""

from typing import Literal, NotRequired, TypedDict

from constellagent.runtime.review_views import OverlapView
from constellagent.runtime.schedule_views import UsageView

RaceAction = Literal["start", "list", "show", "preview", "keep", "drop"]
"""What can be asked; `RaceRequest` says which keys each takes."""


class RaceRequest(TypedDict):
    """One question about races; those in brackets may be left out.

    start    agents, prompt, [base, timeout, over_limit]                RaceView
    list                                                                list[RaceView], newest first
    show     race, [brief]                                              RaceView
    preview  race, agent, [into]                                        MergeView: what keeping would merge
    keep     race, agent, [method, message, into, commit, author, force, tip]    RaceDoneView
    drop     race, [force]                                              RaceDoneView

    `race` may be the beginning of an id that no other has. `timeout` is in seconds, for each agent, and
    `over_limit` starts them in spite of limits. A `brief` answer, as those of a list, has what was written
    down last, without a look at the worktrees. `into` is the branch to merge into, where it is not the base;
    `commit` is the message under which uncommitted work is committed first, as the agent. `tip` must still
    be the winner's commit. `force` ends what still runs, and removes worktrees with work in them after that
    was rescued.
    """

    file: str
    action: RaceAction
    race: NotRequired[str]
    agents: NotRequired[list[str]]
    prompt: NotRequired[str]
    base: NotRequired[str]
    timeout: NotRequired[float]
    over_limit: NotRequired[bool]
    brief: NotRequired[bool]
    agent: NotRequired[str]
    method: NotRequired[Literal["merge", "squash", "rebase"]]
    message: NotRequired[str]
    into: NotRequired[str]
    commit: NotRequired[str]
    tip: NotRequired[str]
    author: NotRequired[Literal["agent", "person"]]
    force: NotRequired[bool]


class RaceRunView(TypedDict):
    """One agent's run in a race.

    `state` is one of `plan.fires.State`. `seconds` is how long it took, or has taken so far; None before it
    was live. The counts are None where they are not known: commits since the base, and files and lines that
    differ from it, what is not committed too. `uncommitted` counts changes that no commit holds. `cleared`
    says that the worktree is gone, `stays` why it could not be removed.
    """

    run: str
    agent: str
    state: str
    why: str
    branch: str
    path: str
    log: str
    exit_status: int | None
    seconds: float | None
    commits: int | None
    files: int | None
    added: int | None
    removed: int | None
    uncommitted: int | None
    usage: UsageView | None
    answer: str
    cleared: bool
    stays: str


class RaceView(TypedDict):
    """A race. `commit` is what all began from, by its declared name `base`; `created_at` is epoch seconds.

    `decision` is empty, `kept` or `dropped`; `kept` is the agent whose work was kept, `merged` the commit
    that the branch got. `overlaps` are the files that several of the agents changed.
    """

    race: str
    prompt: str
    base: str
    commit: str
    created_at: float
    decision: str
    kept: str
    merged: str
    runs: list[RaceRunView]
    overlaps: list[OverlapView]


class RaceDoneView(TypedDict):
    """What was done to a race, in words, one line each; `stay` are worktrees that are left, and why."""

    done: list[str]
    stay: list[str]
    race: RaceView
