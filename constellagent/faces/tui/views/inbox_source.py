"""What the view of an inbox asks the daemon for, as a person: each question is a line of the audit."""

from typing import Literal

from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.views.messages import MailRow, TextRow, is_text, key, letter, talk
from constellagent.faces.tui.words import Fragments
from constellagent.runtime.identity_views import CodeView, IdentityRequest

_CODE_AGE = 3600.0
"""Seconds after which a one-time code is not shown any more."""


class InboxSource:
    """Asks about the identities of agents."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck

    def address(self, agent: AgentId) -> str | None:
        """Return where an agent gets mail, and its number; None where it has no identity."""
        view = self._deck.fleet.agent(agent)
        if view is None or not view["address"]:
            return None
        return f"{view['address']}  {view['phone']}" if view["phone"] else view["address"]

    def news(self, agent: AgentId) -> object:
        """Return something that differs once something has come, was read, or the daemon is back."""
        fleet = self._deck.fleet
        view = fleet.agent(agent)
        unread = None if view is None else (view.get("unread_mail"), view.get("unread_texts"))
        came = [
            event["at"]
            for event in fleet.events
            if event["kind"] in {"mail", "text"}
            and (event["file"], event["subject"]) == (agent.file, agent.name)
        ]
        return unread, len(came), came[-1:], fleet.connected, self.address(agent)

    async def conversations(self, agent: AgentId) -> list[MailRow | TextRow]:
        """Return all conversations, unread ones first, then by time, newest first."""
        view = self._deck.fleet.agent(agent)
        mails: list[MailRow] = await self._deck.control.identity(_request(agent, "inbox"))
        texts: list[TextRow] = []
        if view is not None and view["phone"] is not None:
            texts = await self._deck.control.identity(_request(agent, "sms"))
        rows: list[MailRow | TextRow] = [*mails, *texts]
        rows.sort(key=lambda row: row["at"], reverse=True)
        rows.sort(key=lambda row: row["unread"] == 0)
        return rows

    async def read(self, agent: AgentId, row: MailRow | TextRow) -> list[Fragments]:
        """Return a conversation in full, oldest first."""
        if is_text(row):
            request = _request(agent, "conversation")
            request["conversation"] = key(row)
            return talk(await self._deck.control.identity(request))
        request = _request(agent, "thread")
        request["thread"] = key(row)
        return letter(await self._deck.control.identity(request))

    async def code(self, agent: AgentId) -> CodeView | None:
        """Return the newest one-time code of the last hour, None where none came."""
        request = _request(agent, "otp")
        request["max_age"] = _CODE_AGE
        found: list[CodeView] = await self._deck.control.identity(request)
        return found[0] if found else None


def _request(
    agent: AgentId, action: Literal["inbox", "sms", "thread", "conversation", "otp"]
) -> IdentityRequest:
    return IdentityRequest(file=agent.file, agent=agent.name, action=action)
