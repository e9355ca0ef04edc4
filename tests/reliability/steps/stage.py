"""Plays scenes in one laboratory, and lets something fail in them."""

import time
from contextlib import ExitStack, suppress
from typing import Self

from constellagent.failpoints import EXIT
from tests.reliability.lab import wait_for
from tests.reliability.steps import deeds, scenes
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
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self._stack.close()

    def play(self, name: str, fault: str) -> float:
        """Play a scene in which that fails, play it again, and check every law; returns the seconds it took.

        What fails is the daemon, which dies or says so, or a session's holder.
        """
        begin, scene, lab = time.monotonic(), SCENES[name], self.lab
        lab.restore("applied" if scene.applied else "blank")
        scene.before(lab)
        lab.up(fault)
        survives = fault.startswith(_HOLDER) or "=error" in fault or "=full" in fault
        with suppress(Died, *([AssertionError] if survives else [])):
            scene.act(lab)
        if survives:
            assert lab.daemon_pid() is not None, f"the daemon died of {fault}"
            if fault.startswith(_HOLDER):
                lab.down()
                lab.up()
        else:
            status = lab.died(scene.wait)
            assert status == EXIT, f"{fault} was not reached in {name}: {status}\n{lab.daemon_log()}"
            lab.up()
        lab.armed = False
        scene.act(lab)
        scene.check(lab)
        lab.laws()
        wait_for(lambda: lab.daemon_pid() is not None, "the daemon to live on")
        return time.monotonic() - begin

    def passes(self, name: str, point: str) -> int:
        """Return how often a scene passes a point, where nothing fails."""
        scene, lab = SCENES[name], self.lab
        lab.restore("applied" if scene.applied else "blank")
        scene.before(lab)
        with lab.tracing():
            scene.act(lab)
        return lab.traced().count(point)
