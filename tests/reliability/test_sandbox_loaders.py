"""A library that an agent leaves where its own variables have a loader look for one."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.lab import git, wait_for
from tests.reliability.sandbox_house import House

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler"),
    pytest.mark.timeout(240),
]

LIBRARY = """
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void begin(void) {
    const char *places[] = {"%s", "%s"};
    for (int n = 0; n < 2; n++) {
        int fd = open(places[n], O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd >= 0) { (void)!write(fd, "loaded\\n", 7); close(fd); }
    }
}
"""
AGENTS = """
agents:
  docs:
    command: [sleep, '600']
    env: {set: {LD_PRELOAD: ./left.so}}
    sandbox: bwrap
    setup: [SETUP]
"""


@pytest.fixture
def house() -> Iterator[House]:
    """A house with a daemon."""
    with House() as place:
        place.up()
        yield place


def test_it_is_loaded_inside_alone(house: House) -> None:
    """No session, run or setup step loads it outside of the sandbox; inside it is the agent's own affair."""
    house.write(AGENTS.replace("SETUP", ""))
    house.run("apply", "--yes")
    tree, outside = house.tree_of(), house.folder / "outside"
    leave(tree, outside)
    house.run("restart", "docs")
    wait_for((tree / "loaded").exists, "the session to load it")
    for words in ((), ("--timeout", "1m")):  # which a process of ours judges
        (tree / "loaded").unlink()
        house.run("run", "docs", *words, "--", "true")
        assert (tree / "loaded").exists()
    git(tree, "add", "-f", "left.so")
    git(tree, "commit", "-qm", "left")
    house.run("destroy", "--force", "--yes")
    house.write(AGENTS.replace("SETUP", "['true']").replace("sleep, '600'", "'true'"))
    house.run("apply", "--yes")
    assert (tree / "loaded").exists()
    assert not outside.exists()


def leave(tree: Path, outside: Path) -> None:
    """Put a library into a worktree that writes wherever it may; without a sandbox it does."""
    source = tree / "left.c"
    source.write_text(LIBRARY % (tree / "loaded", outside))
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "left.so", "left.c"], cwd=tree, check=True)
    subprocess.run(["/bin/true"], env={"LD_PRELOAD": str(tree / "left.so")}, check=True)
    (tree / "loaded").unlink()
    outside.unlink()
