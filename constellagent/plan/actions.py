"""The closed union of actions: one frozen dataclass for each thing that apply can do.

An action is data. It carries all that apply needs, so that apply decides nothing, and the words that a
person needs to judge it: a symbol, a subject and a reason.

    +  create      ~  change      -  remove      !  ends a running session      ?  unknown      x  blocked
"""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import ClassVar, Literal

Symbol = Literal["+", "~", "-", "!", "?", "x"]


@dataclass(frozen=True, slots=True)
class _Action:
    """What all actions have.

    Attributes:
        subject: whom it is about: an agent's or a service's name.
        reason: why, in words.
    """

    subject: str
    reason: str
    symbol: ClassVar[Symbol] = "~"
    verb: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class CreateIdentity(_Action):
    """Create an identity at the provider and bind it to the agent; one that appeared meanwhile is adopted.

    Attributes:
        name: its name there.
        email: the local part of its address.
        domain: the mail domain, None for the provider's own choice.
        phone: whether it gets a number.
        host: where it is created, empty for the provider on this machine.
    """

    symbol: ClassVar[Symbol] = "+"
    verb: ClassVar[str] = "create identity"
    name: str
    email: str
    domain: str | None
    phone: bool
    host: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class AdoptIdentity(CreateIdentity):
    """Bind the identity that already matches. It is done as a creation is, which looks before it creates.

    Attributes:
        uuid: the identity that was seen.
        address: its mailbox.
    """

    symbol: ClassVar[Symbol] = "~"
    verb: ClassVar[str] = "take over identity"
    uuid: str
    address: str


@dataclass(frozen=True, slots=True)
class GiveNumber(AdoptIdentity):
    """Give the agent's identity a number; one that it got meanwhile is kept. It is done as an adoption is."""

    verb: ClassVar[str] = "give a number to identity"


@dataclass(frozen=True, slots=True)
class CreateWorktree(_Action):
    """Create branch (where `new_branch`) and worktree, check out, run the setup steps.

    Also finishes a creation that was cut short: each step looks first.
    """

    symbol: ClassVar[Symbol] = "+"
    verb: ClassVar[str] = "create worktree"
    path: PurePath
    branch: str
    commit: str
    new_branch: bool


@dataclass(frozen=True, slots=True)
class RepairWorktree(_Action):
    """Tell git and our state that the worktree moved to `path`."""

    verb: ClassVar[str] = "repair worktree"
    path: PurePath


@dataclass(frozen=True, slots=True)
class WriteIdentity(_Action):
    """Write `.ravi/config.json` into the worktree (mints a key where we hold none)."""

    verb: ClassVar[str] = "write identity"
    path: PurePath


@dataclass(frozen=True, slots=True)
class StartService(_Action):
    """Start a service and wait until it is ready."""

    symbol: ClassVar[Symbol] = "+"
    verb: ClassVar[str] = "start service"


@dataclass(frozen=True, slots=True)
class StartSession(_Action):
    """Start the agent's process in its worktree."""

    symbol: ClassVar[Symbol] = "+"
    verb: ClassVar[str] = "start"


@dataclass(frozen=True, slots=True)
class RestartSession(_Action):
    """Stop the session that runs and start it anew; ends a running conversation."""

    symbol: ClassVar[Symbol] = "!"
    verb: ClassVar[str] = "restart"
    session: str


@dataclass(frozen=True, slots=True)
class RestartService(_Action):
    """Stop a service and start it anew."""

    symbol: ClassVar[Symbol] = "!"
    verb: ClassVar[str] = "restart service"
    session: str


@dataclass(frozen=True, slots=True)
class StopSession(_Action):
    """Stop the session of an agent that is going away."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "stop"
    session: str


@dataclass(frozen=True, slots=True)
class StopRun(StopSession):
    """Stop a run of an agent that is going away."""

    verb: ClassVar[str] = "stop run"


@dataclass(frozen=True, slots=True)
class StopService(_Action):
    """Stop a service that is going away."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "stop service"
    session: str


@dataclass(frozen=True, slots=True)
class RemoveWorktree(_Action):
    """Remove the worktree, keep its branch; refused while anything would be lost, rescued with `force`."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "remove worktree"
    path: PurePath
    force: bool = False


@dataclass(frozen=True, slots=True)
class ArchiveIdentity(_Action):
    """Revoke the identity's key and archive it. Its mail and vault are kept by the provider."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "archive identity"
    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class AddSchedule(_Action):
    """Let a schedule wake its agent from now on; nothing of the past is made up for.

    Attributes:
        name: the schedule's name.
        declared: its declaration, as `plan.declared` writes it.
    """

    symbol: ClassVar[Symbol] = "+"
    verb: ClassVar[str] = "add schedule"
    name: str
    declared: str


@dataclass(frozen=True, slots=True)
class ChangeSchedule(AddSchedule):
    """Let a schedule that is in effect follow its new declaration."""

    symbol: ClassVar[Symbol] = "~"
    verb: ClassVar[str] = "change schedule"


@dataclass(frozen=True, slots=True)
class RemoveSchedule(_Action):
    """Let a schedule wake nobody any more; its rows in the ledger stay, and so does a run that goes on."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "remove schedule"
    name: str


@dataclass(frozen=True, slots=True)
class Forget(_Action):
    """Drop our record of an agent of which nothing is left."""

    symbol: ClassVar[Symbol] = "-"
    verb: ClassVar[str] = "forget"


Action = (
    CreateIdentity
    | AdoptIdentity
    | GiveNumber
    | CreateWorktree
    | RepairWorktree
    | WriteIdentity
    | StartService
    | StartSession
    | RestartSession
    | RestartService
    | StopSession
    | StopRun
    | StopService
    | RemoveWorktree
    | ArchiveIdentity
    | AddSchedule
    | ChangeSchedule
    | RemoveSchedule
    | Forget
)
"""Everything that apply can do."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say that is no action.

    Attributes:
        symbol: `?` where a look failed, `x` where a conflict blocks the subject, `!` where a change waits for
            leave to end a running session, `~` for plain information.
        subject: whom it is about; the constellation's name where it is about the whole.
        text: what is the matter and what to do about it.
    """

    symbol: Symbol
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The ordered difference between declared and observed.

    Attributes:
        constellation: the constellation's name.
        actions: in the order in which they are done; those of one subject keep their order.
        notes: unknown looks, conflicts, drift that is only reported, parts not built yet.
    """

    constellation: str
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether some subject cannot be made as declared without a person or another look."""
        return any(note.symbol in {"?", "x"} for note in self.notes)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.actions

    @property
    def pending(self) -> bool:
        """Whether the world differs from what is declared: something to do, or waiting for leave."""
        return bool(self.actions) or any(note.symbol == "!" for note in self.notes)
