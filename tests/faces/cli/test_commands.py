"""The table of commands."""

from constellagent.faces.cli.commands import COMMANDS, GROUPS, find


def test_finds_by_the_first_words() -> None:
    """A command is found by its own words, whatever follows; a group alone is none."""
    assert [found.place for found in (find(["status", "x"]), find(["agent", "add", "x"])) if found] == [
        "status:status",
        "agent:add",
    ]
    assert find(["agent"]) is None
    assert find([]) is None
    assert find(["stat"]) is None


def test_every_group_is_described() -> None:
    """Each command of two words belongs to a described group, and no group is empty."""
    assert {command.words[0] for command in COMMANDS if len(command.words) > 1} == set(GROUPS)
