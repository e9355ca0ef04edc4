"""What owners were told."""

from dataclasses import replace

from constellagent.runtime.store.alerts import KEPT, AlertRow, AlertRows
from constellagent.runtime.store.database import Database

ROW = AlertRow("c", "docs", "s1", "waiting", "permission", 100.0)


async def test_what_was_told_of_a_session_comes_back_in_its_order(database: Database) -> None:
    """Not what was told of another session, agent or constellation."""
    rows = AlertRows(database)
    second = replace(ROW, state="done", reason="", at=90.0, sent=False)
    for row in (
        ROW,
        replace(ROW, session="s2"),
        replace(ROW, agent="web"),
        replace(ROW, constellation="d"),
        second,
    ):
        await rows.put(row)

    assert await rows.of_session("c", "docs", "s1") == [ROW, second]


async def test_only_what_was_sent_counts_for_the_hour(database: Database) -> None:
    """And only what came after the hour began, whichever session it is of."""
    rows = AlertRows(database)
    for at, sent in ((10.0, True), (20.0, True), (15.0, False), (30.0, True)):
        await rows.put(replace(ROW, session=f"s{at}", at=at, sent=sent))
    await rows.put(replace(ROW, agent="web", at=25.0))

    assert await rows.sent_since("c", "docs", 10.0) == [20.0, 30.0]


async def test_a_row_can_be_taken_back(database: Database) -> None:
    """As where the word could not be sent after all; the others stay."""
    rows = AlertRows(database)
    await rows.put(ROW)
    number = await rows.put(replace(ROW, at=101.0))

    await rows.drop(number)

    assert await rows.of_session("c", "docs", "s1") == [ROW]


async def test_old_rows_make_room(database: Database) -> None:
    """Those of the same agent, a day after."""
    rows = AlertRows(database)
    other = replace(ROW, agent="web")
    new = replace(ROW, at=ROW.at + KEPT + 1)
    for row in (ROW, other, new):
        await rows.put(row)

    assert await rows.of_session("c", "docs", "s1") == [new]
    assert await rows.of_session("c", "web", "s1") == [other]
