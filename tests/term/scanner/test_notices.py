"""Notifications in parts."""

import base64

import pytest

from constellagent.term.scanner.events import Notification
from constellagent.term.scanner.notices import Notices


def take(*parts: bytes) -> list[Notification | None]:
    """Return what each part finishes."""
    notices = Notices()
    return [notices.take(part, number) for number, part in enumerate(parts)]


def test_one_part_may_be_all() -> None:
    """Without metadata a payload is a title."""
    assert take(b";Hello world") == [Notification("Hello world", "", "normal", 99, 0)]


def test_title_and_body_come_in_parts() -> None:
    """Parts of one id are put together, others may come between, and the last one finishes it."""
    assert take(
        b"i=1:d=0;Hello ",
        b"i=2:d=0:p=body;other",
        b"i=1:d=0:u=2;world",
        b"i=1:d=1:p=body;How are you",
        b"i=2;Title",
    ) == [
        None,
        None,
        None,
        Notification("Hello world", "How are you", "critical", 99, 3),
        Notification("Title", "other", "normal", 99, 4),
    ]


def test_a_payload_may_be_base64_cut_inside_a_character() -> None:
    """Bytes are put together first and decoded then; broken base64 adds nothing."""
    text = "Gr\u00fc\u00dfe".encode()
    first, second = base64.b64encode(text[:3]), base64.b64encode(text[3:])
    assert take(b"i=1:d=0:e=1;" + first, b"i=1:d=0:e=1;!", b"i=1:e=1;" + second)[2] == Notification(
        "Gr\u00fc\u00dfe", "", "normal", 99, 2
    )


@pytest.mark.parametrize(
    "part",
    [
        b"i=1:p=?;",
        b"i=1:p=alive;",
        b"i=1:p=close;",
        b"no separator",
        b"i=1;",
        b"i=1:p=icon;x",
        b"i=1;\x01",
    ],
)
def test_questions_orders_and_empty_ones_say_nothing(part: bytes) -> None:
    """What shows a person nothing is no notification."""
    assert take(part) == [None]


def test_an_icon_may_finish_a_notification() -> None:
    """Payloads that are not shown still count as the last part."""
    assert take(b"i=1:d=0;Title", b"i=1:p=icon;AAAA")[1] == Notification("Title", "", "normal", 99, 1)


@pytest.mark.parametrize(
    ("value", "urgency"), [(b"0", "low"), (b"1", "normal"), (b"2", "critical"), (b"9", "normal")]
)
def test_urgency_is_read(value: bytes, urgency: str) -> None:
    """Three levels, and what is none of them is normal."""
    (notice,) = take(b"u=" + value + b";x")
    assert notice is not None
    assert notice.urgency == urgency


def test_unfinished_ones_are_bounded() -> None:
    """However many are begun and however long they get, little is kept; the newest are."""
    notices = Notices()
    for number in range(1000):
        for _ in range(3):
            assert notices.take(b"i=%d:d=0;" % number + b"x" * 10_000, 0) is None
    assert len(notices._drafts) == 16
    assert all(len(draft.texts["title"]) <= 8192 for draft in notices._drafts.values())
    assert notices.take(b"i=0:p=body;first", 0) == Notification("", "first", "normal", 99, 0)
    last = notices.take(b"i=999:p=body;last", 0)
    assert last is not None
    assert last.title == "x" * 256
