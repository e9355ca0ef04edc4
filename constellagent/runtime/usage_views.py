"""What a face may ask about what agents use, and the shapes of the answers."""

from typing import NotRequired, TypedDict


class UsageRequest(TypedDict):
    """What agents have used on the last `days` days, today included; without `agents` all of them."""

    file: str
    days: NotRequired[int]
    agents: NotRequired[list[str]]


class SpentView(TypedDict):
    """What was used: runs, tokens read and written, and US dollars, None where no program knew prices."""

    runs: int
    input: int
    output: int
    cost: float | None


class DayView(SpentView):
    """What an agent used on a day of the constellation's timezone."""

    agent: str
    day: str


class LimitsView(TypedDict):
    """Limits; those that are not declared are left out."""

    working: NotRequired[int]
    runs_per_day: NotRequired[int]
    tokens_per_day: NotRequired[int]
    cost_per_day: NotRequired[float]
    tokens_per_run: NotRequired[int]
    cost_per_run: NotRequired[float]


class UsageReport(TypedDict):
    """What was used, the newest day first, and the limits in effect.

    `limits` are those of all agents together, `agents` those of each that has any. `held` says why an agent
    may begin nothing more today.
    """

    timezone: str
    today: str
    days: list[DayView]
    limits: LimitsView
    agents: dict[str, LimitsView]
    held: dict[str, str]


class ResumeRequest(TypedDict):
    """A run (its id, or the schedule `agent/name`), or an agent whose runs are paused, to let go on.

    `tokens` and `cost` are how much a run may use in all from now on, in place of the limits in effect;
    without either it is not paused again.
    """

    file: str
    subject: str
    tokens: NotRequired[int]
    cost: NotRequired[float]
