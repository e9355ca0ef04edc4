"""Runs that are typed into the live session of their agent."""

import pytest

from constellagent.errors import ConflictError, ConstellagentError, WorldError
from constellagent.runtime.delivery import pasting
from constellagent.runtime.holder import marker
from constellagent.runtime.scheduler.runner import Started
from tests.runtime.runs.rig import Lab
from tests.runtime.sessions_rig import until


class TestResident:
    """The prompt is typed into the agent's live session."""

    LISTENER = "  docs: {command: [sh, -c, 'while read -r x; do echo \"got <$x>\"; done'], schedules: %s}\n"
    SCHEDULES = "{nightly: {cron: '0 9 * * *', workspace: resident, prompt: Look again.}}"

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pause just long enough, and have patience with a shell that has only just been started."""
        monkeypatch.setattr(pasting, "PAUSE", 0.01)
        for patience in ("READ_WITHIN", "SHOWN_WITHIN", "TAKEN_WITHIN"):
            monkeypatch.setattr(pasting, patience, 30.0)

    async def test_the_live_session_gets_the_prompt_once(self, lab: Lab) -> None:
        """It arrives, the run has succeeded with that, and no second start types it again."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        fire = await lab.fire("docs/nightly")

        started = await lab.start(fire)

        assert started == Started("succeeded", "delivered to the live session")
        (session,) = await lab.registry.live()

        def arrived() -> int:
            return lab.printed(session.id).count("got <Look again.>")

        await until(arrived, "the prompt")
        assert await lab.registry.begun(fire.run)
        with pytest.raises(ConflictError, match="may have been delivered before"):
            await lab.start(fire)
        assert arrived() == 1

    async def test_a_session_that_does_not_read_is_told_of(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was typed is never typed again, but the ledger says that nobody was seen to take it."""
        monkeypatch.setattr(pasting, "TAKEN_WITHIN", 0.05)
        lab.declare("  docs: {command: [sleep, '1000'], schedules: %s}\n" % self.SCHEDULES)  # noqa: UP031 - braces
        await lab.apply()

        started = await lab.start(await lab.fire("docs/nightly"))

        assert (started.state, "did not show that it took it" in started.why) == ("succeeded", True)

    async def test_its_report_attributes_nothing(self, lab: Lab) -> None:
        """What the session did meanwhile is not the run's: there are no commits, and no counts."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.start(fire)

        row = await lab.end(fire)

        assert (row.report["commits"], "did" in row.report) == ([], False)

    async def test_without_a_live_session_it_fails_and_may_be_tried_again(self, lab: Lab) -> None:
        """The error says how to start the agent; nothing is marked as begun."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        (session,) = await lab.registry.live()
        await lab.registry.stop(session.id)
        fire = await lab.fire("docs/nightly")

        with pytest.raises(ConflictError, match="docs does not run") as caught:
            await lab.start(fire)

        assert caught.value.hint == "`constellagent restart docs` starts it"
        assert not await lab.registry.begun(fire.run)

    async def test_what_may_have_been_typed_is_not_typed_again(self, lab: Lab) -> None:
        """A daemon that died after its mark leaves the question open, and the next one does not repeat."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        folder = lab.registry.folder(fire.run)
        folder.mkdir(mode=0o700)
        assert marker.begin(str(folder), 1, "")

        with pytest.raises(ConflictError, match="may have been delivered before"):
            await lab.start(fire)

    async def test_without_the_mark_nothing_is_typed(self, lab: Lab) -> None:
        """A state folder that cannot be written to keeps the prompt back."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        (session,) = await lab.registry.live()
        fire = await lab.fire("docs/nightly")
        lab.registry.folder(fire.run).symlink_to("/dev/full")

        with pytest.raises(ConstellagentError, match="is not a folder that only you can write to"):
            await lab.start(fire)

        assert lab.printed(session.id) == ""

    async def test_a_full_disk_keeps_the_prompt_back(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error says that it cannot be written, and the next try may work."""
        lab.declare(self.LISTENER % self.SCHEDULES)
        await lab.apply()
        (session,) = await lab.registry.live()
        fire = await lab.fire("docs/nightly")

        def full(*_: object) -> bool:
            """Do as a disk without space does; there is none to be had here."""
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(marker, "begin", full)
            with pytest.raises(WorldError, match="No space left on device"):
                await lab.start(fire)
        assert lab.printed(session.id) == ""

        assert (await lab.start(fire)).state == "succeeded"
