"""`constellagent identity`: the mail, texts and one-time codes of an agent, and writing in its name."""

import re
import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import identity_tables, screen, spans
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option
from constellagent.faces.cli.identity import standard_input
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.identity_views import LONGEST_WAIT, Action, IdentityRequest, MailView, TextView

Unread = Annotated[bool, Option(("--unread",), "Only conversations with something unread.")]
Wait = Annotated[
    str | None, Option(("--wait",), "Wait this long for something unread; it is shown in full.", "TIME")
]
Match = Annotated[
    str | None, Option(("--match",), "Wait for what holds this regular expression, in any case.", "REGEX")
]

_HELD_MAIL = "is not here, and no relay takes mail away: `constellagent provider outbox` lists it"
_HELD_TEXT = "is no number of an identity here, and texts do not leave this machine"


def inbox(
    agent: Agent,
    thread: Annotated[
        str | None, Argument("THREAD", "Show the mails of one: its number in the list, or its id.")
    ] = None,
    *,
    file: File = None,
    unread: Unread = False,
    wait: Wait = None,
    match: Match = None,
    as_json: Json = False,
) -> int:
    """Show the mail of an agent. Nothing is marked as read by it.

    With --wait the newest unread mail is shown as soon as there is one; exit code 1 if none comes in time.
    """
    return _shown(_MAIL, _request(file, agent, "inbox"), thread, unread, wait, match, as_json=as_json)


def sms(
    agent: Agent,
    conversation: Annotated[
        str | None, Argument("CONVERSATION", "Show the texts of one: its number in the list, or its id.")
    ] = None,
    *,
    file: File = None,
    unread: Unread = False,
    wait: Wait = None,
    match: Match = None,
    as_json: Json = False,
) -> int:
    """Show the text messages of an agent. Nothing is marked as read by it.

    With --wait the newest unread text is shown as soon as there is one; exit code 1 if none comes in time.
    """
    return _shown(_TEXTS, _request(file, agent, "sms"), conversation, unread, wait, match, as_json=as_json)


def otp(
    agent: Agent,
    *,
    file: File = None,
    sender: Annotated[
        str | None, Option(("--from",), "Part of the sender's address, name or number.", "SENDER")
    ] = None,
    wait: Annotated[str | None, Option(("--wait",), "Wait this long for one.", "TIME")] = None,
    max_age: Annotated[
        str | None, Option(("--max-age",), "How old it may be at most [default: 10m].", "TIME")
    ] = None,
    as_json: Json = False,
) -> int:
    """Print the newest one-time code that came to an agent by mail or text.

    The agent may still take the same code.
    """
    asked = _request(file, agent, "otp")
    if sender is not None:
        asked["sender"] = sender
    asked["max_age"] = spans.seconds(max_age, "--max-age", default=600)
    patience = spans.seconds(wait, "--wait", default=0)
    with daemon() as client:
        found = _repeat(patience, lambda left: client.identity({**asked, "wait": left}) or None)
    if found is None:
        who = f" from {sender}" if sender else ""
        raise ConstellagentError(
            f"no code{who} came to {agent}",
            hint="--wait 60 waits for one; --max-age 1h looks at older ones too",
        )
    code = found[0]
    if as_json:
        screen.say_json(code)
    else:
        screen.say(screen.clean(code["code"]))
        at = identity_tables.moment(code["at"])
        screen.tell(f"by {code['source']} from {screen.clean(code['sender'])} at {at}")
    return 0


def send(
    agent: Agent,
    *,
    to: Annotated[str, Option(("--to",), "A mail address, or a number such as +12025550100.", "ADDRESS")],
    file: File = None,
    subject: Annotated[str | None, Option(("--subject", "-s"), "The subject of the mail.", "TEXT")] = None,
    body: Annotated[
        str | None, Option(("--body", "-b"), "What to say [default: what is piped in].", "TEXT")
    ] = None,
    cc: Annotated[list[str] | None, Option(("--cc",), "Also to this address. Repeatable.", "ADDRESS")] = None,
    bcc: Annotated[
        list[str] | None, Option(("--bcc",), "Also to this address, hidden. Repeatable.", "ADDRESS")
    ] = None,
    as_json: Json = False,
) -> int:
    """Send a mail, or a text message, from an agent's own address or number."""
    said = standard_input("body") if body is None or body == "-" else body
    asked = _request(file, agent, "send")
    asked["to"], asked["body"] = to, said
    if _is_number(to):
        if subject is not None or cc or bcc:
            raise UsageError("a text message has no subject and no copies")
        asked["action"] = "send_sms"
    elif subject is None:
        raise UsageError("a mail needs --subject", hint="--subject '' sends one without")
    else:
        asked["subject"], asked["cc"], asked["bcc"] = subject, cc or [], bcc or []
    with daemon() as client:
        sent = client.identity(asked)
    if as_json:
        screen.say_json(sent)
    elif sent["state"] == "held":
        why = _HELD_TEXT if asked["action"] == "send_sms" else _HELD_MAIL
        screen.say(f"held: {screen.clean(to)} {why}")
    else:
        screen.say(f"sent to {screen.clean(to)}")
    return 0


