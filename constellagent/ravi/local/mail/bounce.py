"""The notice that tells a sender that a mail could not be delivered (RFC 3464).

It is kept in the sender's own inbox, in the thread of the mail, and never leaves this machine; a mail that a
program sent by itself gets none, so no two programs can answer each other for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate

from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.parse import new_id
from constellagent.ravi.local.mail.words import write_line

AUTHOR = "mailer-daemon"
"""Who writes notices, at the sender's own domain; nobody reads what is answered."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a recipient gets nothing.

    Attributes:
        address: the recipient.
        status: the enhanced status code (RFC 3463), as `5.1.1`.
        reason: what the server said, or what we say.
    """

    address: str
    status: str
    reason: str


def notice(letter: Letter, sender: str, failures: Sequence[Failure], at: float) -> Letter:
    """Return the notice to `sender` about a letter of theirs, given up at `at` (epoch seconds)."""
    domain = sender.rpartition("@")[2]
    said = "\n".join(f"{failure.address}: {failure.reason} ({failure.status})" for failure in failures)
    return Letter(
        from_email=f"{AUTHOR}@{domain}",
        from_name="Mail Delivery System",
        to=(sender,),
        subject=f"Undelivered: {letter.subject}".strip(),
        text=f"Your mail could not be delivered to:\n\n{said}\n\nNothing more is tried.",
        message_id=new_id(),
        in_reply_to=letter.message_id,
        references=tuple(name for name in (*letter.references, letter.message_id) if name),
        attachments=(
            Attached("delivery-status.txt", "message/delivery-status", _status(domain, failures, at)),
            Attached("headers.txt", "text/rfc822-headers", _headers(letter)),
        ),
        automatic=True,
    )


def _status(domain: str, failures: Sequence[Failure], at: float) -> bytes:
    groups = [[f"Reporting-MTA: dns; {domain}", f"Arrival-Date: {formatdate(at)}"]]
    for failure in failures:
        kind = "rfc822" if failure.address.isascii() else "utf-8"
        groups.append(
            [
                f"Final-Recipient: {kind}; {failure.address}",
                "Action: failed",
                f"Status: {failure.status}",
                f"Diagnostic-Code: smtp; {' '.join(failure.reason.split())}",
            ]
        )
    return "\r\n\r\n".join("\r\n".join(group) for group in groups).encode(errors="replace") + b"\r\n"


def _headers(letter: Letter) -> bytes:
    fields = {
        "From": letter.from_email,
        "To": ", ".join(letter.to),
        "Cc": ", ".join(letter.cc),
        "Subject": write_line(letter.subject),
        "Message-ID": letter.message_id,
    }
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value).encode(errors="replace")
