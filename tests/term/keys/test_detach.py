"""Names of keys, and the key that detaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.term.keys import DetachScanner, parse_key


@pytest.mark.parametrize(
    ("name", "byte"),
    [
        ("ctrl-]", b"\x1d"),
        ("C-]", b"\x1d"),
        ("^]", b"\x1d"),
        ("Ctrl-A", b"\x01"),
        ("c-z", b"\x1a"),
        ("ctrl-space", b"\0"),
        ("^@", b"\0"),
        ("^?", b"\x7f"),
        ("ctrl-\\", b"\x1c"),
        (" ^^ ", b"\x1e"),
    ],
)
def test_control_keys_have_three_spellings(name: str, byte: bytes) -> None:
    """`ctrl-x`, `C-x` and `^x` in any case."""
    assert parse_key(name) == byte


@pytest.mark.parametrize("name", ["", "x", "ctrl-", "ctrl-ab", "^1", "alt-x", "^ä"])
def test_other_names_are_refused(name: str) -> None:
    """What is no control key is a usage error that shows how to write one."""
    with pytest.raises(UsageError) as raised:
        parse_key(name)
    assert "ctrl-]" in raised.value.hint


KEY = b"\x1d"
KITTY = b"\x1b[93;5u"


def test_typing_passes_untouched() -> None:
    """What holds no detach key goes to the program at once, a lone escape included."""
    scanner = DetachScanner(KEY)
    for typed in (b"hello", b"\x1b", b"\x1b[A", b"\x1b[201~", "ü".encode(), b"\x1b[97;5u"):
        assert scanner.feed(typed) == (typed, False)
        assert not scanner.waiting


@pytest.mark.parametrize("key", [KEY, KITTY, b"\x1b[93;69u", b"\x1b[93::93;133:1u", b"\x1b[27;5;93~"])
def test_one_press_detaches(key: bytes) -> None:
    """However the terminal encodes it: pressed once, then nothing, or another key."""
    scanner = DetachScanner(KEY)
    assert scanner.feed(b"abc" + key) == (b"abc", False)
    assert scanner.waiting
    assert scanner.expire() == (b"", True)
    assert DetachScanner(KEY).feed(key + b"x") == (b"", True)
    assert DetachScanner(KEY).feed(key + b"x" + key) == (b"", True)
    scanner = DetachScanner(KEY)
    scanner.feed(key)
    assert scanner.feed(b"x") == (b"", True)


@pytest.mark.parametrize("key", [KEY, KITTY])
def test_two_presses_send_the_key(key: bytes) -> None:
    """Pressed twice it goes to the program once, and all goes on."""
    scanner = DetachScanner(KEY)
    assert scanner.feed(key) == (b"", False)
    assert scanner.feed(key + b"z") == (key + b"z", False)
    assert not scanner.waiting
    assert scanner.feed(key + key) == (key, False)


def test_the_release_of_the_key_is_no_second_press() -> None:
    """Terminals that report releases do not send the key by accident."""
    scanner = DetachScanner(KEY)
    assert scanner.feed(KITTY + b"\x1b[93;5:3u") == (b"", False)
    assert scanner.expire() == (b"", True)


def test_other_modifiers_are_other_keys() -> None:
    """Ctrl with Shift or Alt is not the detach key."""
    scanner = DetachScanner(KEY)
    for typed in (b"\x1b[93;6u", b"\x1b[93;7u", b"\x1b[27;7;93~", b"\x1b[93;1u"):
        assert scanner.feed(typed) == (typed, False)


def test_an_encoded_key_may_come_in_parts() -> None:
    """The start of a possible key waits for its rest, and is let go if none comes."""
    scanner = DetachScanner(KEY)
    assert scanner.feed(b"a\x1b[93") == (b"a", False)
    assert scanner.waiting
    assert scanner.feed(b";5u") == (b"", False)
    assert scanner.expire() == (b"", True)
    scanner = DetachScanner(KEY)
    scanner.feed(b"\x1b[9")
    assert scanner.expire() == (b"\x1b[9", False)
    assert scanner.feed(b"3;5u") == (b"3;5u", False)


def test_the_key_of_a_letter_and_of_delete() -> None:
    """The encoded form names the lower-case letter, for DEL the question mark."""
    assert DetachScanner(b"\x01").feed(b"\x1b[97;5ux") == (b"", True)
    assert DetachScanner(b"\x7f").feed(b"\x1b[63;5ux") == (b"", True)


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_without_the_key_nothing_is_lost(parts: list[bytes]) -> None:
    """Any typed bytes without the key pass in order, whole, once nothing more comes."""
    parts = [part.replace(KEY, b"").replace(b"93", b"") for part in parts]
    scanner = DetachScanner(KEY)
    passed = b""
    for part in parts:
        data, detached = scanner.feed(part)
        passed += data
        if detached or scanner.pending:
            return  # digits of two parts joined to the encoded key
    passed += scanner.expire()[0]
    assert passed == b"".join(parts)
