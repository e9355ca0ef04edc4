"""What pydantic finds, in words about the file."""

import pytest

from tests.spec.samples import agent, lines, loaded, only, problems


def scheduled(settings: str) -> str:
    """Return a file with one schedule of these settings."""
    return agent(f"command: [x], schedules: {{m: {{cron: '@daily', {settings}}}}}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            agent("command: [x], autostart: no"),
            "expected true or false, found the text 'no' (YAML 1.2 reads it",
        ),
        (agent("command: [x], autostart: 1"), "expected true or false, found 1"),
        (agent("command: [x, 1]"), "agents.a.command.1: expected a text, found 1; put it in quotes"),
        (agent("command: [x, true]"), "expected a text, found true; put it in quotes"),
        (agent("command: [x, [y]]"), "expected a text, found a list"),
        (agent("command: [x, {y: z}]"), "expected a text, found a block of keys"),
        (agent("command: [x], env: {set: {A: }}"), "agents.a.env.set.A: expected a text, found nothing"),
        (agent("command: [x], env: {pass_: [A]}"), "agents.a.env.pass_: unknown key; did you mean pass?"),
        (agent("command: [x], env: [A]"), "agents.a.env: expected a block of keys, found a list"),
        (agent("command: []"), "agents.a.command: is empty; write something or remove the key"),
        (agent("command: [x], prompt: ''"), "agents.a.prompt: is empty"),
        (agent("command: x"), "expected a list, such as [first, second], found the text 'x'"),
        (agent(f"command: {'x' * 50}"), f"found the text '{'x' * 37}...'"),
        (agent("command: [x], shell: x"), "3:3: agents.a: give command or shell, not both"),
        (
            agent("autostart: true"),
            "3:3: agents.a: kind command needs command (a list of words) or shell (a line)",
        ),
        (
            agent("command: [x], identity: 5"),
            "expected a name, false, or a block with name, email and phone, found 5",
        ),
        (agent("command: [x], identity: {nam: x}"), "agents.a.identity.nam: unknown key; did you mean name?"),
        (agent("command: [x], identity: {email: a@b.c}"), "agents.a.identity.email: 'a@b.c' holds an @"),
        (
            agent("command: [x], schedules: {m: {}}"),
            "agents.a.schedules.m: give exactly one of cron (by the clock) and on (by an event)",
        ),
        (
            agent("command: [x], schedules: {M: {cron: '@daily'}}"),
            "3:33: agents.a.schedules.M: 'M' is no valid name",
        ),
        (agent("command: [x], zzz: 1"), "unknown key; known are autostart, base, branch, command"),
        (agent('command: [x], "\\e[31m": 1'), "agents.a.'\\x1b[31m': unknown key"),
        (agent(f"command: [x], {'k' * 90}: 1"), f"agents.a.'{'k' * 77}...': unknown key"),
        (scheduled("timeout: 0s"), "timeout: must be longer than zero; leave the key out for no limit"),
        (scheduled("retries: {max: 101}"), "retries.max: must be at most 100"),
        (scheduled("retries: {max: -1}"), "retries.max: must be at least 0"),
        ("version: 9223372036854775808\n", "1:10: version: is too large a number"),
        (scheduled("retries: {max: 99999999999999999999}"), "retries.max: must be at most"),
        (scheduled("retries: {max: 1.5}"), "retries.max: expected a whole number, found 1.5"),
        (
            scheduled("retries: {on: [faild]}"),
            "expected failed, timeout or lost, found the text 'faild'; did you mean",
        ),
        (scheduled("overlap: 5"), "expected skip, queue_one, queue_all, replace or allow, found 5"),
        (scheduled("prompt: x, command: [x]"), "give prompt or command, not both"),
        (
            scheduled("workspace: resident"),
            "workspace resident types a prompt into the running session; give prompt",
        ),
        (scheduled("workspace: agent, overlap: allow"), "overlap allow needs workspace fresh"),
        (scheduled("workspace: agent, base: main"), "base is for workspace fresh only, and this is agent"),
        (scheduled("timezone: 5"), "expected a time zone as text; put it in quotes"),
        ("version: 1\nservices: {a: {}}", "give exactly one of command (a list of words) and shell (a line)"),
        ("version: 1\nservices: {a: {shell: x, ready: {}}}", "give exactly one of http, tcp and log"),
        ("version: 1\nservices: {a: {shell: x, ready: {tcp: 'a:99999'}}}", "write host:port"),
        (
            "version: 1\nservices: {a: {shell: x, ready: {http: 'ftp://x'}}}",
            "begins with http:// or https://",
        ),
        ("version: 1\nowner: {email: me}", "owner.email: 'me' is not valid here; write an email address"),
        ("version: 1\nidentities: {domain: Local}", "write a mail domain in lowercase"),
    ],
)
def test_each_mistake_has_its_words(text: str, problem: str) -> None:
    """The words are about the file, and say what to write instead."""
    assert problem in only(text)


