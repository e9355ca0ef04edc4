"""Word to owners, through the whole daemon: what is told, when, how often, and to whom not."""

from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.client import InDoubtError
from constellagent.ravi.client.mail import Mailbox
from constellagent.runtime import supervisor
from constellagent.runtime.alerts import alerts, deciding
from constellagent.runtime.holder.stream import HolderStream
from tests.runtime.alerts.rig import OWNER, House, eventually

ASKS = "constellagent-hook waiting --reason permission --message 'May I <b>push</b>?'"


async def attach(here: House) -> HolderStream:
    """Have the agent's terminal, as a person does."""
    socket = here.settings.paths.session_socket(await here.session())
    return await HolderStream.open(socket, offset=0, flags=0)


async def test_the_owner_gets_a_mail_from_the_agent_that_asks(here: House) -> None:
    """With the question, what is on the screen, where it works and how to answer; one, and one audit line."""
    here.lab.daemon.page = lambda: "http://127.0.0.1:7777"
    await here.begin()
    await here.do("echo the diff is long")
    await here.do(ASKS, shows="permission")

    (mail,) = await here.mails(1)
    await here.idle()

    assert mail.subject == "docs is waiting (permission): May I <b>push</b>?"
    assert mail.from_email == "docs@acme.test"
    body = mail.text_content.replace("\r\n", "\n")
    assert "State:   waiting (permission)\n" in body
    assert "\nBranch:  " in body
    assert "    May I \u2039b>push\u2039/b>?\n" in body
    assert "the diff is long\n" in body
    assert "`constellagent attach docs`" in body
    assert "The page is at http://127.0.0.1:7777\n" in body
    assert len(await here.inbox()) == 1
    lines = await here.lab.daemon.audit({"file": here.lab.file, "agent": "docs", "after": {}, "limit": 500})
    assert [line["action"] for line in lines if line["action"] == "mail.sent"] == ["mail.sent"]


async def test_each_question_is_told_once(here: House) -> None:
    """To say the same again is no news; to work and ask again is."""
    await here.begin()
    await here.do(ASKS, shows="permission")
    await here.mails(1)
    await here.do(ASKS)
    await here.do("constellagent-hook working", shows="working")
    await here.do("constellagent-hook waiting --message 'Tea?'", shows="question")
    mails = await here.mails(2)
    await here.idle()

    assert [mail.subject for mail in mails] == [
        "docs is waiting (permission): May I <b>push</b>?",
        "docs is waiting (question): Tea?",
    ]
    assert len(await here.inbox()) == 2


