"""Opening the page: by a private file, never with the code in a command line."""

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces import opening
from constellagent.runtime.paths import Paths, constellation_id

URL = "http://127.0.0.1:8000/#code=s3cret&go=/c/1/agents/docs"
BUILT = {"built": True, "why": ""}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what is started the time that it needs."""
    monkeypatch.setattr(opening, "PATIENCE", 40.0)


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a browser that keeps its command line and a copy of what it was given to read; returns where."""
    seen = tmp_path / "seen"
    seen.mkdir()
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}/args\ncp "${{1#file://}}" {seen}/page\n')
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return seen


def test_e5_the_code_is_in_no_command_line(paths: Paths, browser: Path) -> None:
    """The browser is given a file that only this user can read, and the file sends it on."""
    assert opening.open_page(paths.web, URL)
    (file,) = paths.web.glob("open-*.html")
    assert (browser / "args").read_text() == f"{file.as_uri()}\n"
    page = (browser / "page").read_text()
    assert re.search(r'content="0; url=([^"]*)"', page)[1].replace("&amp;", "&") == URL  # type: ignore[index]
    assert 'content="no-referrer"' in page


def test_a_file_is_0600_whatever_the_umask(paths: Paths, browser: Path) -> None:
    """A umask that lets everybody read does not."""
    before = os.umask(0)
    try:
        opening.open_page(paths.web, URL)
    finally:
        os.umask(before)
    (file,) = paths.web.glob("open-*.html")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_address_cannot_break_out(paths: Paths, browser: Path) -> None:
    """What the address holds never becomes markup."""
    opening.open_page(paths.web, 'http://x/"><script>alert(1)</script>')
    assert "<script" not in (browser / "page").read_text()


def test_no_browser(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be started nothing is left behind."""
    monkeypatch.setattr(opening, "_PROGRAM", "import sys; sys.exit(1)")
    assert not opening.open_page(paths.web, URL)
    assert list(paths.web.glob("open-*")) == []


def test_a_starter_that_stays(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that stays with its starter counts as opened, and is not waited for."""
    monkeypatch.setattr(opening, "_PROGRAM", "import sys; sys.stdin.read(); import time; time.sleep(1)")
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    started: list[Any] = []
    popen = subprocess.Popen

    def remember(*args: Any, **options: Any) -> Any:
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    assert opening.open_page(paths.web, URL)
    started[0].kill()
    started[0].wait()


def test_a_program_that_is_not_there(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be started, it says that none was opened."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert not opening.open_page(paths.web, URL)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Without a place for the file the error names it."""
    with pytest.raises(UnavailableError, match="nowhere"):
        opening.open_page(tmp_path / "nowhere", URL)


def test_files_of_expired_codes_go(paths: Paths, browser: Path) -> None:
    """What is older than a code lives is removed with the next one; a fresh one, and other files, stay."""
    old, fresh, other = (paths.web / name for name in ("open-1.html", "open-2.html", "tokens.json"))
    for file in (old, fresh, other):
        file.write_text("x")
    long_ago = time.time() - opening.CODE_LIFE - 1
    for file in (old, other):
        os.utime(file, (long_ago, long_ago))
    opening.open_page(paths.web, URL)
    assert not old.exists()
    assert fresh.exists()
    assert other.exists()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({}, sys.platform == "darwin"),
        ({"DISPLAY": "localhost:10", "SSH_CONNECTION": "a b c d"}, False),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/0"}, False),
    ],
)
def test_whether_there_is_a_browser(environ: dict[str, str], expected: bool) -> None:
    """On a desktop there is; over ssh it would open on another machine than the person's."""
    assert opening.has_browser(environ) is expected


class _Api:
    """Stands in for the API: answers by method, and notes what it was asked."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self._page = page

    def __call__(self, _path: Path, method: str, place: str, body: Any = None) -> Any:
        self.asked.append((method, place, body))
        return {"page": self._page, "url": URL, "host": "127.0.0.1", "port": 8000, "expires_at": 1.0}


def test_entering(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon is asked for an address, for looking only and for an agent where that is wanted."""
    api = _Api(BUILT)
    monkeypatch.setattr(opening, "call", api)
    file = tmp_path / "constellation.yaml"
    assert opening.enter(paths)["url"] == URL
    opening.enter(paths, file=str(file), agent="docs", read_only=True)
    agent = {"read_only": True, "constellation": constellation_id(file.resolve()), "agent": "docs"}
    posts = [body for method, place, body in api.asked if (method, place) == ("POST", "/web")]
    assert posts == [{"read_only": False}, agent]


def test_a_page_that_was_not_built(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, and how to get it, and does not turn the web face on."""
    api = _Api({"built": False, "why": "npm was not found"})
    monkeypatch.setattr(opening, "call", api)
    with pytest.raises(UnavailableError, match="npm was not found") as caught:
        opening.enter(paths)
    assert "CONSTELLAGENT_PAGE=require" in caught.value.hint
    assert [method for method, _, _ in api.asked] == ["GET"]
