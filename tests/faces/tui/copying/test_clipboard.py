"""Where copies go: the outer terminal and the desktop's clipboard, with real programs in its place."""

import base64
import os
import sys
import time
from pathlib import Path

import pytest

from constellagent.faces.tui.copying import Clipboard
from constellagent.faces.tui.copying.clipboard import osc52


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give programs the time that they need to start."""
    monkeypatch.setattr("constellagent.faces.tui.copying.clipboard._WAIT", 40.0)


def program(folder: Path, name: str, lines: str) -> dict[str, str]:
    """Make a program for a clipboard; returns the environment in which it is the only one."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{lines}")
    path.chmod(0o755)
    return {"PATH": str(folder), "SECRET": "no"}


def keeping(folder: Path) -> str:
    """Return a program that keeps what it gets, its arguments and its environment."""
    return (
        "import os, sys\n"
        f"open({str(folder / 'got')!r}, 'wb').write(sys.stdin.buffer.read())\n"
        f"open({str(folder / 'how')!r}, 'w').write(repr((sys.argv[1:], sorted(os.environ))))\n"
    )


def test_the_sequence_for_the_terminal() -> None:
    """Base64, once; inside tmux wrapped for the terminal around, too; nothing that is too large."""
    data = base64.b64encode("über".encode()).decode()
    assert osc52("über", tmux=False) == f"\x1b]52;c;{data}\x07"
    assert osc52("über", tmux=True) == (f"\x1b]52;c;{data}\x07\x1bPtmux;\x1b\x1b]52;c;{data}\x07\x1b\\")
    assert osc52("x" * (1 << 20), tmux=False) == ""


@pytest.mark.parametrize(
    ("name", "variable", "arguments"),
    [
        ("wl-copy", "WAYLAND_DISPLAY", []),
        ("xclip", "DISPLAY", ["-selection", "clipboard"]),
        ("xsel", "DISPLAY", ["--clipboard", "--input"]),
    ],
)
async def test_the_desktop_gets_it(tmp_path: Path, name: str, variable: str, arguments: list[str]) -> None:
    """On standard input, byte for byte, without the rest of the environment."""
    environ = program(tmp_path, name, keeping(tmp_path)) | {variable: "some"}
    text = "one\ntwo é\n" * 50_000
    assert await Clipboard(environ, None).put(text) == (True, f"copied 100000 lines to {name}")
    assert (tmp_path / "got").read_bytes() == text.encode()
    how = (tmp_path / "how").read_text()
    assert repr(arguments) in how
    assert "SECRET" not in how


async def test_macos_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one program, and no variable that tells of a desktop."""
    monkeypatch.setattr(sys, "platform", "darwin")
    environ = program(tmp_path, "pbcopy", keeping(tmp_path))
    assert Clipboard(environ, None).program() == [str(tmp_path / "pbcopy")]


async def test_both_are_tried(tmp_path: Path) -> None:
    """And it is said which took it."""
    environ = program(tmp_path, "wl-copy", keeping(tmp_path)) | {"WAYLAND_DISPLAY": "w"}
    written: list[str] = []
    assert await Clipboard(environ, written.append).put("abc") == (
        True,
        "copied 3 characters to the terminal (OSC 52) and wl-copy",
    )
    assert written == [osc52("abc", tmux=False)]


@pytest.mark.parametrize(
    "lines", ["import sys; sys.exit(1)", "import time; time.sleep(60)", "import os; os.close(0)\nos._exit(2)"]
)
async def test_a_program_that_fails_is_no_way(
    tmp_path: Path, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that refuses, nor one that never ends, nor one that does not read."""
    monkeypatch.setattr("constellagent.faces.tui.copying.clipboard._WAIT", 0.5)
    environ = program(tmp_path, "xclip", lines) | {"DISPLAY": ":0"}
    start = time.monotonic()
    taken, words = await Clipboard(environ, None).put("x" * 500_000)
    assert not taken
    assert "nothing to copy to" in words
    assert time.monotonic() - start < 30


async def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    """Its interpreter is gone."""
    environ = program(tmp_path, "xsel", "") | {"DISPLAY": ":0"}
    (tmp_path / "xsel").write_text("#!/nowhere/python\n")
    assert (await Clipboard(environ, None).put("x"))[0] is False


async def test_what_is_too_large_is_said() -> None:
    """Where only the terminal could have taken it."""
    taken, words = await Clipboard({"PATH": os.devnull}, lambda _: None).put("x" * (1 << 20))
    assert not taken
    assert "too much for the terminal" in words
    assert Clipboard({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, None).program() is None
