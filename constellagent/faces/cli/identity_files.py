"""`constellagent identity export|import`: a whole identity as one encrypted file."""

from pathlib import Path
from typing import Annotated

from constellagent.faces.cli import passphrase, screen
from constellagent.faces.cli.declare import Agent, File, Json, Option
from constellagent.faces.cli.identity import report
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.identity_views import IdentityRequest

FromStdin = Annotated[
    bool, Option(("--passphrase-stdin",), "Read the passphrase from the first line of stdin.")
]


def export(
    agent: Agent,
    *,
    to: Annotated[str, Option(("--to",), "The file to write; it must not exist yet.", "FILE")],
    file: File = None,
    recipient: Annotated[
        list[str] | None,
        Option(
            ("--recipient", "-r"), "Who can open it: an age recipient (age1...). Repeatable.", "RECIPIENT"
        ),
    ] = None,
    passphrase_stdin: FromStdin = False,
    as_json: Json = False,
) -> int:
    """Write all that an agent's identity has into an age file: mail, texts, passwords, secrets, contacts.

    Without --recipient it is encrypted with a passphrase, which is asked for.
    """
    request = IdentityRequest(
        file=constellation_file(file), agent=agent, action="export", path=str(Path(to).absolute())
    )
    if recipient:
        request["recipients"] = recipient
    else:
        request["passphrase"] = passphrase.read(from_stdin=passphrase_stdin, twice=True)
    with daemon() as client:
        written = client.identity(request)
    if as_json:
        screen.say_json(written)
    else:
        screen.say(f"wrote {written['path']} ({written['size']} bytes, encrypted)")
    return 0


def take_in(
    agent: Agent,
    *,
    source: Annotated[str, Option(("--from",), "The file that an export wrote.", "FILE")],
    file: File = None,
    key: Annotated[
        str | None,
        Option(("--key", "-i"), "The age identity file (AGE-SECRET-KEY-...) that opens it.", "FILE"),
    ] = None,
    passphrase_stdin: FromStdin = False,
    as_new: Annotated[
        bool, Option(("--as-new",), "Give it a new address, as where the old one is taken here.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Create the identity that an exported file holds, and give it to an agent.

    Without --key the passphrase is asked for.
    """
    request = IdentityRequest(
        file=constellation_file(file),
        agent=agent,
        action="import",
        path=str(Path(source).absolute()),
        as_new=as_new,
    )
    if key is not None:
        request["key_file"] = str(Path(key).absolute())
    else:
        request["passphrase"] = passphrase.read(from_stdin=passphrase_stdin, twice=False)
    with daemon() as client:
        done = client.identity(request)
    return report(done, as_json=as_json)
