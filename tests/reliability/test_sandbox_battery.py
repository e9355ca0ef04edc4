"""The battery of a sandbox: every line is first seen to fail where there is none, and then holds in one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.sandbox import places, scope
from constellagent.runtime.sandbox.battery_program.every import LINES
from tests.reliability.housed_daemon import MUTATIONS
from tests.reliability.sandbox_house import House

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.timeout(300),
]

ROOT_ONLY = {
    "make a device of a disk",
    "open disks and the kernel's memory",
    "open files by their number",
    "change settings of the kernel",
    "leave the control group",
    "write to the system",
}
"""What an ordinary user may not do without a sandbox either, on most machines."""
SCOPED = "reach abstract sockets with the machine's network"
"""What only kernels since 6.12 hinder."""

ONLY_WITH = {
    "host": {"reach the network as declared", SCOPED},
    "none": {"reach the network without one", "reach abstract sockets without a network"},
}
"""Lines that are for one kind of network."""

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def house() -> Iterator[House]:
    """A house of who runs the tests."""
    with House() as place:
        yield place


@pytest.fixture
def ordinary() -> Iterator[House]:
    """A house of an ordinary user."""
    with House(ordinary=True) as place:
        yield place


def listen(house: House) -> None:
    """Have services listen in each kind of place."""
    house.listen(house.person / ".gnupg" / "S.agent")
    house.listen(house.person / "plain.sock")
    house.listen(Path(f"\0{house.folder.name}"))
    house.listen(Path("/tmp", f"{house.folder.name}.sock"))
    if house.user == 0:
        house.listen(Path("/run", f"{house.folder.name}.sock"))


def expected(network: str) -> dict[str, str]:
    """Return every line that there is something to try for, with its kind."""
    away = ONLY_WITH["none" if network == "host" else "host"]
    return {name: line.kind for name, line in LINES.items() if name not in away}


def prove(house: House, network: str) -> None:
    """See each line fail without the sandbox, and hold in it."""
    house.up(bare=True)
    house.settle(network)
    listen(house)
    control = house.verify()
    wanted = expected(network)
    weak = ROOT_ONLY if house.user else set()

    for name, kind in wanted.items():
        line = control[name]
        if kind == "kept":
            good = {"pass", "fail"} if name in weak else {"fail"}
            assert line["outcome"] in good, f"{name} without: {line}"
        else:
            assert line["outcome"] in {"pass", "not promised"}, f"{name} without: {line}"
    assert_all_reached(house, control["read keys, logins and histories"])

    house.up()
    for name, line in house.verify().items():
        if name in wanted:
            good = {"kept": {"pass"}, "works": {"pass"}, "shared": {"not promised", "pass"}}[wanted[name]]
            if name == SCOPED and scope.able():
                good = {"pass"}
            assert line["outcome"] in good, f"{name} within: {line}"
        else:
            assert line["outcome"] == "nothing to try", line
    assert house.report["held"]
    assert house.report["lines"][0].keys() == control["read the database"].keys()


def assert_all_reached(house: House, line: dict[str, object]) -> None:
    """Every planted secret was read, none was left out."""
    reached = line["reached"]
    assert isinstance(reached, list)
    missed = {str(house.person / name) for name in places.HIDDEN} - set(reached)
    assert not missed


def test_every_line_fails_without_a_sandbox_and_holds_in_one(house: House) -> None:
    """An agent without a network reaches nothing of what it reaches without a sandbox, and works."""
    prove(house, "none")


@pytest.mark.long
def test_every_line_holds_with_the_machine_s_network(house: House) -> None:
    """With the machine's network the same holds, but for what belongs to the network."""
    prove(house, "host")


@pytest.mark.long
@as_root
@pytest.mark.parametrize("network", ["host", "none"])
def test_every_line_holds_for_an_ordinary_user(ordinary: House, network: str) -> None:
    """Who is not root has the same sandbox."""
    prove(ordinary, network)


MISSED = {
    "processes": {"see processes outside", "signal processes outside"},
    "rights": {"uncover the state by unmounting"},
    "state": {"read the database", "reach the daemon and other sessions", "read other agents' profiles"},
    "read-only": {"write to the home folder", "write to the main checkout"},
    "worktrees": {"read other agents' worktrees", "list the worktrees of all constellations"},
    "person": {"read keys, logins and histories"},
    "temporary": {"read temporary files of others", "reach service sockets"},
    "pointer": {"change the worktree's .git"},
    "guarded": {"change the worktree's commondir", "change the worktree's locked"},
    "repository": {"change the repository's configuration", "add hooks", "configure git by its command"},
    "sealed": {"change settings of the kernel"},
    "devices": {"open disks and the kernel's memory"},
    "network": {"reach the network without one"},
}
"""Lines that fail where a protection is left out; there may be more."""
ROOTS = {"rights", "sealed", "devices"}
"""Protections that nobody but root needs."""


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[as_root] if name in ROOTS else []) for name in MUTATIONS]
)
def test_a_protection_that_is_left_out_is_missed(house: House, name: str) -> None:
    """The battery fails where any part of the sandbox is not there."""
    house.up(without=name)
    house.settle("none")
    listen(house)

    found = house.verify(check=1)

    failed = {line for line, told in found.items() if told["outcome"] == "fail"}
    missed = {wanted for wanted in MISSED[name] if not any(line.startswith(wanted) for line in failed)}
    assert not missed, (missed, failed)
    assert not house.report["held"]


def test_every_protection_has_lines_that_miss_it() -> None:
    """No protection can be left out on trial without saying what notices."""
    assert MISSED.keys() == MUTATIONS.keys()
    assert all(any(line.startswith(name) for line in LINES) for names in MISSED.values() for name in names)
