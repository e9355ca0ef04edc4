"""One protocol, met by the daemon and by its client alike."""

import inspect

import pytest

from constellagent.faces.client import DaemonClient
from constellagent.runtime.control import Control
from constellagent.runtime.daemon import Daemon

METHODS = {
    name: member for name, member in vars(Control).items() if inspect.isfunction(member) and name[0] != "_"
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", [Daemon, DaemonClient])
def test_both_sides_have_every_method(kind: type, name: str) -> None:
    """What a face may ask has the same parameters in the daemon and in its client."""
    wanted = inspect.signature(METHODS[name]).parameters.values()
    found = inspect.signature(getattr(kind, name)).parameters.values()

    assert [(p.name, p.kind) for p in found] == [(p.name, p.kind) for p in wanted]
