"""The root key as a file: private whatever the umask, and nothing that is no key is taken for one."""

import base64
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.vault import KEY_FILE, VaultError
from constellagent.ravi.vault.key_files import create_own, parse, read_named, read_own, remove_own

SECRET = bytes(range(32))


def written(place: Path, content: bytes) -> Path:
    """Write a private file."""
    place.write_bytes(content)
    place.chmod(0o600)
    return place


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_our_file_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """The folder gets 0700 and the file 0600, and the same key comes back."""
    old = os.umask(umask)
    try:
        assert create_own(tmp_path / "ravi", SECRET) == SECRET
    finally:
        os.umask(old)
    file = tmp_path / "ravi" / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]
    assert read_own(file.parent) == SECRET


def test_racing_creators_agree_on_one_key(tmp_path: Path) -> None:
    """Of many who create the file at once all get the same key."""
    keys: list[bytes] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        barrier.wait()
        keys.append(create_own(tmp_path / "ravi", os.urandom(32)))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_every_form_of_a_key_is_read(tmp_path: Path) -> None:
    """Raw, hex and base64 forms of the same 32 bytes are the same key."""
    raw = os.urandom(32)
    for form in (raw, raw.hex().encode() + b"\n", base64.b64encode(raw) + b"\r\n"):
        assert read_named(written(tmp_path / "key", form)) == raw


NO_KEYS = [b"", b"short", b"!" * 44, b"z" * 64, b"\xff" * 64, base64.b64encode(bytes(31))]


@pytest.mark.parametrize("content", NO_KEYS)
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is no key of 32 bytes is refused with the way to make one, and its content is not shown."""
    with pytest.raises(VaultError, match="holds no key") as raised:
        read_named(written(tmp_path / "key", content))
    assert "/dev/urandom" in raised.value.hint
    assert "zzz" not in str(raised.value)


def test_the_way_to_make_a_key_works(tmp_path: Path) -> None:
    """The command in the hint really makes a key that is taken."""
    with pytest.raises(VaultError) as raised:
        parse(b"", tmp_path / "key")
    subprocess.run(["sh", "-c", raised.value.hint], check=True)
    assert len(read_named(tmp_path / "key")) == 32


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A group-readable key is refused, named or our own, with the command that mends it."""
    create_own(tmp_path, SECRET)
    (tmp_path / KEY_FILE).chmod(0o640)
    reads: tuple[Callable[[], object], ...] = (
        lambda: read_own(tmp_path),
        lambda: read_named(tmp_path / KEY_FILE),
    )
    for read in reads:
        with pytest.raises(VaultError) as raised:
            read()
        assert raised.value.hint == f"chmod 600 {tmp_path / KEY_FILE}"


AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from constellagent.ravi.vault.key_files import read_named
os.setgroups([0])
os.setuid(54321)
try:
    print(len(read_named(Path(sys.argv[1]))))
except Exception as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to root and read as another user")
@pytest.mark.parametrize(("mode", "said"), [(0o440, "32"), (0o444, "only you can read"), (0o460, "only you")])
def test_a_credential_of_roots_may_name_its_reader(tmp_path: Path, mode: int, said: str) -> None:
    """A service manager gives us a file of root's by an ACL, which shows as the group's mode."""
    file = tmp_path / "constellagent.key"
    file.write_bytes(SECRET)
    file.chmod(mode)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    ran = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER_USER, str(file)], capture_output=True, text=True, check=True
    )
    assert said in ran.stdout


def test_a_missing_or_odd_key_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there, a folder or a fifo in its place is a vault error, and nothing hangs."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    for odd in (tmp_path / "gone", tmp_path, tmp_path / "fifo"):
        with pytest.raises(VaultError):
            read_named(odd)


def test_a_link_in_place_of_our_key_is_refused(tmp_path: Path) -> None:
    """Our own key file is never followed through a link, neither to be read nor to be removed."""
    other = written(tmp_path / "other", SECRET)
    (tmp_path / KEY_FILE).symlink_to(other)
    with pytest.raises(ConstellagentError):
        read_own(tmp_path)
    with pytest.raises(VaultError, match="cannot be removed"):
        remove_own(tmp_path)
    assert other.read_bytes() == SECRET


def test_removing_overwrites_and_may_be_repeated(tmp_path: Path) -> None:
    """What else still names the file sees no key any more; removing what is gone is fine."""
    create_own(tmp_path, SECRET)
    (tmp_path / "hard link").hardlink_to(tmp_path / KEY_FILE)
    remove_own(tmp_path)
    remove_own(tmp_path)
    assert read_own(tmp_path) is None
    assert set((tmp_path / "hard link").read_bytes()) == {0}
