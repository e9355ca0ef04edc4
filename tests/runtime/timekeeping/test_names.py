"""Which schedules are meant, and what is said where none is."""

from tests.runtime.timekeeping.conftest import Asking

DECLARED = """\
version: 1
agents:
  docs: {command: [x], schedules: {daily: {cron: "@daily"}, later: {cron: "@weekly"}}}
"""


async def test_an_agent_stands_for_its_schedules(asking: Asking) -> None:
    """Where several may be meant an agent means all of its own; in the order of their coming, each once."""
    for key in ("docs/daily", "triage/morning", "docs/weekly"):
        await asking.declare(key, cron="@daily")
    named = await asking.show("docs/weekly", "docs")
    assert [view["schedule"] for view in named] == ["docs/daily", "docs/weekly"]
    assert [view["schedule"] for view in await asking.show()] == [
        "docs/daily",
        "triage/morning",
        "docs/weekly",
    ]


async def test_one_must_be_clear(asking: Asking) -> None:
    """Where one is meant, an agent will do if it has one only; else they are listed."""
    for key in ("docs/daily", "docs/weekly", "triage/morning"):
        await asking.declare(key, cron="@daily")
    assert (await asking.ask("run", schedule="triage"))["schedule"] == "triage/morning"
    error = await asking.refused("run", schedule="docs")
    assert error.message == "docs has 2 schedules"
    assert error.hint == "say which: docs/daily, docs/weekly"


async def test_a_near_miss_is_guessed(asking: Asking) -> None:
    """A mistyped name leads to the right one, of a schedule or of an agent."""
    await asking.declare("triage/morning", cron="@daily")
    assert "did you mean triage/morning?" in (await asking.refused("run", schedule="triage/mornin")).message
    assert "did you mean triage?" in (await asking.refused("pause", schedules=["trage"])).message
    assert (
        "did you mean triage/morning?"
        in (await asking.refused("history", schedules=["triage/mrning"])).message
    )


async def test_what_is_declared_only_is_told_apart(asking: Asking) -> None:
    """A schedule of the file that is not in effect yet needs an apply, and no other spelling."""
    await asking.declare("docs/daily", cron="@daily")
    asking.file.write_text(DECLARED)
    for action, more in (("run", {"schedule": "docs/later"}), ("list", {"schedules": ["docs/later"]})):
        error = await asking.refused(action, **more)
        assert error.message == "docs/later is declared and not in effect yet"
        assert "constellagent apply" in error.hint


async def test_a_broken_file_keeps_nobody_from_pausing(asking: Asking) -> None:
    """The file is needed for advice alone: what is in effect can be changed while it cannot be read."""
    assert (await asking.refused("run", schedule="docs")).message == "no schedule is in effect"
    await asking.declare("docs/daily", cron="@daily")
    asking.file.write_text("version: [")
    assert (await asking.ask("pause", schedules=["docs"]))["done"] == ["docs/daily is paused"]
    assert "no schedule 'docs/x' is in effect" in (await asking.refused("run", schedule="docs/x")).message


async def test_the_past_of_an_agent_holds_what_was_removed(asking: Asking) -> None:
    """An agent stands for all of its schedules that ever ran, also when none is in effect any more."""
    for key in ("docs/daily", "docs/weekly"):
        await asking.declare(key, cron="@daily")
        await asking.ask("run", schedule=key)
    for name in ("daily", "weekly"):
        await asking.lab.rows.drop(asking.constellation, "docs", name)
        await asking.lab.scheduler.refresh(asking.constellation)
        runs = await asking.history(schedules=["docs"])
        assert {run["schedule"] for run in runs} == {"docs/daily", "docs/weekly"}
