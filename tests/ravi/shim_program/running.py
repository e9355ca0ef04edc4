"""Runs the installed `ravi` as a script of an agent would: as a process, with the variables of a session."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constellagent.ravi.shim import install
from tests.ravi.provided import Provided

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Shim:
    """The installed program in an empty home."""

    program: Path
    home: Path

    async def run(
        self,
        *words: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str | None = None,
    ) -> Done:
        """Run it; without `stdin` there is nothing to read."""
        whole = {"HOME": str(self.home), **(env or {})}
        return await finished([self.program, *words], whole, cwd or self.home, stdin)


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody with an identity, in whose session the program runs."""

    shim: Shim
    local: Provided
    row: dict[str, Any]
    env: dict[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        """The mail address."""
        return str(self.row["inbox"])

    @property
    def number(self) -> str:
        """The phone number."""
        return str(self.row["phone"])

    async def run(self, *words: str | Path, stdin: str | None = None, **env: str) -> Done:
        """Run the program in the agent's session."""
        return await self.shim.run(*words, env={**self.env, **env}, stdin=stdin)

    async def json(self, *words: str | Path, stdin: str | None = None) -> Any:
        """Run the program, which must succeed, and return what it printed."""
        done = await self.run(*words, stdin=stdin)
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    async def plain(self, *words: str | Path) -> str:
        """Run the program with `--plain`, which must succeed quietly, and return what it printed."""
        done = await self.run(*words, "--plain")
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout.removesuffix("\n")

    async def refused(self, *words: str | Path, stdin: str | None = None, **env: str) -> str:
        """Run the program, which must fail with JSON on stderr, and return what it says."""
        done = await self.run(*words, stdin=stdin, **env)
        assert (done.returncode, done.stdout) == (1, ""), done
        return str(json.loads(done.stderr)["error"])

    async def gets_mail(self, subject: str, text: str, sender: "Agent") -> None:
        """Let another agent write to this one."""
        await sender.json("email", "send", "--to", self.address, "--subject", subject, "--body", text)

    async def gets_text(self, body: str, sender: str = "+12025550199") -> None:
        """Let a service send a text message."""
        answer = await self.local.ask(
            "POST", "/gateway/sms/", key="", body={"from": sender, "to": self.number, "body": body}
        )
        assert answer.status_code == 202, answer.text


async def finished(
    argv: Sequence[str | Path], env: Mapping[str, str], cwd: Path, stdin: str | None = None
) -> Done:
    """Run a program beside the event loop, in which the provider answers it."""

    def run() -> Done:
        source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return subprocess.run(
            argv,
            env=env,
            cwd=cwd,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=30,
            check=False,
            **source,
        )

    return await asyncio.to_thread(run)


def installed(folder: Path) -> Shim:
    """Install the program for this interpreter, with an empty home beside it."""
    home = folder / "home"
    home.mkdir()
    return Shim(install(folder / "bin", sys.executable), home)


async def agent(shim: Shim, local: Provided, name: str) -> Agent:
    """Create an identity with a number, and a session of it."""
    row = await local.identity(name=name, email_identifier=name, provision_phone=True)
    return Agent(shim, local, row, session(local, await local.identity_key(row["uuid"])))


def session(local: Provided, key: str) -> dict[str, str]:
    """Return the variables of a session."""
    return {"RAVI_API_URL": local.url, "RAVI_API_KEY": key}


def configure(folder: Path, **content: str) -> None:
    """Write a `.ravi/config.json`."""
    (folder / ".ravi").mkdir(parents=True)
    (folder / ".ravi" / "config.json").write_text(json.dumps(content))


async def listening(agent: Agent) -> None:
    """Return as soon as a call of somebody waits at the provider for what happens."""
    bell = agent.local.provider.office.bell
    async with asyncio.timeout(20):
        while all(identity is None for identity in bell._waiting):
            await asyncio.sleep(0.005)
