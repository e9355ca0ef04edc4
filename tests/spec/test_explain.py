"""What pydantic finds, in words about the file."""

import pytest

from tests.spec.samples import agent, lines, loaded, only


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
        (agent("command: [x], schedules: {m: {}}"), "agents.a.schedules.m.cron: is missing"),
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
            "expected failed or timeout, found the text 'faild'; did you mean",
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
