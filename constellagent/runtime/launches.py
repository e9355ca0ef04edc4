"""From a declared agent or service to the process to start: words, folder, whole environment."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from constellagent.agents.start import kind_of
from constellagent.plan.desired import Desired, DesiredAgent, DesiredService
from constellagent.plan.fires import Fire, shown
from constellagent.plan.observed import SessionFacts
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.delivery.later import FOLDER as LATER
from constellagent.runtime.delivery.later import PROMPT
from constellagent.runtime.environment import KeptEnvironment, compose
from constellagent.runtime.headless import order
from constellagent.runtime.outfit import FILES, Outfit, Outfits
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Identities, Launch
from constellagent.runtime.readiness import refuse_taken, wait_ready
from constellagent.runtime.sandbox.sandboxes import Sandboxes, Shelter, Stay
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store import payloads
from constellagent.runtime.store.ports import ReservedPorts
from constellagent.spec.names import port_variable

UNSIGNED = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "commit.gpgSign",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "tag.gpgSign",
    "GIT_CONFIG_VALUE_1": "false",
}
"""The key of the human, whose git configuration applies as well, must not sign an agent's work."""

LIMIT = timedelta(hours=2)
"""How long a coding agent may work on a prompt that nobody watches, where nothing else is said."""
_SLACK = timedelta(minutes=1)
"""After a schedule's own time limit: so long the daemon has to end the run, before it ends itself."""

_PLAIN = "plain"
"""What reads a coding agent that writes no more than text."""


