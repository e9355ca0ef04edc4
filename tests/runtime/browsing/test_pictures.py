"""Images are told by how they begin."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.browsing.pictures import media


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", ""),
        (b"\0\0\1\0\1\0\x10\x10", "image/x-icon"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "image/bmp"),
        (b"BMW is a make of cars", ""),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE svg>\n<svg\n width="1">',
            "image/svg+xml",
        ),
        (b"<html><svg></svg></html>", ""),
        (b"<svg/>", "image/svg+xml"),
        (b"<svgs>", ""),
        (b"", ""),
        (b"text\n", ""),
    ],
)
def test_the_kinds(content: bytes, kind: str) -> None:
    """Each kind that a browser shows is known, and what only looks like it is not."""
    assert media(content) == kind


def test_a_hostile_beginning_takes_no_time() -> None:
    """What could be read in very many ways is read in one."""
    begun = time.process_time()

    assert media(b"<!---->" * 1_000_000 + b"x") == ""
    assert media(b" " * 10_000_000) == ""
    assert time.process_time() - begun < 10


@given(st.sampled_from([b"GIF89a", b"\xff\xd8\xff", b"<svg>", b"<!-- x --><svg "]), st.binary())
def test_only_the_beginning_counts(beginning: bytes, rest: bytes) -> None:
    """Whatever follows, the kind stays."""
    assert media(beginning + rest) == media(beginning) != ""


@given(st.binary())
def test_any_content(content: bytes) -> None:
    """Nothing breaks it, and what is far behind the beginning is not looked at."""
    assert media(content[:4096]) == media(content + b"\0" * 4096)
