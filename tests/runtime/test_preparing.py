"""What is there before a session's program starts."""

import stat
import sys
from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.ports import Talk
from constellagent.runtime.store.conversations import ConversationRows
from tests.runtime.sessions_rig import Rig

TALK = Talk("docs", "claude", "talk-1", "/w/docs", prompt="p")


async def test_the_files_are_there_when_the_program_starts(rig: Rig, tmp_path: Path) -> None:
    """Private to the user, below the session's folder; a seed sees what was there and writes the rest."""
    place = tmp_path / "profile" / "settings.json"
    seen: list[str | None] = []

    def seed(text: str | None) -> str:
        seen.append(text)
        return (text or "") + "x"

    show = "import glob,sys; print(open(glob.glob(sys.argv[1] + '/*/agent/deep/hello.txt')[0]).read())"
    files = {"agent/deep/hello.txt": "for the program"}
    sessions = str(rig.settings.paths.sessions)
    for _ in range(2):
        row = await rig.start(sys.executable, "-c", show, sessions, files=files, seeds={place: seed})
        await rig.until_ended(row.id)
        assert b"for the program" in rig.output(row.id)
        await rig.registry.discard(row.id)

    assert seen == [None, "x"]
    assert place.read_text() == "xx"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


async def test_the_conversation_is_written_down_first(rig: Rig) -> None:
    """Also where the program cannot be started; and nobody else is in it while the session lives."""
    row = await rig.start(talk=TALK)
    rows = ConversationRows(rig.database)

    known = await rows.of(row.id)
    assert known is not None
    assert (known.id, known.agent, known.role, known.worktree) == ("talk-1", "docs", "agent", "/w/docs")
    with pytest.raises(ConflictError, match="in this conversation"):
        await rig.start(subject="more", talk=TALK)
    assert [live.id for live in await rig.rows.live()] == [row.id]
