"""Defaults under every agent."""

from tests.spec.samples import loaded


def test_an_agent_wins_over_the_defaults() -> None:
    """Scalars and lists are replaced; env.pass is joined, env.set and options are merged key by key."""
    text = """\
version: 1
services: {s: {shell: x}}
defaults:
  kind: claude
  include: [a]
  setup: [[a]]
  needs: [s]
  env: {pass: [A, B], set: {X: "1", Y: "1"}}
  options: {model: m, args: [--a]}
agents:
  plain: {}
  own:
    include: [b]
    setup: []
    needs: []
    env: {pass: [C, A], set: {Y: "2"}}
    options: {args: [--b]}
    kind: codex
  part: {env: {set: {Z: "3"}}}
"""
    agents = loaded(text).agents
    assert agents["plain"].include == ("a",)
    assert (agents["plain"].options.model, agents["plain"].options.args) == ("m", ("--a",))
    own = agents["own"]
    assert (own.kind, own.include, own.setup, own.needs) == ("codex", ("b",), (), ())
    assert own.env.pass_ == ("A", "B", "C")
    assert own.env.set_ == {"X": "1", "Y": "2"}
    assert (own.options.model, own.options.args) == ("m", ("--b",))
    assert agents["part"].env.pass_ == ("A", "B")
    assert agents["part"].env.set_ == {"X": "1", "Y": "1", "Z": "3"}


def test_half_of_an_environment_is_enough_on_either_side() -> None:
    """A default without `set` and an agent without `pass` still merge."""
    text = "version: 1\ndefaults: {kind: claude, env: {pass: [A]}}\nagents: {a: {env: {set: {B: '1'}}}}\n"
    env = loaded(text).agents["a"].env
    assert (env.pass_, env.set_) == (("A",), {"B": "1"})
