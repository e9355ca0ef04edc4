"""`constellagent schema`: the JSON Schema of the file, for editors."""

import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Option


def schema(
    *, out: Annotated[str | None, Option(("--out",), "Write it to this file instead.", "FILE")] = None
) -> int:
    """Print the JSON Schema of constellation.yaml."""
    from constellagent.spec.schema import render

    if out is None:
        sys.stdout.write(render())
        return 0
    try:
        Path(out).write_text(render(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    screen.tell(f"wrote {out}")
    return 0
