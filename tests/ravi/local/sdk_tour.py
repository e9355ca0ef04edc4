"""Everything that the public SDK offers, and proof that a test has really used it."""

import asyncio
import functools
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx
import ravi
from ravi import Ravi
from ravi.models import Identity

from tests.ravi.provided import Provided

CLAIMED: set[str] = set()
"""What the tests that were imported so far say that they use."""


@dataclass(frozen=True, slots=True)
class Tour:
    """A provider as users of the SDK meet it.

    Attributes:
        account: the SDK with the management key.
        alice: an identity with a number, through its own key.
        bob: another one.
        http: what carries alice's requests, for what the SDK has no method for.
        folder: a place for files.
    """

    account: Ravi
    alice: Identity
    bob: Identity
    http: httpx.Client
    folder: Path


Scenario = Callable[[Tour], None]


def exercises(*names: str) -> Callable[[Scenario], Callable[[Provided, Path], Coroutine[Any, Any, None]]]:
    """Turn a scenario into a test, which fails unless the scenario enters all these methods of the SDK."""
    CLAIMED.update(names)

    def decorate(scenario: Scenario) -> Callable[[Provided, Path], Coroutine[Any, Any, None]]:
        async def test(local: Provided, tmp_path: Path) -> None:
            entered = await _tour(local, tmp_path, scenario)
            assert set(names) <= entered, f"not used: {sorted(set(names) - entered)}"

        # Not functools.wraps: pytest must see the fixtures of `test`, not the parameter of the scenario.
        test.__name__, test.__qualname__, test.__doc__ = (
            scenario.__name__,
            scenario.__qualname__,
            scenario.__doc__,
        )
        test.__module__ = scenario.__module__
        return test

    return decorate


@functools.cache
def surface() -> dict[str, CodeType]:
    """Return every public function, method and property of the SDK by name, with its code."""
    found: dict[str, CodeType] = {}
    modules = [ravi, *_modules()]
    for module in modules:
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__ and kind.__name__[0] != "_":
                found |= {f"{kind.__name__}.{name}": code for name, code in _members(kind)}
    for name in ravi.__all__:
        if inspect.isfunction(value := getattr(ravi, name)):
            found[name] = value.__code__
    return found


def _modules() -> Iterator[Any]:
    for each in pkgutil.walk_packages(ravi.__path__, f"{ravi.__name__}."):
        yield importlib.import_module(each.name)


def _members(kind: type) -> Iterator[tuple[str, CodeType]]:
    for name, value in vars(kind).items():
        if name.startswith("_"):
            continue
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(function) and function.__module__.startswith("ravi"):
            yield name, function.__code__


@contextmanager
def _watched(entered: set[CodeType]) -> Iterator[None]:
    """Collect what code this thread enters; the SDK itself stays as it is."""

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            entered.add(frame.f_code)

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


async def _tour(local: Provided, folder: Path, scenario: Scenario) -> set[str]:
    keys = []
    for name in ("alice", "bob"):
        row = await local.identity(name=name.title(), email_identifier=name, provision_phone=True)
        keys.append(await local.identity_key(row["uuid"]))
    entered: set[CodeType] = set()

    def run() -> None:
        with ExitStack() as stack, _watched(entered):
            https = [stack.enter_context(carrier(local, key)) for key in (local.key, *keys)]
            account, alice, bob = (
                Ravi(key, http_client=http) for key, http in zip((local.key, *keys), https, strict=True)
            )
            scenario(Tour(account, alice.me, bob.me, https[1], folder))

    await asyncio.to_thread(run)
    return {name for name, code in surface().items() if code in entered}


def carrier(local: Provided, key: str) -> httpx.Client:
    """Return the client that points the SDK at the provider, in the one way that the SDK offers."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return httpx.Client(base_url=f"{local.url}/api", headers=headers, timeout=30, trust_env=False)
