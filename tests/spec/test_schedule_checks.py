"""Rules about schedules that a combination of values breaks."""

import pytest

from tests.spec.samples import agent, loaded, only, problems


def scheduled(settings: str, head: str = "") -> str:
    """Return a file with one schedule `m` of agent `a`."""
    return f"{head}{agent(f'command: [x], schedules: {{m: {{{settings}}}}}')}"


@pytest.mark.parametrize(
    ("times", "wrong"),
    [
        ("start: 2026-01-02, end: 2026-01-01", True),
        ("start: 2026-01-01, end: 2026-01-01", True),
        ("start: 2026-07-01T12:00, end: '2026-07-01T11:30Z'", False),
        ("start: 2026-07-01T12:00, end: '2026-07-01T11:00Z'", True),
        ("start: 2026-01-01", False),
        ("end: 2026-01-01", False),
    ],
)
def test_a_schedule_ends_after_it_starts(times: str, wrong: bool) -> None:
    """Times without an offset are meant in the schedule's zone."""
    text = scheduled(f"cron: '* * * * *', timezone: Europe/London, {times}")
    if wrong:
        assert "agents.a.schedules.m.end: is not after start" in only(text)
        assert problems(text)[0].rule == "CS003"
    else:
        assert loaded(text).agents


@pytest.mark.parametrize(
    ("cron", "times", "wrong"),
    [
        ("0 9 1 1 *", "start: 2026-01-01T10:00, end: 2027-01-01T09:00", True),
        ("0 9 1 1 *", "start: 2026-01-01T10:00, end: 2027-01-01T09:01", False),
        ("0 9 1 1 *", "start: 2026-01-01T09:00, end: 2026-01-01T09:01", False),
    ],
)
def test_a_fire_lies_between_start_and_end(cron: str, times: str, wrong: bool) -> None:
    """`start` itself counts, `end` does not; the first fire that would come is named."""
    text = scheduled(f"cron: '{cron}', timezone: Asia/Tokyo, {times}")
    if wrong:
        assert only(text).endswith(
            "m.end: comes before the first fire, so the schedule never fires; "
            "from start on, 2027-01-01 09:00 is first"
        )
        assert problems(text)[0].rule == "CS003"
    else:
        assert loaded(text).agents


def test_a_fire_is_looked_for_decades_ahead() -> None:
    """No leap day lies between 2096 and 2104."""
    text = scheduled("cron: '0 0 29 2 *', start: 2097-01-01, end: 2104-01-01")
    assert "from start on, 2104-02-29 00:00 is first" in only(text)


def test_times_without_cron_are_compared_only() -> None:
    """What an event wakes may have a start and an end, too."""
    assert loaded(scheduled("on: {webhook: h}, start: 2026-01-01, end: 2026-01-02")).agents


@pytest.mark.parametrize(
    ("cron", "jitter", "most"),
    [
        ("0 * * * *", "30m", "30m"),
        ("*/10 * * * *", "5m", "5m"),
        ("0 9 * * *", "12h", "12h"),
        ("0,20 9 * * 1", "10m", "10m"),
    ],
)
def test_jitter_is_less_than_half_of_the_smallest_period(cron: str, jitter: str, most: str) -> None:
    """Half is too much; the words name the limit."""
    text = scheduled(f"cron: '{cron}', jitter: {jitter}")
    (problem,) = problems(text)
    assert problem.path == "agents.a.schedules.m.jitter"
    assert problem.message.endswith(f"write less than {most}")
    assert problem.rule == "CS004"
    assert loaded(scheduled(f"cron: '{cron}', jitter: 4m59s")).agents


def test_jitter_of_an_event_has_no_period() -> None:
    """Nobody knows when the next event comes."""
    assert loaded(scheduled("on: {webhook: h}, jitter: 1d")).agents


def test_an_agent_without_an_identity_gets_no_messages() -> None:
    """Mail needs an address, a text needs a number."""
    nobody = "command: [x], identity: false, schedules: {m: {on: {email: {}}}, s: {on: {sms: {}}}}"
    told = problems(agent(nobody))
    assert [(p.path.rpartition(".m.")[2].rpartition(".s.")[2], p.rule) for p in told] == [
        ("on.email", "CS004"),
        ("on.sms", "CS004"),
    ]
    assert all("remove identity: false" in problem.message for problem in told)


