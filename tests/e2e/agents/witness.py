"""What a scenario of any kind of agent needs: how it speaks to the model, and somebody who looks on.

The states of an agent are told by the daemon as they change, so that none is missed between two looks.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from constellagent.errors import ConstellagentError
from constellagent.faces.client import DaemonClient
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.paths import Paths
from tests.e2e.agents.field import KEY, Field
from tests.reliability.lab import wait_for

KINDS = {"claude": False, "codex": False, "copilot": False, "gemini": True, "opencode": True}
"""The kinds that have a test of all that they do, and whether it is a long one. aider has neither
conversations nor MCP; `test_aider` shows what it does have."""
ANSWERS = {"claude": b"1", "codex": b"y", "copilot": b"1", "gemini": b"\r", "opencode": b"\r"}
"""The key that says yes to a question for a permission."""
SHOWN = {
    "claude": "Do you want to proceed",
    "codex": "Would you like",
    "copilot": "Do you want to",
    "gemini": "Allow once",
    "opencode": "Allow once",
}
"""Some words of that question: a key that comes before it is shown may be lost."""
PATIENCE = {"opencode": 200.0}
"""Seconds for a start and a turn; opencode's screen needs half a minute on a busy machine."""
USUALLY = 60.0


def speaking(field: Field, *, profile: str) -> dict[str, Any]:
    """Return the variables by which an agent speaks to the model, and its options for that."""
    url, key = field.model.url, KEY
    options: dict[str, Any] = {"profile": profile}
    match field.kind:
        case "claude":
            env = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": key}
            env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
        case "codex" if profile == "agent":
            env = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": f"{url}/v1"}
            options["model"] = "stub"
        case "codex":
            env = {"MODEL_KEY": key}
            options |= {"model": "stub", "args": list(codex_words(url))}
        case "copilot":
            env = {"COPILOT_PROVIDER_BASE_URL": f"{url}/v1", "COPILOT_PROVIDER_API_KEY": key}
            env |= {"COPILOT_MODEL": "small", "COPILOT_OFFLINE": "true"}
        case "gemini":
            env = {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": key}
        case _:
            env = {f"OPENCODE_DISABLE_{name}": "1" for name in _ONLINE}
            env["OPENCODE_CONFIG_CONTENT"] = json.dumps(_opencode(url))
    return {"env": {"set": env}, "options": options}


_ONLINE = ("MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "AUTOUPDATE")


def _opencode(url: str) -> dict[str, Any]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{url}/v1", "apiKey": KEY},
        "models": {"m": {"name": "m"}},
    }
    return {"provider": {"stub": provider}, "model": "stub/m", "small_model": "stub/m"}


def codex_words(url: str) -> tuple[str, ...]:
    """Return the words that let Codex speak to the model with the person's own configuration."""
    provider = f'{{name="stub",base_url="{url}/v1",wire_api="responses",env_key="MODEL_KEY"}}'
    return ("-c", f"model_providers.stub={provider}", "-c", 'model_provider="stub"')


def asking(field: Field, file: Path) -> str:
    """Return the order to make a file in a way for which the agent must ask."""
    command = f"sh -c 'echo yes > {file}'"
    if field.kind != "codex":
        return f"!run {command}"
    call = {"cmd": command, "sandbox_permissions": "require_escalated", "justification": "May I?"}
    return f"!use exec_command {json.dumps(call)}"


def press(field: Field, key: bytes, name: str = "docs") -> None:
    """Press a key at an agent's terminal, as a person does who is attached to it."""

    async def type_in() -> None:
        holder = await HolderClient.connect(Path(field.view(name)["session"]["socket"]))
        await holder.send(key)
        await holder.close()

    asyncio.run(type_in())


class Witness:
    """Looks at one agent from before its start, in a thread of its own.

    Attributes:
        seen: each state, such as `waiting:permission`, as they came.
        known: all from where a state was known, by the position of the state in `seen`; that a state is
            known from somewhere else too is nothing that the daemon tells by itself, so it is asked.
        failure: why it could not go on looking.
    """

    def __init__(self, field: Field, name: str = "docs") -> None:
        """Say at whom to look."""
        self.seen: list[str] = []
        self.known: dict[int, set[str]] = {}
        self.failure: BaseException | None = None
        self._field, self._name = field, name
        self._loop = asyncio.new_event_loop()
        self._looking: asyncio.Task[None] | None = None
        self._began = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        try:
            wait_for(self._began.is_set, "the first look")
        except AssertionError as error:
            self.__exit__()
            raise AssertionError(f"{error}: {self.failure!r}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        if self._looking is not None:
            self._loop.call_soon_threadsafe(self._looking.cancel)
        self._thread.join(10)
        self._loop.close()

    def told(self, since: int = 0) -> str:
        """Return the states since then in one line, each with all that it was known from."""
        return " -> ".join(
            f"{state} ({', '.join(sorted(self.known[since + place] - {'none', ''})) or 'none'})"
            for place, state in enumerate(list(self.seen)[since:])
        )

    def wait(self, state: str, since: int) -> set[str]:
        """Wait for a state after the first `since` of them; returns from where it is known."""

        def there() -> list[int]:
            return [place for place in range(since, len(self.seen)) if self.seen[place] == state]

        try:
            wait_for(there, state, PATIENCE.get(self._field.kind, USUALLY))
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.told(since)}\n{self._field.screen(self._name)}") from error
        return self.known[there()[0]]

    def _run(self) -> None:
        self._looking = self._loop.create_task(self._look())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._looking)

    async def _look(self) -> None:
        try:
            async with asyncio.TaskGroup() as looks:
                looks.create_task(self._watch())
                looks.create_task(self._ask())
        except* ConstellagentError as error:
            self.failure = error

    async def _watch(self) -> None:
        client = DaemonClient(Paths(self._field.home).control_socket)
        async for item in client.watch(str(self._field.file)):
            views = [agent for view in item.get("views", []) for agent in view["agents"]]
            for agents in [views, *item.get("agents", {}).values()]:
                for agent in agents:
                    if agent["name"] == self._name:
                        self._note(agent)
            self._began.set()

    async def _ask(self) -> None:
        client = DaemonClient(Paths(self._field.home).control_socket)
        while True:
            before = len(self.seen)
            for view in await client.status(str(self._field.file)):
                for agent in view["agents"]:
                    now = before == len(self.seen) and self.seen and self.seen[-1] == _state(agent)
                    if agent["name"] == self._name and now:
                        self.known[before - 1].add(agent.get("source", ""))
            await asyncio.sleep(0.1)

    def _note(self, agent: Mapping[str, Any]) -> None:
        state = _state(agent)
        if not self.seen or self.seen[-1] != state:
            self.known[len(self.seen)] = set()
            self.seen.append(state)
        self.known[len(self.seen) - 1].add(agent.get("source", ""))


def _state(agent: Mapping[str, Any]) -> str:
    reason = agent["reason"] if agent["state"] == "waiting" else ""
    return f"{agent['state']}:{reason}" if reason else str(agent["state"])