def test_a_list_is_not_called_empty_when_its_items_are_wrong() -> None:
    """Only the items are told."""
    assert [line.split(":")[2] for line in lines(agent("command: [1, 2]"))] == [
        " agents.a.command.0",
        " agents.a.command.1",
    ]


def test_valid_forms_pass() -> None:
    """Each form of identity, ready check and schedule loads."""
    text = """\
version: 1
owner: {email: me@example.com, phone: "+15550100"}
services:
  a: {shell: x, ready: {tcp: "127.0.0.1:5432"}}
  b: {shell: x, ready: {http: "http://127.0.0.1/", timeout: 5s}}
agents:
  a: {kind: claude, identity: false}
  b: {kind: claude, identity: {name: Bee, email: bee, phone: false}}
  c: {kind: claude, schedules: {m: {cron: "@daily", prompt: x, workspace: resident}}}
"""
    assert list(loaded(text).agents) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        ("cron: '61 * * * *'", "CS001"),
        ("cron: 5", "CS001"),
        ("cron: '0 0 30 2 *'", "CS003"),
        ("cron: '0 22-2 * * *'", "CS017"),
        ("cron: '5/20 * * * *'", "CS017"),
        ("cron: '@daily', timezone: Mars/Base", "CS002"),
        ("cron: '@daily', timezone: 5", "CS002"),
        ("cron: '@daily', prompt: x, command: [x]", "CS004"),
        ("cron: '@daily', on: {webhook: h}", "CS004"),
        ("prompt: x", "CS004"),
        ("cron: '@daily', workspace: agent, overlap: allow", "CS004"),
        ("on: {webhook: h, agent: b}", "CS004"),
        ("on: {webhook: h, state: done}", "CS004"),
        ("on: {email: {text: x}}", "CS004"),
        ("on: {sms: {subject: x}}", "CS004"),
        ("cron: '@daily', timeout: 0s", ""),
        ("cron: '@daily', timeuot: 5m", ""),
        ("cron: '@daily', overlap: often", ""),
        ("cron: '@daily', start: tomorrow", ""),
        ("on: {webhook: H}", ""),
        ("on: 5", ""),
    ],
)
def test_what_is_wrong_with_a_schedule_has_its_rule(schedule: str, rule: str) -> None:
    """A cron expression names its own rule; a value that could stand anywhere breaks none."""
    (problem,) = problems(agent(f"command: [x], schedules: {{m: {{{schedule}}}}}"))
    assert problem.rule == rule


def test_only_schedules_break_rules_about_schedules() -> None:
    """The file's own zone is one of theirs; an agent or a schedule's name that is wrong is not."""
    assert problems("version: 1\ntimezone: Mars/Base\n")[0].rule == "CS002"
    assert problems(agent("command: [x], shell: x"))[0].rule == ""
    assert problems(agent("command: [x], schedules: {M: {cron: '@daily'}}"))[0].rule == ""
