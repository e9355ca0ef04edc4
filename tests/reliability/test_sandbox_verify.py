"""`sandbox verify` for a person: with a session that works and without, and where nothing is to verify."""

import shutil
from collections.abc import Iterator

import pytest

from constellagent.runtime.paths import Paths
from tests.reliability.lab import git
from tests.reliability.sandbox_house import House

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def house() -> Iterator[House]:
    """A house with a daemon."""
    with House() as place:
        place.up()
        yield place


def test_it_is_refused_where_there_is_nothing_to_verify(house: House) -> None:
    """No such agent, none with a sandbox, none with a worktree, no bubblewrap: each says what to do."""
    agents = "{open: {command: [sleep, '600']}, shut: {command: [sleep, '600'], sandbox: bwrap}}"
    house.write(f"agents: {agents}\n")

    none = house.run("sandbox", "verify", "open", check=65)
    unknown = house.run("sandbox", "verify", "opne", check=64)
    unmade = house.run("sandbox", "verify", "shut", check=1)

    assert "agents.open.sandbox: there is no sandbox to verify; declare `sandbox: bwrap`" in none.stderr
    assert "open" in unknown.stderr
    assert "`constellagent apply` makes it" in unmade.stderr
    house.run("apply", "--yes")
    house.up(missing=True)
    missing = house.run("sandbox", "verify", "shut", check=69)
    assert "bubblewrap (bwrap) is not installed" in missing.stderr
    assert "apt install bubblewrap" in missing.stderr


@pytest.mark.long
def test_it_leaves_everything_as_it_was(house: House) -> None:
    """The session that works goes on, nothing is left in its worktree, and none of the agent's is needed."""
    house.settle()
    before, held = house.session(), holdings(house)
    house.verify(check=0)

    assert house.session() == before
    assert holdings(house) == held
    assert list(house.tree_of().glob("constellagent-verify*")) == []
    assert list((house.home / "sandbox").glob("*.json")) == []
    assert not list(house.repo.rglob(".git/**/constellagent-verify*"))
    house.run("stop", "docs")
    house.verify(check=0)
    assert not house.session()["live"]


def holdings(house: House) -> dict[str, bytes]:
    """Return the refs, and every file of the worktree, the profiles and the repository but its objects."""
    folders = (house.repo / ".git", house.tree_of(), Paths(house.home).profiles)
    files = (place for folder in folders for place in folder.rglob("*") if not place.is_dir())
    objects = house.repo / ".git" / "objects"
    found = {str(place): place.read_bytes() for place in files if not place.is_relative_to(objects)}
    return found | {"refs": git(house.repo, "for-each-ref").encode()}
