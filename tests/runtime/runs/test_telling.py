"""Word to the owner: about bad ends only, once, as the agent, and with what helps."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from constellagent.errors import UnavailableError
from constellagent.plan.fires import Fire, State
from constellagent.plan.schedules import desire_schedule
from constellagent.ravi.client import InDoubtError, RaviClient
from constellagent.ravi.client.mail import Mailbox
from constellagent.ravi.vault import RootKey
from constellagent.runtime.runs.telling import headline, mail, text
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.spec.models import Retries, Schedule
from tests.ravi.provided import provided
from tests.runtime.runs.rig import NINE, Lab, laboratory, minutes, shell, worker

OWNER = "identities: {domain: acme.test, phone: true}\nowner: {email: boss@acme.test}\n"
BOSS = worker("command: ['true']", "boss")
FAILS = "echo \"\x1b[31moh <b>no</b>\x1b[0m\"; git commit -q --allow-empty -m 'Half of it'; exit 3"
FIRE = Fire("ab" * 16, "docs/nightly", "clock", NINE, 1, "schedule", "failed", NINE, why="exit status 3")
ROW = LedgerRow("c", FIRE, NINE, started_at=NINE, ended_at=NINE + timedelta(minutes=2, seconds=5.4))


def row(**fire: Any) -> LedgerRow:
    """Return a row whose fire differs so."""
    return replace(ROW, fire=replace(FIRE, **fire))


class TestWords:
    """What is said."""

    @pytest.mark.parametrize(
        ("state", "why", "status", "said"),
        [
            ("failed", "exit status 3", 3, "docs/nightly failed: exit status 3"),
            ("failed", "", 4, "docs/nightly failed: exit status 4"),
            ("failed", "setup step 1\n  failed", None, "docs/nightly failed: setup step 1 failed"),
            ("timeout", "it took longer than 45m", None, "docs/nightly timed out: it took longer than 45m"),
            ("lost", "", None, "docs/nightly was lost"),
            ("failed", "x" * 500, None, f"docs/nightly failed: {'x' * 178}\N{HORIZONTAL ELLIPSIS}"),
        ],
    )
    def test_the_headline_says_what_happened(
        self, state: State, why: str, status: int | None, said: str
    ) -> None:
        """One line of at most two hundred characters."""
        assert headline(replace(row(state=state, why=why), exit_status=status)) == said

    def test_the_mail_says_when_how_long_and_what_is_left(self) -> None:
        """Everything a person needs to look further, and no line for what there is not."""
        commits = [{"id": "0123456789abcdef", "subject": "Half of it"}]
        spec = Schedule(cron="0 9 * * *", command=("x",), retries=Retries(max=2))
        schedule = desire_schedule("docs", "nightly", spec, "UTC", "")
        told = replace(
            row(attempt=3, reason="retry"),
            branch="runs/docs/nightly/x",
            path="/w/.runs/x",
            report={"commits": commits, "commit_count": 1},
        )

        subject, body = mail(told, schedule, ["one", "", "two"])

        assert subject == "docs/nightly failed: exit status 3"
        assert body == (
            "docs/nightly failed: exit status 3\n\n"
            f"Run:      {FIRE.run}\n"
            "Nominal:  2026-11-22T09:00:00Z\n"
            "Reason:   retry\n"
            "Started:  2026-11-22T09:00:00Z\n"
            "Took:     2m5s\n"
            "Attempt:  3 of 3\n"
            "Branch:   runs/docs/nightly/x\n"
            "Folder:   /w/.runs/x\n"
            "Commits:  1\n"
            "          0123456789 Half of it\n\n"
            "The last 3 lines of its output:\n\n    one\n\n    two\n\n"
            "`constellagent schedule history docs/nightly` shows its other runs.\n"
        )

    def test_a_coding_agent_says_more(self) -> None:
        """What it was not allowed to do, and what it used, with a price where it knows one."""
        usage = {"input": 1200, "output": 30, "cost": 0.5}
        _, body = mail(replace(ROW, report={"denied": ["Write", "Bash"], "usage": usage}), None, [])
        assert "Denied:   Write, Bash\nUsed:     1200 tokens read, 30 written, $0.50\n" in body

        _, body = mail(replace(ROW, report={"usage": {**usage, "cost": None}}), None, [])
        assert "Used:     1200 tokens read, 30 written\n" in body

    def test_what_never_started_has_little_to_say(self) -> None:
        """No output, no span, no branch."""
        _, body = mail(replace(ROW, started_at=None, ended_at=None), None, [])

        assert "Started:  never\nAttempt:  1\n\n`constellagent" in body

    def test_a_quick_end_is_no_span(self) -> None:
        """Less than a second is said so, and so is a clock that went back."""
        for span in (0.4, -20):
            _, body = mail(replace(ROW, ended_at=NINE + timedelta(seconds=span)), None, ["only"])
            assert "Took:     less than a second" in body
            assert "\nIts output:\n" in body

    def test_a_text_message_is_one_line(self) -> None:
        """What happened, and which fire it was."""
        assert text(ROW) == "docs/nightly failed: exit status 3 (2026-11-22T09:00:00Z)"


class TestTold:
    """Who is told, and how often."""

    async def test_the_owner_gets_one_mail_from_the_agent(self, lab: Lab) -> None:
        """With the end of the output, as text; it is not sent again by whoever concludes again."""
        lab.declare(worker(shell(FAILS)) + BOSS, OWNER)
        await lab.apply()

        ended = await lab.whole("docs/nightly", state="failed")
        await lab.runs.conclude(ended, await lab.schedule("docs/nightly"))
        await lab.new_runs().conclude(replace(ended, report={}), None)

        ((subject, body),) = await lab.inbox("boss")
        assert subject == "docs/nightly failed: exit status 3"
        assert "\n    oh \u2039b>no\u2039/b>\n" in body.replace("\r\n", "\n")
        assert "Half of it" in body
        (sent,) = await lab.client.of(await lab.identity("boss")).mail.messages(incoming=True)
        assert sent.from_email == "docs@acme.test"
        assert ended.report["told"].endswith("Z")

    @pytest.mark.parametrize("state", ["succeeded", "stopped", "replaced"])
    async def test_other_ends_are_not_told(self, lab: Lab, state: State) -> None:
        """What went well, and what somebody wanted, is no news."""
        lab.declare(worker(shell("exit 3")) + BOSS, OWNER)
        await lab.apply()

        ended = await lab.whole("docs/nightly", state=state)

        assert "told" not in ended.report
        assert await lab.inbox("boss") == []

    @pytest.mark.parametrize("rest", [OWNER + "notify: [waiting]\n", OWNER.partition("owner")[0]])
    async def test_who_does_not_want_to_know_is_not_told(self, lab: Lab, rest: str) -> None:
        """Nobody is declared, or failures are not among what is told."""
        lab.declare(worker(shell("exit 3")) + BOSS, rest)
        await lab.apply()

        ended = await lab.whole("docs/nightly", state="failed")

        assert "told" not in ended.report
        assert await lab.inbox("boss") == []

    async def test_a_good_end_is_told_to_who_asks_for_it(self, lab: Lab) -> None:
        """Where `notify` names what is done; a bad end is another matter then."""
        lab.declare(worker(shell("echo all of it")) + BOSS, OWNER + "notify: [done]\n")
        await lab.apply()

        await lab.whole("docs/nightly")
        await lab.whole("docs/nightly", minutes(1), state="failed")

        ((subject, body),) = await lab.inbox("boss")
        assert subject == "docs/nightly succeeded: exit status 0"
        assert "all of it" in body

    async def test_only_the_last_attempt_is_told(self, lab: Lab) -> None:
        """As long as another one follows, nobody is troubled."""
        lab.declare(worker(shell("exit 3", ", retries: {max: 1}")) + BOSS, OWNER)
        await lab.apply()
        first = await lab.fire("docs/nightly")
        second = await lab.fire("docs/nightly", attempt=2, reason="retry")
        for fire in (first, second):
            await lab.start(fire)
            await lab.over(fire)

        await lab.end(first, "failed", "exit status 3")
        assert await lab.inbox("boss") == []
        await lab.end(second, "timeout", "it took longer than 1s")

        ((subject, body),) = await lab.inbox("boss")
        assert subject == "docs/nightly timed out: it took longer than 1s"
        assert "Attempt:  2 of 2" in body

    async def test_a_start_that_failed_is_told(self, lab: Lab) -> None:
        """There is no output then, and the mail says that it never started."""
        lab.declare(worker("command: [no-such-program]") + BOSS, OWNER)
        await lab.apply()
        fire = await lab.fire("docs/nightly")

        await lab.end(fire, "failed", "no-such-program: command not found")

        ((_, body),) = await lab.inbox("boss")
        assert "Started:  never" in body
        assert "output" not in body

    async def test_output_that_cannot_be_read_keeps_nobody_from_telling(self, lab: Lab) -> None:
        """The mail says so in its place."""
        lab.declare(worker(shell("exit 3")) + BOSS, OWNER)
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.start(fire)
        await lab.over(fire)
        log = lab.registry.log(fire.run)
        log.rename(log.with_name("aside"))
        log.symlink_to(log)

        await lab.end(fire, "failed", "exit status 3")

        ((_, body),) = await lab.inbox("boss")
        assert "(its output cannot be read: Too many levels of symbolic links)" in body

    async def test_an_owner_with_a_phone_only_gets_a_text(self, lab: Lab) -> None:
        """One line, from the agent's number."""
        lab.declare(worker(shell("exit 3")), OWNER.replace("email: boss@acme.test", "phone: '+12025550199'"))
        await lab.apply()

        ended = await lab.whole("docs/nightly", state="failed")

        (sent,) = await lab.client.of(await lab.identity("docs")).texts.messages()
        assert sent.body == "docs/nightly failed: exit status 3 (2026-11-22T09:00:00Z)"
        assert ended.report["told"]

    async def test_an_agent_without_identity_writes_to_nobody(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """That is logged, and the run is concluded."""
        caplog.set_level("INFO")
        lab.declare(worker(shell("exit 3"), more="identity: false, ") + BOSS, OWNER)
        await lab.apply()

        ended = await lab.whole("docs/nightly", state="failed")

        assert "nobody is told, since docs has no identity to write as" in caplog.text
        assert ended.report["concluded"]

    async def test_what_could_not_be_sent_is_sent_by_the_next_daemon(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A provider that is away leaves the owner untold, and the report says nothing else."""
        lab.declare(worker(shell("exit 3")) + BOSS, OWNER)
        await lab.apply()
        with monkeypatch.context() as patch:
            patch.setattr(Mailbox, "send", _away)  # the local provider is never away while the daemon lives
            ended = await lab.whole("docs/nightly", state="failed")
        assert (ended.report["told"], "concluded" in ended.report) == ("", False)
        assert "the owner is not told of docs/nightly" in caplog.text

        await lab.new_runs().tidy()

        assert len(await lab.inbox("boss")) == 1
        assert (await lab.row(ended.fire)).report["concluded"]

    async def test_what_may_have_been_sent_is_not_sent_again(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An answer that was lost on the way counts as told."""
        lab.declare(worker(shell("exit 3")) + BOSS, OWNER)
        await lab.apply()
        with monkeypatch.context() as patch:
            patch.setattr(Mailbox, "send", _in_doubt)  # the same
            ended = await lab.whole("docs/nightly", state="failed")

        await lab.new_runs().tidy()

        assert ended.report["told"]
        assert await lab.inbox("boss") == []


async def _away(*_: object, **__: object) -> None:
    raise UnavailableError("the provider cannot be reached")


async def _in_doubt(*_: object, **__: object) -> None:
    raise InDoubtError("nobody knows")


async def test_a_hosted_identity_writes_and_the_local_audit_hears_of_it(
    home: Settings, tmp_path: Path
) -> None:
    """The mail goes through the hosted provider, which counts nothing; the audit here has a line about it."""
    (tmp_path / "hosted").mkdir()
    root = RootKey(bytes(32), "a test")
    async with provided(tmp_path / "hosted", root) as hosted:
        boss = await hosted.identity(name="boss", email="boss", domain="else.test")
        settings = Settings(home=home.home, ravi_api_url=hosted.url, ravi_api_key=SecretStr(hosted.key))
        async with laboratory(settings, tmp_path / "repo", root) as lab:
            rest = "identities: {provider: ravi, phone: false}\nowner: {email: boss@else.test}\n"
            lab.declare(worker(shell("exit 3")), rest)
            context = await lab.apply()

            ended = await lab.whole("docs/nightly", state="failed")

            binding = await context.bindings.get("docs", "ravi")
            assert binding is not None
            lines = await lab.client.audit.of(binding.uuid)
            assert [(line.actor, line.action) for line in lines] == [("daemon", "mail.sent")]
            assert ended.report["did"] == {}
        async with RaviClient(hosted.url, hosted.key) as client:
            (mail_got,) = await client.of(boss["uuid"]).mail.messages(incoming=True)
            assert mail_got.subject == "docs/nightly failed: exit status 3"
