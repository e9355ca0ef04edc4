"""age files: what was locked opens with its key only, and every other end is told apart and in words."""

import base64
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.age import AgeError, WrongKeyError, decrypt, encrypt

LONG = "correct horse battery staple"


def pair() -> tuple[str, bytes]:
    """Return a recipient and the identity file that opens what is locked to it, as `age-keygen` writes it."""
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    return public, f"# created: 2026-11-22\n# public key: {public}\n{key}\n".encode()


PUBLIC, FILE = pair()
OTHER, OTHER_FILE = pair()
LOCKED = encrypt(b"the document", recipients=[PUBLIC])


@pytest.fixture(scope="module")
def under_passphrase() -> bytes:
    """A file under a passphrase; making one takes a second."""
    return encrypt(b"the document", passphrase=LONG)


@settings(max_examples=30)
@given(st.binary(max_size=200_000))
def test_what_was_locked_opens(data: bytes) -> None:
    """A round trip gives the same bytes, for each of several recipients, and nothing is in clear."""
    locked = encrypt(data, recipients=[OTHER, f" {PUBLIC}\n"])
    assert decrypt(locked, identity_file=FILE) == data
    assert decrypt(locked, identity_file=OTHER_FILE) == data
    body = locked[locked.index(b"\n---") :]  # what comes before is the format's own text
    assert len(data) < 8 or data not in body


def test_under_a_passphrase(under_passphrase: bytes) -> None:
    """Another passphrase does not open it, and a key is of no use; that its own does, the text form shows."""
    with pytest.raises(WrongKeyError, match="not the passphrase"):
        decrypt(under_passphrase, passphrase="something else")
    with pytest.raises(UsageError, match="under a passphrase"):
        decrypt(under_passphrase, identity_file=FILE)


def test_armored_input(under_passphrase: bytes) -> None:
    """The text form is taken too, with any line ends and blank lines around, of either kind."""
    armored = pyrage.encrypt(b"the document", [pyrage.x25519.Recipient.from_str(PUBLIC)], armored=True)
    for form in (armored, armored.replace(b"\n", b"\r\n")):
        assert decrypt(form, identity_file=FILE) == b"the document"
    begin, end = armored.splitlines()[:1], armored.splitlines()[-1:]
    text = base64.encodebytes(under_passphrase).replace(b"\n", b"")
    armored = b"\n".join([*begin, *(text[at : at + 64] for at in range(0, len(text), 64)), *end, b""])
    with pytest.raises(UsageError, match="under a passphrase"):
        decrypt(armored)
    assert decrypt(armored, passphrase=LONG) == b"the document"


def test_ssh_keys(tmp_path: Path) -> None:
    """A file can be locked to an SSH key; a private key under a passphrase is refused in words."""
    for name, passphrase in (("plain", ""), ("locked", "abcde")):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(tmp_path / name)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    locked = encrypt(b"x", recipients=[(tmp_path / "plain.pub").read_text()])
    assert decrypt(locked, identity_file=(tmp_path / "plain").read_bytes()) == b"x"
    with pytest.raises(UsageError, match="decrypted first"):
        decrypt(locked, identity_file=(tmp_path / "locked").read_bytes())


def test_the_wrong_key_is_told_from_damage(under_passphrase: bytes) -> None:
    """Another key says so; a file that was changed or cut says that, wherever the damage is."""
    with pytest.raises(WrongKeyError, match="not locked to this key") as raised:
        decrypt(LOCKED, identity_file=OTHER_FILE)
    assert raised.value.hint
    for index in (0, 30, 70, 110, len(LOCKED) - 20, len(LOCKED) - 1):
        changed = LOCKED[:index] + bytes([LOCKED[index] ^ 1]) + LOCKED[index + 1 :]
        for damaged in (changed, LOCKED[:index]):
            with pytest.raises(AgeError) as damage:
                decrypt(damaged, identity_file=FILE)
            assert damage.value.hint
    changed = under_passphrase[:-1] + bytes([under_passphrase[-1] ^ 1])
    with pytest.raises(AgeError, match="damaged") as found:
        decrypt(changed, passphrase=LONG)
    assert not isinstance(found.value, WrongKeyError)


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_no_bytes_fail_in_another_way(data: bytes, identity_file: bytes) -> None:
    """Whatever is given as a file or as an identity file ends in an error of ours."""
    for junk in (data, b"age-encryption.org/v1\n" + data, b"-----BEGIN AGE ENCRYPTED FILE-----\n" + data):
        with pytest.raises(ConstellagentError):
            decrypt(junk, identity_file=FILE)
    with pytest.raises(ConstellagentError):
        decrypt(LOCKED, identity_file=identity_file)


@pytest.mark.parametrize(
    "recipient",
    ["", "age1xxx", "ssh-ed25519 AAAA", FILE.split()[-1].decode()],
    ids=["nothing", "a slip", "half an SSH key", "a secret key"],
)
def test_what_is_no_recipient_is_refused(recipient: str) -> None:
    """A slip in a public key is found before anything is written; a secret key is no recipient."""
    with pytest.raises(UsageError) as raised:
        encrypt(b"x", recipients=[recipient])
    assert "age1" in raised.value.hint
    assert "AGE-SECRET-KEY-1" not in raised.value.message


def test_one_way_or_the_other() -> None:
    """Neither, both, and a passphrase that is short are wrong usage."""
    for arguments in ({}, {"recipients": [PUBLIC], "passphrase": LONG}, {"passphrase": "short"}):
        with pytest.raises(UsageError):
            encrypt(b"x", **arguments)
    with pytest.raises(UsageError, match="locked to a key"):
        decrypt(LOCKED, passphrase=LONG)


@pytest.mark.parametrize(
    "content", [b"", b"# nothing\n", b"AGE-SECRET-KEY-1SLIP", b"AGE-PLUGIN-X-1", b"\xff"]
)
def test_an_identity_file_without_a_key(content: bytes) -> None:
    """It is refused with what it should hold, and is not shown."""
    with pytest.raises(UsageError) as raised:
        decrypt(LOCKED, identity_file=content)
    assert "AGE-SECRET-KEY-1..." in raised.value.hint
    assert "SLIP" not in str(raised.value)


@pytest.mark.skipif(shutil.which("age") is None, reason="there is no `age` on PATH to compare with")
def test_the_real_age_agrees(tmp_path: Path) -> None:
    """What we lock `age` opens, and the other way round."""
    (tmp_path / "key").write_bytes(FILE)
    (tmp_path / "ours.age").write_bytes(LOCKED)
    (tmp_path / "clear").write_bytes(b"the document")
    argv = ["age", "-d", "-i", str(tmp_path / "key"), str(tmp_path / "ours.age")]
    assert subprocess.run(argv, check=True, capture_output=True).stdout == b"the document"
    for armor in ([], ["-a"]):
        argv = ["age", *armor, "-r", PUBLIC, str(tmp_path / "clear")]
        theirs = subprocess.run(argv, check=True, capture_output=True).stdout
        assert decrypt(theirs, identity_file=FILE) == b"the document"
