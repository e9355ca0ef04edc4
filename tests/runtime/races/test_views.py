"""How races look to faces."""

from constellagent.runtime.races.measuring import Measure
from constellagent.runtime.races.views import overlaps
from constellagent.runtime.store.races import RaceRun
from tests.runtime.races.track import Track, of


def made(*paths: str, whole: bool = True) -> Measure:
    """Return what an agent made that changed these files."""
    return Measure(1, len(paths), 0, 0, 0, frozenset(paths), whole)


def test_overlaps_name_files_and_those_of_whom_not_all_is_known() -> None:
    """Files by path, agents in the order of the race; one that cannot be looked at changed nothing known."""
    runs = [RaceRun(name, "1", name, "", "") for name in ("ada", "bob", "cat", "dan")]
    found = [made("x", "y", whole=False), made("y", "z"), made("z", "y"), None]

    assert overlaps(runs, found) == [
        {"path": "", "agents": ["ada"]},
        {"path": "y", "agents": ["ada", "bob", "cat"]},
        {"path": "z", "agents": ["bob", "cat"]},
    ]


async def test_a_coding_agents_own_word_is_shown(track: Track) -> None:
    """Its answer, what it used and what it was denied stand beside what it changed."""
    told = (
        '{"type":"result","subtype":"success","is_error":false,"result":"All done.","total_cost_usd":0.5,'
        '"usage":{"input_tokens":7,"output_tokens":5},"permission_denials":[{"tool_name":"Write"}]}'
    )
    program = track.lab.repo.parent / "claude"
    program.write_text(f"#!/bin/sh\ncat > /dev/null; echo x > x; echo '{told}'\n")
    program.chmod(0o755)
    track.lab.declare(
        f"  ada: {{kind: claude, command: ['{program}'], autostart: false}}\n"
        "  bob: {shell: 'true', autostart: false}\n"
    )
    await track.lab.apply()

    view = await track.whole("ada", "bob")

    ada, bob = of(view, "ada"), of(view, "bob")
    assert (ada["state"], ada["answer"]) == ("succeeded", "All done.")
    assert ada["why"] == "was not allowed to: Write"
    assert ada["usage"] == {"input": 7, "output": 5, "cost": 0.5}
    assert (bob["usage"], bob["answer"], bob["why"]) == (None, "", "")
