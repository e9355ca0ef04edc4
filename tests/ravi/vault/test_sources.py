"""Where the root key comes from: chosen once, moved on purpose only, and never a second key unseen."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.vault import KEY_FILE, RootKey, VaultError, descriptor, key_files, open_root_key
from constellagent.ravi.vault.descriptor import DESCRIPTOR, Chosen
from constellagent.ravi.vault.passphrases import PassphraseError
from constellagent.ravi.vault.places import LockedError
from constellagent.ravi.vault.sources import look, move
from tests.ravi.vault.keyrings import MemoryKeyring

LONG = "correct horse battery staple"
WAYS: tuple[Chosen, ...] = ("file", "keyring", "passphrase")


@dataclass(frozen=True)
class Says:
    """What a person has set."""

    key_file: Path | None = None
    key_source: Chosen | None = None
    passphrase: SecretStr | None = None
    passphrase_file: Path | None = None


WITH_PASSPHRASE = Says(passphrase=SecretStr(LONG))


def at_first(way: Chosen) -> Says:
    """Return what chooses a way when the key is made."""
    return Says(key_source=way, passphrase=SecretStr(LONG) if way == "passphrase" else None)


def later(way: Chosen) -> Says:
    """Return what is needed when the way was chosen already."""
    return WITH_PASSPHRASE if way == "passphrase" else Says()


def same(one: RootKey, other: RootKey) -> bool:
    """Whether two are the same key."""
    return one.mac("who", "") == other.mac("who", "")


def named_file(place: Path) -> Path:
    """Write a key file of a person."""
    place.write_bytes(os.urandom(32))
    place.chmod(0o600)
    return place


@pytest.fixture
def folder(tmp_path: Path, memory_keyring: MemoryKeyring, cheap: None) -> Path:
    """A state folder that is not there yet, beside a keyring in memory."""
    return tmp_path / "ravi"


@pytest.mark.parametrize("way", WAYS)
def test_a_choice_is_made_once(folder: Path, way: Chosen) -> None:
    """The key that was made in a way comes back without saying the way again, and from nowhere else."""
    first = open_root_key(folder, at_first(way), {})
    assert same(open_root_key(folder, later(way), {}), first)
    assert same(open_root_key(folder, at_first(way), {}), first)
    assert sorted(path.name for path in folder.iterdir()) == [
        DESCRIPTOR,
        *([KEY_FILE] if way == "file" else []),
    ]
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert LONG.encode() not in kept
    found = look(folder, later(way), {})
    assert found is not None
    assert found.kind == way
    assert found.key is not None
    assert same(found.key, first)


def test_the_default_is_a_file(folder: Path) -> None:
    """Where nothing is said, the key is a 0600 file, and its place is told."""
    assert open_root_key(folder, Says(), {}).source == f"the file {folder / KEY_FILE} (mode 0600)"


@pytest.mark.parametrize("chosen", WAYS)
@pytest.mark.parametrize("said", WAYS)
def test_another_choice_later_is_refused(folder: Path, chosen: Chosen, said: Chosen) -> None:
    """A setting that contradicts what was chosen says how to move, and makes no second key."""
    first = open_root_key(folder, at_first(chosen), {})
    if said == chosen:
        return
    contradicting = Says(key_source=said, passphrase=SecretStr(LONG))
    for call in (open_root_key, look):
        with pytest.raises(VaultError, match=f"says {said}") as raised:
            call(folder, contradicting, {})
        assert f"move-key --to {said}`" in raised.value.hint
    assert same(open_root_key(folder, later(chosen), {}), first)


def test_a_file_from_before_choices_were_written_down(folder: Path) -> None:
    """A key file alone is taken over as it is; a look writes nothing."""
    secret = key_files.create_own(folder, os.urandom(32))
    found = look(folder, Says(), {})
    assert found is not None
    assert found.kind == "file"
    assert descriptor.read(folder) is None
    assert same(open_root_key(folder, Says(), {}), RootKey(secret, "a test"))
    assert descriptor.read(folder) is not None


def test_racing_openers_agree_on_one_key(folder: Path) -> None:
    """Of many who start at once on an empty folder, in whatever way, all get the same key."""
    keys: list[RootKey] = []
    barrier = threading.Barrier(8)

    def race(says: Says) -> None:
        barrier.wait()
        keys.append(open_root_key(folder, says, {}))

    threads = [threading.Thread(target=race, args=(at_first("passphrase"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key.mac("who", "") for key in keys}) == 1


def test_a_race_lost_to_another_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds another choice written down meanwhile takes its own key back and uses the other.

    The moment between looking and writing is entered through `os.urandom`, since no event marks it.
    """
    urandom, winner = os.urandom, bytes(range(32))

    def while_making(size: int) -> bytes:
        if size == 32 and descriptor.read(folder) is None:
            monkeypatch.undo()
            key_files.create_own(folder, winner)
            descriptor.create(folder, descriptor.Descriptor(kind="file", check=descriptor.check_of(winner)))
        return urandom(size)

    backend = MemoryKeyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: backend)
    monkeypatch.setattr("os.urandom", while_making)
    key = open_root_key(folder, at_first("keyring"), {})
    assert same(key, RootKey(winner, "a test"))
    assert backend.kept == {}


