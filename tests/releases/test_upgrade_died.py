"""The daemon dies while it changes what an older release wrote: the next one has it all, changed once."""

import subprocess
from pathlib import Path

import pytest

from constellagent.failpoints import EXIT, TOLD, VARIABLE, FilePoint
from tests.releases.conftest import Look
from tests.releases.place import DATABASES, FOLDER, Place, names
from tests.releases.test_upgrade import NEWEST, check_identities, check_rest, dumped, versions
from tests.reliability.steps.places import FILES

OLDEST_OF_BOTH = next(name for name in names() if name != names()[0])
"""The oldest state whose provider holds mail, passwords and secrets."""
PLACES = [f"{point}.{file}" for point in FILES if "upgrade" in FILES[point] for file in DATABASES]


def state_to_change(file: str) -> str:
    """Return the oldest kept state in which that file is changed: with mail, where there is one."""
    changed = [name for name in names() if int(name.split("-")[1 + (file == "provider")]) < NEWEST[file]]
    return OLDEST_OF_BOTH if OLDEST_OF_BOTH in changed else changed[0]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("point", PLACES)
def test_a1_death_while_an_older_state_is_changed(place: Place, look: Look, point: str, side: str) -> None:
    """Before and after the copy and the change of each file: nothing is lost, and one whole copy is kept."""
    file = point.rpartition(".")[2]
    facts = place.restore(state_to_change(file))
    before = {short: dumped(place.home / name) for short, name in DATABASES.items()}
    told = FOLDER / "faults"

    process = place.start("daemon", "run", **{VARIABLE: f"{point}:{side}", TOLD: str(told)})
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert process.returncode == EXIT, f"{out}\n{err}"
    assert told.read_text() == f"{point}:{side}\n"
    changed = (point, side) == (f"{FilePoint.MIGRATE}.{file}", "after")
    assert versions(place)[file] == (NEWEST[file] if changed else facts["versions"][file])
    if not changed:
        assert dumped(place.home / DATABASES[file]) == before[file]

    place.run("status")

    assert versions(place) == NEWEST
    for short, name in DATABASES.items():
        found = facts["versions"][short]
        copies = sorted((place.home / name).parent.glob(f"{Path(name).name}.*bak*"))
        assert [copy.name for copy in copies] == [f"{Path(name).name}.v{found}.bak"] * (found < NEWEST[short])
        assert all(dumped(copy) == before[short] for copy in copies)
    check_identities(facts, look)
    check_rest(facts, look)
    look("audit", "verify")
