"""`constellagent token`: the tokens with which programs use the HTTP API."""

import sys
from datetime import datetime
from typing import Annotated, Any

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon

_AGENT = "agent:"


def create(
    name: Annotated[str, Argument("NAME", "What it is for; shown in the list.")],
    *,
    file: File = None,
    scope: Annotated[
        str,
        Option(
            ("--scope",),
            "read (look at everything), admin (everything), or agent:NAME (that agent alone).",
            "SCOPE",
        ),
    ] = "read",
    days: Annotated[
        float | None, Option(("--days",), "It expires after so many days [default: never].", "DAYS")
    ] = None,
    as_json: Json = False,
) -> int:
    """Make a token for the HTTP API and print its value, which is shown this once only."""
    body: dict[str, Any] = {"name": name, "scope": scope}
    if scope.startswith(_AGENT):
        from pathlib import Path

        from constellagent.runtime.paths import constellation_id

        constellation = constellation_id(Path(constellation_file(file)).resolve())
        agent = scope.removeprefix(_AGENT)
        body |= {"scope": "agent", "agent": agent, "constellation": constellation}
    elif scope not in {"read", "admin"}:
        raise UsageError(f"there is no scope {scope!r}", hint="read, admin, or agent:NAME")
    if days is not None:
        body["days"] = days
    made = _call("POST", "/tokens", body)
    if as_json:
        screen.say_json(made)
    else:
        screen.say(made["token"])
        screen.tell(f"token {made['id']}; its value is not shown again")
    return 0


def list_all(*, as_json: Json = False) -> int:
    """List the tokens, without their values."""
    views = _call("GET", "/tokens")["data"]
    if as_json:
        screen.say_json(views)
    elif not views:
        screen.tell("there are no tokens; `constellagent token create NAME` makes one")
    else:
        head = ("ID", "NAME", "SCOPE", "CREATED", "USED", "EXPIRES")
        rows = [
            [
                view["id"],
                view["name"],
                f"{_AGENT}{view['agent']}" if view["agent"] else view["scope"],
                *(_moment(view[key]) for key in ("created_at", "used_at", "expires_at")),
            ]
            for view in views
        ]
        first, *others = screen.table(head, rows, screen.terminal_columns())
        screen.say(screen.paint("  ".join(first).rstrip(), "dim", sys.stdout))
        for cells in others:
            screen.say("  ".join(cells).rstrip())
    return 0


def revoke(
    ident: Annotated[str, Argument("ID", "The token's id, as the list shows it.")], *, as_json: Json = False
) -> int:
    """Revoke a token: it lets nobody in from now on."""
    from urllib.parse import quote

    _call("DELETE", f"/tokens/{quote(ident, safe='')}")
    if as_json:
        screen.say_json({"id": ident, "revoked": True})
    else:
        screen.say(f"token {screen.clean(ident)} is revoked")
    return 0


def _call(method: str, place: str, body: dict[str, Any] | None = None) -> Any:
    from constellagent.faces.calling import call
    from constellagent.runtime.paths import locate

    with daemon():  # it runs now, and so does its API
        return call(locate().api_socket, method, place, body)


def _moment(at: float | None) -> str:
    if at is None:
        return "never"
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
