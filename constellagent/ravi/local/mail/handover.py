"""One mail handed to the relay, over a connection that is protected as its owner asked, or not at all.

Blocking, so it runs in a thread. What the server says about a recipient or the mail decides about that mail;
what it says about us (login, TLS, no connection) can be mended by whoever configured it, so the mail waits.
"""

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Sequence

from constellagent.ravi.local.mail.outgoing import Outcome
from constellagent.ravi.local.options import Relay

_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_LONGEST_REASON = 500
_PARTING = 5.0
"""Seconds for the server's goodbye."""


class Handover:
    """One connection to a relay. Everything but `cut` belongs to one thread."""

    def __init__(self, relay: Relay, patience: float) -> None:
        """Name the relay and the seconds for each of its answers."""
        self._relay = relay
        self._patience = patience
        self._smtp: smtplib.SMTP | None = None

    def send(
        self, sender: str, recipients: Sequence[str], content: bytes, *, utf8: bool
    ) -> dict[str, Outcome]:
        """Send a mail and return what happened to each recipient; fails for none of them by an exception."""
        try:
            refused = self._send(sender, recipients, content, utf8)
        except smtplib.SMTPRecipientsRefused as error:
            refused = {address: self._said(*answer) for address, answer in error.recipients.items()}
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            refused = dict.fromkeys(recipients, self._said(error.smtp_code, error.smtp_error))
        except smtplib.SMTPResponseException as error:
            refused = dict.fromkeys(recipients, self._later(f"refused us: {self._text(error.smtp_error)}"))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            refused = dict.fromkeys(recipients, self._later(f"could not be used: {error}"))
        finally:
            self._part()
        return {address: refused.get(address, Outcome("sent")) for address in recipients}

    def cut(self) -> None:
        """End the connection from another thread, so that the one that waits for the server goes on."""
        if self._smtp is not None and self._smtp.sock is not None:
            with contextlib.suppress(OSError):
                self._smtp.sock.shutdown(socket.SHUT_RDWR)

    def _send(self, sender: str, recipients: Sequence[str], content: bytes, utf8: bool) -> dict[str, Outcome]:
        smtp = self._smtp = self._open()
        smtp.ehlo_or_helo_if_needed()
        if utf8 and not smtp.has_extn("smtputf8"):
            reason = f"{self._relay.host} takes no addresses beyond ASCII."
            return dict.fromkeys(recipients, Outcome("failed", reason, "5.6.7"))
        options = [
            *(["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []),
            *(["SMTPUTF8"] if utf8 else []),
        ]
        refused = smtp.sendmail(sender, recipients, content, options)
        return {address: self._said(*answer) for address, answer in refused.items()}

    def _open(self) -> smtplib.SMTP:
        relay = self._relay
        # A name of our own would have to be looked up, and would tell where this runs.
        named = "[127.0.0.1]"
        if relay.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, named, timeout=self._patience, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, named, timeout=self._patience)
        self._smtp = smtp
        if relay.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if relay.user:
            smtp.login(relay.user, relay.password)
        return smtp

    def _part(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if smtp.sock is not None:
                smtp.sock.settimeout(_PARTING)
            smtp.quit()
        smtp.close()

    def _said(self, code: int, answer: bytes | str) -> Outcome:
        """Return what an answer about a recipient or the mail means for it."""
        text = self._text(answer)
        found = _STATUS.match(text)
        status = found[1] if found else f"{code // 100}.0.0"
        return Outcome("failed" if code >= 500 else "later", f"{code} {text}", status)

    def _later(self, reason: str) -> Outcome:
        return Outcome("later", self._text(f"{self._relay.host}:{self._relay.port} {reason}"), "4.4.1")

    def _text(self, answer: bytes | str) -> str:
        """Return an answer as one line that cannot hold the password, even if a server repeats it."""
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        if self._relay.password:
            text = text.replace(self._relay.password, "***")
        return " ".join(text.split())[:_LONGEST_REASON]
