"""The person's own files and the machine's: no secret is to be read, and nothing to be written."""

import os

from constellagent.runtime.sandbox.battery_program.lines import (
    Answer,
    Asked,
    line,
    of_each,
    readable,
    wrote_in,
)


@line("read keys, logins and histories", "kept")
def hidden(asked: Asked) -> Answer:
    """Each hidden place of the home folder, and what the file hides beside them."""
    return of_each(asked.texts("hidden"), readable)


@line("write to the home folder", "kept")
def home(asked: Asked) -> Answer:
    """The folder itself, and folders of it that programs read at their start."""
    return wrote_in(asked.texts("home_folders"), asked.text("nonce"))


@line("write to the main checkout", "kept")
def main_checkout(asked: Asked) -> Answer:
    """What the person works in; its file declares what is run outside."""
    return wrote_in(asked.texts("main"), asked.text("nonce"))


@line("write to the system", "kept")
def system(asked: Asked) -> Answer:
    """Folders of the machine that programs are run from or configured by."""
    return wrote_in(asked.texts("system"), asked.text("nonce"))


@line("read temporary files of others", "kept")
def temporary(asked: Asked) -> Answer:
    """Files that who asked has put there."""
    return of_each(asked.texts("temporary"), readable)


@line("leave files among the temporary ones of others", "kept")
def leave(asked: Asked) -> Answer:
    """Such files can be traps for programs outside."""
    folders = sorted({os.path.dirname(place) for place in asked.texts("temporary")})  # noqa: PTH120 - plain paths
    return wrote_in(folders, asked.text("nonce"))
