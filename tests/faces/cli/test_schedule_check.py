"""`schedule check`: what is told, in every form, and that nothing else is touched."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import constellagent
from tests.faces.conftest import Cli
from tests.golden_option import Golden

SAMPLE = Path(__file__).parents[2] / "data" / "schedules" / "every-rule.yaml"
FROM = ("--from", "2026-11-22T12:00")
FINE = "version: 1\nagents:\n  a: {command: [x], schedules: {m: {cron: '5 9 * * *'}}}\n"


@pytest.fixture(autouse=True)
def no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A daemon could not be started here."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(tmp_path / "no" / "where"))


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Stand in a folder that is no repository, beside a file that breaks every rule."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, "c.yaml")
    return "c.yaml"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("table", "schedule-check.txt"),
        ("json", "schedule-check.json"),
        ("github", "schedule-check.github.txt"),
        ("junit", "schedule-check.junit.xml"),
        ("sarif", "schedule-check.sarif.json"),
    ],
)
def test_every_form(sample: str, cli: Cli, golden: Golden, form: str, name: str) -> None:
    """Each is the same whenever it is asked for, and the exit code is 1."""
    ran = cli("schedule", "check", sample, *FROM, "-o", form)
    assert (ran.code, ran.err) == (1, "")
    golden(f"cli/{name}", ran.out.replace(f'"{constellagent.__version__}"', '"VERSION"'))


def test_every_rule_is_broken_once_by_its_own_schedule(sample: str, cli: Cli) -> None:
    """The sample has a schedule for each rule, and the one without faults has no finding."""
    found = json.loads(cli("schedule", "check", sample, *FROM, "--json").out)["findings"]
    rules = {finding["rule"] for finding in found}
    assert rules == {f"CS{number:03}" for number in (1, 2, 3, 4, *range(10, 19))}
    for finding in found:
        name = finding["schedule"].removeprefix("triage/")
        assert name.startswith(finding["rule"].lower()) or (name, finding["rule"]) == ("cs010-gap", "CS016")
    text = SAMPLE.read_text().splitlines()
    for finding in found:
        key = finding["schedule"].removeprefix("triage/")
        block = next(number for number, line in enumerate(text, 1) if line.strip().startswith(f"{key}:"))
        assert block <= finding["line"] <= block + 2


def test_the_machine_forms_are_read_by_their_readers(sample: str, cli: Cli) -> None:
    """JSON, XML and one command a line."""
    assert json.loads(cli("schedule", "check", sample, *FROM, "-o", "sarif").out)["version"] == "2.1.0"
    assert ET.fromstring(cli("schedule", "check", sample, *FROM, "-o", "junit").out).tag == "testsuites"
    commands = cli("schedule", "check", sample, *FROM, "-o", "github").out.splitlines()
    assert all(command.startswith("::") for command in commands)


@pytest.mark.parametrize(
    ("schedule", "least", "code"),
    [
        ("cron: '5 9 * * *'", "info", 0),
        ("cron: '*/10 * * * *'", "error", 0),
        ("cron: '*/10 * * * *'", "warning", 1),
        ("cron: '*/10 * * * *'", "info", 1),
        ("cron: '61 9 * * *'", "error", 1),
        ("cron: '5 9 * * *', timeuot: 5m", "error", 65),
        ("cron: '61 9 * * *', timeuot: 5m", "error", 65),
    ],
)
def test_exit_codes(repo: Path, cli: Cli, schedule: str, least: str, code: int) -> None:
    """Findings are 1 from --fail-on up; a file that is wrong otherwise is 65."""
    text = f"version: 1\nagents:\n  a: {{command: [x], schedules: {{m: {{{schedule}}}}}}}\n"
    (repo / "constellation.yaml").write_text(text)
    assert cli("schedule", "check", "--fail-on", least).code == code


def test_many_small_findings_are_infos(repo: Path, cli: Cli) -> None:
    """They are counted where there are some, and fail where that is asked for."""
    rows = ", ".join(f"m{hour}: {{cron: '0 {hour} * * *'}}" for hour in range(4))
    (repo / "constellation.yaml").write_text(
        f"version: 1\nagents: {{a: {{command: [x], schedules: {{{rows}}}}}}}\n"
    )
    ran = cli("schedule", "check", *FROM)
    assert ran.code == 0
    assert (
        ran.out.splitlines()[-1] == "4 schedules, 28 fires in the next 7 days, 0 errors, 0 warnings, 1 info"
    )
    assert cli("schedule", "check", "--fail-on", "info").code == 1


def test_the_file_is_found_as_by_every_command(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is the nearest one upwards; paths are shown from here."""
    (repo / "constellation.yaml").write_text(FINE)
    (repo / "deep").mkdir()
    monkeypatch.chdir(repo / "deep")
    ran = cli("schedule", "check")
    assert (ran.code, ran.out) == (0, "1 schedule, 7 fires in the next 7 days, 0 errors, 0 warnings\n")
    monkeypatch.chdir("/")
    assert cli("schedule", "check").code == 64


