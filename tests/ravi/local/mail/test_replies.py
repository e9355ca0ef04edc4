"""How answers are made."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.mail import replies
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.replies import Author, Received
from constellagent.ravi.wires.mail import Compose, Forward, Reply
from tests.ravi.local.mail.letters import letter

ME = Author("docs@constellagent.test", "Docs")
FILE = Attached("a.txt", "text/plain", b"x")


def answer(to: Letter, *, everybody: bool = False, outgoing: bool = False, **more: object) -> Letter:
    """Return the answer to a mail."""
    wanted = Reply.model_validate({"content": "Thanks", **more})
    return replies.reply(ME, Received(to, outgoing, "2026-01-01T00:00:00Z"), wanted, (), everybody=everybody)


def compose(files: Sequence[Attached] = (), **parts: object) -> Letter:
    """Return a new mail."""
    return replies.compose(
        ME, Compose.model_validate({"to_email": "a@x.example", "content": "", **parts}), files
    )


def test_a_new_mail() -> None:
    """Its author is the identity, its id is new, and each recipient gets one copy."""
    made = compose(
        [FILE],
        to_email="a@x.example, b@x.example",
        subject="Hello\r\nBcc: x@y.example",
        content="one\n\ntwo",
        cc=["A@x.example", "c@x.example"],
        bcc=["c@x.example", "d@x.example"],
    )
    assert (made.from_email, made.from_name) == ("docs@constellagent.test", "Docs")
    assert (made.to, made.cc, made.bcc) == (
        ("a@x.example", "b@x.example"),
        ("c@x.example",),
        ("d@x.example",),
    )
    assert made.subject == "Hello Bcc: x@y.example"
    assert (made.text, made.html) == ("one\n\ntwo", "<p>one</p>\n<p>two</p>\n")
    assert made.attachments == (FILE,)
    assert made.message_id.endswith("@constellagent.test>")
    assert (made.in_reply_to, made.references) == ("", ())
    assert compose().message_id != made.message_id


def test_an_answer_names_what_it_answers() -> None:
    """In-Reply-To is the mail's id, References its chain and itself."""
    first = letter(message_id="<1@x>")
    second = answer(first)
    assert (second.in_reply_to, second.references) == ("<1@x>", ("<1@x>",))
    third = answer(second, outgoing=True)
    assert (third.in_reply_to, third.references) == (second.message_id, ("<1@x>", second.message_id))
    old = letter(message_id="<2@x>", in_reply_to="<1@x>")
    assert answer(old).references == ("<1@x>", "<2@x>")


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Hello", "Re: Hello", "Fwd: Hello"),
        ("Re: Hello", "Re: Hello", "Fwd: Re: Hello"),
        ("RE:Hello", "RE:Hello", "Fwd: RE:Hello"),
        ("re[2]: Hello", "re[2]: Hello", "Fwd: re[2]: Hello"),
        ("Fwd: Hello", "Re: Fwd: Hello", "Fwd: Hello"),
        ("FW: Hello", "Re: FW: Hello", "FW: Hello"),
        ("Regarding: this", "Re: Regarding: this", "Fwd: Regarding: this"),
        ("", "Re:", "Fwd:"),
        ("日本語 😀", "Re: 日本語 😀", "Fwd: 日本語 😀"),
    ],
)
def test_subjects_are_marked_once(subject: str, reply: str, forward: str) -> None:
    """`Re:` and `Fwd:` are put before a subject that has none."""
    mail = letter(subject=subject)
    assert answer(mail).subject == reply
    wanted = Forward(content="", to_email=("a@x.example",))
    assert replies.forward(ME, Received(mail, outgoing=False, created_dt=""), wanted, ()).subject == forward


@pytest.mark.parametrize(
    ("parts", "reply", "everybody"),
    [
        ({}, (("s@x",), ()), (("s@x",), ())),
        ({"reply_to": ("r@x",)}, (("r@x",), ()), (("r@x",), ())),
        (
            {"to": (ME.address, "a@x"), "cc": ("b@x", "S@x")},
            (("s@x",), ()),
            (("s@x",), ("a@x", "b@x")),
        ),
        ({"cc": ("Docs+tag@Constellagent.test",)}, (("s@x",), ()), (("s@x",), ())),
        ({"from_email": ME.address}, ((ME.address,), ()), ((ME.address,), ())),
        ({"from_email": ME.address, "cc": ("a@x",)}, ((ME.address,), ()), (("a@x",), ())),
        ({"from_email": "", "to": (ME.address, "a@x")}, None, (("a@x",), ())),
        ({"from_email": "", "to": (ME.address,)}, None, None),
    ],
)
def test_who_is_answered(
    parts: dict[str, object],
    reply: tuple[tuple[str, ...], tuple[str, ...]] | None,
    everybody: tuple[tuple[str, ...], tuple[str, ...]] | None,
) -> None:
    """Whoever wants the answer, else the author; with everybody also the others, and never oneself."""
    mail = letter(**({"from_email": "s@x", "to": (ME.address,)} | parts))
    for expected, all_of_them in ((reply, False), (everybody, True)):
        if expected is None:
            with pytest.raises(ApiError, match="nobody who could be answered"):
                answer(mail, everybody=all_of_them)
        else:
            made = answer(mail, everybody=all_of_them)
            assert (made.to, made.cc) == expected


