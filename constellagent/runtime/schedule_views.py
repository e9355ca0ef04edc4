"""What a person may ask about schedules and their runs, and what is answered: JSON-shaped, for every face.

No answer holds a subject, a text or an address of a message: the ledger keeps only how many there were.
"""

from typing import Any, Literal, NotRequired, TypedDict

ScheduleAction = Literal["list", "history", "run", "pause", "resume", "reset", "backfill", "webhook"]
"""What can be asked; `ScheduleRequest` says which keys each takes."""

OPEN_STATES = ("queued", "claimed", "running")
"""The states of a run that has not ended, as `plan.fires` has them, without the cost of importing it."""

RAN_STATES = ("succeeded", "failed", "timeout", "stopped", "replaced", "lost")
"""The states of a run that was started and has ended."""

MOST_ROWS = 1000
"""The most runs that one answer holds; whoever wants more asks again with an earlier `until`."""


class ScheduleRequest(TypedDict):
    """One question about the schedules of one constellation.

    Each action takes these keys and gives this; those in brackets may be left out:

    list      [schedules]                                    list[ScheduleView], in the order of their coming
    history   [schedules, states, since, until, limit, run]  list[RunView], newest first
    run       schedule                                       RunView
    pause     schedules, [why]                               ChangedView
    resume    schedules, [catch_up]                          ChangedView
    reset     schedules                                      ChangedView
    backfill  schedule, since, until, [rerun, dry_run]       list[RunView], oldest first
    webhook   schedule, [renew]                              HookView

    `schedule` is `agent/name`, or `agent` where that has exactly one. Of `schedules` each is `agent/name`, or
    `agent` for all that it has; an empty list means all of the constellation. Times are texts as in a
    constellation file, in UTC where they name no offset; `since` and `until` are included. `run` is
    the id of a run, or a beginning of it that no other has. `rerun` is `failed`, `all` or empty.
    """

    file: str
    action: ScheduleAction
    schedule: NotRequired[str]
    schedules: NotRequired[list[str]]
    states: NotRequired[list[str]]
    since: NotRequired[str]
    until: NotRequired[str]
    limit: NotRequired[int]
    run: NotRequired[str]
    why: NotRequired[str]
    catch_up: NotRequired[bool]
    rerun: NotRequired[str]
    dry_run: NotRequired[bool]
    renew: NotRequired[bool]


class UsageView(TypedDict):
    """What a run used, as its program says: tokens read (those from a cache too) and written, US dollars."""

    input: int
    output: int
    cost: float | None


class RunView(TypedDict):
    """One row of the ledger. Times are texts in UTC, empty where there is none.

    `fire_at` is the nominal time and `due` the earliest start. `why` says what there is to say about the
    state; of a queued run it says what it waits for. A row with state `missed` stands for `count` fires from
    `first` to `fire_at`. `seconds` is how long it has run. `log` is the folder of its output, empty where
    it has none (any more). `commits` are the newest ones (`id`, `subject`), `commit_count` is how many there
    are. `did` counts what the run did as its identity: mails_read, mails_sent, texts_read, texts_sent,
    secrets, passwords; it is empty where nobody could look. `denied` names the tools that a coding agent
    wanted and was not allowed to use, and `usage` is None where its program did not say. `told` says when
    its owner was told of its failure, `kept` why its worktree stays.
    """

    run: str
    schedule: str
    origin: str
    reason: str
    fire_at: str
    due: str
    attempt: int
    state: str
    why: str
    first: str
    count: int
    missed: int
    decided_at: str
    started_at: str
    ended_at: str
    seconds: float | None
    exit_status: int | None
    log: str
    branch: str
    path: str
    commits: list[dict[str, str]]
    commit_count: int
    did: dict[str, int]
    denied: list[str]
    usage: UsageView | None
    told: str
    kept: str
    tzdata: str


class FireView(TypedDict):
    """A fire to come: its nominal time, when it is due, and the nominal time in the schedule's zone."""

    fire_at: str
    due: str
    local: str


class ScheduleView(TypedDict):
    """One schedule in effect.

    `state` is `on`, `paused`, `never` (no fire will come), or `behind` (the clock was set back behind what is
    decided already). `wakes` says in words what wakes it; `resolved` is `cron` with its words and `H`
    replaced by numbers. `next` are the next fires, three at most. `open` are its runs that have not ended,
    `last` is the newest one that has. Of several hundred schedules at once only the next fire and no last run
    are given.
    """

    schedule: str
    agent: str
    name: str
    wakes: str
    cron: str
    resolved: str
    timezone: str
    state: Literal["on", "paused", "never", "behind"]
    why: str
    next: list[FireView]
    upto: str
    failures: int
    open: list[RunView]
    last: RunView | None
    declared: dict[str, Any]


class ChangedView(TypedDict):
    """What was done, in words, one line each, and how the schedules are now."""

    done: list[str]
    schedules: list[ScheduleView]


class HookView(TypedDict):
    """A webhook: where to post, and the secret to sign with (shown only when it was just made)."""

    name: str
    url: str
    secret: str
    schedules: list[str]


class NextFireView(TypedDict):
    """The fire that wakes an agent next. `due` is epoch seconds."""

    schedule: str
    fire_at: str
    due: float


class OpenRunView(TypedDict):
    """A run of an agent that has not ended. `since` is when it started, epoch seconds, None before.

    One that reached a limit is `paused` since then, and `why` says which; `schedule` is the agent's name
    where no schedule started it.
    """

    run: str
    schedule: str
    state: str
    since: float | None
    why: NotRequired[str]