class ConstellationLaunches:
    """Builds the launches of one constellation."""

    def __init__(
        self,
        constellation: str,
        desired: Desired,
        paths: Paths,
        identities: Identities,
        environment: KeptEnvironment,
        ports: ReservedPorts,
        registry: SessionRegistry,
        *,
        reachable: Mapping[str, str],
        outfits: Outfits,
        sandboxes: Sandboxes,
        common_dir: Path,
        content: str,
    ) -> None:
        """`reachable` says where agents and services send mail and texts, by the name of the variable.

        `common_dir` is git's folder of the repository, `content` the SHA-256 of the constellation's file.
        """
        self._constellation = constellation
        self._desired = desired
        self._paths = paths
        self._identities = identities
        self._environment = environment
        self._ports = ports
        self._registry = registry
        self._reachable = reachable
        self._outfits = outfits
        self._sandboxes = sandboxes
        self._common_dir = common_dir
        self._content = content

    async def environment(self, agent: DesiredAgent, worktree: Path) -> dict[str, str]:
        """Return the environment of any process of this agent: its session, its runs, its setup steps."""
        ports = await self._ports.reserve(self._constellation, agent.name, agent.spec.ports)
        own = {
            "CONSTELLAGENT": self._desired.name,
            "CONSTELLAGENT_AGENT": agent.name,
            "CONSTELLAGENT_HOME": str(self._paths.home),
            "CONSTELLAGENT_WORKTREE": str(worktree),
            **self._reachable,
            **port_variables(ports),
        }
        if self._desired.owner is not None:
            own["CONSTELLAGENT_OWNER"] = self._desired.owner
        if self._desired.agents_may_create:
            own["CONSTELLAGENT_MAY_CREATE_IDENTITIES"] = "1"
        if agent.identity is not None:
            own |= UNSIGNED | dict(await self._identities.environment(agent.name))
        return compose(await self._environment.get(), agent.spec.env, own, first_on_path=str(self._paths.bin))

    async def agent(self, agent: DesiredAgent, worktree: Path) -> Launch:
        """Return how to start the agent's own session: it goes on with its conversation where there is one.

        Raises:
            WorldError: nobody can say whether its conversation still exists.
            UnavailableError: there can be no such sandbox here.
        """
        session, env = uuid.uuid4().hex, await self.environment(agent, worktree)
        outfit = await self._outfits.own(agent, session, worktree, env)
        shelter = await self._shelter(agent, worktree, session, env, outfit, leads=True)
        launch = Launch(
            subject=agent.name,
            role="agent",
            argv=outfit.start.argv,
            cwd=worktree,
            env=env,
            fingerprint=agent.fingerprint,
            identity=await self._session_identity(agent),
            may_create=self._desired.agents_may_create,
            grace=agent.spec.stop_grace,
            session=session,
            content=self._content,
        )
        return _sheltered(_fitted(launch, outfit), agent, shelter)

    async def run(
        self,
        agent: DesiredAgent,
        worktree: Path,
        prompt: str | None,
        argv: tuple[str, ...],
        *,
        session: str = "",
        limit: timedelta | None = None,
        most: timedelta = LIMIT,
        read: tuple[Path, ...] = (),
    ) -> Launch:
        """Return how to start a run: `argv` in the agent's place, or the agent itself with a prompt.

        `session` is the id that it is to have, empty for a new one. A run that takes longer than `limit` is
        ended; without one a coding agent has `most`, and a command has none. `read` are files of ours that
        it may read.

        Raises:
            UnavailableError: there can be no such sandbox here.
        """
        session, env = session or uuid.uuid4().hex, await self.environment(agent, worktree)
        prompt = prompt or agent.spec.prompt
        launch = Launch(
            subject=agent.name,
            role="run",
            argv=argv,
            cwd=worktree,
            env=env,
            fingerprint=agent.fingerprint,
            identity=await self._session_identity(agent),
            may_create=self._desired.agents_may_create,
            grace=agent.spec.stop_grace,
            session=session,
        )
        if argv:
            told = {} if prompt is None else {"CONSTELLAGENT_PROMPT": prompt}
            launch = replace(launch, env={**env, **told})
            alone = limit is None
            shelter = await self._shelter(
                agent, worktree, session, env, program=argv[0], read=read, leads=alone
            )
            if limit is None:
                return _sheltered(launch, agent, shelter)
            return _sheltered(
                self._headless(launch, "", None, limit, shelter.prefix), agent, shelter, bare=True
            )
        outfit = await self._outfits.run(agent, session, worktree, prompt, env)
        fitted, begin, stream = _fitted(launch, outfit), outfit.start, ""
        if kind_of(agent.spec).name != "command" or begin.stream or begin.stdin is not None:
            stream, limit = begin.stream or _PLAIN, limit or most
        shelter = await self._shelter(agent, worktree, session, env, outfit, read=read, leads=limit is None)
        if limit is None:
            return _sheltered(fitted, agent, shelter)
        fitted = self._headless(fitted, stream, begin.stdin, limit, shelter.prefix)
        return _sheltered(fitted, agent, shelter, bare=True)

    async def scheduled(
        self, agent: DesiredAgent, worktree: Path, schedule: DesiredSchedule, fire: Fire
    ) -> Launch:
        """Return how to start the run of a fire: a session of the run's own id, told why it wakes."""
        spec = schedule.spec
        most = LIMIT if spec.timeout is None else spec.timeout + _SLACK
        posted = await asyncio.to_thread(payloads.find, self._paths.sessions, self._constellation, fire)
        read = () if posted is None else (posted,)
        argv = spec.command or ()
        launch = await self.run(agent, worktree, spec.prompt, argv, session=fire.run, most=most, read=read)
        told = wake_variables(fire)
        if posted is not None:
            told["CONSTELLAGENT_EVENT_FILE"] = str(posted)
        return replace(launch, subject=schedule.key, env={**launch.env, **told})

    async def service(self, service: DesiredService) -> Launch:
        """Return how to start a service, in the main checkout.

        Raises:
            ConflictError: somebody else answers in its place already.
        """
        spec = service.spec
        if spec.ready is not None:
            await refuse_taken(service.name, spec.ready)
        own = {
            "CONSTELLAGENT": self._desired.name,
            "CONSTELLAGENT_SERVICE": service.name,
            **self._reachable,
        }
        env = compose(await self._environment.get(), spec.env, own, first_on_path=str(self._paths.bin))
        argv = ("/bin/sh", "-c", spec.shell) if spec.shell is not None else spec.command or ()
        return Launch(
            subject=service.name,
            role="service",
            argv=argv,
            cwd=Path(self._desired.repo),
            env=env,
            fingerprint=service.fingerprint,
            grace=spec.stop_grace,
            content=self._content,
        )

    def _headless(
        self, launch: Launch, stream: str, stdin: str | None, limit: timedelta, around: tuple[str, ...]
    ) -> Launch:
        """Return the launch of the process that starts this one's program, reads it, and judges it.

        That process itself is in no sandbox: it judges what is.
        """
        told = order.Order(
            argv=launch.argv,
            stream=stream,
            stdin=stdin is not None,
            limit=limit.total_seconds(),
            grace=launch.grace.total_seconds(),
            around=around,
        )
        files = {**launch.files, order.NAME: order.write(told)}
        if stdin is not None:
            files[order.PROMPT] = stdin
        words = order.words(str(self._paths.sessions / launch.session))
        return replace(launch, argv=words, files=files)

    async def _shelter(
        self,
        agent: DesiredAgent,
        worktree: Path,
        session: str,
        env: Mapping[str, str],
        outfit: Outfit | None = None,
        *,
        program: str = "",
        read: tuple[Path, ...] = (),
        leads: bool = False,
    ) -> Shelter:
        """Return what goes around the program of a session.

        Raises:
            UnavailableError: there can be no such sandbox here.
        """
        folder = self._paths.sessions / session
        stay = Stay(
            self._constellation,
            agent,
            worktree,
            self._common_dir,
            session=session,
            profile=None if outfit is None else outfit.profile,
            files=(folder / FILES,) if outfit is not None and outfit.start.files else (),
            read=read,
            env=env,
            program=program if outfit is None else outfit.start.argv[0],
            leads=leads,
        )
        return await self._sandboxes.around(stay, folder)

    async def _session_identity(self, agent: DesiredAgent) -> str:
        return await self._identities.session_identity(agent.name) if agent.identity is not None else ""

    async def wait_ready(self, service: DesiredService, session: SessionFacts) -> None:
        """Return once the service answers as declared."""
        if service.spec.ready is None:
            return

        async def is_live() -> bool:
            row = await self._registry.get(session.id)
            return row is not None and row.live

        await wait_ready(service.name, service.spec.ready, self._registry.log(session.id), is_live)

    async def release(self, agent: str) -> None:
        """Give back what was reserved for an agent that is gone, and let its past not count any more."""
        await self._ports.release(self._constellation, agent)
        await self._registry.bury(self._constellation, agent)


