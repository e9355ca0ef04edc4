"""`ravi email`: agents write to each other, answer, pass on, and send files."""

import asyncio
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.ravi.scripted import answer, scripted
from tests.ravi.shim_program.running import Agent, Shim


async def only(agent: Agent) -> dict[str, object]:
    """Return the one mail that an agent received."""
    (mail,) = await agent.json("message", "email", "--unread")
    assert isinstance(mail, dict)
    return mail


async def test_a_mail_arrives_with_its_text(ada: Agent, ben: Agent) -> None:
    """What is sent is what is read, whatever the script; the answer is the mail that was sent."""
    text = "Grüße & <keine> 表 🙂\n"
    sent = await ada.json("email", "compose", "--to", ben.address, "--subject", "Hallo 表", "--body", text)
    assert (sent["direction"], sent["to_email"]) == ("outgoing", ben.address)
    mail = await only(ben)
    assert (mail["subject"], mail["from_email"]) == ("Hallo 表", ada.address)
    assert str(mail["text_content"]).strip() == text.strip()
    assert (await ben.plain("message", "email", str(mail["id"]))).strip() == text.strip()


async def test_the_text_may_come_from_standard_input(ada: Agent, ben: Agent) -> None:
    """With `--body -`, and without `--body`: in both cases to the end of the input."""
    for subject, words in {"one": (), "two": ("--body", "-")}.items():
        await ada.json(
            "email", "send", "--to", ben.address, "--subject", subject, *words, stdin=f"text {subject}\n"
        )
    mails = {mail["subject"]: mail["text_content"].strip() for mail in await ben.json("message", "email")}
    assert mails == {"one": "text one", "two": "text two"}


async def test_a_mail_without_a_text_says_its_subject(ada: Agent, ben: Agent) -> None:
    """As scripts send it, with nothing to read."""
    await ada.json("email", "send", "--to", ben.address, "--subject", "Task complete: x")
    assert str((await only(ben))["text_content"]).strip() == "Task complete: x"


