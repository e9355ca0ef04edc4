"""Programs outside that act for whoever connects to them, and the network."""

import socket

from constellagent.runtime.sandbox.battery_program.lines import Answer, Asked, line, of_each
from constellagent.runtime.sandbox.battery_program.state import connects

_PATIENCE = 2


@line("reach service sockets (D-Bus, containers, agents of keys, multiplexers)", "kept")
def services(asked: Asked) -> Answer:
    """All that listen below folders of sockets and of temporary files, and below hidden places."""
    return of_each(asked.texts("services"), connects)


@line("reach sockets that lie elsewhere", "shared")
def elsewhere(asked: Asked) -> Answer:
    """Sockets in folders that an agent may read; the file can hide them."""
    return of_each(asked.texts("elsewhere"), connects)


def _abstract(asked: Asked) -> Answer:
    return of_each(asked.texts("abstract"), lambda name: connects(f"\0{name}"))


@line("reach abstract sockets without a network", "kept")
def abstract(asked: Asked) -> Answer:
    """They belong to the network, not to the file system."""
    return _abstract(asked) if asked.text("network") == "none" else Answer(0)


@line("reach abstract sockets with the machine's network", "shared")
def shared_abstract(asked: Asked) -> Answer:
    """With the network of the machine an agent has them too."""
    return _abstract(asked) if asked.text("network") == "host" else Answer(0)


def _dial(asked: Asked) -> Answer:
    def attempt(address: str) -> bool:
        with socket.create_connection((address, asked.number("listener")), _PATIENCE):
            return True

    return of_each(["127.0.0.1"], attempt)


@line("reach the network without one", "kept")
def no_network(asked: Asked) -> Answer:
    """A listener of who asked, on this machine."""
    return _dial(asked) if asked.text("network") == "none" else Answer(0)


@line("reach the network as declared", "works")
def network(asked: Asked) -> Answer:
    """The same listener, where the network is the machine's."""
    return _dial(asked) if asked.text("network") == "host" else Answer(0)
