"""What the documents say of the browser's page: its keys, from its sources, and its size, from its build.

The page is TypeScript, so its bindings are found by how they are written: `keys: "...", label: "..."` below
the `useKeys("TITLE", ...)` of the same file. What is bound in another way is an error, not a gap.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.checkout import ROOT
from tests.readme_markdown import table

UI = ROOT / "constellagent" / "faces" / "web" / "ui" / "src"
PAGE = ROOT / "constellagent" / "faces" / "web" / "page"
MEASURED = re.compile(r"(?<=^<!-- measured: page size -->\n\n)(.*?)(?=\n\n)", re.MULTILINE | re.DOTALL)

_FIRST = ("app.tsx", "shell/agent.tsx", "shell/rows.ts", "review/diff/index.tsx", "review/files/index.tsx")
"""The sources whose keys come first; the others follow by their names."""
_TITLE = re.compile(r'\buse(?:Row)?Keys\(\s*"([^"]+)"')
_BOUND = re.compile(r'\bkeys:\s*("[^"]+"|`[^`]+`|String\([^)]*\)),\s*label:\s*("[^"]+"|`[^`]+`|[\w.\[\]]+)')
_DECLARED = re.compile(r"\bkeys:(?! (?:string|readonly)\b)")
_SPOTS = re.compile(r'title: "([^"]+)", icon: "[^"]+", key: "([^"]+)"')
_ROWS = "Lists"
_CAPS = {"mod": "Ctrl", "shift": "Shift", "Escape": "Esc", "ArrowLeft": "←", "ArrowRight": "→"}


def keys() -> str:
    """Return the page's keys by where they hold, as `?` on the page lists them."""
    return table(("where", "key", "what it does"), *_rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    sources = [path for path in UI.rglob("*.ts*") if ".test." not in path.name]
    order = {name: place for place, name in enumerate(_FIRST)}
    names = sorted(path.relative_to(UI).as_posix() for path in sources)
    for name in sorted(names, key=lambda one: order.get(one, len(order))):
        if name in {"shell/keys.ts", "shell/keyhelp.tsx"}:
            continue
        text = (UI / name).read_text(encoding="utf-8")
        found = list(_BOUND.finditer(text))
        assert len(found) == len(_DECLARED.findall(text)), f"{name} binds a key in another way"
        if not found:
            continue
        title = _ROWS if name == "shell/rows.ts" else _TITLE.findall(text)[0]
        for one in found:
            yield from ((title, _caps(key), label) for key, label in _bindings(one[1], one[2]))


def _bindings(written: str, label: str) -> Iterator[tuple[str, str]]:
    """Yield keys and labels of one binding as it is written; one may stand for each of a list."""
    if written.startswith('"'):
        yield written.strip('"'), label.strip('"')
    elif "_SPOTS" in written:
        for title, key in _spots(re.findall(r"(\w+)_SPOTS", written)[0]):
            yield f"g {key}", title
    else:
        assert (written, label) == ("String(at + 1)", "`Show ${one}`"), f"{written} {label} is not known here"
        yield "1 2 3 …", "Show so much time"


def _spots(name: str) -> list[tuple[str, str]]:
    text = (UI / "shell" / "places.ts").read_text(encoding="utf-8")
    block = text.partition(f"{name}_SPOTS:")[2].partition("\n};")[0]
    return _SPOTS.findall(block)


def _caps(keys: str) -> str:
    return " ".join(f"`{_chord(chord)}`" for chord in keys.split(" "))


def _chord(chord: str) -> str:
    parts = chord.split("+") if len(chord) > 1 else [chord]
    return "+".join(_CAPS.get(part, part) for part in parts)


def built() -> bool:
    """Tell whether the page is in this checkout."""
    stamp = PAGE / "build.json"
    return stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")).get("built") is True


def sizes() -> Mapping[str, int]:
    """Return how large the page's parts are after `gzip -9`, in bytes, by what they are for."""
    index = (PAGE / "index.html").read_text(encoding="utf-8")
    first = {"index.html", *re.findall(r'(?:src|href)="\./([^"]+)"', index)}
    found = dict.fromkeys(_KINDS, 0)
    for path in PAGE.rglob("*"):
        if path.is_file() and path.suffix not in {".json", ".md"}:
            data = path.read_bytes()
            kind = _kind(path, data, shell=path.relative_to(PAGE).as_posix() in first)
            found[kind] += len(gzip.compress(data, 9, mtime=0))
    return found


_KINDS = (
    "what every view needs",
    "the editor, with its fonts and its worker, for diffs and files",
    "the terminal",
    "all other views together",
    "the colours of languages, all together; one is loaded when a file of it is opened",
)


def _kind(path: Path, data: bytes, *, shell: bool) -> str:
    if shell:
        return _KINDS[0]
    if path.name.startswith(("monaco-", "editor", "codicon-")):
        return _KINDS[1]
    if b"xterm" in data:
        return _KINDS[2]
    return _KINDS[4] if b"tokenPostfix" in data else _KINDS[3]


def size_table() -> str:
    """Return the sizes as a table, in kB of 1,000 bytes."""
    measured = sizes()
    rows = [(kind, f"{size / 1000:,.0f} kB") for kind, size in measured.items()]
    return table(("part", "gzip"), *rows, ("all", f"{sum(measured.values()) / 1000:,.0f} kB"))


def stated(text: str) -> dict[str, int]:
    """Return the sizes that a document's table says, in bytes."""
    found = MEASURED.search(text)
    assert found, "the document has no table of the page's size"
    rows = re.findall(r"^\| (.+) \| ([\d,]+) kB \|$", found[0], re.MULTILINE)
    return {part: int(size.replace(",", "")) * 1000 for part, size in rows}
