"""What looks like a secret, whoever made it: keys by their makers' prefixes, and long random words.

Every pattern takes time in proportion to the text: what repeats is bounded or possessive, so that hostile
text cannot make it try again and again.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import NamedTuple

MARK = "[***]"
"""What stands where something was taken out. It is shorter than any value that is looked for."""

_PRIVATE_KEY = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,40}-----[^-]{0,20000}+(?:-----END [A-Z ]{0,60}-----)?"
)
_MADE = (
    r"(?<![A-Za-z0-9])(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}+",
    r"(?<![A-Za-z0-9])(?:gh[opsur]|glpat|xox[abeoprs]|npm|pypi|hf|shpat|whsec|chs|rvt)[-_][A-Za-z0-9_-]{10,}+",
    r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{10,}+",
    r"(?<![A-Za-z0-9])ravi_(?:id|mgmt)_[A-Za-z0-9_-]{6,}+",
    r"(?<![A-Z0-9])A(?:KIA|SIA|GPA|IDA|ROA|NPA)[A-Z0-9]{12,}+",
    r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{20,}+",
    r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{10,}+",
    r"AGE-SECRET-KEY-[A-Z0-9]{10,}+",
    r"(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{10,}+",
    r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+",
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}+\.[A-Za-z0-9_-]{2,}+(?:\.[A-Za-z0-9_-]*+)?",
)
_SECRET = re.compile("|".join((_PRIVATE_KEY, *_MADE)))

_WORDS = r"(?:password|passwd|passphrase|secret|token|(?:api|access|private)[_-]?key|client[_-]?secret)"
_SHORT = (
    r"(?:(?<!by)(?<!com)(?<!ask)(?<!env\.)pass|pwd)"
    r"(?!(?:_?[0-9]{1,3})?[ \t]{0,4}[:=][ \t]{0,4}[/~])"
)
"""Short words that say the same where they end there, but for a path: what a shell is in is called so too."""
_BEFORE = (
    r"(?P<before>(?<![a-z])(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-constellagent)"
    r"(?:\\{0,3}[\"'])?[ \t]{0,4}[:=][ \t]{0,4}"
    rf"|{_WORDS}[a-z0-9_]{{0,20}}(?:\\{{0,3}}[\"'])?[ \t]{{0,4}}[:=][ \t]{{0,4}}"
    rf"|{_SHORT}(?:_?[0-9]{{1,3}})?(?:\\{{0,3}}[\"'])?[ \t]{{0,4}}[:=][ \t]{{0,4}}"
    rf"|(?<![\w-])--?(?:[a-z]{{1,16}}-){{0,3}}(?:{_WORDS}|pass|pwd)[ \t]{{1,4}})"
)
"""Words that say what comes behind them: of a header, of a setting, and of an option, which has no mark."""
_NOT_DONE = r"(?!\[\*\*\*\])"
_QUOTED = re.compile(
    rf"(?i){_BEFORE}(?P<open>(?P<escaped>\\{{1,3}})?(?P<quote>[\"']))(?!\[\*\*\*\]\\{{0,3}}(?P=quote))"
    r"(?(escaped)(?:(?!\\{1,3}(?P=quote))[^\n]){1,4096}|(?:\\.|(?!(?P=quote))[^\\\n]){1,4096})"
)
"""A value in quotes, whole: a passphrase has spaces. (Nothing follows, so nothing is tried again; and Python
3.11.2 takes the quote too where such a repetition is possessive.)"""
_COOKIES = re.compile(
    r"(?i)(?P<before>(?<![a-z])(?:set-)?cookie[ \t]{0,4}[:=][ \t]{0,4})"
    r"(?!\[\*\*\*\](?:[\n\"']|\Z))[^\n\"']{1,4096}+"
)
_PHRASE = rf"(?:password|passwd|passphrase|{_SHORT})(?:_?[0-9]{{1,3}})?[ \t]{{0,4}}+"
_LINE = re.compile(
    rf"(?i)(?P<before>(?:(?<!-){_PHRASE}=|{_PHRASE}:)[ \t]{{0,4}}+)"
    r"(?!\\{0,3}[\"']|\[\*\*\*\](?:\n|\Z)|(?:null|none|true|false)[ \t]{0,4}(?:[\n,;&)}\]\"']|\Z))"
    r"[^\n]{4,}+"
)
"""A password without quotes may have spaces and marks, so the line ends it; that of an option ends before."""
_AFTER = re.compile(
    rf"(?i)(?:{_BEFORE}|(?P<bearer>(?<![a-z])bearer[ \t]{{1,4}}))"
    r"(?P<open>[\"']?(?:(?:bearer|basic|token|digest)[ \t]{1,4})?)"
    rf"{_NOT_DONE}(?!null\b|none\b|true\b|false\b)[^\s\"',;&]{{4,}}+"
)
"""A value behind a word that says what it is."""
_OF_OPTION = re.compile(
    r"(?P<before>(?<![\w-])(?:-p(?=[^\s\"',;&]{0,64}[0-9])(?=[^\s\"',;&]{0,64}[A-Za-z])"
    r"|(?:-[uU]|--(?:proxy-)?user)[ \t=]{0,4}[\"']?[^\s:\"'/]{1,64}:))"
    rf"{_NOT_DONE}[^\s\"',;&]{{4,}}+"
)
"""What programs take beside a short option: a password, or a name with one."""

_TELLING = re.compile(
    r"(?i)(?:(?<![a-z])(?:pass|pwd|pin)|password|passwd|passphrase|secret|token|authorization|cookie|credentials?"
    r"|(?:api|access|private|session|client|identity|management)[_-]?key)$"
)
_IN_ADDRESS = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]{1,20}://)(?!\[\*\*\*\]@)[^\s/@\"'<>]{1,512}+@")
_EMAIL = re.compile(r"[\w.%+'-]{1,128}+@(?=[\w-]{1,63}\.)[\w.-]{3,253}+")
_PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])")
_PHONE_HERE = re.compile(
    r"(?<![\w.+-])(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[0-9]{3}[.-][0-9]{4}(?![\w-]|\.[0-9])"
)
"""A number as it is dialled in North America."""
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?<![\w.])(?!127\.|0\.0\.0\.0(?![0-9])){_OCTET}(?:\.{_OCTET}){{3}}(?![\w-]|\.[0-9])")
"""The address of a machine, but for this machine's to itself."""
_HOME = re.compile(r"(?P<before>/(?:home|Users)/)(?!\[)[^\s/\"':,;)\]>]{1,64}+")
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{16,}+")
_SHORTEST_RANDOM = 16
_SHORTEST_LETTERS = 24
"""Characters from which a word without a digit is taken for random; names in CamelCase are shorter."""
_SWITCHING, _SWITCHING_IN_PATHS, _CAPITAL = 0.25, 0.4, 0.3
"""The share of characters that differ in kind from the one before, and that are capitals, in random words."""


