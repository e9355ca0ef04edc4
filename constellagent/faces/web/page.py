"""The page in a browser: the files that were built into the package, or why there are none.

They hold nothing of anybody, so nobody has to log in for them. Only plain files with plain names, below the
folder of the page, are ever sent.
"""

import asyncio
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypedDict

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from constellagent.faces.web import headers
from constellagent.faces.web.guard import SAFE
from constellagent.faces.web.problems import HttpError, UnknownError

FOLDER = Path(__file__).with_name("page")
"""Where the build puts the page."""

STAMP = "build.json"
"""What says whether, and from which sources, the page was built."""

HOW = (
    "CONSTELLAGENT_PAGE=require pip install --no-cache-dir --force-reinstall constellagent",
    "CONSTELLAGENT_PAGE=require pip install -e .",
)
"""The commands that build the page: for an installed package, and in a checkout."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HASHED = "assets"
"""The folder of the files whose names change with their content."""

_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""What is sent, and as what; a browser is told not to guess."""


class PageView(TypedDict):
    """Whether there is a page to look at; `why` there is none, empty where there is."""

    built: bool
    why: str


class _File(NamedTuple):
    path: Path
    kind: str
    caching: str


class _Sent(web.FileResponse):
    """A file as an answer, which the desk sends itself: it is out when the library asks for it again."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the file, once."""
        if self.prepared:
            return await web.StreamResponse.prepare(self, request)
        return await super().prepare(request)


class PageFiles:
    """The files of the page, as they are on disk at each request: a rebuilt page needs no new daemon."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    async def state(self) -> PageView:
        """Return whether the page was built."""
        return await asyncio.to_thread(_state, self._folder)

    async def answer(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer a request for a file of the page, by its raw path.

        Raises:
            HttpError: there is no such file (404), or the method is not one that reads (405).
        """
        if request.method not in SAFE:
            raise HttpError(405, "this can only be read", headers={"Allow": "GET, HEAD"})
        if path == "/":
            state = await self.state()
            if not state["built"]:
                return _missing(state["why"])
        found = await asyncio.to_thread(_find, self._folder, "/index.html" if path == "/" else path)
        if found is None:
            hint = "the page is at /, the API below /api/v1"
            raise UnknownError("there is nothing at this address", hint=hint)
        return _Sent(found.path, headers={hdrs.CONTENT_TYPE: found.kind, hdrs.CACHE_CONTROL: found.caching})


def _find(folder: Path, path: str) -> _File | None:
    """Return the file of a raw path; None where it is none that may be sent."""
    parts = path.split("/")[1:]
    if not all(_NAME.fullmatch(part) for part in parts) or parts == [STAMP]:
        return None
    kind = _TYPES.get(Path(parts[-1]).suffix)
    place = folder.joinpath(*parts)
    if kind is None or not place.is_file() or place.resolve() != folder.resolve().joinpath(*parts):
        return None
    return _File(place, kind, headers.IMMUTABLE if parts[0] == _HASHED else headers.REVALIDATE)


def _state(folder: Path) -> PageView:
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
        built, why = stamp.get("built") is True, str(stamp.get("why") or "")
    except FileNotFoundError:
        built, why = False, "it was not built when this was installed"
    except (OSError, ValueError, AttributeError):
        built, why = False, f"{folder / STAMP} cannot be read"
    if built and not (folder / "index.html").is_file():
        built, why = False, "its files are missing"
    return PageView(built=built, why="" if built else why or "it was left out when this was installed")


def _missing(why: str) -> web.Response:
    commands = "".join(f"<pre>{html.escape(command)}</pre>" for command in HOW)
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>constellagent</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;"
        "color-scheme:light dark}pre{overflow:auto;"
        "padding:.7rem;border:1px solid;border-radius:.4rem}</style>"
        "<h1>The page is not in this installation</h1>"
        f"<p>The daemon and its API run, but the page was not built: {html.escape(why)}.</p>"
        f"<p>Building it needs npm&#8217;s packages, once. Install again with:</p>{commands}"
        "<p>The first is for an installed package, the second for a checkout of the sources. "
        "Then load this page again; the daemon needs no restart.</p></html>"
    )
    return web.Response(status=503, text=text, content_type="text/html")
