"""The language of constellation.yaml as frozen models.

One class a block of the file. The models say what may be written; `spec.load` turns text into them and
places into problems, `spec.names` derives what the file leaves out. Nothing here knows the machine.
The descriptions are what an editor shows beside a key.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from constellagent.spec.limits import Budget, Limits
from constellagent.spec.options import Options
from constellagent.spec.sandbox import Sandbox, SandboxChoice
from constellagent.spec.values import (
    AgentName,
    Argv,
    BaseName,
    Block,
    BranchName,
    Count,
    CronText,
    Domain,
    Duration,
    EmailAddress,
    EnvName,
    Flag,
    HostPort,
    IdentityName,
    IncludePath,
    Limit,
    LocalPart,
    Moment,
    PhoneNumber,
    PortName,
    Text,
    Url,
    WorktreesPattern,
    Zone,
)

Kind = Literal["command", "claude", "codex", "gemini", "opencode", "aider", "copilot"]
Restart = Literal["never", "on-failure", "always"]
NotifyState = Literal["working", "waiting", "done", "failed", "exited"]
Overlap = Literal["skip", "queue_one", "queue_all", "replace", "allow"]

IDENTITY_FORMS = ("identity as a name", "identity as false", "identity as a block")
"""The tags of the three forms of `identity`; they appear in the places of pydantic's errors."""


class Owner(Block):
    """The human who is told what happens."""

    email: EmailAddress | None = Field(None, description="Where mail about the agents goes.")
    phone: PhoneNumber | None = Field(None, description="Where text messages about the agents go.")


class Identities(Block):
    """Who provides identities, and what each of them gets."""

    provider: Literal["local", "ravi"] = Field(
        "local", description="local: embedded in the daemon. ravi: hosted, reached over the network."
    )
    domain: Domain | None = Field(
        None, description="The mail domain, for the local provider only. Default: <constellation>.test."
    )
    phone: Flag = Field(
        True, description="Whether each identity gets a number; the hosted provider may charge."
    )
    agents_may_create: Flag = Field(
        False,
        description="Whether an agent may create more identities with `ravi identity create`; local only.",
    )


class IdentityRef(Block):
    """The identity of one agent, where its own name is not enough."""

    name: IdentityName | None = Field(
        None, description="Its name at the provider. Default: the agent's name."
    )
    email: LocalPart | None = Field(None, description="What stands before the @ of its address.")
    phone: Flag | None = Field(None, description="Whether it gets a number. Default: identities.phone.")


class Env(Block):
    """What an agent's environment gets beside the allow-list."""

    pass_: tuple[EnvName, ...] = Field(
        (),
        alias="pass",
        description="Variables taken from the shell that applies; their values are kept encrypted.",
    )
    set_: dict[EnvName, str] = Field(
        default_factory=dict,
        alias="set",
        description="Variables with their values. No secrets: the file is committed.",
    )


class Ready(Block):
    """How to tell that a service is ready: exactly one of http, tcp and log."""

    http: Url | None = Field(None, description="A URL that answers with a status below 400.")
    tcp: HostPort | None = Field(None, description="host:port that accepts a connection.")
    log: Text | None = Field(None, description="A text that appears in what the service prints.")
    timeout: Limit = Field(timedelta(seconds=30), description="How long to wait for it.")

    @model_validator(mode="after")
    def _one_check(self) -> Self:
        if sum(check is not None for check in (self.http, self.tcp, self.log)) != 1:
            raise ValueError("give exactly one of http, tcp and log")
        return self


class Service(Block):
    """A side process that agents need. It has no worktree and no identity."""

    command: Argv | None = Field(None, description="The program and its arguments, run without a shell.")
    shell: Text | None = Field(None, description="A line for /bin/sh, instead of command.")
    env: Env = Field(Env(), description="Its environment beside the allow-list.")
    ready: Ready | None = Field(
        None, description="How to tell that it is ready. Default: as soon as it runs."
    )
    restart: Restart = Field(
        "on-failure",
        description="Whether it is started again when it ends by itself, or is lost.",
    )
    stop_grace: Duration = Field(
        timedelta(seconds=10), description="How long it may take to end before it is killed."
    )

    @model_validator(mode="after")
    def _one_command(self) -> Self:
        if (self.command is None) == (self.shell is None):
            raise ValueError("give exactly one of command (a list of words) and shell (a line)")
        return self


class Retries(Block):
    """How often a failed run is tried again, and how long to wait before it."""

    max: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(0, description="How many times.")
    backoff: Duration = Field(timedelta(minutes=5), description="The first wait; it doubles each time.")
    on: tuple[Literal["failed", "timeout", "lost"], ...] = Field(
        ("failed", "timeout"), description="Which endings are tried again."
    )


class KeepRuns(Block):
    """How many ended runs keep their worktree and log."""

    succeeded: Count = Field(3, description="How many that succeeded.")
    failed: Count = Field(5, description="How many that failed.")


