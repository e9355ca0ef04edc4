"""What a reader sees of HTML, as text.

Links stay visible, since a link to follow is what most mails to an agent are about. The standard library's
parser is not used: it takes time that grows with the square of the length for HTML that is made to be slow,
and mail comes from strangers. This one goes over its source once, as browsers do.
"""

import html
import re

_LONGEST = 1 << 20
"""Characters of HTML that are looked at."""

_FLAGS = re.IGNORECASE | re.ASCII
_OPENING = re.compile(r"<[a-z/!?]", _FLAGS)
_NAMED = re.compile(r"</?[a-z]", _FLAGS)
_TAG = re.compile(r"""<(/?)([a-z][^\s/>]*+)((?:[^>=]|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+)>""", _FLAGS)
_ATTRIBUTE = re.compile(
    r"""(?<![^\s/"'])([^\s=/>"']++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", _FLAGS
)
_UNSEEN = {name: re.compile(rf"</{name}[\s/>]", _FLAGS) for name in ("script", "style", "title")}
_PARAGRAPHS = frozenset({"blockquote", "p", "table"})
_BLOCKS = _PARAGRAPHS | {
    *("address", "article", "center", "div", "dl", "dt", "footer", "form", "header", "hr", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "li", "main", "ol", "pre", "section", "tr", "ul"),
}
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_GAPS = re.compile(r"\n{3,}")
_LINKS = ("http:", "https:", "mailto:")


def as_text(source: str) -> str:
    """Return what a reader sees of HTML, with the targets of links in brackets."""
    reader = _Reader()
    reader.read(source[:_LONGEST])
    return reader.text()


class _Reader:
    """Collects what a reader sees."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._in_head = False
        self._templates = 0
        self._link: tuple[str, int] | None = None

    def read(self, source: str) -> None:
        """Go over the source once; what is opened at its end and never closed is not seen."""
        at = 0
        while at < len(source):
            opening = _OPENING.search(source, at)
            self._say(source[at : opening.start() if opening else None])
            if opening is None:
                return
            at = self._markup(source, opening.start())
        self._end_link()

    def text(self) -> str:
        """Return what was collected, without the white space of the source."""
        self._end_link()
        lines = (_SPACES.sub(" ", line).strip() for line in "".join(self._parts).split("\n"))
        return _GAPS.sub("\n\n", "\n".join(lines)).strip()

    def _markup(self, source: str, at: int) -> int:
        """Read a tag or a comment; return where it ends."""
        if source.startswith("<!--", at):
            return _after(source, "-->", at + 4)
        tag = _TAG.match(source, at)
        if tag is not None:
            name = tag[2].lower()
            if tag[1]:
                self._end(name)
            else:
                self._start(name, tag[3])
                unseen = _UNSEEN.get(name)
                if unseen is not None:
                    end = unseen.search(source, tag.end())
                    return end.start() if end else len(source)
            return tag.end()
        return len(source) if _NAMED.match(source, at) else _after(source, ">", at + 2)

    def _start(self, name: str, attributes: str) -> None:
        if name in {"head", "body"}:
            self._in_head = name == "head"  # a head that was never closed ends at the body
        elif name == "template":
            self._templates += 1
        elif name == "a":
            self._end_link()
            self._link = (_attribute(attributes, "href"), len(self._parts))
        elif name == "img":
            self._say(_attribute(attributes, "alt"))
        self._break(name)
        if name == "li":
            self._add("- ")

    def _end(self, name: str) -> None:
        if name == "head":
            self._in_head = False
        elif name == "template":
            self._templates = max(0, self._templates - 1)
        elif name == "a":
            self._end_link()
        self._break(name)

    def _end_link(self) -> None:
        """Show where the link that is open leads, unless its words say so already."""
        if self._link is None:
            return
        target, start = self._link
        self._link = None
        shown = "".join(self._parts[start:]).strip()
        if target.lower().startswith(_LINKS) and target not in {shown, f"mailto:{shown}"}:
            self._add(f" ({target})" if shown else target)

    def _break(self, name: str) -> None:
        if name in _BLOCKS:
            self._add("\n\n" if name in _PARAGRAPHS else "\n")
        elif name == "br":
            self._add("\n")
        elif name in {"td", "th"}:
            self._add(" ")

    def _say(self, data: str) -> None:
        if data:
            self._add(_SPACES.sub(" ", _unescape(data)))

    def _add(self, text: str) -> None:
        if not self._in_head and not self._templates:
            self._parts.append(text)


def _after(source: str, end: str, at: int) -> int:
    found = source.find(end, at)
    return len(source) if found < 0 else found + len(end)


def _attribute(attributes: str, name: str) -> str:
    for match in _ATTRIBUTE.finditer(attributes):
        if match[1].lower() == name:
            return _unescape(match[2] or match[3] or match[4] or "").strip()
    return ""


def _unescape(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number with thousands of digits
        return text
