"""`schedule list` and `next`: the fires to come, in every form."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.faces.cli import schedule_list
from constellagent.spec.models import On
from tests.faces.conftest import Cli
from tests.golden_option import Golden

FILE = """\
version: 1
name: acme
timezone: America/New_York
agents:
  triage:
    command: [x]
    schedules:
      morning: {cron: "30 2 * * *", jitter: 10m, timeout: 45m}
      hourly: {cron: "0 */8 * * *", timezone: Asia/Kolkata, workspace: agent}
      again: {cron: "0 */16 * * *", timezone: Asia/Kolkata, workspace: agent, timeout: 20h}
      paused: {cron: "@daily", paused: true}
      mail: {on: {email: {from: "*@acme.test", subject: deploy*}}}
  docs:
    command: [x]
    schedules:
      gone: {cron: "@daily", end: 2020-01-01}
      leap: {cron: "0 0 29 2 *"}
      after: {on: {agent: triage, state: failed}, paused: true}
"""
FROM = ("--from", "2027-03-13T12:00")


@pytest.fixture(autouse=True)
def file(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand in a repository with such a file, where no daemon could be started."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(tmp_path / "no" / "where"))
    path = repo / "constellation.yaml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("list", "--window", "2d"), "schedule-list.txt"),
        (("list", "--window", "2d", "--tz", "UTC"), "schedule-list-utc.txt"),
        (("list", "--window", "2d", "-o", "plain"), "schedule-list.plain.txt"),
        (("list", "--window", "2d", "-o", "json"), "schedule-list.json"),
        (("list", "--window", "2d", "-o", "ics"), "schedule-list.ics"),
        (("list", "triage/morning", "docs", "-n", "4"), "schedule-list-n.txt"),
        (("next",), "schedule-next.txt"),
        (("next", "--json"), "schedule-next.json"),
    ],
)
def test_every_form(cli: Cli, golden: Golden, words: tuple[str, ...], name: str) -> None:
    """Each is the same whenever it is asked for."""
    ran = cli("schedule", *words, *FROM)
    assert (ran.code, ran.err) == (0, "")
    golden(f"cli/{name}", ran.out.replace("\r\n", "\n"))


def test_a_calendar_has_the_line_ends_of_its_standard(cli: Cli) -> None:
    """Every one of them."""
    out = cli("schedule", "list", *FROM, "-o", "ics").out
    assert out.count("\n") == out.count("\r\n") > 10


def test_from_now(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --from the clock says when to begin, and seven days are listed."""
    monkeypatch.setattr("time.time", lambda: 1_795_348_800.5)
    found = json.loads(cli("schedule", "list", "--json").out)
    assert (found["from"], found["until"]) == ("2026-11-22T12:00:00Z", "2026-11-29T12:00:00Z")
    assert len(found["fires"]) == 7 + 3 * 7 + 2 * 7


def test_counted_fires_have_no_end(cli: Cli) -> None:
    """With -n the last one decides."""
    found = json.loads(cli("schedule", "list", "docs/leap", "-n", "2", *FROM, "--json").out)
    assert found["until"] is None
    assert [fire["fire_at"][:4] for fire in found["fires"]] == ["2028", "2032"]


def test_the_clocks_of_this_machine(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """--tz local shows what the wall shows here."""
    out = cli("schedule", "list", "triage/morning", "-n", "1", *FROM, "--tz", "local").out
    assert "2027-03-14T07:00:00Z" in out


def test_no_fires(cli: Cli) -> None:
    """Where nothing is due there is no table."""
    assert cli("schedule", "list", "docs/gone", *FROM).out == "1 schedule, 0 fires\n"


def test_schedules_are_named_by_key_or_agent(cli: Cli) -> None:
    """A slip is answered with what was meant."""
    assert "triage/" not in cli("schedule", "next", "docs").out
    ran = cli("schedule", "list", "triage/mornin")
    assert ran.code == 64
    assert "did you mean triage/morning?" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "0"),
        ("-n", "3", "--window", "7d"),
        ("--window", "0s"),
        ("--window", "a week"),
        ("--from", "2026-13-01"),
        ("--tz", "Mars"),
        ("-o", "yaml"),
    ],
)
def test_wrong_usage(cli: Cli, words: tuple[str, ...]) -> None:
    """A value that an option does not take is 64."""
    ran = cli("schedule", "list", *words)
    assert (ran.code, ran.out) == (64, "")


def test_a_bad_file_is_told(file: Path, cli: Cli) -> None:
    """What `check` would find is needed for no list: a file with a problem is 65."""
    file.write_text(FILE.replace("30 2 * * *", "61 2 * * *"))
    for command in ("list", "next"):
        ran = cli("schedule", command)
        assert (ran.code, ran.out) == (65, "")
        assert "minute 61" in ran.err


def test_more_fires_than_a_person_reads(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of them is refused with a way out; the forms for machines are written as they come."""
    monkeypatch.setattr(schedule_list, "MOST_FIRES", 10)
    window = ("schedule", "list", "triage", *FROM, "--window", "7d")
    for form in ("table", "ics"):
        ran = cli(*window, "-o", form)
        assert (ran.code, ran.out) == (64, "")
        assert "choose a shorter --window, or write them with -o json" in ran.err
    assert len(json.loads(cli(*window, "-o", "json").out)["fires"]) > 10
    assert len(cli(*window, "-o", "plain").out.splitlines()) > 10
    assert cli("schedule", "list", "triage", "-n", "11").code == 64


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "less than 1 m"),
        (timedelta(minutes=12, seconds=30), "12 m"),
        (timedelta(hours=3, minutes=12), "3 h 12 m"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=4, minutes=5), "2 d 4 h"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(days=1461), "1,461 d"),
    ],
)
def test_spans_in_words(span: timedelta, words: str) -> None:
    """The two largest units."""
    assert schedule_list.ahead(span) == words


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ({"email": {}}, "mail"),
        ({"email": {"from": "a@b.test", "subject": "deploy*"}}, "mail from a@b.test with subject deploy*"),
        ({"sms": {"from": "+15550100"}}, "a text from +15550100"),
        ({"sms": {"text": "*stop*"}}, "a text with text *stop*"),
        ({"agent": "docs"}, "agent docs when it is done"),
        ({"agent": "docs", "state": "failed"}, "agent docs when it has failed"),
        ({"webhook": "h"}, "the hook h"),
    ],
)
def test_causes_in_words(on: dict[str, object], words: str) -> None:
    """What wakes an agent beside the clock."""
    assert schedule_list.cause(On.model_validate(on)) == words
