"""`constellagent identity`: list, show, archive, delete and renew the identities of agents."""

import sys

from constellagent.errors import UsageError
from constellagent.faces.cli import approval, identity_tables, screen
from constellagent.faces.cli.declare import Agent, File, Json, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.identity_views import DoneView, IdentityRequest


def list_all(*, file: File = None, as_json: Json = False) -> int:
    """List the identities of all agents: address, number, what is unread, what lies in the vault."""
    with daemon() as client:
        views = client.identities(constellation_file(file))
    if as_json:
        screen.say_json(views)
        return 0
    if not views:
        screen.tell("no agent has an identity yet; `constellagent apply` makes them")
        return 0
    for line in identity_tables.identities(views, screen.terminal_columns(), sys.stdout):
        screen.say(line)
    return 0


def show(agent: Agent, *, file: File = None, as_json: Json = False) -> int:
    """Show the identity of an agent."""
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="show")
    with daemon() as client:
        view = client.identity(request)
    if as_json:
        screen.say_json(view)
    else:
        for line in identity_tables.identity(view):
            screen.say(line)
    return 0


def archive(agent: Agent, *, file: File = None, yes: Yes = False, as_json: Json = False) -> int:
    """Put an identity away. Its key is revoked; its mail and vault are kept.

    An apply brings it back where the agent is still declared.
    """
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="archive")
    return _change(request, f"Put away the identity of {agent}?", yes=yes, as_json=as_json)


def delete(agent: Agent, *, file: File = None, yes: Yes = False, as_json: Json = False) -> int:
    """Delete an identity for good, with its mail, texts, passwords and secrets.

    It must be put away first. Its address and number are never given again.
    """
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="delete")
    if not yes and not _named(agent, request["file"]):
        screen.tell("nothing was done")
        return approval.NOT_APPROVED
    return _change(request, "", yes=True, as_json=as_json)


def renew_key(agent: Agent, *, file: File = None, as_json: Json = False) -> int:
    """Seal the vault of an identity with a new key, as after the old one may have become known."""
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="renew_key")
    return _change(request, "", yes=True, as_json=as_json)


def report(view: DoneView, *, as_json: bool) -> int:
    """Say what was done; returns the exit code."""
    if as_json:
        screen.say_json(view)
    else:
        for line in view["done"]:
            screen.say(screen.clean(line))
    return 0


def standard_input(what: str) -> str:
    """Return what is piped in, without its last line break.

    Raises:
        UsageError: stdin is a terminal or empty.
    """
    if sys.stdin.isatty():
        raise UsageError(f"there is no {what}", hint=f"pipe the {what} in, or give it as an option")
    text = sys.stdin.read().removesuffix("\n")
    if not text:
        raise UsageError(f"there is no {what}: stdin is empty")
    return text


def _named(agent: str, file: str) -> bool:
    """Ask for the name of the identity that is to be deleted; it is told only where somebody can type it."""
    question, name = f"Delete the identity of {agent}? Nobody can bring back what it has.", agent
    if sys.stdin.isatty() and sys.stderr.isatty():
        with daemon() as client:
            view = client.identity(IdentityRequest(file=file, agent=agent, action="show"))
        name = view["name"]
        question = f"Delete the identity {name} of {agent}, {view['address']}?"
        question += " Nobody can bring back what it has."
    return approval.ask_for(name, screen.clean(question), otherwise="give --yes")


def _change(request: IdentityRequest, question: str, *, yes: bool, as_json: bool) -> int:
    if not yes and not approval.ask(question, otherwise="give --yes"):
        screen.tell("nothing was done")
        return approval.NOT_APPROVED
    with daemon() as client:
        done = client.identity(request)
    return report(done, as_json=as_json)
