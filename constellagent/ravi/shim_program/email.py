"""`ravi email`: write mails and answer them. The text comes from `--body` or from standard input."""

from typing import Any

from constellagent.ravi.shim_program import api, get, mail_files, typed
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_TO = {"--to": "ADDRESS"}
_WRITING = {
    "--body": "TEXT or HTML; - or nothing: standard input",
    "--cc": "ADDRESSES with commas",
    "--bcc": "ADDRESSES with commas",
    "--attach": "PATH, also several times",
}


def compose(login: Login, given: Given) -> Any:
    """Send a mail. One without a text carries its subject as its text, because a mail must say something.

    Raises:
        CallError: a flag is missing, a file cannot be sent, or the API refuses.
    """
    given.required("--to", "--subject")
    content = _body(given) or given.value("--subject")
    inbox = get.first(login, "/email/", "no email address assigned").get("id", "")
    body = {
        "to_email": given.value("--to"),
        "subject": given.value("--subject"),
        **_rest(login, given, content),
    }
    return api.row(api.call(login, "POST", "/email-messages/compose/", body, query={"inbox": str(inbox)}))


def reply(login: Login, given: Given) -> Any:
    """Answer the sender of a mail."""
    return _answer(login, given, "reply")


def reply_all(login: Login, given: Given) -> Any:
    """Answer the sender and all other recipients of a mail."""
    return _answer(login, given, "reply-all")


def forward(login: Login, given: Given) -> Any:
    """Pass a mail on; a text of one's own is not needed."""
    given.required("--to")
    body = {"to_email": given.value("--to"), **_rest(login, given, _body(given))}
    return _post(login, given, "forward", body)


def _answer(login: Login, given: Given, how: str) -> Any:
    content = _body(given)
    if not content.strip():
        raise CallError("an answer needs a text: give --body, or write it to standard input")
    return _post(login, given, how, _rest(login, given, content))


def _post(login: Login, given: Given, how: str, body: dict[str, object]) -> Any:
    path = f"/email-messages/{api.segment(given.word(0))}/{how}/"
    return api.row(api.call(login, "POST", path, body))


def _rest(login: Login, given: Given, content: str) -> dict[str, object]:
    lists = {
        "cc": given.listed("--cc"),
        "bcc": given.listed("--bcc"),
        "attachment_uuids": mail_files.hand_in(login, given.flags.get("--attach", ())),
    }
    return {"content": content, **{name: values for name, values in lists.items() if values}}


def _body(given: Given) -> str:
    """Return the text; empty where none was given and a person's terminal is the standard input."""
    said = given.value("--body")
    if said == typed.STDIN or (not given.has("--body") and typed.is_piped()):
        return typed.from_stdin("the text of the mail")
    return said


_ANSWER = ("<id>",)
VERBS: Verbs = {
    ("email", "compose"): Verb(
        compose, "a new mail", ("id",), values={**_TO, "--subject": "TEXT", **_WRITING}
    ),
    ("email", "send"): Verb(
        compose, "the same as compose", ("id",), values={**_TO, "--subject": "TEXT", **_WRITING}
    ),
    ("email", "reply"): Verb(reply, "an answer to the sender", ("id",), words=_ANSWER, values=_WRITING),
    ("email", "reply-all"): Verb(reply_all, "an answer to all", ("id",), words=_ANSWER, values=_WRITING),
    ("email", "forward"): Verb(
        forward, "the mail to somebody else", ("id",), words=_ANSWER, values={**_TO, **_WRITING}
    ),
}
