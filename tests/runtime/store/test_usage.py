"""What agents have used."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.kind import Usage
from constellagent.plan.limits import Spent
from constellagent.runtime.store import usage
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.schema import MIGRATIONS
from constellagent.runtime.store.usage import UsageRows, Used, Whose

MONDAY, TUESDAY = "2026-11-23", "2026-11-24"
DOCS = Whose("c", "docs", "s-1", MONDAY)


async def test_only_what_is_more_is_added(database: Database) -> None:
    """A conversation tells how much it used so far: told again, or in its next session, it counts once."""
    rows = UsageRows(database)

    added = [
        await rows.add(DOCS, "talk", Usage(10, 1, 0.25)),
        await rows.add(DOCS, "talk", Usage(10, 1, 0.25)),
        await rows.add(Whose("c", "docs", "s-2", TUESDAY), "talk", Usage(30, 4, 0.75)),
        await rows.add(Whose("c", "docs", "s-2", TUESDAY), "talk", Usage(20, 5, 0.5)),
    ]

    assert added == [True, False, True, True]
    assert await rows.days("c", MONDAY) == [
        Used("docs", TUESDAY, 0, 20, 4, 0.5),
        Used("docs", MONDAY, 0, 10, 1, 0.25),
    ]
    assert await rows.of_session("s-2") == Used("docs", "", 0, 20, 4, 0.5)
    assert await rows.of_session("s-9") is None


async def test_a_run_counts_once(database: Database) -> None:
    """However often it is begun; what it uses is its own agent's and day's."""
    rows = UsageRows(database)
    await rows.begin(DOCS)
    await rows.begin(DOCS)
    await rows.add(DOCS, "run", Usage(5, 5))
    await rows.begin(Whose("c", "site", "s-2", MONDAY))
    await rows.begin(Whose("other", "docs", "s-3", MONDAY))

    assert await rows.today("c", MONDAY) == {"docs": Spent(1, 10, 0.0), "site": Spent(1)}
    assert await rows.days("c", MONDAY, ["site"]) == [Used("site", MONDAY, 1, 0, 0, None)]
    assert await rows.today("c", TUESDAY) == {}


async def test_days_are_forgotten_and_conversations_are_not(database: Database) -> None:
    """One that goes on later is charged with what is new only."""
    rows = UsageRows(database)
    await rows.add(DOCS, "talk", Usage(100, 0, 1.0))
    await rows.forget(TUESDAY)
    await rows.add(Whose("c", "docs", "s-2", TUESDAY), "talk", Usage(110, 0, 1.5))

    assert await rows.days("c", MONDAY) == [Used("docs", TUESDAY, 0, 10, 0, 0.5)]


async def test_small_sums_make_no_error(database: Database) -> None:
    """Ten times ten cents are a dollar, which a limit of a dollar says is reached."""
    rows = UsageRows(database)
    for number in range(10):
        await rows.add(DOCS, f"talk {number}", Usage(0, 0, 0.1))

    assert (await rows.today("c", MONDAY))["docs"].cost == 1.0


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 1e6)), max_size=8))
def test_the_sum_is_the_most_that_was_told(told: list[tuple[int, int, float]]) -> None:
    """In whichever order it comes, and however often."""
    db = sqlite3.connect(":memory:")
    for statements in MIGRATIONS:
        for statement in statements:
            db.execute(statement)
    for number, words in enumerate([*told, *told]):
        usage._add(db, Whose("c", "docs", f"s-{number % 3}", MONDAY), "talk", Usage(*words))

    spent = usage.today(db, "c", MONDAY).get("docs", Spent())
    assert spent.tokens == max((i for i, _, _ in told), default=0) + max((o for _, o, _ in told), default=0)
    assert spent.cost == pytest.approx(max((c for _, _, c in told), default=0.0), abs=1e-5)
    db.close()