def _request(file: str | None, agent: str, action: Action) -> IdentityRequest:
    return IdentityRequest(file=constellation_file(file), agent=agent, action=action)


class _Kind(NamedTuple):
    """What differs between mail and texts: the daemon's words for them, and how they are shown."""

    each: Action
    within: Literal["thread", "conversation"]
    nothing: str
    overview: Callable[..., list[str]]
    whole: Callable[..., list[str]]
    words: Callable[[Any], str]


def _shown(
    kind: _Kind,
    asked: IdentityRequest,
    named: str | None,
    unread: bool,
    wait: str | None,
    match: str | None,
    *,
    as_json: bool,
) -> int:
    """Show all conversations, the one that is named, or what comes while waiting."""
    overview: IdentityRequest = {**asked, "unread": unread}
    with daemon() as client:
        if wait is not None or match is not None:
            _refuse_both(named, wait)
            found = _arrival(client, {**asked, "action": kind.each}, wait, match, kind.words)
            return _show(found, kind.whole, as_json=as_json)
        if named is None:
            return _list(client.identity(overview), kind.overview, kind.nothing, as_json=as_json)
        one: IdentityRequest = {**asked, "action": kind.within}
        one[kind.within] = _numbered(named, kind.within, lambda: client.identity(overview))
        return _show(client.identity(one), kind.whole, as_json=as_json)


def _refuse_both(thread: str | None, wait: str | None) -> None:
    if thread is not None:
        raise UsageError("--wait shows what is new; a conversation cannot be named too")
    if wait is None:
        raise UsageError("--match needs --wait", hint="--wait 0 looks once")


def _numbered(word: str, key: str, rows: Callable[[], list[dict[str, str]]]) -> str:
    """Return the id of the conversation that a person named by its number in the list, or by its id.

    Raises:
        UsageError: the list is shorter.
    """
    if not (word.isascii() and word.isdigit() and len(word) < 6):
        return word
    listed = rows()
    if not 0 < int(word) <= len(listed):
        raise UsageError(f"there is no number {word}", hint=f"the list has {len(listed)}")
    return listed[int(word) - 1][key]


def _arrival(
    client: BlockingClient,
    asked: IdentityRequest,
    wait: str | None,
    match: str | None,
    words: Callable[[Any], str],
) -> list[Any]:
    """Wait for the newest unread message that matches.

    Raises:
        ConstellagentError: none came in time.
        UsageError: the expression is none.
    """
    try:
        pattern = re.compile(match or "", re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"--match: {error}") from error
    patience = spans.seconds(wait, "--wait", default=0)
    seen = 0

    def look(left: float) -> list[Any] | None:
        nonlocal seen
        found: list[Any] = client.identity({**asked, "wait": left, "after": seen})
        seen = max([seen, *(row["id"] for row in found)])
        return [row for row in found if pattern.search(words(row))][:1] or None

    found: list[Any] | None = _repeat(patience, look)
    if found is None:
        which = f" that matches {match!r}" if match else ""
        raise ConstellagentError(f"nothing unread{which} came to {asked['agent']} within {patience:g} s")
    return found


def _repeat(patience: float, look: Callable[[float], Any]) -> Any:
    """Ask again until something is found or the time is over; each question waits for a while itself."""
    clock = SystemClock()
    end = clock.monotonic() + patience
    left = patience
    while (found := look(min(left, LONGEST_WAIT))) is None and (left := end - clock.monotonic()) > 0:
        pass
    return found


def _words_of_mail(view: MailView) -> str:
    return f"{view['sender_name']} {view['sender']}\n{view['subject']}\n{view['text'] or view['html']}"


def _words_of_text(view: TextView) -> str:
    return f"{view['sender']}\n{view['text']}"


def _list(rows: list[Any], table: Callable[..., list[str]], nothing: str, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(rows)
    elif not rows:
        screen.tell(nothing)
    else:
        for line in table(rows, screen.terminal_columns(), sys.stdout):
            screen.say(line)
    return 0


def _show(rows: list[Any], lines: Callable[..., list[str]], *, as_json: bool) -> int:
    if as_json:
        screen.say_json(rows)
        return 0
    for index, row in enumerate(rows):
        if index:
            screen.say("")
        for line in lines(row, sys.stdout):
            screen.say(line)
    return 0


def _is_number(to: str) -> bool:
    return to.startswith("+") and "@" not in to


_MAIL = _Kind("mails", "thread", "no mail", identity_tables.threads, identity_tables.mail, _words_of_mail)
_TEXTS = _Kind(
    "texts", "conversation", "no texts", identity_tables.conversations, identity_tables.text, _words_of_text
)
