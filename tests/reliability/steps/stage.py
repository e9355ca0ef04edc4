"""Plays scenes in one laboratory, and lets something fail in them."""

import re
import time
from contextlib import ExitStack, suppress
from typing import Self

from constellagent.failpoints import EXIT
from tests.reliability.lab import wait_for
from tests.reliability.steps import deeds, messages, scenes
from tests.reliability.steps.forks import Forks
from tests.reliability.steps.places import PLACES
from tests.reliability.steps.scenes import SCENES
from tests.reliability.steps.steplab import Died, StepLab

SCENE_OF = {point: scene for scene, points in PLACES.items() for point in points}
"""Where each point is died at."""

SIDES = ("before", "after")
_HOLDER = "holder."


class Stage:
    """One laboratory, as it was before the first apply and after it."""

    def __enter__(self) -> Self:
        """Make the laboratory, and apply its file."""
        self._stack = ExitStack()
        forks = self._stack.enter_context(Forks())
        self.lab = self._stack.enter_context(StepLab(agents=0, forks=forks))
        scenes.declare(self.lab)
        self.lab.up()
        self.lab.do("plan")
        self.lab.keep("blank")
        self.lab.up()
        deeds.apply(self.lab)
        scenes.prepare(self.lab)
        self.lab.keep("applied")
        self.lab.restore("applied")
        self.lab.up()
        wait_for(lambda: messages.words(self.lab), "the owner to be told that the session is lost")
        self.lab.keep("settled")
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self._stack.close()

    def play(self, name: str, fault: str) -> float:
        """Play a scene in which that fails, play it again, and check every law; returns the seconds it took.

        What fails is the daemon, which dies or says so, or a session's holder. What was acknowledged before
        it failed is looked for before anything is done again.
        """
        begin, scene, lab = time.monotonic(), SCENES[name], self.lab
        point = re.split("[=@]", fault)[0]
        lab.restore(scene.state)
        scene.before(lab)
        lab.up(fault)
        survives = fault.startswith(_HOLDER) or "=error" in fault or "=full" in fault
        with suppress(Died, *([AssertionError] if survives else [])):
            scene.act(lab)
        if survives:
            wait_for(lambda: point in lab.faults(), f"{fault} to happen in {name}", scene.wait)
            assert lab.daemon_pid() is not None, f"the daemon died of {fault}"
            if fault.startswith(_HOLDER):
                lab.down()
                lab.up()
        else:
            status = lab.died(scene.wait)
            assert status == EXIT, f"{fault} was not reached in {name}: {status}\n{lab.daemon_log()}"
            assert lab.faults() == [point], f"{fault}: {lab.faults()}"
            lab.up()
        lab.armed = False
        lab.acknowledged.hold()
        scene.act(lab)
        scene.check(lab)
        lab.acknowledged.hold()
        lab.laws()
        wait_for(lambda: lab.daemon_pid() is not None, "the daemon to live on")
        return time.monotonic() - begin

    def passes(self, name: str, point: str) -> int:
        """Return how often a scene passes a point, where nothing fails: once, or it proves nothing."""
        scene, lab = SCENES[name], self.lab
        lab.restore(scene.state)
        scene.before(lab)
        with lab.tracing():
            scene.act(lab)
        count = lab.traced().count(point)
        assert count, f"{name} never passes {point}"
        return count
