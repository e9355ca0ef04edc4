"""Who waits for a turn hears of it."""

from constellagent.runtime.delivery import Turns


def test_those_who_listen_hear() -> None:
    """Of the session that they listen to, as long as they do."""
    turns = Turns()
    listening = turns.listen("a")
    turns.began("a", "one")
    turns.began("b", "other")
    assert listening.prompts == ["one"]
    assert listening.stirred.is_set()

    listening.close()
    listening.close()
    turns.began("a", "two")

    assert listening.prompts == ["one"]
    assert (turns.newest("a"), turns.newest("c")) == ("two", None)


def test_what_ended_is_forgotten() -> None:
    """Nothing is kept of a session that is gone."""
    turns = Turns()
    turns.began("a", "one")
    turns.forget("a")
    assert turns.newest("a") is None
