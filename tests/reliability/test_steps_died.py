"""The daemon dies at every named point while something goes on: done again, it is done once."""

import sys
from collections.abc import Iterator
from enum import StrEnum

import pytest

from constellagent.failpoints import FilePoint
from constellagent.runtime.ports import Step
from tests.reliability.steps.places import PLACES
from tests.reliability.steps.scenes import SCENES
from tests.reliability.steps.stage import SCENE_OF, SIDES, Stage

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(3600),
]

POINTS = [point for points in PLACES.values() for point in points]
EACH_RUN = [
    *(point for point in POINTS if isinstance(point, Step)),
    *(points[-1] for points in PLACES.values()),
]
"""What is died at in every run, on one side: every step of an apply, and something of every scene."""
SHORT = {point: SIDES[index % 2] for index, point in enumerate(dict.fromkeys(EACH_RUN))}
FILES = ("state", "provider")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One laboratory for all of them."""
    with Stage() as made:
        yield made


@pytest.mark.parametrize(("point", "side"), SHORT.items())
def test_a1_death_at_a_step(stage: Stage, point: StrEnum, side: str) -> None:
    """Whoever was not told that it is done does it again, and every law holds."""
    stage.play(SCENE_OF[point], f"{point}:{side}")


@pytest.mark.long
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("point", POINTS)
def test_a1_death_at_every_point(stage: Stage, point: StrEnum, side: str) -> None:
    """The same at every point, on both sides of it."""
    stage.play(SCENE_OF[point], f"{point}:{side}")


@pytest.mark.long
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scene", SCENES)
def test_a1_death_at_every_commit(stage: Stage, scene: str, file: str) -> None:
    """The same before and after each commit of a scene, whichever function made it."""
    point = f"{FilePoint.COMMIT}.{file}"
    for side in SIDES:
        for number in range(1, stage.passes(scene, f"{point}:{side}") + 1):
            stage.play(scene, f"{point}:{side}@{number}")


@pytest.mark.parametrize("kind", ["error", "full"])
def test_a5_a_commit_that_the_disk_refuses(stage: Stage, kind: str) -> None:
    """An apply whose commit the disk refuses once fails, the daemon lives, and the next apply converges."""
    stage.play("apply", f"{FilePoint.COMMIT}.state:before={kind}@9")


@pytest.mark.long
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("scene", SCENES)
def test_a5_every_commit_that_the_disk_refuses(stage: Stage, scene: str, file: str) -> None:
    """The same at each commit of each scene."""
    point = f"{FilePoint.COMMIT}.{file}:before"
    for number in range(1, stage.passes(scene, point) + 1):
        stage.play(scene, f"{point}=full@{number}")
