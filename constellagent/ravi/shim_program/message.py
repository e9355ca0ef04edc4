"""`ravi message`: single mails and texts."""

from typing import Any

from constellagent.ravi.shim_program import api, arrivals
from constellagent.ravi.shim_program.failing import WrongWordsError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_MARK = "--mark-read"
_SWITCHES = {**arrivals.UNREAD, _MARK: "with an id: it is done with, and unread no more"}


def email(login: Login, given: Given) -> Any:
    """Return the mails, or one by its id or Message-ID; with `--wait` those that were waited for.

    Looking at a mail leaves it unread, so that work that is cut short is found again; `--mark-read` is for
    when it is done.
    """
    return _opened(login, arrivals.EMAIL, given)


def sms(login: Login, given: Given) -> Any:
    """Return the texts, or one by its id; with `--wait` those that were waited for."""
    return _opened(login, arrivals.SMS, given)


def _opened(login: Login, source: arrivals.Source, given: Given) -> Any:
    if one := given.word(0):
        if given.has("--wait"):
            raise WrongWordsError("--wait is for messages to come; one that has an id is there")
        path = f"{source.path}{api.segment(one)}/"
        found = api.row(api.call(login, "GET", path))
        return api.row(api.call(login, "PATCH", path, {"is_read": True})) if given.is_on(_MARK) else found
    if given.is_on(_MARK):
        raise WrongWordsError(f"{_MARK} is for one message; give its id")
    if arrivals.check(given):
        return arrivals.wanted(login, source, given)
    query = {"is_read": "false"} if given.is_on("--unread") else {}
    return api.rows(api.call(login, "GET", source.path, query=query))


VERBS: Verbs = {
    ("message", "email"): Verb(
        email,
        "the mails one by one",
        ("id", "from_email", "subject"),
        ("text_content",),
        words=("[id]",),
        values=arrivals.WAIT_FLAGS,
        switches=_SWITCHES,
    ),
    ("message", "sms"): Verb(
        sms,
        "the text messages one by one",
        ("id", "from_number", "body"),
        ("body",),
        words=("[id]",),
        values=arrivals.WAIT_FLAGS,
        switches=_SWITCHES,
    ),
}
