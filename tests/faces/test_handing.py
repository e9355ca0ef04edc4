"""Secrets on their way from a shell to the daemon."""

import io
import os
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from constellagent.faces import handing, launching
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings


def test_every_secret_setting_is_named() -> None:
    """A new setting that holds a secret cannot be forgotten here."""
    secret = {
        f"CONSTELLAGENT_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
    }
    assert secret == set(handing.NAMES)


def test_secrets_come_through_a_pipe_and_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is what is taken over; nothing of it is left once it is forgotten."""
    shell = {"HOME": "/h", "CONSTELLAGENT_PASSPHRASE": "Grüße 🎉\n", "CONSTELLAGENT_SMS_TOKEN": ""}
    env, written = handing.parted(shell)
    assert env == {"HOME": "/h", handing.PIPED: "1"}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(written)))
    handing.take(env)
    assert env == {"HOME": "/h", "CONSTELLAGENT_PASSPHRASE": "Grüße 🎉\n"}
    handing.forget(env)
    assert env == {"HOME": "/h"}


def test_without_secrets_there_is_no_pipe() -> None:
    """Standard input is not touched where nothing comes through it."""
    env, written = handing.parted({"HOME": "/h", "CONSTELLAGENT_PASSPHRASE": ""})
    assert (env, written) == ({"HOME": "/h"}, b"")
    handing.take(env)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root reads a daemon's environment, on Linux"
)
def test_the_daemon_never_had_them_in_its_environment(state: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's copy of what the daemon was started with holds no secret."""
    for name in handing.NAMES:
        monkeypatch.setenv(name, "correct horse battery")
    with launching.reach(state) as client:
        environ = Path(f"/proc/{client.pid}/environ").read_bytes()
    assert b"CONSTELLAGENT_HOME=" in environ
    assert b"correct horse" not in environ
