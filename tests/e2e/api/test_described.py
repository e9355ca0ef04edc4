"""The API does as its own description says: schemathesis makes requests from it, right and wrong ones.

Two operations would end the test itself: turning the port off, and revoking tokens, of which one is its own.
`test_doors.py` asks for those.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api.served import READER, Served

LEFT_OUT = ["deleteWeb", "deleteToken"]
PHASES = "examples,coverage,fuzzing,stateful"
SETTINGS = """
color = false
request-timeout = 30
max-stream-events = 1
continue-on-failure = true

[cache]
enabled = false

[generation]
max-examples = {examples}
database = "none"
{more}

[auth.openapi.token]
bearer = "${{API_TOKEN}}"

[parameters]
"path.constellation" = "lab"
"path.agent" = "docs"

[reports.json]
path = "{report}"

# A schema cannot say which names, revisions and times there are, nor that this speaks WebSocket, nor that a
# browser has to show its page before it logs in.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 426]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 426, 429]

[[operations]]
include-operation-id = {left_out}
enabled = false
"""


@pytest.fixture
def served() -> Iterator[Served]:
    """Give a place with two agents, a schedule, a change to look at, and a comment."""
    with Served(agents=0) as place:
        schedule = "schedules: {nightly: {cron: '0 3 * * *', prompt: look}}"
        place.write(
            f"agents:\n  docs: {READER}\n  code:\n    command: [sh, -c, 'echo ran']\n    {schedule}\n"
        )
        place.open()
        (place.tree_of() / "file-1.txt").write_text("changed\n")
        (place.tree_of() / "new.txt").write_text("new\n")
        yield place


def asked(served: Served, examples: int, seconds: int, more: str = "") -> tuple[dict[str, Any], str]:
    """Have all requests made, and return the report, and what was printed."""
    report = served.folder / "report.json"
    config = served.folder / "schemathesis.toml"
    config.write_text(
        SETTINGS.format(examples=examples, report=report, more=more, left_out=json.dumps(LEFT_OUT))
    )
    base = f"http://127.0.0.1:{served.api.port}/api/v1"
    described = served.folder / "openapi.json"
    described.write_bytes(served.api.ask("GET", "/openapi.json", status=200).body)
    done = subprocess.run(
        [_program(), "--config-file", config, "run", described, "--url", base, "--phases", PHASES],
        cwd=served.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(served.folder), "API_TOKEN": served.api.admin},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(report.read_text()), done.stdout


def _program() -> str:
    return str(Path(sys.executable).with_name("schemathesis"))


def faults(report: dict[str, Any], said: str) -> list[str]:
    """Return what was found wrong, one line each.

    After some wrong tokens the next is told to wait (429), which lets nobody in either; schemathesis, which
    tries a wrong one at every operation, expects 401 or 403.
    """
    told_to_wait = len(re.findall(r"Expected 401 or 403, got `429 ", said))
    lines = []
    for one in report["failures"]:
        if one["code"] == "ST401" and one["count"] <= told_to_wait:
            continue
        lines.append(f"{one['code']} {one['title']} ({one['count']}): {', '.join(one['operations'])}")
    return lines + [str(one) for one in report["errors"]]


def check(served: Served, report: dict[str, Any], said: str, least: int) -> None:
    """Assert that all was as described, that enough was asked, and that the daemon is still the same."""
    print(f"{report['test_cases']['generated']} requests in {report['running_time']:.0f} s")
    found = faults(report, said)
    assert not found, "\n".join(found) + "\n" + details(said)
    assert report["complete"]
    assert report["test_cases"]["generated"] >= least
    assert report["operations"]["tested"] == report["operations"]["selected"]
    assert report["operations"]["selected"] == report["operations"]["total"] - len(LEFT_OUT)
    assert served.api.ask("GET", "/me", status=200).json["scope"] == "admin"
    log = served.daemon_log()
    assert "Traceback" not in log, log


def details(said: str) -> str:
    """Return the part of what schemathesis printed that tells of each failure."""
    return said.partition("= FAILURES =")[2].partition("= WARNINGS =")[0][:8_000]


SHORT = """
[phases.coverage]
unexpected-methods = ["TRACE"]
generation.mode = "positive"

[phases.stateful]
max-steps = 3
generation.max-examples = 1
"""


@pytest.mark.timeout(240)
def test_e11_some_requests_of_every_kind_are_answered_as_described(served: Served) -> None:
    """E11: no server error, no answer of another shape, and nobody is let in without access: a short form.

    Wrong requests are made by the fuzzing alone here, and stories are short.
    """
    fixed = "deterministic = true\n" if os.environ.get("CI") else ""  # as with all made-up examples
    report, said = asked(served, 2, 200, more=fixed + SHORT)
    check(served, report, said, 300)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_e11_a_thousand_requests_to_each_operation_are_answered_as_described(served: Served) -> None:
    """E11: the same with a thousand generated requests for each operation."""
    report, said = asked(served, 1000, 4 * 3600 - 60)
    check(served, report, said, 20_000)
