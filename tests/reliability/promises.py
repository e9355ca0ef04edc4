"""What the product promises where things go wrong: each promise with its id, from `promises.toml`."""

import tomllib
from dataclasses import dataclass

from tests.checkout import ROOT

_FILE = ROOT / "tests" / "reliability" / "promises.toml"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise.

    Attributes:
        text: what is promised, in a sentence.
        figure: what was measured, "" where a yes is all there is.
        unproven: what of it no test shows, and why; "" where all of it is shown.
        untested: no test shows any of it; all others have one in every run, whatever of them is unproven.
    """

    text: str
    figure: str = ""
    unproven: str = ""
    untested: bool = False


def _read() -> tuple[dict[str, str], dict[str, Promise]]:
    tables, promises = dict[str, str](), dict[str, Promise]()
    for letter, table in tomllib.loads(_FILE.read_text()).items():
        tables[letter] = table.pop("title")
        promises |= {row: Promise(**fields) for row, fields in table.items()}
    return tables, promises


TABLES, PROMISES = _read()
"""The titles by letter, and the promises by id, in the order of the page."""
