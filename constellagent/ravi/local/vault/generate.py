"""Passwords that nobody can guess: each character drawn alike, every asked class of characters in it."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

from constellagent.ravi.local.answers import invalid

SHORTEST, LONGEST = 8, 128
"""Characters of a generated password."""

USUAL = 16
"""Characters where nobody says how many: about 100 bits."""

CLASSES = {
    "uppercase": string.ascii_uppercase,
    "lowercase": string.ascii_lowercase,
    "digits": string.digits,
    # Without quotes, backslash and space, which sites and shells take for something else.
    "special": "!#$%&*+,-./:;=?@^_~",
}
"""The characters of each class, under the name of the query's flag."""

_MOST_EXCLUDED = 256
_FLAGS = {"": True, "true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a password is made of: how many characters, and which, a set for each class."""

    length: int = USUAL
    classes: tuple[str, ...] = tuple(CLASSES.values())

    def make(self) -> str:
        """Return a password in which every class occurs; all such passwords are equally likely."""
        alphabet = "".join(self.classes)
        while True:
            made = "".join(secrets.choice(alphabet) for _ in range(self.length))
            if all(any(character in made for character in one) for one in self.classes):
                return made


def recipe(query: Mapping[str, str]) -> Recipe:
    """Read the flags of a query; a class whose characters are all excluded is left out.

    Raises:
        ApiError: a flag is neither true nor false, the length is out of bounds, or nothing is left.
    """
    excluded = query.get("exclude_chars", "")
    if len(excluded) > _MOST_EXCLUDED:
        raise invalid(f"exclude_chars: at most {_MOST_EXCLUDED} characters.", "exclude_chars")
    asked = [characters for name, characters in CLASSES.items() if _flag(query, name)]
    left = ("".join(c for c in characters if c not in excluded) for characters in asked)
    classes = tuple(filter(None, left))
    if not classes:
        raise invalid("exclude_chars: no character is left to make a password of.", "exclude_chars")
    return Recipe(_length(query.get("length", "")), classes)


def _length(text: str) -> int:
    if not text:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and SHORTEST <= int(text) <= LONGEST):
        raise invalid(f"length: a number from {SHORTEST} to {LONGEST} is needed.", "length")
    return int(text)


def _flag(query: Mapping[str, str], name: str) -> bool:
    try:
        return _FLAGS[query.get(name, "").lower()]
    except KeyError:
        raise invalid(f"{name}: true or false is needed.", name) from None
