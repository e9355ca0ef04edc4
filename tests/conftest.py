"""What every test may use: golden files, a state folder of its own, and the profiles of hypothesis."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as profiles

from constellagent.runtime.settings import Settings
from tests.leftovers import end_leftovers

pytest_plugins = ["tests.golden_option"]

# Run in the background of a script, everything inherits that these are ignored, and tests send them.
for ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.default_int_handler if ignored == signal.SIGINT else signal.SIG_DFL)

# No deadline: how long an example takes on a shared machine says nothing about the code.
# A run of all tests takes fewer examples, always the same; whoever develops gets others each time.
profiles.register_profile("default", deadline=None, max_examples=100)
profiles.register_profile("ci", deadline=None, max_examples=50, derandomize=True, print_blob=True)
profiles.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out unless `-m` says which tests are wanted."""
    if config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Give settings with a private state folder, short enough for sockets; no process may outlive it."""
    for name in [name for name in os.environ if name.startswith("CONSTELLAGENT_")]:
        monkeypatch.delenv(name)
    folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp"))
    settings = Settings(home=folder)
    settings.paths.create()
    yield settings
    left = end_leftovers(settings.paths.sessions)
    shutil.rmtree(folder)
    assert not left, f"processes outlived the test: {left}"
