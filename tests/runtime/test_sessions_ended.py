"""An end is told by whoever recorded it, whatever fails right after that."""

import pytest

from constellagent.errors import WorldError
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.sessions_rig import Rig, until


async def test_an_end_is_told_though_nothing_can_be_read_afterwards(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row comes with the end: a look that fails after it does not make the end somebody else's."""
    row = await rig.start("/bin/sh", "-c", "read x; exit 3")
    end, get = rig.rows.end, rig.rows.get

    async def broken(_: str) -> None:
        monkeypatch.setattr(rig.rows, "get", get)
        raise WorldError("the disk cannot be read")

    async def last_word(*args: object, **named: object) -> SessionRow | None:
        ended = await end(*args, **named)  # type: ignore[arg-type] # passed on as it came
        monkeypatch.setattr(rig.rows, "get", broken)
        return ended

    monkeypatch.setattr(rig.rows, "end", last_word)  # a disk that fails between two looks cannot be had
    await rig.registry.send(row.id, b"\n")
    await until(lambda: rig.ends, "the end")

    (told,) = rig.ends
    assert (told.id, told.exit_status, told.live) == (row.id, 3, False)
