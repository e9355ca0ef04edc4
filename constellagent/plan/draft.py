"""What is found for one subject while it is compared: the actions so far, and what there is to say.

A subject is done whole or not at all. An answer that could not be had, or a conflict that needs a person,
stops it: its notes are kept and its actions are dropped, whichever rule found them.
"""

from dataclasses import dataclass, field

from constellagent.plan.actions import Action, Note, Symbol


@dataclass(slots=True)
class Draft:
    """The part of a plan that is about one subject.

    Attributes:
        subject: an agent's or a service's name.
        notes: what there is to say, in the order in which it was found.
    """

    subject: str
    notes: list[Note] = field(default_factory=list)
    _actions: list[Action] = field(default_factory=list)
    _stopped: bool = False

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is to be done; nothing for a stopped subject."""
        return () if self._stopped else tuple(self._actions)

    def do(self, action: Action) -> None:
        """Add an action after those that are there."""
        self._actions.append(action)

    def inform(self, text: str) -> None:
        """Say something that changes nothing."""
        self._note("~", text)

    def ask_leave(self, text: str) -> None:
        """Say that a change waits until a person allows the running session to be ended."""
        self._note("!", text)

    def stop_unknown(self, text: str) -> None:
        """Stop the subject: something could not be looked at."""
        self._stopped = True
        self._note("?", text)

    def stop_conflict(self, text: str) -> None:
        """Stop the subject: a person must decide."""
        self._stopped = True
        self._note("x", text)

    def _note(self, symbol: Symbol, text: str) -> None:
        self.notes.append(Note(symbol, self.subject, text))
