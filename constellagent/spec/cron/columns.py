"""One column of a cron expression: from its text to its numbers.

What cron programs read differently is refused and never guessed. `H` stands for a number that is chosen by
a hash, so that many schedules do not fire in the same minute; it stays the same for as long as the seed does.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

from constellagent.spec.cron.faults import CronError
from constellagent.spec.suggest import did_you_mean

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_STEP = 59
"""Debian reads any step. One that goes beyond its column leaves the first number only; one that goes beyond
every column (`*/90`) is meant as a span of time, which cron cannot express."""
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_HASHED = re.compile(r"H(?:\((?P<first>[^()-]*)-(?P<last>[^()-]*)\))?(?P<slash>/(?P<step>.*))?")
_ELSEWHERE = (
    (re.compile(r".*\?.*"), "write * for every day"),
    (re.compile(r".*#.*"), "cron has no n-th weekday; write the weekday and let the command look at the day"),
    (re.compile(r"R(\(.*)?(/.*)?", re.IGNORECASE), "a random time would differ at each reading; write H"),
    (
        re.compile(r"\d*L(-\d+)?|LW", re.IGNORECASE),
        "cron has no last day; write 28-31 and let the command look at the day",
    ),
    (
        re.compile(r"\d+W|W\d*", re.IGNORECASE),
        "cron has no nearest weekday; write the weekdays, such as 1-5, in the last column",
    ),
)
"""What other programs read, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five columns: its name, its smallest and largest number, and its words.

    Attributes:
        cycle: the numbers that `*` stands for.
        spread: the numbers that `H` chooses from; no month lacks these days.
    """

    name: str
    low: int
    high: int
    cycle: range
    spread: range
    words: tuple[str, ...] = ()


FIELDS = (
    Field("minute", 0, 59, range(60), range(60)),
    Field("hour", 0, 23, range(24), range(24)),
    Field("day of month", 1, 31, range(1, 32), range(1, 29)),
    Field("month", 1, 12, range(1, 13), range(1, 13), _MONTHS),
    Field("day of week", 0, 7, range(7), range(7), _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Item:
    """What stands between two commas of a column.

    Attributes:
        text: the item with its words and `H` as numbers.
        numbers: what it stands for; 7 for Sunday is still 7.
        choices: all that it could stand for with another seed.
    """

    text: str
    numbers: range
    choices: tuple[range, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it was read."""

    items: tuple[Item, ...]
    numbers: frozenset[int]

    @property
    def text(self) -> str:
        """The column with its words and `H` as numbers."""
        return ",".join(item.text for item in self.items)

    @property
    def starred(self) -> bool:
        """Whether it begins with `*`, which is what Debian's cron looks at."""
        return self.items[0].text.startswith("*")


def read_column(field: Field, text: str, at: int, seed: str) -> Column:
    """Return what the column says; `at` is where it stands in the expression.

    Raises:
        CronError: an item of it is refused.
    """
    items = []
    for item in text.split(","):
        items.append(_hashed(field, item, at, seed) if item.startswith("H") else _plain(field, item, at))
        at += len(item) + 1
    numbers = frozenset(number for item in items for number in item.numbers)
    if field.words is _WEEKDAYS:
        numbers = frozenset(number % 7 for number in numbers)
    return Column(tuple(items), numbers)


def _plain(field: Field, item: str, at: int) -> Item:
    """Read `*`, `*/s`, `a`, `a-b` or `a-b/s`."""
    for pattern, advice in _ELSEWHERE:
        if pattern.fullmatch(item):
            raise CronError(f"{item} is no {field.name}; {advice}", start=at, length=len(item))
    span, slash, step_text = item.partition("/")
    if span == "*":
        whole, shown = field.cycle, "*"
    else:
        first, dash, last = span.partition("-")
        low = _number(field, first, at)
        high = _number(field, last, at + len(first) + 1) if dash else low
        if high < low:
            raise CronError(
                f"the range {span} of the {field.name} runs backwards; write {_forwards(field, low, high)}",
                rule="CS017",
                start=at,
                length=len(span),
            )
        if slash and not dash:
            raise CronError(
                f"a step needs a range: write {span}-{field.cycle[-1]}/{step_text} or */{step_text}",
                rule="CS017",
                start=at,
                length=len(item),
            )
        whole, shown = range(low, high + 1), _span(low, high)
    step = _step(field, step_text, at + len(span) + 1) if slash else 1
    numbers = whole[::step]
    return Item(f"{shown}/{step}" if step > 1 and len(whole) > 1 else shown, numbers, (numbers,))


def _hashed(field: Field, item: str, at: int, seed: str) -> Item:
    """Read `H`, `H/s`, `H(a-b)` or `H(a-b)/s`: one number, or the first of several that lie `s` apart."""
    found = _HASHED.fullmatch(item)
    if not found:
        raise CronError(
            f"{item} is no {field.name}; write H, H/s, H(a-b) or H(a-b)/s with numbers",
            start=at,
            length=len(item),
        )
    spread = field.spread
    if found["first"] is not None:
        low = _number(field, found["first"], at + found.start("first"))
        high = _number(field, found["last"], at + found.start("last"))
        if high < low:
            raise CronError(
                f"the range {low}-{high} of the {field.name} runs backwards; write the smaller number first",
                rule="CS017",
                start=at,
                length=len(item),
            )
        spread = range(low, high + 1)
    if found["slash"]:
        step = _step(field, found["step"], at + found.start("step"))
        choices = tuple(spread[first::step] for first in range(min(step, len(spread))))
    else:
        step = 1
        choices = tuple(spread[first : first + 1] for first in range(len(spread)))
    digest = blake2b(f"{seed}\0{field.name}".encode(), digest_size=8).digest()
    chosen = choices[int.from_bytes(digest) % len(choices)]
    span = _span(chosen[0], chosen[-1])
    return Item(f"{span}/{step}" if step > 1 and len(chosen) > 1 else span, chosen, choices)


def _step(field: Field, text: str, at: int) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= _LONGEST_STEP:
        raise CronError(
            f"the step of the {field.name} must be 1 to {_LONGEST_STEP}", start=at, length=max(len(text), 1)
        )
    return int(text)


def _number(field: Field, text: str, at: int) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.low
    if not _NUMBER.fullmatch(text):
        named = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
        raise CronError(
            f"{text or 'nothing'} is no {field.name}; write a number from {field.low} to {field.high}{named}"
            f"{did_you_mean(text, (*field.words, 'H'))}",
            start=at,
            length=max(len(text), 1),
        )
    if not field.low <= int(text) <= field.high:
        raise CronError(
            f"{field.name} {text} is not in {field.low} to {field.high}", start=at, length=len(text)
        )
    return int(text)


def _forwards(field: Field, low: int, high: int) -> str:
    """Return how to write a range that is meant to run over the end of its column."""
    if field.words is _WEEKDAYS and high == 0:
        return _span(low, 7)
    return f"two ranges with a comma, as in {_span(low, field.cycle[-1])},{_span(field.low, high)}"


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
