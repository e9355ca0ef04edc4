"""What is noted of our own texts in a session."""

from pathlib import Path

from constellagent.runtime.delivery.ours import Ours


async def test_the_next_daemon_knows_what_was_left(tmp_path: Path) -> None:
    """It is there for whoever looks next, for nobody else to read, until it was taken."""
    folder = tmp_path / "session"
    folder.mkdir(mode=0o700)
    ours = await Ours.of(folder)
    assert ours.left == ()

    await ours.leave("a text", "what was shown\udce9")

    assert (await Ours.of(folder)).left == ("a text", "what was shown\udce9")
    assert [place.stat().st_mode & 0o777 for place in folder.iterdir()] == [0o600]
    await ours.leave()
    assert (await Ours.of(folder)).left == ()


async def test_a_note_that_is_damaged_or_cannot_be_written_hinders_nothing(tmp_path: Path) -> None:
    """What is not known is taken for a person's."""
    folder = tmp_path / "session"
    folder.mkdir(mode=0o700)
    (folder / "typed.json").write_text("[")
    assert (await Ours.of(folder)).left == ()
    (folder / "typed.json").unlink()
    (folder / "typed.json").mkdir()
    ours = await Ours.of(folder)
    await ours.leave("a text")
    assert ours.left == ("a text",)
