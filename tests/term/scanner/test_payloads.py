"""What each OSC says, and that malformed ones say nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.scanner.events import (
    AgentState,
    Clipboard,
    Folder,
    Mark,
    Notification,
    Progress,
    Signal,
    Title,
)
from constellagent.term.scanner.payloads import decoded, parse, shown

SAYS: list[tuple[bytes, Signal]] = [
    (b"0;vim \xe2\xa0\x8b", Title("vim \u280b", 5)),
    (b"2;a;b", Title("a;b", 5)),
    (b"2;", Title("", 5)),
    (b"0;  padded to the margin   ", Title("padded to the margin", 5)),
    (b"7;file://host.example/tmp/a%20b%C3%A4", Folder("/tmp/a b\u00e4", "host.example", 5)),
    (b"7;file:///tmp", Folder("/tmp", "", 5)),
    (b"7;kitty-shell-cwd://host/50%20", Folder("/50%20", "host", 5)),
    (b"9;the build is green", Notification("", "the build is green", "normal", 9, 5)),
    (b"9;4 files changed", Notification("", "4 files changed", "normal", 9, 5)),
    (b"9;13;x", Notification("", "13;x", "normal", 9, 5)),
    (b"9;4;0", Progress("remove", None, 5)),
    (b"9;4;0;40", Progress("remove", None, 5)),
    (b"9;4;1;40", Progress("set", 40, 5)),
    (b"9;4;1;400;", Progress("set", 100, 5)),
    (b"9;4;1", Progress("set", None, 5)),
    (b"9;4;1;", Progress("set", None, 5)),
    (b"9;4;2;7", Progress("error", 7, 5)),
    (b"9;4;3;7", Progress("indeterminate", None, 5)),
    (b"9;4;4;7", Progress("paused", 7, 5)),
    (b"52;c;aGVsbG8=", Clipboard("c", "hello", 5)),
    (b"52;;aGVsbG8", Clipboard("c", "hello", 5)),
    (b"52;ps0;YQpi\n", Clipboard("ps0", "a\nb", 5)),
    (b"52;c;!", Clipboard("c", None, 5)),
    (b"52;c;", Clipboard("c", None, 5)),
    (b"133;A", Mark("A", None, 5)),
    (b"133;A;aid=7;cl=line", Mark("A", None, 5)),
    (b"133;B", Mark("B", None, 5)),
    (b"133;C;cmdline=make", Mark("C", None, 5)),
    (b"133;C;7", Mark("C", None, 5)),
    (b"133;D", Mark("D", None, 5)),
    (b"133;D;0", Mark("D", 0, 5)),
    (b"133;D;130;aid=7", Mark("D", 130, 5)),
    (b"133;D;-1", Mark("D", -1, 5)),
    (b"133;D;;aid=7", Mark("D", None, 5)),
    (b"133;D;7x", Mark("D", None, 5)),
    (b"777;notify;Title;body; more", Notification("Title", "body; more", "normal", 777, 5)),
    (b"777;notify;Title", Notification("Title", "", "normal", 777, 5)),
    (b"7501;state=working:app=codex", AgentState("working", "", 5)),
    (b"7501;state=blocked:app=codex:kind=permission", AgentState("blocked", "permission", 5)),
]
SILENT = [
    b"",
    b"0x",
    b"1;icon",
    b"4;1;rgb:00/00/00",
    b"7;",
    b"7;/tmp",
    b"7;file://host",
    b"7;http://host/tmp",
    b"7;file:///%FF",
    b"7;file:///a%0Ab",
    b"7;file:///" + b"a" * 5000,
    b"8;;http://localhost",
    b"9;",
    b"9;4",
    b"9;4;7",
    b"9;4;1;x",
    b"9;9;/tmp",
    b"9;12",
    b"52;c",
    b"52;c;?",
    b"52;x;YQ==",
    b"133;",
    b"133;E",
    b"133;Ax",
    b"777;notify",
    b"777;notify;;",
    b"777;precmd",
    b"7501;",
    b"7501;working",
    b"7501;app=codex",
    b"99999;x",
]


@pytest.mark.parametrize(("payload", "said"), SAYS)
def test_a_payload_says_one_thing(payload: bytes, said: Signal) -> None:
    """Each form that is known becomes its value."""
    assert parse(payload, 5) == said


@pytest.mark.parametrize("payload", SILENT)
def test_what_is_malformed_or_of_no_interest_says_nothing(payload: bytes) -> None:
    """Unknown codes, orders of other terminals and broken values are passed over."""
    assert parse(payload, 5) is None


def test_texts_are_bounded() -> None:
    """A title or a body longer than anybody reads is cut."""
    title, notice = parse(b"2;" + b"x" * 9000, 0), parse(b"777;notify;" + b"t" * 9000 + b";" + b"b" * 9000, 0)
    assert title == Title("x" * 256, 0)
    assert notice == Notification("t" * 256, "b" * 1024, "normal", 777, 0)


@given(st.binary(max_size=80), st.integers(0, 40))
def test_what_is_shown_holds_no_control_characters(raw: bytes, longest: int) -> None:
    """No byte that reaches a terminal or a page in a text can do anything there."""
    text = shown(raw, longest)
    assert len(text) <= longest
    assert text == text.strip()
    assert all(c.isprintable() or c not in "\x00\x07\x1b\x7f\x9b\n\r\u2028\u202e\u2066" for c in text)


def test_lines_become_one() -> None:
    """A line end is a blank, so that words do not run together; a reversal of the text goes too."""
    assert shown(b"one\r\n\ttwo \xe2\x80\xaethree\x1b[2J", 100) == "one two  three [2J"


@given(st.binary(max_size=60))
def test_base64_is_decoded_with_and_without_its_padding(data: bytes) -> None:
    """Both ways of writing it are met."""
    encoded = base64.b64encode(data)
    assert decoded(encoded) == data
    assert decoded(encoded.rstrip(b"=")) == data


@pytest.mark.parametrize("raw", [b"a", b"abcde", b"a=b", b"a===", b"\xff\xff", b"YQ==YQ=="])
def test_what_is_no_base64_is_refused(raw: bytes) -> None:
    """Nothing is guessed from a broken one."""
    assert decoded(raw) is None


@given(
    st.sampled_from([b"0;", b"7;", b"9;", b"9;4;", b"52;c;", b"133;", b"777;notify;", b"7501;"]), st.binary()
)
def test_no_payload_raises(code: bytes, rest: bytes) -> None:
    """Anything may follow a known code."""
    said = parse(code + rest, 3)
    assert said is None or said.offset == 3
