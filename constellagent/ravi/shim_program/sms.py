"""`ravi sms`: send a text message from the session's number."""

from typing import Any

from constellagent.ravi.shim_program import api, typed
from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def send(login: Login, given: Given) -> Any:
    """Send a text message.

    Raises:
        CallError: it has no text or no number, or the API refuses.
    """
    to, words = given.value("--to"), list(given.words)
    if not to and not words:
        given.required("--to")
    to = to or words.pop(0)
    body = given.value("--body") or (words.pop(0) if words else "")
    if words:
        raise WrongWordsError(f"sms send takes no {words[0]!r}")
    if body == typed.STDIN or (not body and typed.is_piped()):
        body = typed.from_stdin("the text of the message")
    if not body.strip():
        raise CallError("the message is empty: give --body, or write it to standard input")
    return api.row(api.call(login, "POST", "/messages/send/", {"to_number": to, "body": body}))


VERBS: Verbs = {
    ("sms", "send"): Verb(
        send,
        "a text message",
        ("id",),
        words=("[number]", "[text]"),
        values={"--to": "NUMBER, as +12025550100", "--body": "TEXT; - or nothing: standard input"},
    )
}