class OnMessage(Block):
    """Which messages wake an agent; a message must meet all that is given."""

    from_: Text | None = Field(
        None,
        alias="from",
        description="The sender: an address or number, or a pattern such as *@example.com. Nothing checks "
        "that it is true.",
    )
    subject: Text | None = Field(None, description="A pattern of the subject, such as deploy*; for email.")
    text: Text | None = Field(None, description="A pattern of the text, such as *urgent*; for sms.")


class On(Block):
    """What wakes an agent beside the clock: exactly one of email, sms, agent and webhook."""

    email: OnMessage | None = Field(None, description="A mail for the agent's address.")
    sms: OnMessage | None = Field(None, description="A text for the agent's number.")
    agent: AgentName | None = Field(None, description="Another agent of this file that reaches `state`.")
    state: Literal["done", "failed", "exited"] | None = Field(
        None,
        description="done: its turn, run or session ended well. failed: it did not. exited: its run or "
        "session ended, either way. Default: done.",
    )
    webhook: AgentName | None = Field(
        None,
        description="The name of a signed HTTP hook; `constellagent schedule webhook` shows its address.",
    )

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        causes = (self.email, self.sms, self.agent, self.webhook)
        if sum(cause is not None for cause in causes) != 1:
            raise ValueError("give exactly one of email, sms, agent and webhook")
        if self.state is not None and self.agent is None:
            raise ValueError("state goes with agent")
        if self.email is not None and self.email.text is not None:
            raise ValueError("email knows from and subject; the text of a mail wakes nobody")
        if self.sms is not None and self.sms.subject is not None:
            raise ValueError("sms knows from and text; a text has no subject")
        return self


