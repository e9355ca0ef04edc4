"""Runs of races that go on while daemons come and go."""

import asyncio

import pytest

from tests.runtime.races.track import COMMIT, Track, folder, of


async def next_daemon(track: Track) -> None:
    """Let the daemon die, as far as races know, and the next one begin."""
    await track.races.close()
    track.races = track.new_races()
    await track.races.start()


async def test_a_run_that_was_claimed_and_not_begun_is_started(track: Track) -> None:
    """A daemon that dies while worktrees are made leaves that to the next one."""
    await track.declare(ada=f"echo a > a; {COMMIT}", bob=f"echo b > b; {COMMIT}")
    begun = await track.start("ada", "bob")

    await next_daemon(track)
    view = await track.over(begun["race"])

    assert [run["state"] for run in view["runs"]] == ["succeeded", "succeeded"]
    assert [run["commits"] for run in view["runs"]] == [1, 1]
    assert [run["run"] for run in view["runs"]] == [run["run"] for run in begun["runs"]]


async def test_a_run_that_goes_on_is_found_and_watched(track: Track) -> None:
    """Its end is written down by the daemon that is there then, and it is not started twice."""
    wait = "echo x >> begun; until test -e go; do sleep 0.05; done; rm go begun; echo a > a; "
    await track.declare(ada=wait + COMMIT, bob="true")
    begun = await track.start("ada", "bob")
    await track.until(begun, "ada", lambda run: run["state"] == "running")
    mark = folder(begun, "ada") / "begun"
    await track.until(begun, "ada", lambda _: mark.exists() and mark.read_text() == "x\n")

    await next_daemon(track)
    assert mark.read_text() == "x\n"
    (folder(begun, "ada") / "go").touch()
    view = await track.over(begun["race"])

    assert (of(view, "ada")["state"], of(view, "ada")["commits"]) == ("succeeded", 1)


async def test_an_end_that_nobody_saw_is_accounted_for(track: Track) -> None:
    """A session that ended while no daemon was there has its verdict and its counts."""
    await track.declare(ada=f"until test -e go; do sleep 0.05; done; rm go; echo a > a; {COMMIT}", bob="true")
    begun = await track.start("ada", "bob")
    await track.until(begun, "ada", lambda run: run["state"] == "running")
    await track.until(begun, "bob", lambda run: run["state"] == "succeeded")
    track.lab.listeners.clear()
    (folder(begun, "ada") / "go").touch()
    run = of(begun, "ada")["run"]
    while (row := await track.lab.registry.get(run)) is None or row.live:
        await asyncio.sleep(0.01)

    await next_daemon(track)
    view = await track.over(begun["race"])

    assert (of(view, "ada")["state"], of(view, "ada")["commits"]) == ("succeeded", 1)


async def test_a_run_without_a_trace_is_lost(track: Track) -> None:
    """What ran, and of which no session is known, ended nobody knows how."""
    await track.declare(ada="true", bob="true")
    view = await track.whole("ada", "bob")
    run = of(view, "ada")["run"]
    await track.lab.registry.discard(run)
    await track.lab.database.execute(
        "UPDATE race_runs SET state = 'running', ended_at = NULL WHERE run = ?", (run,)
    )

    await next_daemon(track)
    view = await track.over(view["race"])

    assert of(view, "ada")["state"] == "lost"


async def test_a_time_limit_ends_each(track: Track) -> None:
    """Whoever takes longer than the race allows has timed out, and the others have not."""
    await track.declare(ada="sleep 600", bob="true")

    view = await track.whole("ada", "bob", timeout=5.0)  # in which `true` ends on the busiest machine

    assert [run["state"] for run in view["runs"]] == ["timeout", "succeeded"]


async def test_a_worktree_that_cannot_be_made_fails_its_run_alone(track: Track) -> None:
    """The reason is told where the verdict is."""
    track.lab.declare(
        "  ada: {shell: 'true', autostart: false, setup: [[sh, -c, exit 5]]}\n"
        "  bob: {shell: 'true', autostart: false}\n"
    )
    with pytest.raises(AssertionError):
        await track.lab.apply()

    view = await track.whole("ada", "bob")

    assert [run["state"] for run in view["runs"]] == ["failed", "succeeded"]
    assert of(view, "ada")["why"].startswith("it could not be started: ")