async def test_a_terminal_is_not_waited_for(ada: Agent, ben: Agent) -> None:
    """In a terminal a mail without a text is sent as it is, instead of waiting for somebody to type."""
    ours, theirs = pty.openpty()
    argv: list[str | Path] = [
        ada.shim.program,
        "email",
        "send",
        "--to",
        ben.address,
        "--subject",
        "from a terminal",
    ]
    env = {"HOME": str(ada.shim.home), **ada.env}
    process = subprocess.Popen(argv, env=env, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.close(theirs)
    found = await ben.json("message", "email", "--wait", "20")
    assert (await asyncio.to_thread(process.communicate, None, 20))[1] == b""
    os.close(ours)
    assert [mail["subject"] for mail in found] == ["from a terminal"]


async def test_answers_stay_in_the_thread(ada: Agent, ben: Agent) -> None:
    """A reply goes back to the sender, by id or by Message-ID, and joins the thread on both sides."""
    await ada.gets_mail("Plan", "Shall we?", ben)
    mail = await only(ada)
    await ada.json("email", "reply", str(mail["id"]), "--body", "Yes.")
    await ada.json("email", "reply", str(mail["message_id"]), stdin="And soon.")
    (thread,) = await ben.json("inbox", "email")
    assert thread["message_count"] == 3
    detail = await ben.json("inbox", "email", thread["thread_id"])
    assert [each["text_content"].split("\n")[0] for each in detail["messages"]] == [
        "Shall we?",
        "Yes.",
        "And soon.",
    ]
    assert [each["subject"] for each in detail["messages"]] == ["Plan", "Re: Plan", "Re: Plan"]


async def test_all_are_answered_and_others_told(ada: Agent, ben: Agent) -> None:
    """Reply-all keeps the copies; forwarding needs no text of one's own; lists take commas."""
    addresses = ("--to", ben.address, "--cc", f"{ada.address}, {ben.address}")
    await ben.json("email", "send", *addresses, "--subject", "Round", "--body", "all")
    (copy,) = await ada.json("message", "email", "--unread")
    answer = await ada.json("email", "reply-all", str(copy["id"]), "--body", "heard")
    assert ben.address in answer["to_email"] + answer["cc"]
    forwarded = await ada.json("email", "forward", str(copy["id"]), "--to", ben.address)
    assert forwarded["subject"] == "Fwd: Round"


async def test_files_go_along(ada: Agent, ben: Agent, tmp_path: Path) -> None:
    """Attachments arrive byte for byte, given several times, with commas, and with a comma in a name."""
    for name, content in {"a.txt": b"text", "b.bin": bytes(range(256)), "c,d.csv": b"1,2"}.items():
        (tmp_path / name).write_bytes(content)
    listed = f"{tmp_path / 'a.txt'},{tmp_path / 'b.bin'}"
    files = ("--attach", listed, "--attach", str(tmp_path / "c,d.csv"))
    await ada.json("email", "send", "--to", ben.address, "--subject", "Files", "--body", "here", *files)
    attached = (await only(ben))["attachments"]
    assert isinstance(attached, list)
    assert [(file["filename"], file["size"]) for file in attached] == [
        ("a.txt", 4),
        ("b.bin", 256),
        ("c,d.csv", 3),
    ]
    path = attached[1]["download_url"].removeprefix(ben.local.url)
    got = await ben.local.ask("GET", path, key=ben.env["RAVI_API_KEY"])
    assert got.content == bytes(range(256))


async def test_a_file_that_cannot_go_sends_nothing(ada: Agent, ben: Agent, tmp_path: Path) -> None:
    """Missing, too large, a folder or a pipe: said before anything is sent."""
    (tmp_path / "large").write_bytes(bytes(10_485_761))
    os.mkfifo(tmp_path / "pipe")
    for name, said in {
        "missing": "No such file",
        "large": "10 MiB",
        "home": "Is a directory",
        "pipe": "no file",
    }.items():
        words = ("--to", ben.address, "--subject", "s", "--body", "b", "--attach", str(tmp_path / name))
        assert said in await ada.refused("email", "send", *words)
    assert await ben.json("inbox", "email") == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"uuid": "u", "upload_url": "http://evil.example/x"}, "not sent elsewhere"),
        ({"uuid": "u"}, "not where the file goes"),
        ({"uuid": "u", "upload_url": "{url}/full"}, "HTTP 413"),
    ],
)
async def test_a_file_is_not_handed_in_anywhere(
    shim: Shim, tmp_path: Path, place: dict[str, str], said: str
) -> None:
    """An address in clear, none, or one that refuses: the mail is not sent, and the key does not go along."""
    (tmp_path / "a.txt").write_text("content")
    async with scripted(answer(200, [{"id": 3}])) as script:
        shown = {key: value.format(url=script.url) for key, value in place.items()}
        script.answers += [answer(200, shown), answer(413)]
        env = {"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"}
        words = ("--to", "a@x.test", "--subject", "s", "--body", "b", "--attach", tmp_path / "a.txt")
        done = await shim.run("email", "send", *words, env=env)
    assert done.returncode == 1
    assert said in json.loads(done.stderr)["error"]
    assert not any("compose" in asked for asked in script.asked)
    assert not any("authorization" in head.lower() for head in script.heads if head.startswith("PUT"))


async def test_what_is_missing_is_said(ada: Agent) -> None:
    """Required flags in the real client's words; an answer needs a text; the refusals of the API follow."""
    assert await ada.refused("email", "compose") == 'required flag(s) "to", "subject" not set'
    assert await ada.refused("email", "forward", "1") == 'required flag(s) "to" not set'
    assert "needs a text" in await ada.refused("email", "reply", "1")
    said = await ada.refused("email", "reply", "999", "--body", "x")
    assert said == "API error: No EmailMessage matches the given query."
    words = ("--to", "nobody", "--subject", "s", "--body", "b")
    assert (await ada.refused("email", "send", *words)).startswith("API error: to_email")
