"""Mail of an identity: threads, single mails, sending, attachments."""

from collections.abc import Mapping, Sequence
from typing import Any

from constellagent.ravi.client.transport import Transport, segment
from constellagent.ravi.wires.answers_mail import Mail, Thread, ThreadDetail, Upload


class Mailbox:
    """The mail of one identity."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def threads(self, *, unread: bool = False) -> list[Thread]:
        """Return the conversations, newest first; with `unread` only those with unread mail."""
        params = self._scope | ({"has_unread": "true"} if unread else {})
        return await self._transport.rows(Thread, "/email-inbox/", params=params)

    async def thread(self, thread: str) -> ThreadDetail:
        """Return one conversation with its mails, oldest first; marks nothing as read.

        Raises:
            MissingError: the identity has no such conversation.
        """
        path = f"/email-inbox/{segment(thread)}/"
        return await self._transport.one(ThreadDetail, "GET", path, params=self._scope)

    async def messages(
        self, *, unread: bool = False, incoming: bool = False, thread: str | None = None
    ) -> list[Mail]:
        """Return single mails in the provider's order."""
        params = dict(self._scope)
        if unread:
            params["is_read"] = "false"
        if incoming:
            params["direction"] = "incoming"
        if thread is not None:
            params["thread_id"] = thread
        return await self._transport.rows(Mail, "/email-messages/", params=params)

    async def message(self, message: int | str) -> Mail:
        """Return one mail, by its id or by its Message-ID.

        Raises:
            MissingError: the identity has no such mail.
        """
        return await self._transport.one(Mail, "GET", _path(message), params=self._scope)

    async def send(
        self,
        to: str,
        subject: str,
        content: str,
        *,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        attachments: Sequence[str] = (),
    ) -> Mail:
        """Send a new mail. `content` is text or HTML; `attachments` are ids that `attach` returned.

        Raises:
            InDoubtError: nobody knows whether it was sent.
        """
        body = {"to_email": to, "subject": subject, **_content(content, cc, bcc, attachments)}
        return await self._post("/email-messages/compose/", body)

    async def reply(
        self,
        message: int | str,
        content: str,
        *,
        everybody: bool = False,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        attachments: Sequence[str] = (),
    ) -> Mail:
        """Answer a mail: to its sender, or to `everybody` who got it.

        Raises:
            InDoubtError: nobody knows whether it was sent.
        """
        verb = "reply-all" if everybody else "reply"
        return await self._post(f"{_path(message)}{verb}/", _content(content, cc, bcc, attachments))

    async def forward(
        self,
        message: int | str,
        to: str,
        content: str,
        *,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        attachments: Sequence[str] = (),
    ) -> Mail:
        """Pass a mail on, with `content` above it.

        Raises:
            InDoubtError: nobody knows whether it was sent.
        """
        body = {"to_email": to, **_content(content, cc, bcc, attachments)}
        return await self._post(f"{_path(message)}forward/", body)

    async def mark_read(self, message: int | str, *, read: bool = True) -> Mail:
        """Mark a mail as read, or as unread again."""
        return await self._transport.one(
            Mail, "PATCH", _path(message), params=self._scope, body={"is_read": read}
        )

    async def attach(self, filename: str, content_type: str, data: bytes) -> str:
        """Hand in a file for a mail that is to be sent, and return its id for `attachments`.

        Raises:
            ConstellagentError: the provider refuses it, as too large.
        """
        body = {"filename": filename, "content_type": content_type, "size": len(data)}
        upload = await self._transport.one(
            Upload, "POST", "/email-attachments/presign/", params=self._scope, body=body
        )
        await self._transport.put(upload.upload_url, data, content_type)
        return upload.uuid

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mail:
        return await self._transport.one(Mail, "POST", path, params=self._scope, body=body)


def _path(message: int | str) -> str:
    return f"/email-messages/{segment(str(message))}/"


def _content(
    content: str, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[str]
) -> dict[str, Any]:
    lists = {"cc": list(cc), "bcc": list(bcc), "attachment_uuids": list(attachments)}
    return {"content": content, **{name: value for name, value in lists.items() if value}}