class Masked(NamedTuple):
    """A text, and how often something was taken out of it."""

    text: str
    times: int


def mask(text: str, spared: AbstractSet[str] = frozenset()) -> Masked:
    """Take out what looks like a secret, but for random words that are listed as `spared`."""

    def whole(_: re.Match[str]) -> str:
        return MARK

    def behind(found: re.Match[str]) -> str:
        return _kept(found) + MARK

    count = 0
    for pattern, put in (
        (_SECRET, whole),
        (_QUOTED, behind),
        (_COOKIES, behind),
        (_LINE, behind),
        (_AFTER, behind),
        (_OF_OPTION, behind),
        (_EMAIL, whole),
        (_PHONE, whole),
        (_PHONE_HERE, whole),
        (_IPV4, whole),
        (_IN_ADDRESS, lambda found: f"{found['before']}{MARK}@"),
        (_HOME, lambda found: f"{found['before']}[user]"),
    ):
        text, times = pattern.subn(put, text)
        count += times
    times = 0
    pieces = list[str]()
    end = 0
    for found in _RUN.finditer(text):
        masked = _run(found[0], spared)
        pieces += (text[end : found.start()], masked.text)
        end = found.end()
        times += masked.times
    return Masked("".join((*pieces, text[end:])), count + times)


def _kept(found: re.Match[str]) -> str:
    """Return what of a match says that a secret follows."""
    said = found.groupdict()
    return (said["before"] or said.get("bearer") or "") + (said.get("open") or "")


def _run(run: str, spared: AbstractSet[str]) -> Masked:
    """Judge a run of letters, digits and what base64 has beside them; a slash may also part a path."""
    parts = run.split("/")
    left = [_without(part, spared) for part in parts]
    if len(parts) > 1 and left == parts and random(run, _SWITCHING_IN_PATHS):
        return Masked(MARK, 1)
    kept = [MARK if random(rest) else part for part, rest in zip(parts, left, strict=True)]
    return Masked("/".join(kept), sum(part is MARK for part in kept))


def _without(word: str, spared: AbstractSet[str]) -> str:
    """Return what there is in a word beside those that are spared."""
    if word in spared:
        return ""
    parts = word.split("-")
    return "-".join(part for part in parts if part not in spared) if spared & set(parts) else word


def behind_words(text: str) -> Iterator[str]:
    """Yield what stands in a command behind words that say that it is a secret, each value as it is."""
    for pattern in (_QUOTED, _AFTER):
        for found in pattern.finditer(text):
            yield found[0][len(_kept(found)) :]


def telling(name: str) -> bool:
    """Whether a name says that its value is a secret."""
    return _TELLING.search(name) is not None


def random(word: str, switching: float = _SWITCHING) -> bool:
    """Whether a word is so mixed of capitals, small letters and digits that nobody thought of it."""
    kinds = [_kind(character) for character in word if character.isalnum()]
    if len(kinds) < _SHORTEST_RANDOM:
        return False
    switches = sum(one != other for one, other in pairwise(kinds))
    if switches < switching * len(kinds):
        return False
    return "0" in kinds or (len(kinds) >= _SHORTEST_LETTERS and kinds.count("A") >= _CAPITAL * len(kinds))


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    return "A" if character.isupper() else "a"
