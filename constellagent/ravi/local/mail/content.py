"""What a mail says, as text and as HTML: each made from the other where only one is there."""

import html
import re
from dataclasses import replace

from constellagent.ravi.local.mail.html_text import as_text
from constellagent.ravi.local.mail.letter import Letter

_LONGEST_PREVIEW = 140
_PREVIEWED = 1 << 14
"""Characters that are looked at for a preview."""

_TAGS = (
    "a|abbr|address|article|b|blockquote|body|br|center|code|div|em|footer|font|form|h[1-6]|head|header|hr"
    "|html|i|img|li|main|meta|ol|p|pre|s|section|small|span|strong|style|sub|sup|table|tbody|td|th|thead|title"
    "|tr|u|ul"
)
_HTML = re.compile(rf"<!doctype html|<!--|</?({_TAGS})(\s[^<>]*+)?/?>", re.IGNORECASE)


def is_html(content: str) -> bool:
    """Whether content without a declared type is HTML: it holds a tag of HTML, not just angle brackets."""
    return _HTML.search(content) is not None


def both(content: str) -> tuple[str, str]:
    """Return the text and the HTML of content that is either."""
    return (as_text(content), content) if is_html(content) else (content, as_html(content))


def with_text(letter: Letter) -> Letter:
    """Return the letter with a text part, made from its HTML where it came without.

    Slow for large HTML, so it belongs outside of transactions.
    """
    if letter.text.strip() or not letter.html:
        return letter
    return replace(letter, text=as_text(letter.html))


def as_html(text: str) -> str:
    """Return text as HTML that shows the same."""
    if not text:
        return ""
    paragraphs = (html.escape(part, quote=False) for part in re.split(r"\n{2,}", text.strip("\n")))
    return "".join(f"<p>{part.replace(chr(10), '<br>' + chr(10))}</p>\n" for part in paragraphs)


def preview(text: str, source: str) -> str:
    """Return the first words of a mail in one line, from its text or else its HTML."""
    words = text[:_PREVIEWED]
    if not words.strip():
        words = as_text(source[:_PREVIEWED])
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST_PREVIEW else f"{line[: _LONGEST_PREVIEW - 1]}…"
