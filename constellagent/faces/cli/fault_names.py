"""Whether the faults that were asked for are at points that there are: a misspelt one would prove nothing."""

from itertools import chain

from constellagent.errors import UsageError
from constellagent.failpoints import VARIABLE, FilePoint
from constellagent.ravi.points import ProviderPoint
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Step
from constellagent.spec.suggest import did_you_mean

FILES = ("state", "provider")
"""The durable files, by what stands in the names of their points."""
_SIDES = ("before", "after")


def known() -> list[str]:
    """Return every point, without its side."""
    return [*chain(Step, Point, ProviderPoint), *(f"{point}.{file}" for point in FilePoint for file in FILES)]


def check(asked: str) -> None:
    """Do nothing where every fault that is asked for is at a point of the program.

    Raises:
        UsageError: one is not, so it would never happen.
    """
    names = known()
    for word in filter(None, asked.split(",")):
        wanted = word.strip().partition("=")[0].partition("@")[0]
        name, _, side = wanted.partition(":")
        if name not in names or side not in _SIDES:
            raise UsageError(
                f"{VARIABLE}: there is no point {wanted!r}{did_you_mean(name, names)}",
                hint="write POINT:before or POINT:after, as worktree.add:after; unset it to run as usual",
            )
