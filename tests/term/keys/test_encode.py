"""Keys as terminals have always sent them, and with modifyOtherKeys; two other terminals as judges."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from constellagent.term.cells import Modes
from constellagent.term.keys import KeyPress, encode_key
from constellagent.term.keys.press import ALT, CODES, CTRL, LETTERS, SHIFT
from tests.term.keys.ghostty import NAMED, SHIFTED, Encoder


@pytest.mark.parametrize(
    ("press", "data"),
    [
        (KeyPress("a", "a"), b"a"),
        (KeyPress("a", "A", shift=True), b"A"),
        (KeyPress("é", "é"), "é".encode()),
        (KeyPress("\udcff", "\udcff"), b"\xff"),
        (KeyPress("a", "a", ctrl=True), b"\x01"),
        (KeyPress("a", "A", ctrl=True, shift=True), b"\x01"),
        (KeyPress("a", "a", alt=True), b"\x1ba"),
        (KeyPress("a", "a", ctrl=True, alt=True), b"\x1b\x01"),
        (KeyPress(" ", " ", ctrl=True), b"\0"),
        (KeyPress("2", "2", ctrl=True), b"\0"),
        (KeyPress("8", "8", ctrl=True), b"\x7f"),
        (KeyPress("/", "?", ctrl=True, shift=True), b"\x1f"),
        (KeyPress("1", "1", ctrl=True), b"1"),
        (KeyPress("с", "с", ctrl=True, base="c"), b"\x03"),  # noqa: RUF001 - Cyrillic on purpose
        (KeyPress("=", "^", ctrl=True, shift=True), b"\x1e"),
        (KeyPress("a", "a", super=True), b""),
        (KeyPress("a", "a", event="release"), b""),
        (KeyPress("a", "a", event="repeat"), b"a"),
        (KeyPress("enter"), b"\r"),
        (KeyPress("enter", alt=True), b"\x1b\r"),
        (KeyPress("tab"), b"\t"),
        (KeyPress("tab", shift=True), b"\x1b[Z"),
        (KeyPress("escape"), b"\x1b"),
        (KeyPress("escape", alt=True), b"\x1b\x1b"),
        (KeyPress("backspace"), b"\x7f"),
        (KeyPress("backspace", ctrl=True), b"\x08"),
        (KeyPress("backspace", alt=True), b"\x1b\x7f"),
        (KeyPress("up"), b"\x1b[A"),
        (KeyPress("up", ctrl=True), b"\x1b[1;5A"),
        (KeyPress("f1"), b"\x1bOP"),
        (KeyPress("f3", shift=True), b"\x1b[1;2R"),
        (KeyPress("f5"), b"\x1b[15~"),
        (KeyPress("f12", ctrl=True, shift=True), b"\x1b[24;6~"),
        (KeyPress("f13"), b"\x1b[25~"),
        (KeyPress("delete", alt=True), b"\x1b[3;3~"),
        (KeyPress("keypad-5"), b"5"),
        (KeyPress("keypad-5", alt=True), b"\x1b5"),
        (KeyPress("keypad-5", ctrl=True), b"5"),
        (KeyPress("keypad-enter"), b"\r"),
        (KeyPress("keypad-up"), b"\x1b[A"),
        (KeyPress("keypad-pageup"), b"\x1b[5~"),
        (KeyPress("keypad-begin"), b"\x1b[E"),
        (KeyPress("media-play"), b""),
        (KeyPress("left-shift", shift=True), b""),
    ],
)
def test_without_any_modes(press: KeyPress, data: bytes) -> None:
    """What a program gets that has asked for nothing."""
    assert encode_key(press, Modes()) == data


@pytest.mark.parametrize(
    ("press", "modes", "data"),
    [
        (KeyPress("up"), Modes(application_cursor=True), b"\x1bOA"),
        (KeyPress("home"), Modes(application_cursor=True), b"\x1bOH"),
        (KeyPress("up", shift=True), Modes(application_cursor=True), b"\x1b[1;2A"),
        (KeyPress("delete"), Modes(application_cursor=True), b"\x1b[3~"),
        (KeyPress("keypad-5"), Modes(application_keypad=True), b"\x1bOu"),
        (KeyPress("keypad-enter"), Modes(application_keypad=True), b"\x1bOM"),
        (KeyPress("keypad-add", ctrl=True), Modes(application_keypad=True), b"\x1bO5k"),
        (KeyPress("keypad-left"), Modes(application_keypad=True), b"\x1b[D"),
        (KeyPress("backspace"), Modes(backarrow=True), b"\x08"),
        (KeyPress("backspace", ctrl=True), Modes(backarrow=True), b"\x7f"),
        (KeyPress("enter"), Modes(newline=True), b"\r\n"),
        (KeyPress("keypad-enter"), Modes(newline=True), b"\r\n"),
    ],
)
def test_modes(press: KeyPress, modes: Modes, data: bytes) -> None:
    """DECCKM, DECNKM, DECBKM and LNM."""
    assert encode_key(press, modes) == data


@pytest.mark.parametrize(
    ("press", "first", "second"),
    [
        (KeyPress("a", "a"), b"a", b"a"),
        (KeyPress("a", "A", shift=True), b"A", b"A"),
        (KeyPress("a", "a", ctrl=True), b"\x01", b"\x1b[27;5;97~"),
        (KeyPress("a", "A", ctrl=True, shift=True), b"\x1b[27;6;65~", b"\x1b[27;6;65~"),
        (KeyPress("a", "a", alt=True), b"\x1ba", b"\x1b[27;3;97~"),
        (KeyPress("с", "с", ctrl=True, base="c"), b"\x03", b"\x1b[27;5;1089~"),  # noqa: RUF001 - on purpose
        (KeyPress("1", "1", ctrl=True), b"\x1b[27;5;49~", b"\x1b[27;5;49~"),
        (KeyPress(";", ";", ctrl=True), b"\x1b[27;5;59~", b"\x1b[27;5;59~"),
        (KeyPress("[", "[", ctrl=True), b"\x1b", b"\x1b[27;5;91~"),
        (KeyPress(" ", " ", shift=True), b" ", b"\x1b[27;2;32~"),
        (KeyPress("enter"), b"\r", b"\r"),
        (KeyPress("enter", shift=True), b"\x1b[27;2;13~", b"\x1b[27;2;13~"),
        (KeyPress("enter", alt=True), b"\x1b\r", b"\x1b[27;3;13~"),
        (KeyPress("tab", ctrl=True), b"\x1b[27;5;9~", b"\x1b[27;5;9~"),
        (KeyPress("tab", shift=True), b"\x1b[Z", b"\x1b[Z"),
        (KeyPress("backspace", ctrl=True), b"\x08", b"\x08"),
        (KeyPress("backspace", shift=True), b"\x7f", b"\x1b[27;2;127~"),
        (KeyPress("escape", ctrl=True), b"\x1b", b"\x1b[27;5;27~"),
        (KeyPress("up", ctrl=True), b"\x1b[1;5A", b"\x1b[1;5A"),
    ],
)
def test_modify_other_keys(press: KeyPress, first: bytes, second: bytes) -> None:
    """On the first level what has always been told stays as it is; the second has everything else, too."""
    assert encode_key(press, Modes(modify_other_keys=1)) == first
    assert encode_key(press, Modes(modify_other_keys=2)) == second


def test_kitty_wins_over_modify_other_keys() -> None:
    """A program that switches both on reads the kitty keyboard protocol."""
    modes = Modes(modify_other_keys=2, kitty_flags=1)
    assert encode_key(KeyPress("a", "a", ctrl=True), modes) == b"\x1b[97;5u"
    assert encode_key(KeyPress("enter"), modes) == b"\r"
    assert encode_key(KeyPress("a", "a", ctrl=True), Modes(modify_other_keys=2, kitty_flags=2)) == b"\x01"


@pytest.mark.parametrize(
    "modes",
    [
        Modes(),
        Modes(application_cursor=True),
        Modes(application_keypad=True),
        Modes(backarrow=True),
        Modes(modify_other_keys=2),
    ],
)
def test_another_terminal_sends_the_same(modes: Modes) -> None:
    """Every letter and key without a character, with Shift, Ctrl or Alt, as Ghostty encodes it.

    It differs on purpose: a modified F3 is no letter there; Ctrl+I and Ctrl+M are no Tab and Enter; modified
    Enter, Tab, Backspace and Escape are sequences that nobody asked for; letters
    with Shift are sequences to it with modifyOtherKeys 2, which programs read as text as well; and Alt does
    nothing to its keypad.
    """
    encoder = Encoder()
    try:
        for held in (0, SHIFT, ALT, CTRL):
            for key in [*(letter for letter in SHIFTED if letter.isalpha()), *NAMED]:
                if held and (key == "f3" or (held == ALT and key.startswith("keypad-"))):
                    continue
                if held == SHIFT and modes.modify_other_keys and key not in {*LETTERS, "delete"}:
                    continue
                if (held == CTRL and key in {"i", "m"}) or (held and key in CODES):
                    continue
                text = key if len(key) == 1 else ""
                text = SHIFTED[key] if text and held == SHIFT else text
                press = KeyPress(key, text, ctrl=held == CTRL, alt=held == ALT, shift=held == SHIFT)
                assert encode_key(press, modes) == encoder.encode(press, modes), press
    finally:
        encoder.close()


_KEEPS = """
import os, sys, tty
tty.setraw(0)
os.write(1, sys.argv[2].encode().decode("unicode_escape").encode())
with open(sys.argv[1], "wb", buffering=0) as file:
    while True:
        file.write(os.read(0, 4096))