# What a person names.


def test_a_named_key_file(folder: Path, tmp_path: Path) -> None:
    """A named file is the key and is only read; without it, or with another, nothing opens."""
    file = named_file(tmp_path / "key")
    key = open_root_key(folder, Says(key_file=file), {})
    assert key.source == f"the key file {file}"
    assert [path.name for path in folder.iterdir()] == [DESCRIPTOR]
    with pytest.raises(VaultError, match="none is named"):
        open_root_key(folder, Says(), {})
    other = named_file(tmp_path / "other")
    with pytest.raises(VaultError, match="another one than the root key"):
        open_root_key(folder, Says(key_file=other), {})
    with pytest.raises(VaultError, match="cannot read the key file"):
        open_root_key(folder, Says(key_file=tmp_path / "gone"), {})


def test_a_credential_of_systemd(folder: Path, tmp_path: Path) -> None:
    """The unit's credential is the key where no file is named; without the credential nothing is made."""
    named_file(tmp_path / "constellagent.key")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    key = open_root_key(folder, Says(), environ)
    assert str(tmp_path / "constellagent.key") in key.source
    assert same(open_root_key(folder, Says(key_file=tmp_path / "constellagent.key"), {}), key)
    with pytest.raises(VaultError, match="none is named") as raised:
        open_root_key(folder, Says(), {})
    assert "credential" in raised.value.hint
    assert look(tmp_path / "new", Says(), {"CREDENTIALS_DIRECTORY": str(folder)}) is None


def test_two_ways_at_once_are_refused(folder: Path, tmp_path: Path) -> None:
    """A key file and another way contradict each other before anything is made; so do two passphrases."""
    file = named_file(tmp_path / "key")
    with pytest.raises(UsageError, match="named as the key file"):
        open_root_key(folder, Says(key_file=file, key_source="keyring"), {})
    with pytest.raises(UsageError, match="both set"):
        open_root_key(
            folder,
            Says(key_source="passphrase", passphrase=SecretStr(LONG), passphrase_file=file),
            {},
        )
    assert not folder.exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_the_key_opens_whatever_was_chosen(
    folder: Path, tmp_path: Path, way: Chosen, memory_keyring: MemoryKeyring
) -> None:
    """Naming the right key helps where the place that was chosen has lost it."""
    file = named_file(tmp_path / "key")
    open_root_key(folder, Says(key_file=file), {})
    key = move(folder, Says(key_file=file), way, environ={}, new_passphrase=LONG)
    memory_keyring.kept.clear()
    (folder / KEY_FILE).unlink(missing_ok=True)
    assert same(open_root_key(folder, Says(key_file=file), {}), key)


# What goes wrong.