class Schedule(Block):
    """When an agent wakes, by the clock or by an event, and what it then does."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["cron"]}, {"required": ["on"]}]}  # as `_one_cause` checks
    )

    cron: CronText | None = Field(
        None,
        description="minute hour day-of-month month day-of-week; or @hourly, @daily, @weekly and so on.",
    )
    on: On | None = Field(None, description="What wakes it instead of cron.")
    timezone: Zone | None = Field(None, description="The zone of cron. Default: the file's timezone.")
    prompt: Text | None = Field(None, description="What the agent is asked. Default: the agent's own prompt.")
    command: Argv | None = Field(None, description="What is run instead of the agent's own command.")
    overlap: Overlap | None = Field(
        None,
        description="What happens to a fire while the run before it is still going. "
        "Default: skip; queue_one with `on`.",
    )
    missed: Literal["skip", "latest", "all"] = Field(
        "latest", description="Which fires are made up for after sleep or downtime."
    )
    catch_up_window: Duration = Field(
        timedelta(days=7), description="Missed fires older than this are only counted."
    )
    max_catch_up: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(
        24, description="At most so many missed fires are made up for with missed: all."
    )
    start_deadline: Limit | None = Field(
        None, description="A queued run that could not start in time is dropped."
    )
    jitter: Duration = Field(timedelta(0), description="A delay up to this, constant for each schedule.")
    timeout: Limit | None = Field(
        None,
        description="A run that takes longer is stopped. Default: 2h for a coding agent, none for a command.",
    )
    retries: Retries = Field(Retries(), description="Whether a failed run is tried again.")
    paused: Flag = Field(False, description="Whether the schedule is declared but does not fire.")
    pause_on_failure: Count = Field(0, description="Pause after so many failures in a row; 0 is never.")
    max_per_hour: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(
        12, description="At most so many runs an hour with `on`; what is more is written down and not run."
    )
    start: Moment | None = Field(None, description="No fire before this moment.")
    end: Moment | None = Field(None, description="No fire at or after this moment.")
    workspace: Literal["fresh", "agent", "resident"] = Field(
        "fresh",
        description="fresh: a new worktree a run. agent: the agent's own worktree. "
        "resident: the prompt is typed into the agent's running session.",
    )
    base: BaseName | None = Field(
        None, description="What a fresh worktree starts from. Default: the agent's base."
    )
    keep_runs: KeepRuns = Field(KeepRuns(), description="How many ended runs keep their worktree and log.")

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if (self.cron is None) == (self.on is None):
            raise ValueError("give exactly one of cron (by the clock) and on (by an event)")
        return self

    @model_validator(mode="after")
    def _one_task(self) -> Self:
        if self.prompt is not None and self.command is not None:
            raise ValueError("give prompt or command, not both")
        return self

    @model_validator(mode="after")
    def _workspace_fits(self) -> Self:
        if self.workspace == "resident" and (self.prompt is None or self.command is not None):
            raise ValueError("workspace resident types a prompt into the running session; give prompt")
        if self.workspace != "fresh" and self.overlap == "allow":
            raise ValueError(
                f"overlap allow needs workspace fresh; two runs cannot share workspace {self.workspace}"
            )
        if self.workspace != "fresh" and self.base is not None:
            raise ValueError(f"base is for workspace fresh only, and this is {self.workspace}")
        return self


class AgentSettings(Block):
    """What `defaults` may say for all agents, and each agent for itself."""

    kind: Kind = Field("command", description="Which program the agent is; command runs any.")
    base: BaseName = Field(
        "auto",
        description="What the branch starts from. auto: the remote's HEAD, else main or master, else HEAD.",
    )
    env: Env = Field(Env(), description="Its environment beside the allow-list.")
    include: tuple[IncludePath, ...] = Field((), description="Ignored files copied into a new worktree.")
    setup: tuple[Argv, ...] = Field((), description="Commands run once in a new worktree, in order.")
    restart: Restart = Field(
        "never",
        description="Whether it is started again when it ends by itself, or is lost.",
    )
    stop_grace: Duration = Field(
        timedelta(seconds=10), description="How long it may take to end before it is killed."
    )
    sandbox: SandboxChoice = Field(
        Sandbox(),
        description="none: all agents share your user. bwrap: it sees only its worktree and what it needs. "
        "A block says more.",
    )
    needs: tuple[str, ...] = Field(
        (), description="Services that must be ready first, and agents that must be done."
    )
    autostart: Flag = Field(True, description="Whether apply starts it; otherwise only its schedules do.")
    options: Options = Field(Options(), description="How the coding agent works: model and permissions.")
    limits: Budget = Field(Budget(), description="What this agent may use.")

    @property
    def own_profile(self) -> bool:
        """Whether its program has a configuration of its own; in a sandbox that is the default."""
        declared = "profile" in self.options.model_fields_set
        return self.options.profile == "agent" or (self.sandbox.kind != "none" and not declared)


def _identity_form(value: object) -> str | None:
    if isinstance(value, str):
        return IDENTITY_FORMS[0]
    if value is False:
        return IDENTITY_FORMS[1]
    return IDENTITY_FORMS[2] if isinstance(value, dict | IdentityRef) else None


IdentityChoice = Annotated[
    Annotated[IdentityName, Tag(IDENTITY_FORMS[0])]
    | Annotated[Literal[False], Tag(IDENTITY_FORMS[1])]
    | Annotated[IdentityRef, Tag(IDENTITY_FORMS[2])],
    Discriminator(
        _identity_form,
        custom_error_type="identity_form",
        custom_error_message="expected a name, false, or a block with name, email and phone",
    ),
]
"""How an agent says who it is."""


class Agent(AgentSettings):
    """One declared agent: what runs, on which branch, as whom, when."""

    command: Argv | None = Field(None, description="The program and its arguments, run without a shell.")
    shell: Text | None = Field(None, description="A line for /bin/sh, instead of command.")
    branch: BranchName | None = Field(None, description="Its branch. Default: agents/<name>.")
    identity: IdentityChoice | None = Field(
        None,
        description="A name, false for none, or a block of name, email, phone. Default: the agent's name.",
    )
    prompt: Text | None = Field(None, description="What the agent is asked when it starts.")
    ports: tuple[PortName, ...] = Field((), description="Ports reserved for it; web is given as PORT_WEB.")
    schedules: dict[AgentName, Schedule] = Field(
        default_factory=dict, description="When it wakes: by the clock, or by an event."
    )

    @model_validator(mode="after")
    def _one_command(self) -> Self:
        if self.command is not None and self.shell is not None:
            raise ValueError("give command or shell, not both")
        if self.kind == "command" and self.command is None and self.shell is None:
            raise ValueError("kind command needs command (a list of words) or shell (a line)")
        return self


def _check_version(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write version: 1")  # noqa: TRY004 - pydantic collects ValueError, not TypeError
    return value


class Constellation(Block):
    """One file: one repository and a set of agents."""

    version: Annotated[Literal[1], BeforeValidator(_check_version)] = Field(
        description="The version of this language, 1."
    )
    name: AgentName | None = Field(None, description="Default: the repository folder's name.")
    timezone: Zone = Field("UTC", description="The zone of schedules, such as Europe/London.")
    worktrees: WorktreesPattern = Field(
        "../{repo}.worktrees",
        description="The folder that holds a worktree for each agent; {repo} is the repository's.",
    )
    owner: Owner = Field(Owner(), description="Who is told what happens.")
    notify: tuple[NotifyState, ...] = Field(
        ("waiting", "failed"), description="Which states the owner is told of."
    )
    identities: Identities = Field(
        Identities(), description="Who provides identities, and what each of them gets."
    )
    services: dict[AgentName, Service] = Field(
        default_factory=dict, description="Side processes that agents need."
    )
    limits: Limits = Field(Limits(), description="What all agents may use together.")
    defaults: AgentSettings = Field(AgentSettings(), description="Merged under every agent.")
    agents: dict[AgentName, Agent] = Field(default_factory=dict, description="The agents by name.")
