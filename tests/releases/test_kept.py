"""What must be kept of each release, so that the next one can be tried on it."""

import sys
import zipfile
from pathlib import Path

import pytest

from constellagent.ravi.local import schema as provider_schema
from constellagent.runtime.holder import protocol
from constellagent.runtime.store import schema as state_schema
from tests.releases import holders
from tests.releases.keep import AGENTS, keep
from tests.releases.place import DATABASES, KEPT, Place, facts_of, names, version_of

NOW = {
    "state": len(state_schema.MIGRATIONS),
    "provider": len(provider_schema.MIGRATIONS),
}


def missing(now: dict[str, int], kept: list[dict[str, int]]) -> list[str]:
    """Return which states should have been kept: that of today's versions, and of the ones just before."""
    found = {(versions["state"], versions["provider"]) for versions in kept}
    return (
        []
        if (now["state"], now["provider"]) in found
        else [f"state {now['state']}, provider {now['provider']}"]
    )


def test_the_state_of_every_version_is_kept() -> None:
    """Whoever changes a table keeps what was written before, and what is written now.

    Run `python -m tests.releases.keep` before the change for the version before, and after it for the new
    one; a state of a version that was kept is never made again by a later release.
    """
    kept = [version_of(name) for name in names()]

    assert missing(NOW, kept) == [], "run `python -m tests.releases.keep`"
    assert missing({"state": NOW["state"] + 1, "provider": NOW["provider"]}, kept)
    assert max(versions["state"] for versions in kept) <= NOW["state"]
    assert len({tuple(versions.values()) for versions in kept}) == len(kept)


def test_a_holder_of_every_protocol_is_kept() -> None:
    """Sessions outlive releases, so a holder of each protocol is kept with the state of its release."""
    kept = {version_of(name)["protocol"] for name in names()}

    assert kept == set(range(1, protocol.VERSION + 1))


@pytest.mark.parametrize("name", names())
def test_what_is_kept_is_complete(name: str) -> None:
    """Each kept state has its databases, files, repository, facts and holder; and names no other place."""
    folder = KEPT / name

    expected = {
        "facts.json",
        "files.json",
        "holder.zip",
        "repo.export",
        *(f"{short}.sql" for short in DATABASES),
    }
    assert {path.name for path in folder.iterdir()} == expected
    assert set(facts_of(name)["status"]) == set(AGENTS)
    with zipfile.ZipFile(folder / "holder.zip") as archive:
        assert holders.MAIN in archive.namelist()
    text = "".join(path.read_text() for path in folder.iterdir() if path.suffix != ".zip")
    assert sys.prefix not in text
    assert str(Path.home()) + "/" not in text


@pytest.mark.long
def test_todays_state_can_be_kept_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that keeps a state works, and what it keeps is a state that runs."""
    monkeypatch.setattr("tests.releases.place.KEPT", tmp_path)

    folder = keep(None, "now")

    assert folder == tmp_path / "now"
    with Place(agents=0) as place:
        facts = place.restore("now")
        assert facts["versions"] == NOW | {"protocol": protocol.VERSION}
        place.run("apply")
        place.run("plan", "--detailed-exitcode")
