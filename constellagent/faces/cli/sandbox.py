"""`constellagent sandbox verify`: proves an agent's sandbox, line by line."""

from typing import TYPE_CHECKING

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, File, Json
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted

if TYPE_CHECKING:
    from constellagent.runtime.sandbox_views import LineView, SandboxReport

_HEADS = {
    "kept": "must be impossible",
    "works": "must work",
    "shared": "not promised",
}
_WORDS = {"pass": "pass", "fail": "FAIL", "not promised": "open", "nothing to try": "-"}


def verify(agent: Agent, *, file: File = None, as_json: Json = False) -> int:
    """Run a battery of attempts in an agent's sandbox, and show what came of each.

    It runs as a session of the agent, beside the one that works. What it tries harms nothing: it uses names
    of its own, and undoes what succeeds. The exit code is 1 where a line failed, 65 where the agent is
    declared without a sandbox, and 69 where this machine can have none.
    """
    with daemon() as client:
        report = client.sandbox({"file": constellation_file(file), "agent": agent})
    if as_json:
        screen.say_json(report)
    else:
        for text in lines(report):
            screen.say(text)
    return 0 if report["held"] else 1


def lines(report: "SandboxReport") -> list[str]:
    """Return the report as lines."""
    written = []
    for kind, head in _HEADS.items():
        found = [line for line in report["lines"] if line["kind"] == kind]
        written += [f"{head}:", *map(_line, found), ""]
    failed = sum(line["outcome"] == "fail" for line in report["lines"])
    tried = sum(line["outcome"] != "nothing to try" for line in report["lines"])
    how = f"{report['sandbox']}, network: {report['network']}"
    came = (
        f"does NOT hold: {counted(failed, 'line')} failed"
        if failed
        else f"holds: {counted(tried, 'line')} tried"
    )
    return [*written, f"{screen.clean(report['agent'])}: the sandbox ({how}) {came}"]


def _line(line: "LineView") -> str:
    return f"  {_WORDS[line['outcome']]:<4}  {line['name']}: {screen.clean(line['said'])}"
