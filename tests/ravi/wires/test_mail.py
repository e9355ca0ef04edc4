"""What a client may ask of mail."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from constellagent.ravi.wires.mail import Compose, MarkMail, Presign, Reply


def compose(**parts: Any) -> Compose:
    """Read the body of a new mail."""
    return Compose.model_validate({"to_email": "a@x.example", "content": "", **parts})


@pytest.mark.parametrize(
    ("given_text", "addresses"),
    [
        ("a@x.example", ("a@x.example",)),
        (" A.b+c@X.Example ", ("A.b+c@x.example",)),
        ("Bob <bob@x.example>", ("bob@x.example",)),
        ('"Doe, Bob" <bob@x.example>', ("bob@x.example",)),
        ("<bob@x.example>", ("bob@x.example",)),
        ("a@x.example, b@x.example; c@x.example,", ("a@x.example", "b@x.example", "c@x.example")),
        ("a@x.example,A@x.example", ("A@x.example",)),
        ("a@localhost", ("a@localhost",)),
        ("jörg@müller.example", ("jörg@müller.example",)),
        ("o'neil!#$%&*+/=?^_`{|}~-@x.example", ("o'neil!#$%&*+/=?^_`{|}~-@x.example",)),
        (["a@x.example", "Bob <b@x.example>"], ("a@x.example", "b@x.example")),
    ],
)
def test_recipients(given_text: object, addresses: tuple[str, ...]) -> None:
    """Bare addresses, with names or without, in one text or in a list."""
    assert compose(to_email=given_text).to_email == addresses


@pytest.mark.parametrize(
    "given_text",
    [
        *(
            "",
            " ",
            ",",
            "nobody",
            "@x.example",
            "a@",
            "a@@x.example",
            "a b@x.example",
            "a@x..example",
            "a@-x.example",
        ),
        *(
            "a@x.example\r\nBcc: b@x.example",
            "a@x.example\x00",
            "<a@x.example",
            "a@x.example>",
            "a@[127.0.0.1]",
        ),
        *(
            f"{'a' * 65}@x.example",
            f"a@{'x.' * 130}example",
            "a@x_.example",
            5,
            None,
            [],
            [5],
            ["a@x.example", None],
        ),
        {"a": 1},
    ],
)
def test_what_is_no_address_is_refused(given_text: object) -> None:
    """Nothing else gets through, in particular no line break."""
    with pytest.raises(ValidationError):
        compose(to_email=given_text)


def test_there_are_at_most_a_hundred() -> None:
    """One field holds a hundred addresses and no more."""
    many = [f"a{number}@x.example" for number in range(101)]
    assert len(compose(cc=many[:100]).cc) == 100
    with pytest.raises(ValidationError, match="more than 100 recipients"):
        compose(cc=many)


@given(st.text(st.sampled_from("ab@.<>,;\" \\\n\r\x00ü+-_'")))
def test_any_text_gives_addresses_or_is_refused(text: str) -> None:
    """Whatever is written, what comes out can stand in a header."""
    try:
        found = compose(cc=text).cc
    except ValidationError:
        return
    for address in found:
        assert address.count("@") == 1
        assert not set(address) & set(' \t\r\n\x00<>,;"\\()[]')


def test_hostile_text_takes_no_long_time() -> None:
    """A megabyte of any piece is refused within the time limit of a test."""
    for piece in ('"', '"\\', "a@", "<", "a@x.", ",", '",', "a@x-", '""<'):
        with pytest.raises(ValidationError):
            compose(to_email=piece * (200_000 // len(piece)))


def test_a_subject_is_one_line() -> None:
    """Line breaks and controls become spaces; only its length can be wrong."""
    assert compose(subject=" a\r\n\tb\x00c\u2028d ").subject == "a b c d"
    assert compose().subject == ""
    with pytest.raises(ValidationError):
        compose(subject="x" * 2001)


@pytest.mark.parametrize("missing", [None, []])
def test_null_and_nothing_are_no_copies(missing: object) -> None:
    """Older clients send null or an empty text for what they have not got."""
    body = {"content": "x\x00y", "cc": missing, "bcc": missing, "attachment_uuids": missing}
    assert Reply.model_validate(body) == Reply(content="xy")
    assert compose(cc="").cc == ()


@pytest.mark.parametrize(
    "body", [{}, {"content": None}, {"content": 5}, {"content": "", "attachment_uuids": "x"}]
)
def test_a_body_must_hold_what_is_needed(body: dict[str, object]) -> None:
    """Content must be there, and uuids are a list."""
    with pytest.raises(ValidationError):
        Reply.model_validate(body)


def test_files_are_named_once() -> None:
    """The same uuid twice is one file; a hundred are enough."""
    assert Reply(content="", attachment_uuids=("A", "a", "b")).attachment_uuids == ("a", "b")
    with pytest.raises(ValidationError, match="more than 100 attachments"):
        Reply.model_validate({"content": "", "attachment_uuids": [str(number) for number in range(101)]})


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a.txt", "a.txt"), ("/etc/passwd", "passwd"), ("..\\..\\a.exe", "a.exe"), ("Ü 😀.pdf", "Ü 😀.pdf")],
)
def test_a_file_is_called_by_its_last_part(name: str, kept: str) -> None:
    """No folder comes along; the name may be anything else."""
    assert Presign(filename=name, size=1).filename == kept


@pytest.mark.parametrize(
    "body",
    [
        {"filename": "", "size": 1},
        {"filename": "a/", "size": 1},
        {"filename": "..", "size": 1},
        {"filename": "x" * 256, "size": 1},
        {"filename": "a", "size": -1},
        {"filename": "a", "size": True},
        {"filename": "a", "size": "1"},
        {"filename": "a"},
        {"filename": "a", "size": 1, "content_type": "text"},
        {"filename": "a", "size": 1, "content_type": "text/plain\r\nX: y"},
    ],
)
def test_a_file_must_be_described(body: dict[str, object]) -> None:
    """A name, a size, and a type that is one."""
    with pytest.raises(ValidationError):
        Presign.model_validate(body)


def test_types_are_compared_without_parameters() -> None:
    """Clients add a charset."""
    made = Presign(filename="a", size=0, content_type="Text/Plain; charset=utf-8")
    assert made.content_type == "text/plain"
    assert Presign(filename="a", size=0).content_type == "application/octet-stream"


def test_marking_needs_a_boolean() -> None:
    """Nothing is guessed from words or numbers."""
    assert MarkMail().is_read is None
    with pytest.raises(ValidationError):
        MarkMail.model_validate({"is_read": 1})
