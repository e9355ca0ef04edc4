"""Rows that survive the daemon."""

from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.web.kept import KeptRows, digest, matching, new_secret

KEYS = frozenset({"id", "hash"})


async def test_rows_come_back(tmp_path: Path) -> None:
    """What was saved is loaded again."""
    kept = KeptRows(tmp_path / "web", "rows.json", KEYS)
    await kept.load()
    kept.rows.append({"id": "1", "hash": digest("x")})
    await kept.save()
    again = KeptRows(tmp_path / "web", "rows.json", KEYS)
    await again.load()
    assert again.rows == kept.rows


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b'[{"id": 1}]', b"[1]", b"\xff", b"[" * 100_000])
async def test_a_damaged_file_lets_nobody_in_and_is_left_alone(tmp_path: Path, data: bytes) -> None:
    """Nothing of it counts, and nothing is written over it: somebody may want to look."""
    (tmp_path / "rows.json").write_bytes(data)
    kept = KeptRows(tmp_path, "rows.json", KEYS)
    await kept.load()
    assert kept.rows == []
    with pytest.raises(ConstellagentError, match="cannot be read"):
        await kept.save()
    assert (tmp_path / "rows.json").read_bytes() == data


async def test_a_note_that_cannot_be_written_is_said_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What only helps fails nobody."""
    (tmp_path / "rows.json").write_bytes(b"{")
    kept = KeptRows(tmp_path, "rows.json", KEYS)
    await kept.load()
    await kept.note("when it was used")
    assert "when it was used was not noted" in caplog.text


def test_a_secret_is_found_by_its_hash_alone() -> None:
    """Only the very secret matches; any text may be tried."""
    secret = new_secret("cst_")
    rows = [{"id": "1", "hash": digest("other")}, {"id": "2", "hash": digest(secret)}]
    assert matching(rows, secret) == rows[1]
    for wrong in ("", secret[:-1], secret + "x", "\udcff"):
        assert matching(rows, wrong) is None
