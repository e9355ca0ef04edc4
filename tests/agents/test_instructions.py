"""What a session is told of itself."""

from constellagent.agents.instructions import Self, instructions

WHOLE = Self("docs", "acme", "agents/docs", "docs@acme.test", "+12025550100", "you@example.com", tools=True)


def test_an_agent_is_told_who_it_is() -> None:
    """Its address, number, how it reads its mail, where its vault is, and whom it works for."""
    text = instructions(WHOLE, "Run the tests before you commit.\n")

    for word in ("`docs`", "`agents/docs`", "docs@acme.test", "+12025550100", "`ravi inbox email --unread`"):
        assert word in text
    for word in ("vault", "ravi_*", "you@example.com", "Run the tests before you commit."):
        assert word in text
    assert text.endswith("commit.\n")


def test_an_agent_without_an_identity_is_told_of_none() -> None:
    """No mail, no number, no vault; where it works is said all the same."""
    text = instructions(Self("docs", "acme", "agents/docs"))

    assert "agents/docs" in text
    assert "ravi" not in text
    assert "mail" not in text


def test_what_is_not_there_is_not_named() -> None:
    """An identity without a number hears nothing of texts to it."""
    text = instructions(Self("docs", "acme", "agents/docs", "docs@acme.test"))

    assert "ravi inbox sms" not in text
    assert "ravi_*" not in text
    assert "owner" not in text
