"""Sessions with an id that was decided beforehand, and removing what is kept of one session."""

import asyncio
from dataclasses import replace

import pytest

from constellagent.errors import ConflictError, WorldError
from tests.runtime.sessions_rig import Rig, row_of_this_boot, until


class TestNamed:
    """Sessions that get their id from whoever starts them."""

    RUN = "ab" * 16

    async def test_it_starts_once_however_often_it_is_asked_for(self, rig: Rig) -> None:
        """While it lives and after its end a second start is refused, and leaves the first as it is."""
        script = ("/bin/sh", "-c", "echo once; read x")
        assert not await rig.registry.begun(self.RUN)
        row = await rig.start(*script, role="run", session=self.RUN)
        assert (row.id, row.live) == (self.RUN, True)

        for _ in range(2):
            assert await rig.registry.begun(self.RUN)
            with pytest.raises(ConflictError, match=f"session {self.RUN} was started before"):
                await rig.start(*script, role="run", session=self.RUN)
            await rig.registry.stop(self.RUN)

        assert rig.output(self.RUN).count(b"once") == 1
        assert len(await rig.rows.ended()) == 1

    async def test_of_two_starts_at_once_one_runs(self, rig: Rig) -> None:
        """Whichever way they race, the program runs once."""
        script = ("/bin/sh", "-c", "echo once; read x")
        starts = (rig.start(*script, role="run", session=self.RUN) for _ in range(4))

        results = await asyncio.gather(*starts, return_exceptions=True)

        await until(lambda: b"once" in rig.output(self.RUN), "output")
        assert sum(isinstance(result, ConflictError | WorldError) for result in results) == 3
        assert rig.output(self.RUN).count(b"once") == 1
        assert rig.registry.trouble(self.RUN) == ""

    async def test_one_that_never_began_is_started_again(self, rig: Rig) -> None:
        """What a daemon wrote down before it died is no start: only the holder's mark is."""
        dead = replace(row_of_this_boot(), id=self.RUN, role="run", ended_at=2.0, ended_by="lost")
        await rig.rows.add(dead)

        row = await rig.start("/bin/sh", "-c", "read x", role="run", session=self.RUN)

        assert row.live
        assert len(await rig.rows.live()) == 1

    async def test_one_that_failed_to_start_is_not_tried_again(self, rig: Rig) -> None:
        """Once its program was about to run, the session is used up."""
        for reason in ("command not found", "was started before"):
            with pytest.raises((ConflictError, WorldError), match=reason):
                await rig.start("no-such-program", role="run", session=self.RUN)

    async def test_what_cannot_be_looked_at_is_not_started(self, rig: Rig) -> None:
        """Nobody can say whether it was begun, so it is not begun."""
        rig.folder(self.RUN).symlink_to(rig.folder(self.RUN))

        with pytest.raises(WorldError, match=f"cannot look at session {self.RUN}"):
            await rig.start(role="run", session=self.RUN)
        rig.folder(self.RUN).unlink()


class TestDiscard:
    """Removing what is kept of one session."""

    async def test_an_ended_session_goes_with_its_row(self, rig: Rig) -> None:
        """Output, mark and row; doing it again is harmless, also where there was only a mark."""
        row = await rig.start("/bin/true", role="run")
        await rig.until_ended(row.id)
        marked = rig.folder("cd" * 16)
        marked.mkdir()
        (marked / "started").touch()

        for session in (row.id, row.id, marked.name):
            await rig.registry.discard(session)

        assert not rig.folder(row.id).exists()
        assert not marked.exists()
        assert await rig.rows.get(row.id) is None

    async def test_a_live_session_stays(self, rig: Rig) -> None:
        """It is refused, and goes on."""
        row = await rig.start()

        with pytest.raises(ConflictError, match="has not ended"):
            await rig.registry.discard(row.id)

        assert (await rig.row(row.id)).live
        assert rig.folder(row.id).is_dir()
