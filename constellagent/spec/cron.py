"""Cron expressions: what may be written.

Five fields as Debian's cron reads them, or one of the `@` words. What is ambiguous between cron programs
is refused, never guessed: reversed ranges, `N/s`, seconds or year fields, `?`, `R`, `L`, `@reboot`.
An expression that can never fire is refused too.
"""

import re
from dataclasses import dataclass

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
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five columns: its name, its smallest and largest number, and its words."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)


class _FaultError(Exception):
    """A rule that a piece of the expression breaks, and where the piece stands in the text."""

    def __init__(self, message: str, start: int, length: int) -> None:
        super().__init__(message)
        self.message, self.start, self.length = message, start, max(length, 1)


def check_cron(value: object) -> str:
    """Return the expression with single spaces between its fields.

    Raises:
        ValueError: it is no cron expression, or one that never fires; the message shows the text with a
            caret under the fault.
    """
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueError, not TypeError
            'expected a cron expression as text, such as "0 9 * * 1-5"'
        )
    if len(value) > _LONGEST:
        raise ValueError(f"the cron expression is longer than {_LONGEST} characters")
    odd = re.search(r"[^ -~\t]", value)
    if odd:
        raise ValueError(f"the cron expression holds {odd.group()!r}; only ASCII on one line is read")
    text = value.replace("\t", " ")
    try:
        return _check(text)
    except _FaultError as fault:
        caret = " " * fault.start + "^" * fault.length
        raise ValueError(f"{fault.message}\n    {text}\n    {caret}") from None


def _check(text: str) -> str:
    columns = [(found.group(), found.start()) for found in re.finditer(r"[^ ]+", text)]
    if columns and columns[0][0].startswith("@"):
        return _check_word(columns)
    if len(columns) != len(_FIELDS):
        start = columns[len(_FIELDS)][1] if len(columns) > len(_FIELDS) else len(text.rstrip())
        raise _FaultError(
            f"a cron expression has five fields (minute, hour, day of month, month, day of week), "
            f"this one has {len(columns)}",
            start,
            len(text.rstrip()) - start,
        )
    numbers = [_column(field, text, at) for field, (text, at) in zip(_FIELDS, columns, strict=True)]
    _check_fires(columns, numbers)
    return " ".join(column for column, _ in columns)


def _check_word(columns: list[tuple[str, int]]) -> str:
    word, at = columns[0]
    if len(columns) > 1:
        raise _FaultError(f"nothing may follow {word}", columns[1][1], len(columns[1][0]))
    if word == "@reboot":
        raise _FaultError("@reboot is no time; an agent with autostart is started by apply", at, len(word))
    if word not in WORDS:
        raise _FaultError(
            f"{word} is not one of {', '.join(WORDS)}{did_you_mean(word, WORDS)}", at, len(word)
        )
    return word


def _check_fires(columns: list[tuple[str, int]], numbers: list[frozenset[int]]) -> None:
    """Refuse days that no month has; with both day fields restricted either of them fires."""
    (days_text, at), (weekdays_text, _) = columns[2], columns[4]
    if not days_text.startswith("*") and not weekdays_text.startswith("*"):
        return
    if not any(min(numbers[2]) <= _DAYS_IN_MONTH[month - 1] for month in numbers[3]):
        months = columns[3]
        raise _FaultError(
            "this never fires: none of these months has such a day", at, months[1] + len(months[0]) - at
        )


def _column(field: _Field, text: str, at: int) -> frozenset[int]:
    """Return the numbers that one column stands for."""
    numbers: set[int] = set()
    for item in text.split(","):
        numbers.update(_item(field, item, at))
        at += len(item) + 1
    return frozenset(numbers)


def _item(field: _Field, item: str, at: int) -> range:
    """Return the numbers of one item between commas: `*`, `*/s`, `a`, `a-b` or `a-b/s`."""
    span, slash, step_text = item.partition("/")
    step_at = at + len(span) + 1
    if span == "*":
        low, high = field.low, min(field.high, 6) if field.name == "day of week" else field.high
    else:
        first, dash, last = span.partition("-")
        low = _number(field, first, at)
        high = _number(field, last, at + len(first) + 1) if dash else low
        if high < low:
            raise _FaultError(
                f"the range {span} of the {field.name} runs backwards; write two ranges with a comma",
                at,
                len(span),
            )
        if slash and not dash:
            raise _FaultError(
                f"a step needs a range: write {span}-{field.high}/{step_text} or */{step_text}", at, len(item)
            )
    if not slash:
        return range(low, high + 1)
    if not _NUMBER.fullmatch(step_text) or not 1 <= int(step_text) <= field.high:
        raise _FaultError(f"the step of the {field.name} must be 1 to {field.high}", step_at, len(step_text))
    return range(low, high + 1, int(step_text))


def _number(field: _Field, text: str, at: int) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.low
    if not _NUMBER.fullmatch(text):
        named = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
        raise _FaultError(
            f"{text or 'nothing'} is no {field.name}; write a number from {field.low} to {field.high}{named}",
            at,
            len(text),
        )
    if not field.low <= int(text) <= field.high:
        raise _FaultError(f"{field.name} {text} is not in {field.low} to {field.high}", at, len(text))
    return int(text)
