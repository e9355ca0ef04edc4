"""What a kind of agent is, to everybody above: how it is started and spoken to, and what its signs mean.

Each kind is one module with one `KIND`. All of it is pure: a kind says which words, variables and files a
session needs, and reads what the program tells; somebody else starts processes, writes files and looks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal, Protocol

from constellagent.spec.models import Agent
from constellagent.spec.models import Kind as Name

State = Literal["starting", "working", "waiting", "done", "failed", "exited", "unknown"]
"""The states of an agent, the same words as everywhere."""

PERMISSION, QUESTION, IDLE_PROMPT = "permission", "question", "idle prompt"
"""Why an agent waits: it asks whether it may, it asks something, it is ready for the next order."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that a session begins or takes up again.

    Attributes:
        id: as the program calls it; one that begins has a new UUID.
        resumed: it exists, and is to go on.
    """

    id: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session runs, as far as its program has to be told.

    Attributes:
        folder: of the files that the session gets (`Start.files`), absolute.
        worktree: the agent's worktree, absolute: the session's working folder.
        git: folders outside the worktree that git writes to when the agent commits.
        env: the environment that the session gets otherwise; `HOME` and the like.
        profile: the folder for the agent's own configuration and logins of this program; None where it uses
            the person's.
    """

    folder: PurePath
    worktree: PurePath
    git: tuple[PurePath, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    profile: PurePath | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What we give a session beside its prompt. A kind adds it to the run's own configuration only.

    Attributes:
        hook: the words of the program that hooks call, without the event; empty for no hooks.
        bridge: the words of a program that starts one without hooks, follows its server's events and calls
            our hook for them; empty for none.
        mcp: the words of the MCP server with the identity's tools; empty where there are none.
        mcp_env: the names of the variables that this server needs, where a program passes it only some.
        instructions: who the agent is and how it reaches its mail and vault; empty for nothing.
    """

    hook: tuple[str, ...] = ()
    bridge: tuple[str, ...] = ()
    mcp: tuple[str, ...] = ()
    mcp_env: tuple[str, ...] = ()
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What a session is for.

    Attributes:
        prompt: what it begins with; None to wait for a person, or to go on where it was.
        headless: nobody watches: it works on the prompt, asks nobody, and ends.
        conversation: which one, where the program lets us say; None where it chooses.
    """

    prompt: str | None = None
    headless: bool = False
    conversation: Conversation | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """How to start a session.

    Attributes:
        argv: the words to exec.
        env: what its environment gets on top.
        files: what to write into `Place.folder` first, by relative path; private to the user.
        seeds: what must be in files of `Place.profile`, by relative path: from the text that is there (None
            for no file) to the text that must be. Only where the agent has a profile of its own.
        stdin: what a headless run gets on its standard input; None for nothing.
        later: the prompt, where the program takes it only by typing, once it is ready.
        stream: the module of `agents.streams` that reads what a headless run writes, on its standard error
            too; empty where its text and exit status are all there is.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    seeds: Mapping[str, Callable[[str | None], str]] = field(default_factory=dict)
    stdin: str | None = None
    later: str | None = None
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a conversation or a run has used so far, as far as its program says.

    Attributes:
        input: tokens read, those from a cache too.
        output: tokens written.
        cost: US dollars; None where the program does not know prices.
    """

    input: int = 0
    output: int = 0
    cost: float | None = None


class Meter(Protocol):
    """Counts what a conversation uses by its transcript. Never raises, whatever the lines are."""

    def feed(self, line: str) -> None:
        """Take the next line, without its end; from the first one on, each once."""
        ...

    def used(self) -> Usage:
        """Return what the conversation has used so far."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What one call of a hook says.

    Attributes:
        state: of the agent from now on; None where the event says nothing of it.
        reason: more exactly; one of the reasons of this module or a tool's name.
        message: what the agent says to a person, such as its question; often empty.
        conversation: which one the agent is in; empty where the event does not say.
        transcript: the file with the conversation; empty where the event does not say.
        prompt: the text with which a turn has just begun; None where none has.
        usage: of the conversation so far; None where the event does not say.
    """

    state: State | None = None
    reason: str = ""
    message: str = ""
    conversation: str = ""
    transcript: str = ""
    prompt: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """What a text means in which `pattern` (a regular expression) is found.

    Attributes:
        pattern: searched for in a title, in a notification, or in each line of a screen.
        state: of the program that shows it.
        reason: more exactly.
        at_cursor: of a screen, only the cursor's row counts.
        below: of a screen, only so many of its last lines that are not blank count; 0 for all.
    """

    pattern: str
    state: State
    reason: str = ""
    at_cursor: bool = False
    below: int = 0


@dataclass(frozen=True, slots=True)
class Signs:
    """By what the state of a program is known where no hook tells it; the first that is found counts.

    Attributes:
        titles: of its window; None for those that any program may have.
        notifications: that it shows a person; None for those that any program may have.
        screens: what its screen shows.
        dialogs: lines of a screen that show a dialog, in which a paste is lost and Enter is an answer.
        ready: lines of a screen that show that it takes a prompt; empty where a waiting state is the sign.
        draft: how the first row of its input line begins, after which a draft follows; the cursor is there
            or in a later row of it. Empty where the input line cannot be told from the rest.
    """

    titles: tuple[Sign, ...] | None = None
    notifications: tuple[Sign, ...] | None = None
    screens: tuple[Sign, ...] = ()
    dialogs: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a program, for `doctor` and the documentation.

    Attributes:
        tested: the oldest and the newest version that our tests have run, both included.
        log_in: how a person logs in, in one sentence.
        install: the command that installs it.
        version: the words after the program that make it print its version.
    """

    tested: tuple[str, str] | None = None
    log_in: str = ""
    install: str = ""
    version: tuple[str, ...] = ("--version",)


def no_transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return no place: this kind keeps no conversations."""
    del conversation, place
    return ()


def no_report(event: Mapping[str, Any]) -> Report | None:
    """Return nothing: this kind calls no hooks."""
    del event
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of agent.

    Attributes:
        name: as `kind:` says it.
        program: the command that it is, looked up on the agent's PATH; empty where the file names it.
        start: how to start a session. With no `Tools`, as a person is shown it before approving: only the
            program's own words, none of ours.
        read_hook: what a call of its hooks says; `event` is the JSON that the program gave its hook. Never
            raises, whatever it gets; None where it says nothing.
        transcripts: glob patterns of absolute paths, of which one exists where the program still has the
            conversation; empty where that cannot be seen.
        meter: begins to count what a conversation uses; None where its transcript does not tell, or where
            `read_hook` does.
        keeps_conversations: a later session can take one up again.
        chooses_conversation: we give a conversation its id; else hooks or output tell it.
        signs: of its state without hooks.
        queues: what is typed while it works waits for the end of its turn; otherwise it disturbs the turn.
        hooks: it calls hooks for the state.
        mcp: it speaks MCP.
        needs_profile: it takes hooks and MCP only from a profile of the agent's own.
        leaves: patterns of what it writes into the worktree for itself, which git is to ignore.
        facts: for people.
    """

    name: Name
    program: str
    start: Callable[[Agent, Task, Place, Tools | None], Start]
    read_hook: Callable[[Mapping[str, Any]], Report | None] = no_report
    transcripts: Callable[[str, Place], tuple[str, ...]] = no_transcripts
    meter: Callable[[], Meter] | None = None
    keeps_conversations: bool = False
    chooses_conversation: bool = False
    signs: Signs = Signs()
    queues: bool = True
    hooks: bool = False
    mcp: bool = False
    needs_profile: bool = False
    leaves: tuple[str, ...] = ()
    facts: Facts = Facts()