def _fitted(launch: Launch, outfit: Outfit) -> Launch:
    """Return the launch with what its session is fitted out with."""
    begin, profile = outfit.start, outfit.profile
    later = {} if begin.later is None else {f"{LATER}/{PROMPT}": begin.later}
    return replace(
        launch,
        argv=begin.argv,
        env={**launch.env, **begin.env},
        files={**{f"{FILES}/{name}": text for name, text in begin.files.items()}, **later},
        seeds={} if profile is None else {profile / name: seed for name, seed in begin.seeds.items()},
        talk=outfit.talk,
        later=begin.later,
    )


def _sheltered(launch: Launch, agent: DesiredAgent, shelter: Shelter, *, bare: bool = False) -> Launch:
    """Return the launch with its program in a sandbox; `bare` where its words see to that themselves."""
    return replace(
        launch,
        argv=launch.argv if bare else (*shelter.prefix, *launch.argv),
        env=shelter.environment(launch.env, agent),
        files={**launch.files, **shelter.files},
    )


def wake_variables(fire: Fire) -> dict[str, str]:
    """Return what tells a run why it wakes; there is a `CONSTELLAGENT_EVENT` only where an event woke it."""
    told = {
        "CONSTELLAGENT_RUN_ID": fire.run,
        "CONSTELLAGENT_SCHEDULE": fire.schedule,
        "CONSTELLAGENT_FIRE_AT": shown(fire.fire_at),
        "CONSTELLAGENT_REASON": fire.reason,
        "CONSTELLAGENT_MISSED_COUNT": str(fire.missed),
        "CONSTELLAGENT_ATTEMPT": str(fire.attempt),
    }
    return told | ({"CONSTELLAGENT_EVENT": fire.event} if fire.event else {})


def port_variables(ports: Mapping[str, int]) -> dict[str, str]:
    """Return `PORT_WEB=20042` and so on, from ports by their declared names."""
    return {port_variable(name): str(port) for name, port in ports.items()}