def test_several_files(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are checked; the worst decides about the exit code, and the counts are of all."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(FINE)
    Path("b.yaml").write_text(FINE.replace("5 9", "61 9"))
    ran = cli("schedule", "check", "a.yaml", "b.yaml")
    assert ran.code == 1
    assert ran.out.splitlines()[0].startswith("b.yaml:3:43: error CS001: a/m: cron: minute 61")
    assert ran.out.splitlines()[-1] == "2 schedules, 7 fires in the next 7 days, 1 error, 0 warnings"
    ran = cli("schedule", "check", "a.yaml", "none.yaml", "b.yaml", ".")
    assert ran.code == 65
    assert ran.out.splitlines()[0] == "none.yaml: error: cannot be read: No such file or directory"
    assert ".: error: cannot be read: Is a directory" in ran.out


def test_a_name_that_no_file_can_have(cli: Cli) -> None:
    """It is told like a file that is not there."""
    ran = cli("schedule", "check", "a\0b")
    assert (ran.code, "no file has such a name" in ran.out) == (65, True)


def test_a_huge_file_is_not_read_whole(tmp_path: Path, cli: Cli) -> None:
    """A file beyond the limit is a finding, found without reading all of it."""
    with (tmp_path / "c.yaml").open("wb") as file:
        file.truncate(1 << 40)
    assert cli("schedule", "check", str(tmp_path / "c.yaml")).code == 65


@pytest.mark.parametrize(
    "words",
    [
        ("--fail-on", "fatal"),
        ("-o", "yaml"),
        ("--from", "tomorrow"),
        ("--max-parallel", "0"),
        ("--max-fires-per-day", "0"),
        ("--max-parallel", "many"),
    ],
)
def test_wrong_usage(repo: Path, cli: Cli, words: tuple[str, str]) -> None:
    """A value that an option does not take is 64, and nothing is checked."""
    ran = cli("schedule", "check", *words)
    assert (ran.code, ran.out) == (64, "")


def test_limits_are_chosen(repo: Path, cli: Cli) -> None:
    """Both limits of the rules can be moved."""
    text = FINE.replace("5 9 * * *", "*/5 * * * *")
    (repo / "constellation.yaml").write_text(text)
    assert "CS014" in cli("schedule", "check").out
    assert "CS014" not in cli("schedule", "check", "--max-fires-per-day", "288").out
    two = FINE.replace("}}\n", "}, n: {cron: '5 9 * * *'}}}\n").replace("}}, n:", "}, n:")
    (repo / "constellation.yaml").write_text(two)
    assert "CS012" not in cli("schedule", "check").out
    assert "CS012" in cli("schedule", "check", "--max-parallel", "1").out


def test_what_a_terminal_would_obey_is_not_written(tmp_path: Path, cli: Cli) -> None:
    """Neither a file's name nor a line of it moves the cursor."""
    file = tmp_path / "c\x1b[31m.yaml"
    file.write_text('version: 1\nagents: {a: {command: [x], schedules: {m: {cron: "\\e[31m"}}}} # \x7f\n')
    for form in ("table", "github", "junit"):
        out = cli("schedule", "check", str(file), "-o", form).out
        assert out
        assert not {"\x1b", "\x7f"} & set(out)


PURE = """\
import sys
from constellagent.faces.cli import boundary
code = boundary.run(["schedule", "check", *sys.argv[1:]])
loaded = [name for name in sys.modules if name.startswith(("constellagent.runtime", "constellagent.ravi"))]
heavy = {"asyncio", "sqlite3", "httpx", "aiohttp", "typer"} & set(sys.modules)
sys.exit(f"loaded {loaded} {heavy}" if loaded or heavy else code)
"""

CLOSED = """\
import os, sys
DEEDS = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.", "sqlite3.", "shutil.",
    "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate",
)
done = []
def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event.startswith(DEEDS):
        done.append((event, args))
sys.addaudithook(watch)
from constellagent.faces.cli import boundary
code = boundary.run(["schedule", "check", *sys.argv[1:]])
sys.exit(f"{done}" if done else code)
"""


@pytest.mark.parametrize("program", [PURE, CLOSED], ids=["loads nothing", "does nothing"])
@pytest.mark.parametrize("form", ["table", "json", "github", "junit", "sarif"])
def test_it_is_pure(sample: str, tmp_path: Path, program: str, form: str) -> None:
    """In an empty environment, outside any repository: no process, socket, database or file is made.

    The interpreter itself tells of all that is opened or started; nothing of the daemon is even loaded.
    """
    env = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = [sys.executable, "-B", "-c", program, sample, *FROM, "-o", form]
    ran = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]
