"""What is done to each coding agent while it is recorded, and what a person says of it at each moment.

`python -m tests.term.activity.scenes KIND ROWSxCOLUMNS [VERSION]` records the turns of a kind again, and
`... KIND ROWSxCOLUMNS VERSION trust` the question whether a folder is trusted. It takes the programs of
`tests.programs`, and no account.
"""

import sys
from dataclasses import dataclass

from tests import programs
from tests.term.activity.recorder import Recorder
from tests.term.activity.stages import Stage, stage

IDLE, PERMISSION, QUESTION = "waiting (idle prompt)", "waiting (permission)", "waiting (question)"
RESTS = ("done", IDLE)
"""A turn that has ended and one that never began look the same on most screens."""
LATE = 2.0
"""Seconds after which a state must be right."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How one kind is spoken to.

    Attributes:
        ready: what it shows when it takes a prompt.
        asks: what it shows when it asks for a permission.
        run: the order, of a command, that makes it ask.
        yes: the keys that allow it.
        interrupt: the keys that interrupt it, pressed one after the other.
        trust: what it shows when it asks whether a folder is trusted.
        question: a prompt that makes it ask something else.
        answers: what a person says of that; whether it may read a page is a permission as well.
    """

    ready: str
    asks: str = ""
    run: str = "!run {}"
    yes: str = "\r"
    interrupt: tuple[str, ...] = ("\x1b",)
    trust: str = ""
    question: str = ""
    answers: tuple[str, ...] = (QUESTION,)


_ESCALATED = (
    '!use exec_command {{"cmd":"{}","sandbox_permissions":"require_escalated","justification":"May I?"}}'
)
_ASK = (
    '!use AskUserQuestion {"questions":[{"question":"Which colour?","header":"Colour","multiSelect":false,'
    '"options":[{"label":"Red","description":"as a rose"},{"label":"Blue","description":"as the sky"}]}]}'
)
MANNERS = {
    "claude": Manners("^\u276f", r"Esc to cancel", yes="1", trust="trust", question=f"Ask me\n{_ASK}"),
    "codex": Manners("^\u203a ", r"enter to confirm", _ESCALATED, "y", trust="trust"),
    "copilot": Manners("^\u276f", r"enter to select", interrupt=("\x1b", "\x1b"), trust="trust"),
    "gemini": Manners(r"Type your message", r"Allow execution", trust="trust"),
    "opencode": Manners(r"Ask anything", r"Permission required", interrupt=("\x1b", "\x1b")),
    "aider": Manners(
        r"^>", interrupt=("\x03",), question="See http://127.0.0.1:9/page", answers=(QUESTION, PERMISSION)
    ),
}


@dataclass(frozen=True, slots=True)
class Play:
    """A program on its stage, and how it is spoken to."""

    on: Recorder
    stage: Stage
    manners: Manners
    size: tuple[int, int]

    def turns(self) -> None:
        """Record turns of all sorts."""
        on = self.on
        on.run(0.3)
        on.check("just started", "starting", "working", IDLE)
        on.until(self.manners.ready)
        on.run(2)
        on.settle()
        on.check("ready", IDLE)
        self._order("Take your time", "!wait 5")
        on.run(LATE)
        on.check("works on an answer", "working")
        on.resize(30, 100)
        on.run(1.2)
        on.check("works, another size", "working")
        on.resize(*self.size)
        self._answered("Take your time")
        on.check("answered", *RESTS)
        if self.manners.asks:
            self._permissions()
        if self.manners.question:
            self._question()
        self._order("Say it", "!say Do you want to proceed? 1. Yes 2. No (esc to interrupt)")
        self._answered("Say it")
        on.check("has quoted a dialog", *RESTS)
        self._order("Never mind", "!hang")
        on.run(LATE)
        on.check("works for long", "working")
        self._interrupt()
        on.run(LATE)
        on.settle()
        on.check("interrupted", *RESTS)
        on.run(4)
        on.check("interrupted a while ago", *RESTS)
        on.press("\x15")
        on.press("half a thought")
        on.run(LATE)
        on.check("a draft", *RESTS)

    def trust(self) -> None:
        """Record the question whether a folder is trusted."""
        on = self.on
        on.until(f"(?i){self.manners.trust}")
        on.run(LATE + 1)
        on.check("asks whether the folder is trusted", PERMISSION)
        on.run(6)
        on.check("asks for some time", PERMISSION)

    def _order(self, words: str, order: str) -> None:
        """Give an order, and wait until the model has it: until then nobody works."""
        self.on.paste(f"{words}\n{order}")
        self.on.until_true(lambda: self.stage.asked(words))

    def _answered(self, words: str) -> None:
        """Wait until the model's answer is shown, and the program has nothing more to draw."""
        self.on.until(f"done: {words[:6]}")
        self.on.run(LATE)
        self.on.settle()

    def _permissions(self) -> None:
        """A permission is asked for: refused by Esc, then given."""
        on, manners = self.on, self.manners
        self._order("Do it", manners.run.format("touch made.txt"))
        on.until(manners.asks)
        on.run(LATE)
        on.check("asks for a permission", PERMISSION)
        on.resize(24, 40)
        on.run(LATE)
        on.check("asks, narrow", PERMISSION)
        on.resize(*self.size)
        on.run(LATE + 6)
        on.check("asks for some time", PERMISSION)
        on.press("\x1b")
        on.run(LATE)
        on.settle()
        on.check("refused by Esc", *RESTS)
        on.run(6)
        on.check("refused a while ago", *RESTS)
        self._order("Do that", manners.run.format("touch began && sleep 7"))
        on.until(manners.asks)
        on.run(LATE)
        on.check("asks again", PERMISSION)
        on.press(manners.yes)
        on.until_true((self.stage.folder / "began").exists)
        on.run(LATE)
        on.check("a tool runs", "working")
        on.run(LATE)
        on.check("a tool still runs", "working")
        self._answered("Do that")
        on.check("has used a tool", *RESTS)

    def _question(self) -> None:
        on = self.on
        on.paste(self.manners.question)
        on.run(LATE + 2)
        on.check("asks a question", *self.manners.answers)
        self._interrupt()
        on.run(LATE)
        on.check("question refused", *RESTS)

    def _interrupt(self) -> None:
        for key in self.manners.interrupt:
            self.on.press(key)


def main(kind: str, size: str, version: str = "", scene: str = "") -> None:
    """Record one run."""
    rows, columns = (int(part) for part in size.split("x"))
    known = programs.program(kind, version or None).version
    with stage(kind, known, trusted=scene != "trust") as made:
        on = made.open(rows, columns)
        try:
            play = Play(on, made, MANNERS[kind], (rows, columns))
            (play.trust if scene == "trust" else play.turns)()
            on.save("-".join(part for part in (kind, known, size, scene) if part), kind, known)
        finally:
            on.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
