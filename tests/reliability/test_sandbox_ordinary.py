"""A sandboxed agent of an ordinary user, from the first apply to the end: nothing needs root."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.place import refused
from tests.reliability.lab import git, wait_for
from tests.reliability.sandbox_house import House

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else"),
    pytest.mark.timeout(300),
]

FILE = """\
agents:
  docs:
    shell: 'if [ -n "$CONSTELLAGENT_PROMPT" ]; then ravi get email; id -u; else exec bash --norc -i; fi'
    stop_grace: 1s
    setup: [[sh, -c, 'id -u > setup.txt']]
    sandbox: {kind: bwrap, network: none, memory: 512MiB, processes: 200}
    schedules:
      nightly: {cron: "0 3 * * *", prompt: Work., workspace: fresh}
"""


@pytest.fixture
def house() -> Iterator[House]:
    """A house of an ordinary user, with a daemon and the agent `docs`."""
    with House(ordinary=True) as place:
        place.up()
        place.write(FILE)
        place._own()
        yield place


def test_all_of_a_life_works_for_an_ordinary_user(house: House) -> None:
    """Setup, terminal, identity without a network, git inside and outside, a run, a stop, the removal."""
    assert "memory and processes cannot be limited here" in "\n".join(house.lines())
    house.run("apply", "--yes")
    tree = house.tree_of()
    assert (tree / "setup.txt").read_text() == f"{house.user}\n"
    assert house.view()["sandbox"] == "bwrap without a network"

    said = json.loads(typed(house, "ravi get email > a; mv a address.txt", "address.txt"))
    assert said["email"].startswith("docs@")
    commit = "git add address.txt; git commit -qm inside; echo $? > b; mv b done.txt"
    assert typed(house, commit, "done.txt") == "0\n"
    assert newest(house) == "docs inside"

    assert "done.txt" in house.run("diff", "docs").stdout
    house.run("stage", "docs", "done.txt")
    house.run("commit", "docs", "-m", "outside")
    assert newest(house) == "docs outside"

    ran = house.run("schedule", "run", "docs/nightly").stdout
    assert said["email"] in ran
    assert f"{house.user}" in ran

    house.run("stop", "docs")
    wait_for(lambda: house.view()["state"] == "stopped", "the stop")
    refused(house.run("destroy", "docs", "--yes", check=3), "untracked")
    house.run("destroy", "docs", "--yes", "--force")
    assert not tree.exists()


def newest(house: House) -> str:
    """Return who made the newest commit of the agent's branch, and what it is called."""
    return git(
        house.repo, "-c", f"safe.directory={house.repo}", "log", "-1", "--format=%an %s", "agents/docs"
    ).strip()


def typed(house: House, line: str, file: str) -> str:
    """Type a line into the agent's terminal, and return what is in the file that it makes."""
    house.run("send", "docs", line)
    return house.waits_for(house.tree_of() / file)
