"""What a person is told of the agents' programs beside the plan."""

from pathlib import Path
from typing import Any, cast

from constellagent.runtime.control import PlanRequest
from constellagent.runtime.remarks import NO_PROGRAM
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

FLEET = """
  one: {kind: codex, options: {allow: [x]}, identity: false}
  two: {kind: claude, shell: 'true', options: {permissions: read}, identity: false}
"""


async def lines(lab: Working, **more: Any) -> list[str]:
    """Return the lines of the plan that are no steps."""
    request = {"file": lab.file, "env_names": ["PATH"], "path": "/nowhere", **more}
    reply = await lab.daemon.plan(cast("PlanRequest", request))
    return [line for line in reply["lines"] if line.startswith("~")]


async def test_a_person_is_told_before_an_apply(home: Settings, tmp_path: Path) -> None:
    """What is not installed, and what nobody will keep, for those who are asked about."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(FLEET)

        assert await lines(lab) == [
            "~ one: codex has no way to heed `options.allow`",
            f"~ one: {NO_PROGRAM}",
            "~ two: a shell line gets none of `options:` (permissions); give it words of its own",
        ]
        assert len(await lines(lab, agents=["two"])) == 1
        assert await lines(lab, destroy=True) == []


async def test_an_apply_says_it_too(home: Settings, tmp_path: Path) -> None:
    """As a warning; the apply goes on."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(
            "  two: {kind: claude, shell: sleep 100, options: {permissions: read}, identity: false}\n"
        )

        result = await lab.apply()

        assert result["exit_code"] == 0
        warned = [event["text"] for event in lab.events if event["level"] == "warning"]
        assert any("none of `options:` (permissions)" in text for text in warned)
