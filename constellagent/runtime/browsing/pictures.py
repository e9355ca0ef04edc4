"""Which contents are images that a browser can show, told by how they begin. Pure."""

import re

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)
_WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
_AVIF = re.compile(rb"....ftypavi[fs]", re.DOTALL)
_BITMAP = re.compile(rb"BM.{4}\0{4}", re.DOTALL)
_SVG = re.compile(rb"(?:\xef\xbb\xbf)?(?>\s+|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)*+<svg[\s/>]", re.DOTALL)
"""Atomic, because what a hostile file has before its first element could else be tried in endless ways."""
_LOOKED_AT = 4096

SVG = "image/svg+xml"


def media(content: bytes) -> str:
    """Return the media type of an image, empty for what is none."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    for pattern, kind in ((_WEBP, "image/webp"), (_AVIF, "image/avif"), (_BITMAP, "image/bmp"), (_SVG, SVG)):
        if pattern.match(content, 0, _LOOKED_AT):
            return kind
    return ""
