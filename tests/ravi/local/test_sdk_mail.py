"""The public SDK, unmodified: mail."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from ravi.errors import NotFoundError
from ravi.resources.email import MAX_ATTACHMENT_BYTES

from constellagent.ravi.wires.mail import LARGEST_FILE
from tests.ravi.local.sdk_tour import Tour, exercises

CONTENT = bytes(range(256)) * 5000


@exercises(
    "Identity.email",
    "Email.send",
    "Email.inbox",
    "Email.threads",
    "Email.get",
    "EmailMessage.body",
    "EmailMessage.mark_read",
)
def test_reading(tour: Tour) -> None:
    """What one identity sends the other reads: lists with every filter, threads, single mails, marks."""
    sent = tour.bob.email.send(tour.alice.email_address, "First", "One", cc=["c@x.example"])
    tour.bob.email.send(tour.alice.email_address, "Second", html="<p>Two</p>", bcc=["d@x.example"])
    inbox = tour.alice.email
    first, second = inbox.inbox()
    assert (first.subject, first.body.strip(), first.cc) == ("First", "One", "c@x.example")
    assert (second.body.strip(), "<p>Two</p>" in second.html_content) == ("Two", True)
    assert (first.from_email, first.from_display_name) == (tour.bob.email_address, "Bob")
    assert (first.direction, sent.direction, first.message_id) == ("incoming", "outgoing", sent.message_id)
    assert "d@x.example" not in second.to_email + second.cc
    assert first.mark_read().is_read
    assert [mail.id for mail in inbox.inbox(unread=True)] == [second.id]
    assert [mail.id for mail in inbox.inbox(unread=False)] == [first.id]
    assert [mail.id for mail in inbox.inbox(thread_id=second.thread_id)] == [second.id]
    assert [mail.id for mail in inbox.inbox(from_email=tour.bob.email_address, page=1)] == [
        first.id,
        second.id,
    ]
    assert inbox.inbox(page=2) == inbox.inbox(from_email="z@x.example") == inbox.inbox(direction="outgoing")
    newest, oldest = inbox.threads()
    assert (newest.subject, newest.unread_count, oldest.subject, oldest.unread_count) == (
        "Second",
        1,
        "First",
        0,
    )
    assert inbox.get(first.id).uuid == first.uuid
    assert inbox.get(first.message_id).id == first.id
    with pytest.raises(NotFoundError):
        tour.bob.email.get(first.id)


# The SDK opens the file and never closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@exercises(
    "Email.send", "EmailMessage.reply", "EmailMessage.reply_all", "EmailMessage.forward", "Email.inbox"
)
def test_writing(tour: Tour) -> None:
    """Send with a file, answer, answer all, pass on; the file arrives as it was, for who may have it."""
    file = tour.folder / "report.bin"
    file.write_bytes(CONTENT)
    sent = tour.bob.email.send(
        tour.alice.email_address, "Report", "Here", cc=["c@x.example"], attachments=[str(file)]
    )
    (got,) = tour.alice.email.inbox()
    (attached,) = got.attachments
    assert (attached.filename, attached.size_bytes) == ("report.bin", len(CONTENT))
    path = f"/email-attachments/{attached.uuid}/"
    assert tour.http.get(path).content == CONTENT
    bob = tour.bob._require_client()._http
    assert bob.get(path).status_code == 404
    assert bob.get(f"/email-attachments/{sent.attachments[0].uuid}/").content == CONTENT
    answer = got.reply("Thanks", attachments=[attached.uuid])
    assert (answer.subject, answer.to_email, answer.thread_id) == (
        "Re: Report",
        tour.bob.email_address,
        got.thread_id,
    )
    everybody = got.reply_all(html="<b>All</b>", bcc=["e@x.example"])
    assert (everybody.to_email, everybody.cc) == (tour.bob.email_address, "c@x.example")
    passed = got.forward(tour.bob.email_address, "Look", cc=["f@x.example"])
    assert (passed.subject, passed.attachments[0].size_bytes) == ("Fwd: Report", len(CONTENT))
    received = tour.bob.email.inbox(direction="incoming")
    assert [mail.subject for mail in received] == ["Re: Report", "Re: Report", "Fwd: Report"]
    assert {mail.thread_id for mail in received[:2]} == {sent.thread_id}


def test_the_largest_file() -> None:
    """The limit of the SDK is the provider's, so no file is refused only after it was sent."""
    assert MAX_ATTACHMENT_BYTES == LARGEST_FILE


@exercises("Email.wait_for", "Email.send")
def test_waiting(tour: Tour) -> None:
    """A mail that arrives while the SDK waits is found; without one the time runs out."""
    began = monotonic()
    with pytest.raises(TimeoutError, match="No matching email"):
        tour.alice.email.wait_for(lambda _: True, timeout=0.1, poll=0.02)
    assert monotonic() - began < 20
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            tour.alice.email.wait_for, lambda mail: "654321" in mail.body, timeout=20, poll=0.02
        )
        tour.bob.email.send(tour.alice.email_address, "Not this", "It is 111111.")
        tour.bob.email.send(tour.alice.email_address, "This", "It is 654321.")
        assert waiting.result().subject == "This"
