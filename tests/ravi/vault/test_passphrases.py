"""The root key under a passphrase: the right one opens it, any other does not, and each is told apart."""

import base64
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from constellagent.ravi.vault import VaultError
from constellagent.ravi.vault.passphrases import (
    ITERATIONS,
    MEMORY_KIB,
    PassphraseError,
    Wrapped,
    read_passphrase,
    unwrap,
    wrap,
)

SECRET = bytes(range(32))
LONG = "correct horse battery staple"


def test_the_real_cost() -> None:
    """What a person's passphrase is stretched with: three passes over 64 MiB; a round trip gives the key."""
    wrapped = wrap(SECRET, LONG)
    assert (wrapped.iterations, wrapped.memory_kib, wrapped.lanes) == (3, 65536, 4)
    assert (ITERATIONS, MEMORY_KIB) == (3, 65536)
    assert unwrap(wrapped, LONG) == SECRET


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=10, max_size=40), st.text(max_size=40))
def test_only_the_same_passphrase_opens(cheap: None, passphrase: str, other: str) -> None:
    """A round trip holds for any text, salts never repeat, and another text is a wrong passphrase."""
    wrapped = wrap(SECRET, passphrase)
    assert unwrap(wrapped, passphrase) == SECRET
    assert wrapped.salt != wrap(SECRET, passphrase).salt
    if other != passphrase:
        with pytest.raises(PassphraseError, match="not the passphrase"):
            unwrap(wrapped, f"{other}!{passphrase}")


def test_composed_and_decomposed_letters_are_the_same(cheap: None) -> None:
    """A keyboard that sends letters and accents apart opens what another sealed."""
    assert unwrap(wrap(SECRET, "caf\u00e9 au lait"), "cafe\u0301 au lait") == SECRET


def test_a_short_passphrase_is_refused() -> None:
    """Fewer than ten characters are refused with advice, and are not shown."""
    with pytest.raises(VaultError, match="5 characters") as raised:
        wrap(SECRET, "qwert")
    assert "words" in raised.value.hint
    assert "qwert" not in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "!" * 24},
        {"salt": base64.b64encode(b"x" * 3).decode() + " " * 20},
        {"sealed": "!"},
        {"sealed": ""},
        {"lanes": 64, "memory_kib": 32},
    ],
)
def test_what_is_stored_and_cannot_be_used(cheap: None, change: dict[str, object]) -> None:
    """Stored values that make no sense are damage, and no wrong passphrase."""
    wrapped = wrap(SECRET, LONG).model_copy(update=change)
    with pytest.raises(VaultError) as raised:
        unwrap(wrapped, LONG)
    assert not isinstance(raised.value, PassphraseError) or change == {"sealed": ""}


@pytest.mark.parametrize("field", ["iterations", "memory_kib", "lanes"])
def test_a_stored_cost_has_limits(cheap: None, field: str) -> None:
    """Nobody can make the daemon fill the memory of the machine by changing a number."""
    stored = wrap(SECRET, LONG).model_dump()
    for bad in (0, 1 << 30):
        with pytest.raises(ValidationError):
            Wrapped.model_validate({**stored, field: bad})


def test_a_passphrase_from_a_file(tmp_path: Path) -> None:
    """The first line counts, without what ends it."""
    file = tmp_path / "passphrase"
    for content in (LONG, f"{LONG}\n", f"{LONG}\r\n", f"{LONG}\nmore\n"):
        file.write_text(content, newline="")
        file.chmod(0o600)
        assert read_passphrase(file) == LONG


def test_a_passphrase_from_a_descriptor() -> None:
    """`/dev/fd/N` is read by its number, which stays open for its owner."""
    reader, writer = os.pipe()
    thread = threading.Thread(target=lambda: os.write(writer, f"{LONG}\n".encode()))
    thread.start()
    assert read_passphrase(Path(f"/dev/fd/{reader}")) == LONG
    thread.join()
    os.close(reader)
    os.close(writer)
    with pytest.raises(VaultError, match="cannot read the passphrase"):
        read_passphrase(Path(f"/dev/fd/{reader}"))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n"])
def test_no_passphrase_in_a_file(tmp_path: Path, content: bytes) -> None:
    """An empty line, or what is no text, is refused with what to mend."""
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(VaultError) as raised:
        read_passphrase(file)
    assert "CONSTELLAGENT_PASSPHRASE_FILE" in raised.value.hint


def test_a_passphrase_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A passphrase in a file for everybody, in a folder, or nowhere is refused."""
    file = tmp_path / "passphrase"
    file.write_text(LONG)
    file.chmod(0o644)
    with pytest.raises(VaultError) as raised:
        read_passphrase(file)
    assert raised.value.hint == f"chmod 600 {file}"
    for odd in (tmp_path, tmp_path / "gone"):
        with pytest.raises(VaultError, match="cannot read"):
            read_passphrase(odd)