"""
_TMUX = {
    "a": KeyPress("a", "a"),
    "C-a": KeyPress("a", "a", ctrl=True),
    "M-x": KeyPress("x", "x", alt=True),
    "C-M-x": KeyPress("x", "x", ctrl=True, alt=True),
    "C-Space": KeyPress(" ", " ", ctrl=True),
    "Enter": KeyPress("enter"),
    "Tab": KeyPress("tab"),
    "BTab": KeyPress("tab", shift=True),
    "BSpace": KeyPress("backspace"),
    "Escape": KeyPress("escape"),
    "Up": KeyPress("up"),
    "C-Left": KeyPress("left", ctrl=True),
    "S-Right": KeyPress("right", shift=True),
    "C-S-Down": KeyPress("down", ctrl=True, shift=True),
    "M-Up": KeyPress("up", alt=True),
    "PageUp": KeyPress("pageup"),
    "C-PageDown": KeyPress("pagedown", ctrl=True),
    "Insert": KeyPress("insert"),
    "S-DC": KeyPress("delete", shift=True),
    "F1": KeyPress("f1"),
    "S-F1": KeyPress("f1", shift=True),
    "F5": KeyPress("f5"),
    "C-F5": KeyPress("f5", ctrl=True),
    "F12": KeyPress("f12"),
    "KP5": KeyPress("keypad-5"),
    "KP+": KeyPress("keypad-add"),
}
"""Keys by tmux's names. Not Home and End, which are numbers to it, nor the keypad's Enter, a line feed."""


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize(
    ("setup", "modes"),
    [
        ("", Modes()),
        (r"\x1b[?1h", Modes(application_cursor=True)),
        (r"\x1b=", Modes(application_keypad=True)),
        (r"\x1b[?1h\x1b=", Modes(application_cursor=True, application_keypad=True)),
    ],
)
def test_tmux_sends_the_same(tmp_path: Path, setup: str, modes: Modes) -> None:
    """What a program inside tmux reads for each key, in the same modes."""
    kept = tmp_path / "keys"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the path of a socket must be short
        _type_in_tmux(["tmux", "-S", f"{folder}/s", "-f", "/dev/null"], kept, setup)
    data = kept.read_bytes().removesuffix(b"over")
    for name, press in _TMUX.items():
        expected = encode_key(press, modes)
        assert data.startswith(expected), f"{name}: {expected!r}, tmux {data[:12]!r}"
        data = data[len(expected) :]
    assert data == b""


def _type_in_tmux(tmux: list[str], kept: Path, setup: str) -> None:
    """Send each key to a program that has switched its modes on, and then `over`."""
    command = [sys.executable, "-c", _KEEPS, str(kept), setup + "ready"]
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", *command], check=True)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            shown = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True)
            if "ready" in shown.stdout and kept.exists():
                break
        for name in _TMUX:
            subprocess.run([*tmux, "send-keys", name], check=True)
        subprocess.run([*tmux, "send-keys", "-l", "over"], check=True)
        while not kept.read_bytes().endswith(b"over") and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
