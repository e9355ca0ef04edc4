"""Runs of races for those who compare."""

from constellagent.runtime.diffs import RunWork
from constellagent.runtime.races import runs_of
from tests.runtime.races.track import COMMIT, Track, of


async def test_a_run_is_found_by_the_beginning_of_its_id_in_its_constellation(track: Track) -> None:
    """Anything else is asked of who knows the runs of schedules."""
    await track.declare(ada=f"echo a > a; {COMMIT}", bob="true")
    view = await track.whole("ada", "bob")
    asked: list[tuple[str, str]] = []

    async def others(constellation: str, run: str) -> RunWork | None:
        asked.append((constellation, run))
        return None

    find, run = runs_of(track.rows, others), of(view, "ada")
    constellation = (await track.lab.context()).id

    found = await find(constellation, run["run"][:10])
    assert found == RunWork(run["run"], "ada", view["commit"], run["branch"], run["path"], tip="", over=True)
    assert await find("another", run["run"]) is None
    assert await find(constellation, "morning") is None
    assert asked == [("another", run["run"]), (constellation, "morning")]
