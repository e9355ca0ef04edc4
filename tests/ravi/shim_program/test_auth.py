"""`ravi auth`, `feedback` and `version` inside a session."""

from tests.ravi.shim_program.running import Agent


async def test_a_session_is_somebody_and_stays_it(ada: Agent) -> None:
    """Nobody logs in or out; each refusal says why."""
    env = {"CONSTELLAGENT_IDENTITY": "ada"}
    status = await ada.run("auth", "status", "--plain", **env)
    assert status.stdout == "ada\n"
    assert "ada already" in await ada.refused("auth", "login", **env)
    assert "its key ends with it" in await ada.refused("auth", "logout")


async def test_nothing_is_sent_to_the_vendor(ada: Agent) -> None:
    """Feedback is refused, and nothing leaves."""
    assert "no session sends" in await ada.refused("feedback", "nice", "--subject", "s")
    assert await ada.json("message", "email") == []


async def test_the_program_is_known(ada: Agent) -> None:
    """It says that it is not the vendor's."""
    assert await ada.json("version") == {"message": "ravi of constellagent"}