def test_a_lost_key_is_never_made_anew(folder: Path, memory_keyring: MemoryKeyring) -> None:
    """Where the chosen place has no key any more, nothing is created, and the message says what to do."""
    for way in ("file", "keyring"):
        place = folder / way
        folder.mkdir(exist_ok=True)
        open_root_key(place, at_first(way), {})
        (place / KEY_FILE).unlink(missing_ok=True)
        memory_keyring.kept.clear()
        with pytest.raises(VaultError, match="any more") as raised:
            open_root_key(place, Says(), {})
        assert "CONSTELLAGENT_KEY_FILE" in raised.value.hint
        assert not (place / KEY_FILE).exists()
        assert memory_keyring.kept == {}


def test_a_database_without_any_key_is_left_alone(folder: Path) -> None:
    """With a database there and no trace of a key, a new key would only hide the loss."""
    folder.mkdir()
    (folder / "provider.db").touch()
    with pytest.raises(VaultError, match="is gone"):
        open_root_key(folder, Says(), {})
    assert [path.name for path in folder.iterdir()] == ["provider.db"]


def test_a_key_that_was_exchanged_is_told(folder: Path, memory_keyring: MemoryKeyring) -> None:
    """Another key in the chosen place is refused, whole as it may be."""
    open_root_key(folder, Says(), {})
    (folder / KEY_FILE).write_bytes(bytes(32))
    with pytest.raises(VaultError, match="is another one than that in"):
        open_root_key(folder, Says(), {})


def test_a_keyring_that_is_locked_makes_nothing(folder: Path, memory_keyring: MemoryKeyring) -> None:
    """A keyring that cannot be asked is no reason for another key, at the first start or later."""
    memory_keyring.locked = True
    with pytest.raises(VaultError, match="locked"):
        open_root_key(folder, at_first("keyring"), {})
    assert not folder.exists()
    memory_keyring.locked = False
    key = open_root_key(folder, at_first("keyring"), {})
    memory_keyring.locked = True
    with pytest.raises(VaultError, match="locked"):
        open_root_key(folder, Says(), {})
    memory_keyring.locked = False
    assert same(open_root_key(folder, Says(), {}), key)


def test_a_passphrase_is_needed_and_must_be_right(folder: Path, tmp_path: Path) -> None:
    """Without one it says where to give it, a wrong one is told, and a person may be asked."""
    with pytest.raises(LockedError) as raised:
        open_root_key(folder, Says(key_source="passphrase"), {})
    assert "CONSTELLAGENT_PASSPHRASE_FILE" in raised.value.hint
    key = open_root_key(folder, at_first("passphrase"), {})
    with pytest.raises(LockedError):
        open_root_key(folder, Says(), {})
    found = look(folder, Says(), {})
    assert found is not None
    assert found == ("passphrase", None)
    with pytest.raises(PassphraseError):
        open_root_key(folder, Says(passphrase=SecretStr("something else")), {})
    assert same(open_root_key(folder, Says(), {}, ask=lambda: LONG), key)
    file = tmp_path / "passphrase"
    file.write_text(f"{LONG}\n")
    file.chmod(0o600)
    assert same(open_root_key(folder, Says(passphrase_file=file), {}), key)


def test_a_missing_wrapping_is_a_lost_key(folder: Path) -> None:
    """A record that names the passphrase and holds nothing under it is a lost key, no wrong passphrase."""
    folder.mkdir()
    check = descriptor.check_of(bytes(32))
    descriptor.create(folder, descriptor.Descriptor(kind="passphrase", check=check))
    with pytest.raises(VaultError, match="any more"):
        open_root_key(folder, WITH_PASSPHRASE, {})


# Moving.


@pytest.mark.parametrize("to", WAYS)
@pytest.mark.parametrize("start", WAYS)
def test_moving_keeps_the_key(folder: Path, memory_keyring: MemoryKeyring, start: Chosen, to: Chosen) -> None:
    """From each place to each other: the same key, only in the new place, and the old settings are told."""
    key = open_root_key(folder, at_first(start), {})
    if start == to != "passphrase":
        with pytest.raises(UsageError, match="already"):
            move(folder, later(start), to, environ={})
        return
    moved = move(folder, at_first(start), to, environ={}, new_passphrase=f"{LONG}!")
    assert same(moved, key)
    new = Says(passphrase=SecretStr(f"{LONG}!")) if to == "passphrase" else Says()
    again = open_root_key(folder, new, {})
    assert same(again, key)
    assert again.source == moved.source
    assert (folder / KEY_FILE).exists() == (to == "file")
    assert len(memory_keyring.kept) == (to == "keyring")
    if start != to:
        with pytest.raises(VaultError, match=f"says {start}"):
            open_root_key(folder, at_first(start), {})


