"""Views of schedules and runs as the daemon answers them, for tests of the commands."""

from typing import Any

from constellagent.runtime.schedule_views import FireView, HookView, RunView, ScheduleView

NOW = 1_795_338_000.0
"""2026-11-22T09:00:00Z, the day on which these views were made."""

RUN = "6194e8422109480dbd004a19c2441ab8"


def run_view(**changes: Any) -> RunView:
    """Return a run that succeeded this morning, with changes."""
    view = RunView(
        run=RUN,
        schedule="triage/morning",
        origin="clock",
        reason="schedule",
        fire_at="2026-11-22T07:00:00Z",
        due="2026-11-22T07:04:11Z",
        attempt=1,
        state="succeeded",
        why="",
        first="",
        count=1,
        missed=0,
        decided_at="2026-11-22T07:04:11.120000Z",
        started_at="2026-11-22T07:04:12.300000Z",
        ended_at="2026-11-22T07:07:22.300000Z",
        seconds=190.0,
        exit_status=0,
        log="",
        branch="runs/triage/morning/20261122T0700Z",
        path="/repo/acme.worktrees/.runs/triage.morning.20261122T0700Z",
        commits=[{"id": "0123456789abcdef0123456789abcdef01234567", "subject": "Answer the first mail"}],
        commit_count=1,
        did={
            "mails_read": 2, "mails_sent": 1, "texts_read": 0, "texts_sent": 0, "secrets": 3, "passwords": 0,
        },
        denied=[],
        usage=None,
        told="",
        kept="",
        tzdata="2026.2",
    )  # fmt: skip
    return RunView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def missed_view(**changes: Any) -> RunView:
    """Return the row of a stretch of fires that were missed, with changes."""
    return run_view(
        **{
            "run": "f" * 32,
            "fire_at": "2026-11-20T07:00:00Z",
            "due": "2026-11-20T07:04:11Z",
            "state": "missed",
            "why": "the daemon did not run",
            "first": "2026-10-09T07:00:00Z",
            "count": 43,
            "started_at": "",
            "ended_at": "",
            "seconds": None,
            "exit_status": None,
            "branch": "",
            "path": "",
            "commits": [],
            "commit_count": 0,
            "did": {},
            **changes,
        }
    )


def open_view(state: str = "running", **changes: Any) -> RunView:
    """Return a run that has not ended, with changes."""
    began = state == "running"
    return run_view(
        **{
            "run": "abcdef01" + "0" * 24,
            "origin": "person",
            "reason": "manual",
            "fire_at": "2026-11-22T08:55:07.120000Z",
            "due": "2026-11-22T08:55:07.120000Z",
            "state": state,
            "started_at": "2026-11-22T08:55:08Z" if began else "",
            "ended_at": "",
            "seconds": 292.0 if began else None,
            "exit_status": None,
            "commits": [],
            "commit_count": 0,
            "did": {},
            **changes,
        }
    )


def schedule_view(schedule: str = "triage/morning", **changes: Any) -> ScheduleView:
    """Return a schedule that is on, with changes."""
    agent, _, name = schedule.partition("/")
    view = ScheduleView(
        schedule=schedule,
        agent=agent,
        name=name,
        wakes="H 7 * * * Europe/London",
        cron="H 7 * * *",
        resolved="0 7 * * *",
        timezone="Europe/London",
        state="on",
        why="",
        next=[
            FireView(
                fire_at=f"2026-11-{day}T07:00:00Z",
                due=f"2026-11-{day}T07:04:11Z",
                local=f"{name} 2026-11-{day} 07:00 GMT",
            )
            for day, name in ((23, "Mon"), (24, "Tue"), (25, "Wed"))
        ],
        upto="2026-11-22T07:00:00Z",
        failures=0,
        open=[],
        last=run_view(schedule=schedule),
        declared={
            "cron": "H 7 * * *",
            "prompt": "Read your inbox.\n",
            "timeout": "45m",
            "retries": {"max": 2},
        },
    )
    return ScheduleView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def several() -> list[ScheduleView]:
    """Return a schedule in each state."""
    return [
        schedule_view(open=[open_view(), open_view("queued")]),
        schedule_view("triage/evening", state="paused", why="a person paused it", next=[], last=None),
        schedule_view("docs/deployed", cron="", resolved="", timezone="", wakes="webhook deploys", next=[]),
        schedule_view(
            "docs/nightly",
            state="behind",
            why="the clock was set back",
            failures=2,
            open=[open_view("claimed")],
        ),
        schedule_view("docs/leap", state="never", why="no fire will come", next=[], last=missed_view()),
    ]


def hook_view(secret: str = "") -> HookView:
    """Return a webhook."""
    return HookView(
        name="deploys",
        url="http://127.0.0.1:4711/hooks/0123456789ab/deploys",
        secret=secret,
        schedules=["docs/deployed"],
    )
