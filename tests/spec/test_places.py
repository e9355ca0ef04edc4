"""Where things are written."""

from constellagent.spec.load import load
from constellagent.spec.tree import Place, Scalar

PLACES = load(
    b"version: 1\ndefaults: {restart: always}\nagents:\n  a:\n    command: [x, y]\n    prompt:\n", "f"
).places


def test_finds_values_keys_of_blocks_and_what_is_nearest() -> None:
    """A value has its own place, a block that of its key, the unknown that of what is around it."""
    assert PLACES.find("version") == Place(1, 10)
    assert PLACES.find("agents", "a") == Place(4, 3)
    assert PLACES.find("agents", "a", "command", 1) == Place(5, 18)
    assert PLACES.find("agents", "a", "command", 9) == Place(5, 14)
    assert PLACES.find("agents", "a", "prompt") == Place(6, 5)
    assert PLACES.find("agents", "b", "prompt") == Place(3, 1)
    assert PLACES.find("version", "x") == Place(1, 10)


def test_what_came_from_defaults_is_placed_there() -> None:
    """A merged default points at the defaults."""
    assert PLACES.find("agents", "a", "restart") == Place(2, 21)


def test_finds_keys_and_nodes() -> None:
    """A key's place differs from its value's."""
    assert PLACES.key("version") == Place(1, 1)
    assert PLACES.key("agents", "b") == Place(3, 1)
    node = PLACES.node("agents", "a", "command", 0)
    assert isinstance(node, Scalar)
    assert node.text == "x"
    assert PLACES.node("agents", "b", "command") is None
