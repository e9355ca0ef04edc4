"""What `CONSTELLAGENT_*` variables say about this machine."""

from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.paths import default_home
from constellagent.runtime.settings import Settings


@pytest.fixture(autouse=True)
def _no_variables(home: Settings) -> None:
    """`home` takes every variable of ours away."""


def test_every_setting_has_a_default_and_a_description() -> None:
    """Nothing must be set, and the table in the documentation has words for each."""
    settings = Settings()

    assert settings.home == default_home()
    assert (settings.parallel, settings.git_parallel, settings.key_file) == (4, 2, None)
    assert all(field.description for field in Settings.model_fields.values())


def test_variables_win_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field is read from its variable; one that is set to nothing says nothing."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", "~/state")
    monkeypatch.setenv("CONSTELLAGENT_PARALLEL", "9")
    monkeypatch.setenv("CONSTELLAGENT_KEEP_DAYS", "0.5")
    monkeypatch.setenv("CONSTELLAGENT_KEY_FILE", "")

    settings = Settings()

    assert settings.paths.home == Path("~/state").expanduser()
    assert (settings.parallel, settings.keep_days, settings.key_file) == (9, 0.5, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PARALLEL", "many"), ("PARALLEL", "0"), ("PROVIDER_PORT", "70000"), ("KEEP_DAYS", "-1")],
)
def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A value that a setting cannot have is a usage error with the variable's name."""
    monkeypatch.setenv(f"CONSTELLAGENT_{name}", value)

    with pytest.raises(UsageError, match=f"CONSTELLAGENT_{name}: ") as caught:
        Settings()

    assert caught.value.__cause__ is None


def test_the_management_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens the hosted provider is in no text made of the settings."""
    monkeypatch.setenv("CONSTELLAGENT_RAVI_API_KEY", "canary-4711")

    settings = Settings()

    assert settings.ravi_api_key is not None
    assert settings.ravi_api_key.get_secret_value() == "canary-4711"
    assert "canary" not in f"{settings!r} {settings}"


def test_a_relative_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of a relative place would be another one in each folder."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", "state")

    with pytest.raises(UsageError, match="from the root on"):
        Settings()
