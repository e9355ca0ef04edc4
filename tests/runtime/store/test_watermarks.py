"""Up to where each mailbox is decided."""

from constellagent.runtime.store.database import Database
from constellagent.runtime.store.watermarks import Watermarks


async def test_a_mark_is_what_was_written_last(database: Database) -> None:
    """Each constellation and identity has its own, which may also go back."""
    marks = Watermarks(database)
    assert await marks.get("c", "u") is None
    await marks.put("c", "u", 7)
    await marks.put("c", "v", 1)
    await marks.put("d", "u", 2)
    await marks.put("c", "u", 5)
    assert [await marks.get(*key) for key in (("c", "u"), ("c", "v"), ("d", "u"))] == [5, 1, 2]


async def test_marks_that_nobody_needs_are_forgotten(database: Database) -> None:
    """Of one constellation only, whatever the identities are called."""
    marks = Watermarks(database)
    for constellation in ("c", "d"):
        for identity in ("u", "v", "w' OR 1"):
            await marks.put(constellation, identity, 1)
    await marks.keep("c", {"v", "never watched"})
    assert [await marks.get("c", identity) for identity in ("u", "v", "w' OR 1")] == [None, 1, None]
    assert await marks.get("d", "u") == 1
    await marks.keep("c", ())
    assert await marks.get("c", "v") is None