async def test_a_state_that_is_over_is_not_told(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must have lasted: an answer in time, and nobody is troubled."""
    monkeypatch.setattr(deciding, "SETTLE", 30.0)
    await here.begin()
    await here.do(ASKS, shows="permission")
    assert here.lab.daemon._alerts._pending
    monkeypatch.setattr(deciding, "SETTLE", 0.1)

    await here.do("constellagent-hook working", shows="working")

    await here.idle()
    assert await here.inbox() == []


async def test_a_prompt_without_work_before_is_no_news(here: House) -> None:
    """An agent that has just started waits for its first order; one that had work is done with it."""
    await here.begin(rest=OWNER + "notify: [waiting, done]\n")
    await here.do("constellagent-hook idle", shows="idle prompt")
    await here.idle()
    assert await here.inbox() == []

    await here.do("constellagent-hook working", shows="working")
    await here.do("constellagent-hook idle", shows="idle prompt")
    (mail,) = await here.mails(1)

    assert mail.subject == "docs is done"


async def test_a_prompt_after_a_done_that_was_told_is_no_news(here: House) -> None:
    """As where a program says a minute later that it waits for its next order."""
    await here.begin(rest=OWNER + "notify: [waiting, done]\n")
    await here.do("constellagent-hook working", shows="working")
    await here.do("constellagent-hook done --message 'All of it.'", shows="done")
    (mail,) = await here.mails(1)
    await here.do("constellagent-hook idle", shows="idle prompt")
    await here.idle()

    assert "    All of it.\n" in mail.text_content.replace("\r\n", "\n")
    assert len(await here.inbox()) == 1


async def test_who_has_the_terminal_is_not_told(here: House) -> None:
    """That counts as told: not once that person has gone, either."""
    await here.begin()
    stream = await attach(here)
    await here.do(ASKS, shows="permission")
    (row,) = await here.written(1)
    await stream.close()
    await here.next_daemon()
    await here.until("permission")
    await here.idle()

    assert not row.sent
    assert await here.inbox() == []


@pytest.mark.parametrize("rest", ["identities: {domain: acme.test}\n", OWNER + "notify: [failed]\n"])
async def test_who_does_not_want_to_know_is_not_told(here: House, rest: str) -> None:
    """Nobody is declared, or waiting is not among what is told."""
    await here.begin(rest=rest)
    await here.do(ASKS, shows="permission")
    await here.idle()

    assert await here.inbox() == []


async def test_the_next_daemon_does_not_tell_it_again(here: House) -> None:
    """The question stands, the word is out."""
    await here.begin()
    await here.do(ASKS, shows="permission")
    await here.mails(1)

    await here.next_daemon()
    await here.until("permission")
    await here.idle()

    assert len(await here.inbox()) == 1


async def test_the_next_daemon_tells_what_was_not_told(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that ended before a state had lasted leaves it to the next one."""
    monkeypatch.setattr(deciding, "SETTLE", 30.0)
    await here.begin()
    await here.do(ASKS, shows="permission")
    monkeypatch.setattr(deciding, "SETTLE", 0.1)

    await here.next_daemon()

    (mail,) = await here.mails(1)
    assert mail.subject.startswith("docs is waiting (permission)")


async def test_no_more_than_so_many_are_sent_within_an_hour(
    here: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of them says so."""
    monkeypatch.setattr(alerts, "MOST", 2)
    await here.begin()
    for question in ("one", "two", "three"):
        await here.do("constellagent-hook working", shows="working")
        await here.do(f"constellagent-hook waiting --message {question}", shows="question")
        await here.idle()

    first, second = await here.inbox()

    assert "no more is sent" not in first.text_content
    assert "This is word 2 of it within an hour; no more is sent before 20" in second.text_content


async def test_a_bad_end_is_told(here: House) -> None:
    """With how it ended and what it wrote last."""
    await here.begin()
    await here.do("echo oh no; exit 3")

    (mail,) = await here.mails(1)

    assert mail.subject == "docs has failed: exit status 3"
    assert "oh no\n" in mail.text_content.replace("\r\n", "\n")
    assert "`constellagent restart docs` starts it again" in mail.text_content


async def test_an_end_that_a_restart_follows_is_not_told(here: House, tmp_path: Path) -> None:
    """The agent fails once, and runs then."""
    mark = tmp_path / "mark"
    once = f"if [ -e {mark} ]; then read x; else touch {mark}; exit 3; fi"
    await here.begin(shell=once, more="restart: on-failure")

    async def restarted() -> int:
        return (await here.lab.agent("docs"))["restarts"]

    await eventually(restarted, bool)
    await here.idle()

    assert await here.inbox() == []


async def test_an_end_that_no_restart_can_follow_is_told(
    here: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, with why it could not be started again."""
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.01)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nread x; rm {program}; exit 3\n")
    program.chmod(0o700)
    await here.begin(command=[str(program)], more="restart: on-failure")
    await here.do("go")

    (mail,) = await here.mails(1)
    await here.idle()

    assert mail.subject.startswith("docs has failed: ")
    assert str(program) in mail.subject
    assert len(await here.inbox()) == 1


async def test_what_a_person_stops_is_not_told(here: House) -> None:
    """That person knows."""
    await here.begin(rest=OWNER + "notify: [failed, done, exited]\n")
    await here.lab.daemon.stop(here.lab.file, "docs")
    await here.idle()

    assert await here.inbox() == []


async def test_every_end_is_told_where_exits_are_asked_for(here: House) -> None:
    """A good one too."""
    await here.begin(rest=OWNER + "notify: [exited]\n")
    await here.do("exit 0")

    (mail,) = await here.mails(1)

    assert mail.subject.startswith("docs is done")


async def test_an_owner_with_a_number_only_gets_a_text(here: House) -> None:
    """One line, from the agent's number."""
    await here.begin(rest=OWNER.replace("email: boss@acme.test", "phone: '+12025550199'"))
    await here.do(ASKS, shows="permission")
    await here.written(1)
    await here.idle()
    context = await here.lab.daemon._contexts.of_file(here.lab.file)
    binding = await context.bindings.get("docs", "local")
    assert binding is not None

    (sent,) = await here.lab.daemon._client.of(binding.uuid).texts.messages()

    assert sent.body == "docs is waiting (permission): May I <b>push</b>?"


async def test_what_could_not_be_sent_is_tried_again(
    here: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As long as the agent waits."""
    monkeypatch.setattr(alerts, "TRIES", (0.1, 0.1))
    await here.begin()
    send = Mailbox.send
    tries: list[int] = []

    async def second_time(*args: object, **named: object) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise UnavailableError("the provider cannot be reached")
        return await send(*args, **named)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(Mailbox, "send", second_time)  # the provider is never away while the daemon lives
    await here.do(ASKS, shows="permission")
    await here.mails(1)
    await here.idle()

    assert "the owner is not told of docs: the provider cannot be reached" in caplog.text
    assert len(tries) == 2
    assert [row.sent for row in await here.written(1)] == [True]


async def test_what_may_have_been_sent_is_not_sent_again(
    here: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that was lost on the way counts as told, for the next daemon too."""
    await here.begin()

    async def lost(*_: object, **__: object) -> None:
        raise InDoubtError("nobody knows")

    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "send", lost)  # the local provider always answers
        await here.do(ASKS, shows="permission")
        await here.written(1)
        await here.idle()
    await here.next_daemon()
    await here.until("permission")
    await here.idle()

    assert "docs: nobody knows whether its owner was told" in caplog.text
    assert await here.inbox() == []


async def test_a_first_prompt_that_is_not_typed_is_told(here: House) -> None:
    """Once, and only as long as that is so."""
    await here.begin()
    daemon = here.lab.daemon
    row = next(row for row in await daemon._registry.live() if row.subject == "docs")
    why = "its first prompt is not typed yet: it asks something"
    await here.idle()
    daemon._later._say(row, why)
    (mail,) = await here.mails(1)
    await here.idle()
    daemon._alerts.prompted(row, why)
    await here.idle()
    daemon._later._notes.clear()
    daemon._alerts.prompted(row, "it may not have taken it")
    await here.idle()

    assert mail.subject == f"docs is waiting: {why}"
    assert len(await here.inbox()) == 1


async def test_runs_are_not_told_of_here(here: House) -> None:
    """Who started one waits for it."""
    await here.begin()
    words = ["sh", "-c", "constellagent-hook waiting --reason permission; exit 4"]
    await here.lab.daemon.run({"file": here.lab.file, "agent": "docs", "argv": words})

    async def over() -> bool:
        return all(row.role != "run" for row in await here.lab.daemon._registry.live())

    await eventually(over, bool)
    await here.idle()

    assert await here.inbox() == []


async def test_a_run_that_is_paused_is_told(here: House) -> None:
    """It stands still until a person lets it go on, so somebody has to know; what goes on is no news."""
    await here.begin()
    daemon = here.lab.daemon
    await daemon.run({"file": here.lab.file, "agent": "docs", "argv": ["sleep", "1000"]})
    row = next(row for row in await daemon._registry.live() if row.role == "run")
    daemon._paused(row, "never mind")
    daemon._paused(row, "")
    daemon._paused(row, "it used all it may")
    (mail,) = await here.mails(1)
    await here.idle()

    assert mail.subject == "docs is waiting: paused: it used all it may"
    assert "`constellagent resume docs`" in mail.text_content
    assert len(await here.inbox()) == 1
