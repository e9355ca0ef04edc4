"""Output of five kinds of programs, the same for the same seed."""

import random

KINDS = ("log", "colours", "full-screen", "unicode", "ink")
SIZES = ((50, 200), (24, 80), (11, 37))

_LOOKS = (
    *(
        "0",
        "1",
        "2",
        "3",
        "4",
        "4:3",
        "5",
        "7",
        "8",
        "9",
        "53",
        "31",
        "42",
        "97",
        "103",
        "38;5;200",
        "48;5;17",
    ),
    *("38;2;1;2;3", "48;2;9;8;7", "58;5;9", "58:2::1:2:3", "0", "49", "22"),
)
_CLUSTERS = (
    *("字", "日本語", "e\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "a"),
    *("❤\ufe0f", "1\ufe0f\u20e3", "👍🏽", "\u0915\u094d\u0937", "text ", "🙂", "ü", "—", "│─┼", "\u200b"),
)


def stream(kind: str, seed: int = 0, pieces: int = 120) -> bytes:
    """Return what such a program writes."""
    chance = random.Random(seed)
    make = {"log": _log, "colours": _colours, "full-screen": _full_screen, "unicode": _unicode, "ink": _ink}
    return "".join(make[kind](chance, number) for number in range(pieces)).encode()


def _log(chance: random.Random, number: int) -> str:
    end = chance.choice(["\r\n", "\r\n", "\t\tx\r\n", "\r\n\r\n", "\x1b[5Cgap\r\n"])
    return f"{number:05d} " + "lorem ipsum dolor sit amet " * chance.randint(0, 9) + end


def _colours(chance: random.Random, _number: int) -> str:
    words = (
        "text ",
        "more",
        "\x1b[K",
        "\t",
        "  ",
        "long words in here ",
        "\x1b]8;;http://a.test/\x1b\\link\x1b]8;;\x1b\\",
    )
    line = "".join(
        f"\x1b[{chance.choice(_LOOKS)}m{chance.choice(words)}" for _ in range(chance.randint(1, 12))
    )
    return line + chance.choice(["\r\n", "\x1b[m\r\n", "\x1b[0m\x1b[K\r\n", "", '\x1b[1"qsafe\x1b[0"q\r\n'])


def _full_screen(chance: random.Random, number: int) -> str:
    if number == 0:
        modes = "\x1b[?1h\x1b=\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[>4;2m\x1b[>1u\x1b[6 q"
        return f"\x1b]2;editor\x07\x1b[?1049h\x1b[2J{modes}"
    if number % 40 == 39:
        scroll = "\x1b[3;9r\x1b[9;1H\n\n\x1bM\x1b7\x1b[r"
        return f"{scroll}\x1b[2L\x1b[3M\x1b[4P\x1b[2@\x1b[5X\x1bH\x1b(0qqq\x1b(B\x1b8"
    place = f"\x1b[{chance.randint(1, 30)};{chance.randint(1, 100)}H"
    return f"{place}\x1b[{chance.choice([0, 7, 44, 1])}m{'status ' * chance.randint(1, 5)}\x1b[K"


def _unicode(chance: random.Random, _number: int) -> str:
    line = "".join(chance.choice(_CLUSTERS) for _ in range(chance.randint(1, 30)))
    return line + chance.choice(["\r\n", "\r\n", " ", "\x1b[31m\r\n", "\x1b[44m", "\x1b[m\r\n"])


def _ink(chance: random.Random, number: int) -> str:
    height = chance.randint(2, 6)
    erase = "\x1b[2K" + "\x1b[1A\x1b[2K" * height + "\x1b[G" if number else "\x1b[?25l"
    done = f"done \x1b[32m✔\x1b[39m item {number}\n\r" if chance.random() < 0.3 else ""
    rows = (
        f"\x1b[{chance.randint(31, 36)}m│\x1b[39m {'» line ' * chance.randint(1, 4)} \x1b[2mhint\x1b[22m"
        for _ in range(height + 1)
    )
    return erase + done + "\r\n".join(rows)
