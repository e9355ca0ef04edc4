"""`ravi inbox`: mail by thread, texts by conversation; on request it waits for the next one."""

from typing import Any

from constellagent.ravi.shim_program import api, arrivals
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def email(login: Login, given: Given) -> Any:
    """Return the threads, newest first, or one of them; with `--wait` those that have what was waited for."""
    thread = given.word(0)
    if not arrivals.check(given):
        return _opened(login, "/email-inbox/", thread, given)
    query = {"thread_id": thread} if thread else {}
    mails = arrivals.wanted(login, arrivals.EMAIL, given, **query)
    if thread:
        return _opened(login, "/email-inbox/", thread, given)
    threads = {mail.get("thread_id") for mail in mails}
    return [row for row in _unread(login, "/email-inbox/") if row.get("thread_id") in threads]


def sms(login: Login, given: Given) -> Any:
    """Return the conversations, newest first, or one; with `--wait` those with what was waited for."""
    conversation = given.word(0)
    if not arrivals.check(given):
        return _opened(login, "/sms-inbox/", conversation, given)
    texts = arrivals.wanted(login, arrivals.SMS, given, sender=conversation.partition("_")[2])
    if conversation:
        return _opened(login, "/sms-inbox/", conversation, given)
    senders = {text.get("from_number") for text in texts}
    return [row for row in _unread(login, "/sms-inbox/") if row.get("from_number") in senders]


def _opened(login: Login, path: str, one: str, given: Given) -> Any:
    if one:
        return api.row(api.call(login, "GET", f"{path}{api.segment(one)}/"))
    return _unread(login, path) if given.is_on("--unread") else api.rows(api.call(login, "GET", path))


def _unread(login: Login, path: str) -> list[dict[str, Any]]:
    return api.rows(api.call(login, "GET", path, query={"has_unread": "true"}))


VERBS: Verbs = {
    ("inbox", "email"): Verb(
        email,
        "the mails by thread, newest first",
        ("thread_id", "from_email", "subject"),
        ("id", "created_dt", "from_email", "subject"),
        words=("[thread_id]",),
        values=arrivals.WAIT_FLAGS,
        switches=arrivals.UNREAD,
    ),
    ("inbox", "sms"): Verb(
        sms,
        "the text messages by conversation, newest first",
        ("conversation_id", "from_number", "preview"),
        ("id", "created_dt", "direction", "body"),
        words=("[conversation_id]",),
        values=arrivals.WAIT_FLAGS,
        switches=arrivals.UNREAD,
    ),
}
