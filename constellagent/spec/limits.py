"""What agents may use: runs, tokens and dollars of a day, of one run, and how many agents work at once.

What stands at the top of a file is for all its agents together; what an agent says is for that agent alone.
A day is one of the file's timezone.
"""

from typing import Annotated

from pydantic import Field

from constellagent.spec.values import Block

Times = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
"""How often, at least once."""
Tokens = Annotated[int, Field(strict=True, ge=1, le=10**15)]
"""A number of tokens, those that are read and those that are written."""
Dollars = Annotated[float, Field(strict=True, gt=0, le=1_000_000_000, allow_inf_nan=False)]
"""A sum in US dollars."""


class Budget(Block):
    """What may be used; what is left out has no limit."""

    runs_per_day: Times | None = Field(None, description="Runs that may start on one day.")
    tokens_per_day: Tokens | None = Field(
        None, description="Tokens, read and written, after which nothing more is begun on that day."
    )
    cost_per_day: Dollars | None = Field(
        None, description="US dollars after which nothing more is begun on that day."
    )
    tokens_per_run: Tokens | None = Field(None, description="Tokens after which one run is paused.")
    cost_per_run: Dollars | None = Field(None, description="US dollars after which one run is paused.")


class Limits(Budget):
    """What all agents of the file may use together; what is said of one run holds for each of them."""

    working: Times | None = Field(None, description="How many agents may work at the same time.")
