"""The text of a cron expression: five columns as Debian's cron reads them, or one of the `@` words.

What is ambiguous between cron programs is refused, and so is what can never fire.
"""

import re
from dataclasses import dataclass

from constellagent.spec.cron.columns import FIELDS, Column, read_column
from constellagent.spec.cron.faults import CronError
from constellagent.spec.suggest import did_you_mean

WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""The words that stand for five fields."""

_LONGEST = 500
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR = re.compile(r".*\b(19|20)\d\d\b.*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """A cron expression that was read: its text as written, and its five columns."""

    text: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    """A piece of the text without blanks, and where it stands."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def read(value: str, seed: str) -> Reading:
    """Return what the expression says; `seed` decides what `H` stands for.

    Raises:
        CronError: it is no cron expression, or one that never fires.
    """
    if len(value) > _LONGEST:
        raise CronError(f"the cron expression is longer than {_LONGEST} characters")
    odd = re.search(r"[^ -~\t]", value)
    if odd:
        raise CronError(
            f"the cron expression holds {odd.group()!r}; only ASCII on one line is read",
            start=odd.start(),
            length=1,
        )
    text = value.replace("\t", " ")
    words = [_Word(found.group(), found.start()) for found in re.finditer(r"[^ ]+", text)]
    try:
        return _read(words, seed, len(text.rstrip()))
    except CronError as error:
        error.show(text)
        raise


def _read(words: list[_Word], seed: str, end: int) -> Reading:
    if words and words[0].text.startswith("@"):
        written = words[0].text
        words = [_Word(text, 0) for text in _expanded(words).split()]
    else:
        _check_count(words, end)
        written = " ".join(word.text for word in words)
    columns = tuple(
        read_column(field, word.text, word.start, seed) for field, word in zip(FIELDS, words, strict=True)
    )
    _check_fires(words, columns)
    return Reading(written, columns)


def _expanded(words: list[_Word]) -> str:
    """Return the five columns that a word stands for."""
    word = words[0]
    if len(words) > 1:
        raise CronError(f"nothing may follow {word.text}", start=words[1].start, length=len(words[1].text))
    if word.text == "@reboot":
        raise CronError(
            "@reboot is no time; an agent with autostart is started by apply",
            start=word.start,
            length=len(word.text),
        )
    if word.text not in WORDS:
        raise CronError(
            f"{word.text} is not one of {', '.join(WORDS)}{did_you_mean(word.text, WORDS)}",
            start=word.start,
            length=len(word.text),
        )
    return WORDS[word.text]


def _check_count(words: list[_Word], end: int) -> None:
    """Refuse fewer and more than five columns; the ones that other programs add are named."""
    count = len(words)
    if count == len(FIELDS):
        return
    names = ", ".join(field.name for field in FIELDS)
    message = f"a cron expression has five fields ({names}), this one has {count}"
    start, stop = (words[len(FIELDS)].start if count > len(FIELDS) else end), max(end, 1)
    if count == 7:
        message += "; leave out the first, the seconds, and the last, the year"
    elif count == 6 and _YEAR.fullmatch(words[-1].text):
        message += "; leave out the last, the year"
    elif count == 6:
        message += "; leave out the first, the seconds"
        start, stop = words[0].start, words[0].end
    raise CronError(message, start=start, length=max(stop - start, 1))


def _check_fires(words: list[_Word], columns: tuple[Column, ...]) -> None:
    """Refuse days that no month has; with both day columns restricted either of them fires.

    What `H` stands for is decided later, by a seed, so each number that it could be must fire.
    """
    days, months, weekdays = columns[2:]
    if not days.starred and not weekdays.starred:
        return
    day = min(max(choice[0] for choice in item.choices) for item in days.items)
    longest = max(
        min(max(_DAYS_IN_MONTH[month - 1] for month in choice) for choice in item.choices)
        for item in months.items
    )
    if day > longest:
        raise CronError(
            "this never fires: none of these months has such a day",
            rule="CS003",
            start=words[2].start,
            length=words[3].end - words[2].start,
        )
