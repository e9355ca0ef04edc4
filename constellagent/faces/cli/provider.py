"""`constellagent provider`: the local identity provider, and the mail that has not left it."""

import sys
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import approval, identity_tables, passphrase, screen
from constellagent.faces.cli.declare import Argument, Json, Option
from constellagent.faces.cli.identity import report
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.identity_views import ProviderRequest

Row = Annotated[str, Argument("ROW", "The mail's number, from `provider outbox`.")]


def status(*, as_json: Json = False) -> int:
    """Show where the local provider takes requests, mail and texts, and what waits to be sent."""
    with daemon() as client:
        view = client.provider({"action": "status"})
    if as_json:
        screen.say_json(view)
        return 0
    held = ", ".join(f"{count} {state}" for state, count in sorted(view["outbox"].items())) or "nothing"
    relay = view["relay"] or "none: mail for other places is held (`constellagent provider relay` sets one)"
    rows = (
        ("api", view["api"]),
        ("mail in", view["smtp"]),
        ("texts in", view["sms"]),
        ("relay", relay),
        ("outbox", held),
        ("identities", str(view["identities"])),
    )
    for name, value in rows:
        screen.say(f"{name:<12}{screen.clean(value)}")
    return 0


def outbox(*, as_json: Json = False) -> int:
    """List the mail for other places: held, waiting, sent or given up."""
    with daemon() as client:
        rows = client.provider({"action": "outbox"})
    if as_json:
        screen.say_json(rows)
    elif not rows:
        screen.tell("no mail for other places")
    else:
        for line in identity_tables.outbox(rows, screen.terminal_columns(), sys.stdout):
            screen.say(line)
    return 0


def retry(row: Row, *, as_json: Json = False) -> int:
    """Try again now to send a mail."""
    return _change({"action": "retry", "row": _number(row)}, as_json=as_json)


def drop(row: Row, *, as_json: Json = False) -> int:
    """Give up a mail that was not sent. Its sender is not told."""
    return _change({"action": "drop", "row": _number(row)}, as_json=as_json)


def allow_login(
    code: Annotated[
        str | None, Argument("CODE", "The code that `ravi auth login` shows; asked for where it is left out.")
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Let the one `ravi auth login` that shows this code get a management key of the local provider.

    The key opens every identity and stays good until it is revoked. So give a code only that you see in a
    login of your own; every program of this machine can begin one.
    """
    if code is None:
        asked = "The code that `ravi auth login` shows: "
        code = approval.ask_what(asked, otherwise="give the code: `constellagent provider allow-login CODE`")
    if not code.strip():
        raise UsageError("no code was given", hint="`ravi auth login` shows it")
    return _change({"action": "allow_login", "code": code}, as_json=as_json)


def relay(
    url: Annotated[
        str | None, Argument("URL", "The SMTP server: smtp://user@host:587 or smtps://user@host.")
    ] = None,
    *,
    password_stdin: Annotated[
        bool, Option(("--password-stdin",), "Read the password from stdin, not from the terminal.")
    ] = False,
    forget: Annotated[bool, Option(("--forget",), "Hold such mail again, from the next start on.")] = False,
    as_json: Json = False,
) -> int:
    """Keep the server that takes mail for other places, with its password, sealed under the root key.

    It counts from the daemon's next start. CONSTELLAGENT_RELAY_URL, where it is set, wins over it.
    """
    if forget == (url is not None):
        raise UsageError("give the address of the server, or --forget")
    if url is None:
        return _change({"action": "relay", "url": ""}, as_json=as_json)
    request: ProviderRequest = {"action": "relay", "url": url}
    if "@" in url and ":" not in url.partition("//")[2].partition("@")[0]:
        request["password"] = passphrase.read(from_stdin=password_stdin, twice=False, what="password")
    return _change(request, as_json=as_json)


def _change(request: ProviderRequest, *, as_json: bool) -> int:
    with daemon() as client:
        done = client.provider(request)
    return report(done, as_json=as_json)


def _number(row: str) -> int:
    if not (row.isascii() and row.isdigit() and len(row) < 16):
        raise UsageError(f"{row!r} is no number of a mail", hint="`constellagent provider outbox` lists them")
    return int(row)