def test_an_answer_to_ones_own_mail_goes_to_its_recipients() -> None:
    """Who writes after oneself means the same people; blind copies stay blind."""
    mine = letter(from_email=ME.address, to=("a@x", "b@x"), cc=("c@x",), bcc=("d@x",), reply_to=(ME.address,))
    made = answer(mine, outgoing=True)
    assert (made.to, made.cc, made.bcc) == (("a@x", "b@x"), (), ())
    made = answer(mine, outgoing=True, everybody=True)
    assert (made.to, made.cc, made.bcc) == (("a@x", "b@x"), ("c@x",), ())


def test_more_recipients_may_be_added() -> None:
    """`cc` and `bcc` of the request come on top, each address once."""
    made = answer(letter(from_email="s@x.example"), cc=["S@x.example", "b@x.example"], bcc=["c@x.example"])
    assert (made.to, made.cc, made.bcc) == (("s@x.example",), ("b@x.example",), ("c@x.example",))


def test_what_is_passed_on_is_whole() -> None:
    """The words above, who wrote the mail and when, its words and its files."""
    mail = letter(
        from_email="s@x.example",
        from_name="Sam",
        cc=("c@x.example",),
        subject="Code",
        text="It is 1.",
        html="<p>It is 1.</p>",
        attachments=(FILE,),
        message_id="<1@x>",
    )
    received = Received(mail, outgoing=False, created_dt="2026-01-01T00:00:00Z")
    wanted = Forward.model_validate({"content": "See below", "to_email": "a@x.example"})
    made = replies.forward(ME, received, wanted, (Attached("b.txt", "text/plain", b"y"),))
    assert made.text == (
        "See below\n\n---------- Forwarded message ----------\nFrom: Sam <s@x.example>\n"
        "Date: 2026-01-01T00:00:00Z\nSubject: Code\nTo: docs@constellagent.test\nCc: c@x.example\n\nIt is 1."
    )
    assert made.html.startswith("<p>See below</p>\n<hr>\n<p>---------- Forwarded message ----------<br>")
    assert "From: Sam &lt;s@x.example&gt;" in made.html
    assert made.html.endswith("<p>It is 1.</p>")
    assert [file.filename for file in made.attachments] == ["a.txt", "b.txt"]
    assert (made.to, made.in_reply_to) == (("a@x.example",), "<1@x>")


def test_limits() -> None:
    """A hundred recipients in all, ten mebibytes of files in all."""
    many = [f"a{number}@x.example" for number in range(60)]
    with pytest.raises(ApiError, match="more than 100 recipients"):
        compose(to_email=many, cc=[f"c{number}@x.example" for number in range(41)])
    assert len(compose(to_email=many, cc=many).to) == 60
    half = Attached("a", "text/plain", bytes(5 << 20))
    assert compose([half, half]).attachments == (half, half)
    with pytest.raises(ApiError, match="larger than 10 MiB"):
        compose([half, half, FILE])


_ADDRESS = st.sampled_from(
    ["", ME.address, ME.address.upper(), "docs+x@constellagent.test", "a@x", "B@x", "c@y"]
)
_ADDRESSES = st.lists(_ADDRESS, max_size=4).map(tuple)


@given(_ADDRESS, _ADDRESSES, _ADDRESSES, _ADDRESSES, st.booleans(), st.booleans())
def test_an_answer_goes_to_somebody_once(
    author: str,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    reply_to: tuple[str, ...],
    outgoing: bool,
    everybody: bool,
) -> None:
    """Whatever a mail says, its answer has a recipient, and nobody is named twice; or it is refused."""
    mail = letter(from_email=author, to=to, cc=cc, reply_to=reply_to)
    try:
        made = answer(mail, everybody=everybody, outgoing=outgoing)
    except ApiError:
        return
    named = [address.lower() for address in (*made.to, *made.cc, *made.bcc)]
    assert made.to
    assert "" not in named
    assert len(named) == len(set(named))
    others = {each.lower() for each in (author, *to, *cc, *reply_to) if each and not ME.is_me(each)}
    if everybody and others & set(named):
        assert not any(ME.is_me(address) for address in named)
