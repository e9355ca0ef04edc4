"""What goes on while the daemon dies: each scene is something that people, agents or the world do.

A scene does the same again when it is asked again, as one does who was not told whether it was done. What it
was told of, it writes down (`StepLab.acknowledged`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.reliability.lab import git
from tests.reliability.steps import asking, deeds, messages
from tests.reliability.steps.steplab import StepLab

FILE = """\
version: 1
name: lab
identities: {phone: true}
owner: {email: you@outside.example}
agents:
  ada:
    shell: {LIVE}
    branch: work/ada
    include: [.env]
    ports: [web]
    stop_grace: 1s
    setup: [[sh, -c, "echo set up > setup-done.txt"]]
    schedules:
      tidy:
        cron: "0 0 1 1 *"
        command: [sh, -c, 'echo "$CONSTELLAGENT_RUN_ID" >> {TOLD}']
        keep_runs: {succeeded: 1}
  bob: {shell: {WORK}, autostart: false}
  eve: {shell: {WORK}, autostart: false}
"""
LIVE = (
    "trap 'exit 0' TERM; constellagent-hook working; constellagent-hook waiting --reason permission; "
    "while read line; do echo got $line; done"
)
NAME = "$CONSTELLAGENT_AGENT"
WORK = f"echo $CONSTELLAGENT_PROMPT > {NAME}.txt; git add -A; git commit -qm by-{NAME}"


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that goes on.

    Attributes:
        act: does it, and again.
        check: asserts that it was done, once.
        before: what happens before the daemon is started that dies; with a daemon of its own.
        state: where it begins. `blank`: nothing was applied. `applied`: the file was, and all sessions died
            with the machine, which no daemon has seen yet. `settled`: one has, and has told the owner.
        wait: seconds for what the daemon does by itself afterwards.
    """

    act: Callable[[StepLab], None]
    check: Callable[[StepLab], None]
    before: Callable[[StepLab], None] = lambda _: None
    state: Literal["blank", "applied", "settled"] = "applied"
    wait: float = 30.0


def declare(lab: StepLab) -> None:
    """Write the file of the lab, and what goes with it."""
    told = lab.folder / "told.txt"
    text = FILE.replace("{LIVE}", json.dumps(LIVE)).replace("{WORK}", json.dumps(WORK))
    lab.file.write_text(text.replace("{TOLD}", str(told)))
    (lab.repo / ".env").write_text("local=1\n")
    (lab.repo / ".gitignore").write_text("*.log\n.env\n")
    git(lab.repo, "add", "-A")
    git(lab.repo, "commit", "-qm", "agents")
    git(lab.repo.parent, "init", "-q", "--bare", "origin")
    git(lab.repo, "remote", "add", "origin", str(lab.folder / "origin"))


def prepare(lab: StepLab) -> None:
    """Ask for what later scenes need, while nothing fails."""
    asking.person(lab)
    for place in ("api", "smtp", "sms"):
        asking.place(lab, place)
    for name in ("ada", "bob"):
        asking.resident(lab, name)


SCENES = {
    "apply": Scene(deeds.apply, deeds.applied, state="blank"),
    "destroy": Scene(deeds.destroy, deeds.destroyed, before=deeds.going),
    "move": Scene(deeds.apply, deeds.repaired, before=deeds.moved),
    "restart": Scene(deeds.apply, deeds.applied, before=deeds.going),
    "crash": Scene(deeds.crash, deeds.crashed, before=deeds.alive),
    "run": Scene(deeds.tidy, deeds.tidied),
    "forget": Scene(deeds.tidy, deeds.forgotten, before=deeds.ran_once),
    "pause": Scene(deeds.pause, deeds.paused),
    "race": Scene(deeds.race, deeds.raced),
    "edit": Scene(deeds.edit, deeds.edited),
    "save": Scene(deeds.save, deeds.saved),
    "comment": Scene(deeds.comment, deeds.commented),
    "trust": Scene(deeds.trust, deeds.trusted, before=deeds.changed),
    "mail": Scene(messages.mail, messages.mailed, state="settled"),
    "text": Scene(messages.text, messages.texted, state="settled"),
    "tell": Scene(deeds.tell, deeds.told),
    "watch": Scene(messages.watch, messages.watched, state="settled"),
    "adopt": Scene(deeds.adopt, deeds.applied_or_ended),
    "vault": Scene(messages.vault, messages.kept, state="settled"),
    "contact": Scene(messages.contact, messages.contacted, state="settled"),
    "leave": Scene(messages.leave, messages.left, state="settled"),
}
