"""`constellagent schema`: the JSON Schema of the file, for editors; and the description of the API."""

import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Option


def schema(
    *,
    api: Annotated[bool, Option(("--api",), "Print the OpenAPI description of the HTTP API.")] = False,
    out: Annotated[str | None, Option(("--out",), "Write it to this file instead.", "FILE")] = None,
) -> int:
    """Print the JSON Schema of constellation.yaml."""
    text = _api() if api else _file()
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    screen.tell(f"wrote {out}")
    return 0


def _file() -> str:
    from constellagent.spec.schema import render

    return render()


def _api() -> str:
    from constellagent.faces.web.openapi import render
    from constellagent.faces.web.serving import description

    return render(description())
