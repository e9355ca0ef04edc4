"""The frames between a holder and its viewers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.holder import protocol

frames = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut `data` at these places."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@given(frames, st.lists(st.integers(0, 5000), max_size=20))
def test_any_chunking_gives_the_same_frames(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """However a stream is cut, the frames that come out are those that went in."""
    stream = b"".join(protocol.frame(kind, payload) for kind, payload in sent)
    decoder = protocol.Decoder()
    got = [frame for chunk in chunks(stream, cuts) for frame in decoder.feed(chunk)]
    assert got == sent
    assert decoder.pending == 0


@given(st.lists(st.binary(max_size=4000), max_size=20))
def test_any_bytes_give_frames_or_a_protocol_error(parts: list[bytes]) -> None:
    """Foreign bytes raise nothing but ProtocolError and are never hoarded."""
    decoder = protocol.Decoder()
    for part in parts:
        try:
            decoder.feed(part)
        except protocol.ProtocolError:
            assert decoder.pending == 0
        assert decoder.pending <= protocol.MAX_PAYLOAD + 5


def test_a_frame_beyond_the_limit_is_refused_on_its_header() -> None:
    """A length beyond the limit is refused before any of the payload is awaited."""
    decoder = protocol.Decoder()
    with pytest.raises(protocol.ProtocolError, match="longer"):
        decoder.feed(b"\x42" + (protocol.MAX_PAYLOAD + 1).to_bytes(4, "big"))


def test_an_own_frame_beyond_the_limit_is_refused() -> None:
    """We do not send what the other side would refuse."""
    with pytest.raises(protocol.ProtocolError, match="longer"):
        protocol.frame(protocol.INPUT, bytes(protocol.MAX_PAYLOAD + 1))


def payload_of(frame: bytes) -> bytes:
    """Return the payload of one whole frame."""
    ((_, payload),) = protocol.Decoder().feed(frame)
    return payload


@given(st.integers(0, 2**64 - 1), st.binary(max_size=100), st.integers(1, 65535), st.integers(1, 65535))
def test_each_payload_is_read_as_it_was_written(offset: int, data: bytes, rows: int, columns: int) -> None:
    """What the builders write, the parsers read."""
    assert protocol.parse_output(payload_of(protocol.output(offset, data))) == (offset, data)
    assert protocol.parse_resync(payload_of(protocol.resync(offset))) == offset
    assert protocol.parse_written(payload_of(protocol.written(offset))) == offset
    assert protocol.parse_resize(payload_of(protocol.resize(rows, columns))) == (rows, columns)
    assert protocol.parse_sized(payload_of(protocol.sized(offset, rows, columns))) == (offset, rows, columns)
    assert protocol.parse_attach(payload_of(protocol.attach(offset, 3))) == (3, False, offset)
    assert protocol.parse_attach(payload_of(protocol.attach_tail(offset))) == (0, True, offset)


def test_the_small_payloads_are_read_as_they_were_written() -> None:
    """Version, signal, grace, reports and errors survive the wire."""
    assert protocol.parse_hello(payload_of(protocol.hello(7))) == 7
    assert protocol.parse_joined(payload_of(protocol.joined(granted=True)))
    assert not protocol.parse_joined(payload_of(protocol.joined(granted=False)))
    assert protocol.parse_signal(payload_of(protocol.signal(15))) == 15
    assert protocol.parse_stop(payload_of(protocol.stop(1.5))) == 1.5
    assert protocol.parse_stop(payload_of(protocol.stop(1e12))) == 0xFFFFFFFF / 1000
    assert protocol.parse_report(payload_of(protocol.report(protocol.STATUS, {"a": [1]}))) == {"a": [1]}
    assert payload_of(protocol.error("nö")) == "nö".encode()


@given(st.binary(max_size=40))
def test_no_payload_breaks_a_parser(payload: bytes) -> None:
    """Every parser takes any payload, or says ProtocolError."""
    for parse in (
        protocol.parse_hello,
        protocol.parse_attach,
        protocol.parse_resize,
        protocol.parse_signal,
        protocol.parse_stop,
        protocol.parse_output,
        protocol.parse_resync,
        protocol.parse_joined,
        protocol.parse_written,
        protocol.parse_sized,
        protocol.parse_report,
    ):
        try:
            parse(payload)
        except protocol.ProtocolError:
            continue


@pytest.mark.parametrize(
    ("parse", "payload"),
    [
        (protocol.parse_resize, b"\0\0\0\x50"),
        (protocol.parse_resize, b"\0\x18\0\0"),
        (protocol.parse_signal, b"\0"),
        (protocol.parse_signal, b"\x41"),
        (protocol.parse_signal, b""),
        (protocol.parse_output, b"\0\0\0\0"),
        (protocol.parse_hello, b"\0"),
        (protocol.parse_joined, b""),
        (protocol.parse_written, b"\0\0\0\0"),
        (protocol.parse_sized, b"\0" * 11),
        (protocol.parse_report, b"[1]"),
        (protocol.parse_report, b"{"),
        (protocol.parse_report, b"[" * 100_000),
    ],
)
def test_nonsense_in_a_payload_is_refused(parse: object, payload: bytes) -> None:
    """A size of nothing, a signal that is none, a report that is no object: ProtocolError."""
    assert callable(parse)
    with pytest.raises(protocol.ProtocolError):
        parse(payload)


@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=100), st.integers(1, 2**64 - 1))
def test_reports_are_read_as_they_were_written(token: str, event: str, data: bytes, number: int) -> None:
    """Token, event and data survive both frames; words lose what cannot be in them."""
    words = [word.replace("\0", "").encode(errors="replace") for word in (token, event)]
    assert protocol.parse_hook(payload_of(protocol.hook(token, event, data))) == (*words, data)
    record = protocol.reported(number, 17.5, number, words[1], data)
    assert protocol.parse_reported(payload_of(record)) == (number, 17.5, number, words[1], data)
    assert protocol.parse_taken(payload_of(protocol.taken(number))) == number


@given(st.binary(max_size=60))
def test_what_is_no_report_is_refused(payload: bytes) -> None:
    """Foreign bytes give a report that makes sense, or a ProtocolError."""
    for parse in (protocol.parse_hook, protocol.parse_reported, protocol.parse_taken):
        try:
            parse(payload)
        except protocol.ProtocolError:
            continue
