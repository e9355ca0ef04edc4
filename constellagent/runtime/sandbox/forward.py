"""The way from a sandbox without a network to its identity's provider: loopback ports that lead to a socket.

A process of its own in the sandbox listens where the provider does outside, so what an agent runs finds it at
the same address. The provider's keys guard it here as there.
"""

import contextlib
import os
import selectors
import signal
import socket
from collections.abc import Iterable
from typing import NoReturn

_BLOCK = 1 << 16
_MOST = 128
"""Connections at once."""


def serve(forwards: Iterable[str]) -> None:
    """Leave a process behind that forwards, each `PORT=SOCKET`; one that cannot listen forwards nothing."""
    listeners: dict[socket.socket, str] = {}
    for port, _, place in (forward.partition("=") for forward in forwards):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", int(port)))
            listener.listen(_MOST)
        except OSError:
            listener.close()
        else:
            listeners[listener] = place
    if listeners and os.fork() == 0:
        _loop(listeners)
    for listener in listeners:
        listener.close()


def _loop(listeners: dict[socket.socket, str]) -> NoReturn:
    """Forward until the sandbox ends."""
    try:
        os.setsid()  # a key typed at the terminal is not for us
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        switch = selectors.DefaultSelector()
        for listener in listeners:
            switch.register(listener, selectors.EVENT_READ)
        pairs: dict[socket.socket, socket.socket] = {}
        while True:
            for key, _ in switch.select():
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if one in listeners:
                    _accept(one, listeners[one], switch, pairs)
                elif one in pairs:
                    _pass_on(one, switch, pairs)
    finally:
        os._exit(1)


def _accept(
    listener: socket.socket,
    place: str,
    switch: selectors.BaseSelector,
    pairs: dict[socket.socket, socket.socket],
) -> None:
    try:
        near, _ = listener.accept()
    except OSError:
        return
    far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if len(pairs) >= 2 * _MOST:
            raise BlockingIOError
        far.connect(place)
    except OSError:
        near.close()
        far.close()
        return
    for one, other in ((near, far), (far, near)):
        pairs[one] = other
        switch.register(one, selectors.EVENT_READ)


def _pass_on(
    one: socket.socket, switch: selectors.BaseSelector, pairs: dict[socket.socket, socket.socket]
) -> None:
    """Pass a block on. The end of one direction is passed on too; the end of both ends the pair."""
    other = pairs[one]
    try:
        data = one.recv(_BLOCK)
        if data:
            other.sendall(data)
            return
        switch.unregister(one)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        if other in switch.get_map():
            return
    except OSError:
        for end in (one, other):
            with contextlib.suppress(KeyError):
                switch.unregister(end)
    for end in (one, other):
        pairs.pop(end, None)
        end.close()
