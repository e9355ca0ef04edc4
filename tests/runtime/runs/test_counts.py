"""What a run did as its identity: numbers from the audit of its own key, and nothing of what they count."""

import json

import pytest

from constellagent.errors import ConflictError
from constellagent.ravi.wires.answers_events import AuditLine
from constellagent.runtime.runs import counts
from tests.runtime.runs.rig import Lab, minutes, shell, worker

NOTHING = dict.fromkeys(("mails_read", "mails_sent", "texts_read", "texts_sent", "secrets", "passwords"), 0)
CANARY = "hunter2-canary-4711"
SUBJECT = "Quarterly canary 0815"


def line(action: str, row: str = "", about: str = "", result: str = "ok") -> AuditLine:
    """Return a line of the audit."""
    return AuditLine(seq=1, action=action, row=row, about=about, result=result)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], {}),
        ([line("mail.read", "u1", "from a@b.test: 9 mails")] * 2, {"mails_read": 1}),
        ([line("mail.read", "t1", "3 mails of the thread: hello")], {"mails_read": 3}),
        ([line("mail.read", "t1", "1 mail of the thread: x"), line("mail.read", "u1")], {"mails_read": 2}),
        ([line("mail.read", "f1", "attachment 7 mails.txt")], {}),
        ([line("mail.list", about="2 mails, the newest is 7")] * 3, {"mails_read": 2}),
        ([line("mail.list", about="5 threads"), line("sms.list", about="2 conversations")], {}),
        ([line("mail.read", "u1", "from a: b", "refused")], {}),
        ([line("mail.access", "u2")], {}),
        ([line("mail.sent", "u1", "to a: 5 mails"), line("mail.sent", "u2", "to b: c")], {"mails_sent": 2}),
        ([line("sms.read", about="+15550100"), line("sms.list", about="4 texts")], {"texts_read": 5}),
        ([line("sms.sent", "u1", "+15550100")], {"texts_sent": 1}),
        ([line("sms.sent", "u2", "+15550100", "held")], {}),
        ([line("secrets.get", "a", "KEY"), line("secrets.update", "a", "KEY")], {"secrets": 1}),
        ([line("secrets.get", "", "NO", "missing")], {}),
        (
            [line("secrets.list", about="2 of secrets: aa-1 bb-2"), line("secrets.get", "aa-1", "KEY")],
            {"secrets": 2},
        ),
        (
            [line("passwords.list", about="40 of passwords"), line("passwords.create", "c", "x.test me")],
            {"passwords": 40},
        ),
        ([line("passwords.list", about="0 of passwords")], {}),
        ([line("contacts.list", about="2 contacts"), line("key.issued", about="session x")], {}),
    ],
)
def test_lines_are_counted_by_what_they_say(lines: list[AuditLine], said: dict[str, int]) -> None:
    """Each message and each row of the vault counts once; refusals and misses do not count."""
    assert counts.count(lines) == NOTHING | said


async def test_a_run_that_reads_writes_and_opens_its_vault_is_counted(lab: Lab) -> None:
    """Through the `ravi` command, as agents do it; and nothing private reaches the database."""
    script = (
        "set -e; ravi inbox email; "
        "id=$(ravi message email --plain | head -1 | cut -f1); ravi message email $id; "
        "ravi email send --to boss@acme.test --subject report --body done; "
        "ravi secrets get TOKEN; ravi secrets set OTHER value"
    )
    lab.declare(
        worker(shell(script)) + worker("command: ['true']", "boss"), "identities: {domain: acme.test}\n"
    )
    await lab.apply()
    docs, boss = await lab.identity("docs"), await lab.identity("boss")
    await lab.client.of(boss).mail.send("docs@acme.test", SUBJECT, CANARY)
    await lab.client.of(docs).secrets.set("TOKEN", CANARY)

    row = await lab.whole("docs/nightly")

    output = lab.output(row.fire)
    assert row.exit_status == 0, output
    assert CANARY in output
    assert row.report["did"] == NOTHING | {"mails_read": 2, "mails_sent": 1, "secrets": 2}
    assert [subject for subject, _ in await lab.inbox("boss")] == ["report"]
    home = lab.settings.paths.home
    kept = b"".join(file.read_bytes() for file in home.glob("state.db*"))
    assert row.fire.run.encode() in kept
    for private in (CANARY, SUBJECT, "TOKEN", "boss@acme.test"):
        assert private not in json.dumps(row.report)
    assert CANARY.encode() not in kept
    assert SUBJECT.encode() not in kept


async def test_what_others_did_meanwhile_is_not_the_runs(lab: Lab) -> None:
    """Another run of the same agent is counted for itself, and the daemon's own looks for nobody."""
    lab.declare(worker(shell("ravi email send --to a@b.test --subject x --body y")))
    await lab.apply()
    identity = await lab.identity("docs")
    first = await lab.whole("docs/nightly")
    await lab.client.of(identity).mail.messages()

    second = await lab.whole("docs/nightly", minutes(1))

    assert first.report["did"] == second.report["did"] == NOTHING | {"mails_sent": 1}


async def test_a_long_audit_is_read_back_to_the_beginning_of_the_run(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much others did after it, the lines of the run are found; further back nothing is read."""
    monkeypatch.setattr(counts, "_PAGE", 3)
    lab.declare(worker(shell("ravi email send --to a@b.test --subject x --body y")))
    await lab.apply()
    fire = await lab.fire("docs/nightly")
    await lab.start(fire)
    await lab.over(fire)
    identity = await lab.identity("docs")
    for _ in range(10):
        await lab.client.audit.note(identity, "mail.read")

    row = await lab.end(fire)

    assert row.report["did"] == NOTHING | {"mails_sent": 1}
    monkeypatch.setattr(counts, "_MOST_PAGES", 2)
    assert (await counts.did(await lab.context(), row, "docs")) == NOTHING


async def test_an_identity_that_is_gone_was_counted_or_is_not(lab: Lab) -> None:
    """What the audit does not know counts as nothing, and raises nothing."""
    lab.declare(worker(shell("true")))
    await lab.apply()

    assert await counts._lines(lab.client, "00000000-0000-4000-8000-000000000000", "s") == []


async def test_a_broken_audit_leaves_the_counts_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The report says what is known without it, and the log why something is missing."""
    lab.declare(worker(shell("true")))
    await lab.apply()

    async def broken(*_: object, **__: object) -> list[AuditLine]:
        """Answer as for a chain that somebody changed; tests/ravi/audit breaks real ones."""
        raise ConflictError("the audit does not hold at line 3")

    monkeypatch.setattr(type(lab.client.audit), "of", broken)

    row = await lab.whole("docs/nightly")

    assert "did" not in row.report
    assert row.report["concluded"]
    assert "the audit does not hold at line 3" in caplog.text