@pytest.mark.parametrize(
    ("head", "identity", "reached"),
    [
        ("", "", True),
        ("identities: {phone: false}\n", "", False),
        ("identities: {phone: false}\n", "identity: {phone: true}, ", True),
        ("", "identity: {phone: false}, ", False),
        ("", "identity: me, ", True),
    ],
)
def test_texts_need_a_number(head: str, identity: str, reached: bool) -> None:
    """The agent's own word about a number counts before that of the file."""
    text = agent(f"command: [x], {identity}schedules: {{s: {{on: {{sms: {{}}}}}}}}") + head
    if reached:
        assert loaded(text).agents
    else:
        assert "on.sms: the agent has no number, so no text reaches it; write phone: true" in only(text)


PAIR = """\
version: 1
agents:
  a: {{command: [x], schedules: {{{0}}}}}
  b: {{command: [x], schedules: {{{1}}}}}
"""


def test_an_agent_waits_for_another_one_of_the_file() -> None:
    """It cannot wait for itself or for nobody; a slip is answered with the agent that was meant."""
    assert "on.agent: an agent cannot wake itself" in only(scheduled("on: {agent: a}"))
    assert only(scheduled("on: {agent: zz}")).endswith("on.agent: no agent is called 'zz'")
    text = PAIR.format("m: {on: {agent: bb}}", "")
    assert only(text).endswith("no agent is called 'bb'; did you mean b?")
    assert problems(text)[0].rule == "CS004"
    assert loaded(PAIR.format("m: {on: {agent: b, state: failed}}", "n: {cron: '@daily'}")).agents


def test_a_broken_agent_is_still_declared() -> None:
    """Who waits for an agent with a mistake of its own is not blamed."""
    text = "version: 1\nagents:\n  a: {command: [x], schedules: {m: {on: {agent: b}}}}\n  b: {}\n"
    assert "agents.b: kind command needs command" in only(text)


def test_agents_do_not_wake_one_another_in_a_circle() -> None:
    """Each edge that closes a circle is told, with the circle."""
    text = PAIR.format("m: {on: {agent: b}}", "m: {on: {agent: a}}, n: {on: {agent: a, state: failed}}")
    told = problems(text)
    assert [problem.path for problem in told] == [f"agents.b.schedules.{name}.on.agent" for name in "mn"]
    assert {problem.rule for problem in told} == {"CS004"}
    assert told[0].message == "these agents would wake one another for ever: b -> a -> b"


def chain(*edges: tuple[int, int]) -> str:
    """Return a file in which each first agent wakes the second one."""
    names = sorted({name for edge in edges for name in edge})
    rows = {
        name: [f"w{source}: {{on: {{agent: g{source}}}}}" for source, woken in edges if woken == name]
        for name in names
    }
    return "version: 1\nagents:\n" + "".join(
        f"  g{name}: {{command: [x], schedules: {{{', '.join(rows[name])}}}}}\n" for name in names
    )


def test_circles_are_found_wherever_they_are() -> None:
    """Several circles, long ones and diamonds: each circle is told once, what only meets again is none."""
    assert loaded(chain((1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (1, 5))).agents
    two = problems(chain((1, 2), (2, 1), (3, 4), (4, 5), (5, 3), (2, 3)))
    assert [problem.rule for problem in two] == ["CS004", "CS004"]
    assert sorted(problem.message.count("->") for problem in two) == [2, 3]
    long = only(chain(*((number, (number + 1) % 40) for number in range(40))))
    assert "..." in long
    assert len(long) < 200


def test_a_hook_belongs_to_one_agent() -> None:
    """Two schedules of one agent may hear the same hook, those of two agents may not."""
    same = "m: {on: {webhook: h}}, n: {on: {webhook: h}}"
    assert loaded(PAIR.format(same, "")).agents
    (problem,) = problems(PAIR.format(same, "m: {on: {webhook: h}}"))
    assert problem.path == "agents.b.schedules.m.on.webhook"
    assert problem.message.startswith("is a hook of agent a already")
    assert problem.rule == "CS004"
