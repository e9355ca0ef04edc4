"""`constellagent trust`: approves the file's present content, so that apply need not ask."""

from typing import Annotated

from constellagent.faces.cli import approval, planning, screen
from constellagent.faces.cli.declare import File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def trust(
    *,
    file: File = None,
    yes: Yes = False,
    revoke: Annotated[
        bool, Option(("--revoke",), "Withdraw the approval of every content of this file.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Approve the file's commands, so that apply does not ask.

    Shows them first. The approval is for exactly this content; any change asks again.
    """
    chosen = constellation_file(file)
    with daemon() as client:
        if not revoke:
            reply = client.plan(planning.request(chosen))
            approval.show_commands(reply)
            question = "Approve these commands?"
            if not yes and not approval.ask(question, otherwise="read them, then give --yes"):
                screen.tell("nothing was approved")
                return approval.NOT_APPROVED
        digest = client.trust(chosen, revoke=revoke)
    if as_json:
        screen.say_json({"file": chosen, "trusted": not revoke, "content_hash": digest})
    else:
        screen.say(
            f"{'no longer trusts' if revoke else 'trusts'} {chosen}" + (f" ({digest[:12]})" if digest else "")
        )
    return 0
