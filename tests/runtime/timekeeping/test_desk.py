"""What people ask about schedules, and what they are answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.settings import Settings
from tests.runtime.timekeeping.conftest import Asking
from tests.runtime.working import working

DAILY = {"cron": "0 9 * * *", "timezone": "Europe/London", "missed": "latest"}


class TestLooking:
    """Questions that change nothing."""

    async def test_a_schedule_is_shown_with_what_comes_next(self, asking: Asking) -> None:
        """The next three fires are told in UTC and as the zone's clock has them, and what is decided."""
        await asking.declare("docs/daily", cron="H 9 * * *", timezone="America/New_York", jitter="10m")
        (view,) = await asking.show()
        assert (view["schedule"], view["agent"], view["name"]) == ("docs/daily", "docs", "daily")
        assert (view["state"], view["why"], view["failures"], view["last"]) == ("on", "", 0, None)
        assert (view["wakes"], view["cron"]) == ("H 9 * * * America/New_York", "H 9 * * *")
        assert view["resolved"].endswith(" 9 * * *")
        assert not view["resolved"].startswith("H")
        minute = f"{int(view['resolved'].split()[0]):02}"
        assert [fire["fire_at"] for fire in view["next"]] == [
            f"2026-11-{day}T14:{minute}:00Z" for day in (22, 23, 24)
        ]
        assert view["next"][0]["local"] == f"Sun 2026-11-22 09:{minute} EST"
        assert view["next"][0]["due"] >= view["next"][0]["fire_at"]
        assert view["upto"] == "2026-11-22T12:00:30Z"
        assert view["declared"]["jitter"] == "10m"

    async def test_a_run_is_shown_from_its_start_to_its_report(self, asking: Asking) -> None:
        """A run is open while it goes on, then the last one, with all that the ledger has of it."""
        lab = asking.lab
        await asking.declare("docs/daily", **DAILY)
        await lab.to(9, day=23)
        ((_, fire, _),) = lab.runner.started
        await lab.pass_(seconds=90)
        (view,) = await asking.show("docs/daily")
        (going,) = view["open"]
        assert (going["run"], going["state"], going["seconds"]) == (fire.run, "running", 90.0)

        asking.rig.registry.log(fire.run).mkdir(parents=True)
        await lab.runner.end(fire.run, 3)
        commits = [{"id": "0" * 40, "subject": "Mine"}]
        report = {
            "commits": commits,
            "commit_count": 7,
            "did": {"mails_read": 2},
            "denied": ["Write"],
            "usage": {"input": 3, "output": 2, "cost": None},
            "told": "now",
            "kept": "why",
        }
        await lab.ledger.report(fire.run, report)
        (view,) = await asking.show("docs/daily")
        last = view["last"]
        assert last is not None
        assert (view["open"], view["failures"]) == ([], 1)
        assert (last["state"], last["exit_status"], last["commits"], last["commit_count"]) == (
            "failed", 3, commits, 7,
        )  # fmt: skip
        assert (last["did"], last["told"], last["kept"]) == ({"mails_read": 2}, "now", "why")
        assert (last["denied"], last["usage"]) == (["Write"], {"input": 3, "output": 2, "cost": None})
        assert last["log"] == str(asking.rig.registry.log(fire.run))
        assert await asking.history(run=fire.run[:8]) == [last]

    async def test_what_was_missed_is_one_row(self, asking: Asking) -> None:
        """A stretch of missed fires tells how many there were, and since when; it has no output."""
        await asking.declare("docs/hourly", cron="0 * * * *", missed="skip")
        asking.lab.clock.sleep(timedelta(hours=5, minutes=10).total_seconds())
        await asking.lab.look()
        (view,) = await asking.history(states=["missed"])
        assert (view["state"], view["count"], view["log"], view["seconds"]) == ("missed", 5, "", None)
        assert (view["first"], view["fire_at"]) == ("2026-11-22T13:00:00Z", "2026-11-22T17:00:00Z")

    async def test_history_is_bounded_on_both_sides(self, asking: Asking) -> None:
        """Both bounds are included, a date is midnight UTC, the newest come first, and the limit holds."""
        await asking.declare("docs/hourly", cron="0 * * * *", overlap="allow")
        await asking.declare("docs/other", cron="30 * * * *", overlap="allow")
        await asking.lab.to(18, 45)
        window = {"since": "2026-11-22T14:00:00Z", "until": "2026-11-22 16:00"}
        times = [view["fire_at"][11:16] for view in await asking.history(**window)]
        assert times == ["16:00", "15:30", "15:00", "14:30", "14:00"]
        assert len(await asking.history(since="2026-11-22", limit=2)) == 2
        only = await asking.history(schedules=["docs/other"], since="2026-11-22T18:00+01:00")
        assert [view["fire_at"][11:16] for view in only] == ["18:30", "17:30"]
        assert await asking.history(until="2026-11-21") == []

    async def test_pages_can_go_on_where_one_ended(self, asking: Asking) -> None:
        """The time of any row is a time that can be asked with, between seconds too."""
        asking.lab.clock.advance(0.123456)
        await asking.declare("docs/daily", **DAILY)
        view = await asking.ask("run", schedule="docs")
        assert view["fire_at"].startswith("2026-11-22T12:00:30.123")
        assert [row["run"] for row in await asking.history(until=view["fire_at"])] == [view["run"]]

    async def test_history_goes_beyond_what_is_in_effect(self, asking: Asking) -> None:
        """The runs of a schedule that was removed are still told of, under its name."""
        await asking.declare("docs/daily", **DAILY)
        await asking.ask("run", schedule="docs/daily")
        await asking.lab.rows.drop(asking.constellation, "docs", "daily")
        await asking.lab.scheduler.refresh(asking.constellation)
        assert len(await asking.history(schedules=["docs/daily"])) == 1
        assert "no schedule is in effect" in (await asking.refused("list", schedules=["docs/daily"])).message

    async def test_of_very_many_only_the_next_fire_is_told(
        self, asking: Asking, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A list of all schedules does not look up each one's runs where there are very many."""
        await asking.declare("docs/daily", **DAILY)
        await asking.declare("docs/weekly", cron="@weekly")
        monkeypatch.setattr("constellagent.runtime.timekeeping.looking.FEW", 1)
        assert [len(view["next"]) for view in await asking.show()] == [1, 1]
        assert [len(view["next"]) for view in await asking.show("docs/daily")] == [3]
        assert [view["schedule"] for view in await asking.desk.views(asking.constellation)] == [
            "docs/daily",
            "docs/weekly",
        ]

    async def test_a_declaration_of_another_release_hides_nothing(self, asking: Asking) -> None:
        """A schedule that this release does not understand is shown, with what to do."""
        await asking.declare("docs/daily", **DAILY)
        odd = '{"spec": {"cron": "@daily", "colour": "red"}, "timezone": "UTC", "constellation": ""}'
        lab = asking.lab
        for name, text in (("odd", odd), ("worse", "nonsense")):
            await lab.rows.put(asking.constellation, "docs", name, text, lab.clock.moment())
        await lab.scheduler.refresh(asking.constellation)
        daily, known, worse = await asking.show()
        assert daily["state"] == "on"
        assert (known["state"], known["declared"]["colour"], known["next"]) == ("never", "red", [])
        assert "constellagent apply" in known["why"]
        assert (worse["state"], worse["declared"]) == ("never", {})

    async def test_one_that_is_being_applied_is_shown(self, asking: Asking) -> None:
        """What an apply has written down and the scheduler has not read yet is there already."""
        lab = asking.lab
        await lab.rows.put(asking.constellation, "docs", "new", "{}", lab.clock.moment())
        (view,) = await asking.show()
        assert (view["schedule"], view["state"], view["next"]) == ("docs/new", "on", [])


class TestDoing:
    """Questions that change something."""

    async def test_a_run_now_waits_its_turn_and_says_for_what(self, asking: Asking) -> None:
        """A run that cannot start yet names the run that it waits for, and the one behind it says so too."""
        await asking.declare("docs/daily", workspace="agent", **DAILY)
        await asking.declare("docs/other", workspace="agent", **DAILY)
        first = await asking.ask("run", schedule="docs/daily")
        await asking.lab.pass_(seconds=1)
        second = await asking.ask("run", schedule="docs/other")
        await asking.lab.pass_(seconds=1)
        third = await asking.ask("run", schedule="docs/daily")
        (going,) = await asking.history(run=first["run"])
        assert (going["state"], going["reason"], going["origin"]) == ("running", "manual", "person")
        (behind,) = await asking.history(run=second["run"])
        assert behind["state"] == "queued"
        assert behind["why"] == f"waits for the end of the run of docs/daily of {first['fire_at']}"
        await asking.lab.runner.end(first["run"])
        await asking.lab.look()
        (view,) = await asking.history(run=third["run"])
        assert view["why"].startswith("waits for the end of the run of docs/other")

    async def test_pause_and_resume_say_what_they_did(self, asking: Asking) -> None:
        """A pause cancels the queue and keeps its reason, a second one changes nothing; resume begins now."""
        await asking.declare("docs/daily", **DAILY)
        await asking.declare("docs/other", **DAILY)
        await asking.ask("run", schedule="docs/daily")
        await asking.lab.pass_(seconds=1)
        queued = await asking.ask("run", schedule="docs/daily")
        paused = await asking.ask("pause", schedules=["docs/daily"], why="the site is down")
        assert paused["done"] == ["docs/daily is paused"]
        (view,) = paused["schedules"]
        assert (view["state"], view["why"], view["next"]) == ("paused", "the site is down", [])
        (cancelled,) = await asking.history(run=queued["run"])
        assert cancelled["state"] == "cancelled"
        again = await asking.ask("pause", schedules=[], why="holidays")
        assert again["done"] == ["docs/daily was paused before: the site is down", "docs/other is paused"]
        await asking.lab.to(10, day=24)
        assert len(await asking.history()) == 2
        resumed = await asking.ask("resume", schedules=["docs"], catch_up=False)
        assert resumed["done"] == ["docs/daily fires again", "docs/other fires again"]
        assert [view["state"] for view in resumed["schedules"]] == ["on", "on"]
        assert (await asking.ask("resume", schedules=["docs/daily"]))["done"] == ["docs/daily was not paused"]
        assert len(await asking.history()) == 2

    async def test_resume_makes_up_for_the_pause_where_that_is_wanted(self, asking: Asking) -> None:
        """With catch_up the newest fire of the pause is run, as `missed: latest` says."""
        await asking.declare("docs/daily", **DAILY)
        await asking.ask("pause", schedules=["docs"])
        await asking.lab.to(10, day=24)
        done = (await asking.ask("resume", schedules=["docs"], catch_up=True))["done"]
        assert done == ["docs/daily fires again, and makes up for its pause"]
        assert [view["reason"] for view in await asking.history(states=["running"])] == ["catchup"]

    async def test_a_declared_pause_is_ended_in_the_file(self, asking: Asking) -> None:
        """Resuming what the file pauses is refused by name, and said where all are resumed."""
        await asking.declare("docs/daily", paused=True, **DAILY)
        with pytest.raises(ConflictError) as caught:
            await asking.ask("resume", schedules=["docs/daily"])
        assert "paused: false" in caught.value.hint
        done = (await asking.ask("resume", schedules=[]))["done"]
        assert done == ["docs/daily stays paused, as the file declares"]

    async def test_reset_begins_anew(self, asking: Asking) -> None:
        """After a clock that was a day ahead is put right, reset lets the schedule fire again from now on."""
        await asking.declare("docs/hourly", cron="0 * * * *", overlap="allow")
        await asking.lab.pass_(hours=24)
        asking.lab.clock.step(-timedelta(hours=24).total_seconds())
        await asking.lab.look()
        assert [view["state"] for view in await asking.show()] == ["behind"]
        done = (await asking.ask("reset", schedules=["docs"]))["done"]
        assert done == ["docs/hourly begins anew from 2026-11-22T12:00:30Z"]
        assert [view["state"] for view in await asking.show()] == ["on"]

    async def test_backfill_shows_then_runs(self, asking: Asking) -> None:
        """A dry run writes nothing; both bounds are nominal times that are included; what ran is left out."""
        await asking.declare("docs/daily", **DAILY)
        window = {"since": "2026-11-20T09:00:00Z", "until": "2026-11-22T09:00:00Z"}
        shown = await asking.ask("backfill", schedule="docs", dry_run=True, **window)
        assert [view["fire_at"] for view in shown] == [f"2026-11-{day}T09:00:00Z" for day in (20, 21, 22)]
        assert await asking.history() == []
        started = await asking.ask("backfill", schedule="docs", **window)
        assert [view["run"] for view in started] == [view["run"] for view in shown]
        assert [view["state"] for view in started] == ["queued"] * 3
        assert {view["reason"] for view in await asking.history()} == {"backfill"}
        assert await asking.ask("backfill", schedule="docs", **window) == []

    async def test_a_webhook_is_asked_for_by_its_schedule(self, asking: Asking) -> None:
        """The schedule leads to the name of its webhook; one that has none says so."""
        await asking.declare("docs/deployed", on={"webhook": "deploys"})
        await asking.declare("docs/daily", **DAILY)
        assert (await asking.ask("webhook", schedule="docs/deployed", renew=True))["secret"] == "s"
        assert asking.hooks.asked == [(asking.constellation, "deploys", True)]
        assert "not woken by a webhook" in (await asking.refused("webhook", schedule="docs/daily")).message


async def test_nobody_else_is_touched(asking: Asking) -> None:
    """Another constellation's schedules and runs cannot be seen or paused from this one's file."""
    await asking.declare("docs/mine", **DAILY)
    await asking.lab.declare("docs/theirs", "c", **DAILY)
    fire = await asking.lab.scheduler.run_now("c", "docs/theirs")
    assert [view["schedule"] for view in await asking.show()] == ["docs/mine"]
    assert await asking.history() == []
    assert "no run" in (await asking.refused("history", run=fire.run)).message
    await asking.ask("pause", schedules=[])
    (theirs,) = await asking.lab.rows.all("c")
    assert theirs.paused == ""
    assert datetime.fromtimestamp(asking.lab.clock.now(), UTC) >= theirs.created_at


async def test_a_real_run_can_be_looked_at(home: Settings, tmp_path: Path) -> None:
    """In the composed daemon a run that a person asks for has output, an exit status and its commits."""
    script = "echo hello; git commit -q --allow-empty -m Mine; exit 3"
    schedule = f"now: {{cron: '0 0 1 1 *', command: [sh, -c, '{script}']}}"
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f"  one: {{command: [sleep, '9'], autostart: false, schedules: {{{schedule}}}}}\n")
        await lab.apply()

        async def ask(action: str, **more: Any) -> Any:
            return await lab.daemon.schedule({"file": lab.file, "action": action, **more})  # type: ignore[typeddict-item] # a test names real keys

        view = await ask("run", schedule="one")
        async with asyncio.timeout(20):
            while not view["commit_count"]:
                await asyncio.sleep(0.05)
                (view,) = await ask("history", run=view["run"][:8])
        session = await lab.daemon.session(lab.file, "one/now")
        assert (view["state"], view["exit_status"], view["commits"][0]["subject"]) == ("failed", 3, "Mine")
        assert (session["id"], session["log"]) == (view["run"], view["log"])
        assert LogReader(Path(view["log"])).tail(100)[1] == b"hello\r\n"
        assert (await lab.agent("one"))["next_fire"]["schedule"] == "one/now"
