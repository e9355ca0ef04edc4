"""A mail as its parts, between the bytes of SMTP and the rows of the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a mail, or goes with it."""

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. Addresses are bare and in lower case where a domain allows it; ids are with their `<>`.

    Attributes:
        from_email: bare address of the author.
        from_name: the author's display name, empty where there is none.
        to: bare addresses.
        cc: bare addresses.
        bcc: bare addresses; empty in what was received.
        subject: one line, decoded.
        text: the plain text part, empty where there is none.
        html: the HTML part, empty where there is none.
        message_id: `<...>`, unique; made by us where a sender gave none.
        in_reply_to: `<...>` or empty.
        references: ids, oldest first.
        reply_to: bare addresses that want the answers; empty where the author does.
        attachments: files.
        automatic: it says of itself that a program sent it (RFC 3834), so nothing answers it by itself.
        hops: how many servers it passed, by its Received fields.
    """

    from_email: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    from_name: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    attachments: tuple[Attached, ...] = ()
    automatic: bool = False
    hops: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.text) + len(self.html) + sum(len(file.content) for file in self.attachments)
