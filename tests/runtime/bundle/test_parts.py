"""A part fails by itself, and in time."""

import threading

from constellagent.errors import WorldError
from constellagent.runtime.bundle.parts import Content, Part, take


def test_what_fails_and_what_hangs_cost_only_themselves() -> None:
    """The others are taken, in their order, and each fault is said in words."""
    released = threading.Event()

    def hang() -> Content:
        released.wait(60)
        return {}

    def refuse() -> Content:
        raise WorldError("it is raining")

    def break_down() -> Content:
        raise KeyError("x")

    wanted = [
        Part("one", lambda: {"one.json": 1}),
        Part("slow", hang),
        Part("refused", refuse),
        Part("broken", break_down),
        Part("two", lambda: {"two.json": 2}),
    ]
    taken = take(wanted, 2.0)
    released.set()
    assert [one.name for one in taken] == ["one", "slow", "refused", "broken", "two"]
    assert [dict(one.files) for one in taken] == [{"one.json": 1}, {}, {}, {}, {"two.json": 2}]
    assert [one.fault for one in taken] == [
        *("", "gave no answer within 2 seconds", "it is raining", "KeyError: 'x'", "")
    ]