def test_the_setting_may_name_the_new_place_already(folder: Path) -> None:
    """A person who has set the new way, and was told to move, can do so with it set."""
    key = open_root_key(folder, Says(), {})
    assert same(move(folder, Says(key_source="keyring"), "keyring", environ={}), key)


def test_moving_asks_for_the_old_passphrase(folder: Path) -> None:
    """What is under a passphrase moves only with it."""
    key = open_root_key(folder, at_first("passphrase"), {})
    with pytest.raises(PassphraseError):
        move(folder, Says(), "file", environ={}, ask=lambda: "something else")
    assert not (folder / KEY_FILE).exists()
    assert same(move(folder, Says(), "file", environ={}, ask=lambda: LONG), key)


def test_a_named_key_moves_and_stays_where_it_is(folder: Path, tmp_path: Path) -> None:
    """Moving from a person's file leaves that file alone."""
    file = named_file(tmp_path / "key")
    key = open_root_key(folder, Says(key_file=file), {})
    assert same(move(folder, Says(key_file=file), "file", environ={}), key)
    assert same(open_root_key(folder, Says(), {}), key)
    assert file.exists()


def test_nothing_to_move(folder: Path) -> None:
    """Before the first start there is no key, and moving makes none."""
    with pytest.raises(UsageError, match="no root key") as raised:
        move(folder, Says(), "keyring", environ={})
    assert "CONSTELLAGENT_KEY_SOURCE=keyring" in raised.value.hint
    assert not folder.exists()


def test_a_refusal_of_the_new_place_changes_nothing(folder: Path, memory_keyring: MemoryKeyring) -> None:
    """A locked keyring, a short passphrase, or another file in the way leave the key where it was."""
    key = open_root_key(folder, Says(), {})
    memory_keyring.locked = True
    with pytest.raises(VaultError, match="locked"):
        move(folder, Says(), "keyring", environ={})
    with pytest.raises(VaultError, match="characters"):
        move(folder, Says(), "passphrase", environ={}, new_passphrase="short")
    assert same(open_root_key(folder, Says(), {}), key)
    memory_keyring.locked = False
    move(folder, Says(), "keyring", environ={})
    key_files.create_own(folder, bytes(32))
    with pytest.raises(VaultError, match="holds another key"):
        move(folder, Says(), "file", environ={})
    assert same(open_root_key(folder, Says(), {}), key)
    assert key_files.read_own(folder) == bytes(32)


class DiesError(ConstellagentError):
    """The process ends here."""


@pytest.mark.parametrize("start", WAYS)
@pytest.mark.parametrize("to", WAYS)
@pytest.mark.parametrize("step", ["replace", "forget"])
def test_dying_at_any_step_of_a_move(
    folder: Path, monkeypatch: pytest.MonkeyPatch, start: Chosen, to: Chosen, step: str
) -> None:
    """Killed before or after the record is changed, the next start has the key and no readable copy."""
    if start == to:
        return
    key = open_root_key(folder, at_first(start), {})

    def die(*_: object) -> None:
        raise DiesError("killed")

    place = "descriptor.replace" if step == "replace" else "places.forget"
    with monkeypatch.context() as patch:
        patch.setattr(f"constellagent.ravi.vault.{place}", die)
        with pytest.raises(DiesError):
            move(folder, at_first(start), to, environ={}, new_passphrase=LONG)
    holds = start if step == "replace" else to
    assert same(open_root_key(folder, later(holds), {}), key)
    assert (folder / KEY_FILE).exists() == (holds == "file")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_shown_holds_no_secret(folder: Path, way: Chosen) -> None:
    """Neither the key nor the passphrase is in what a person reads of either."""
    key = open_root_key(folder, at_first(way), {})
    for shown in (repr(key), repr(look(folder, later(way), {})), repr(at_first(way))):
        assert LONG not in shown
