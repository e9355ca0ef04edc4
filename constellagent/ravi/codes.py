"""Finds the one-time code in a message.

Agents ask for it on the command line and through MCP, people through ours; the standard library is enough.
A number counts only near a word that announces a code (in ten languages), and never where its neighbours say
that it is something else: a price, a date, a phone number, an order. The time grows with the length alone:
every pattern is bounded, and what lies around a number is looked at through a small window.
"""

# ruff: noqa: RUF001 - the words and digits of other scripts look like those of ours
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_LONGEST = 100_000
"""Characters that are looked at: no service writes its code further down."""

_NEAR = 160
"""Characters between a code and the word that announces it: a sentence, and the blank lines of a layout."""

_WINDOW = 48
"""Characters on each side that say what a number is."""

_WIDE = str.maketrans(
    "０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹：‐‑‒–—\u3000\u00a0\u2007\u202f",
    "0123456789" * 3 + ":-----    ",
)
"""Digits, colons, hyphens and blanks of other scripts, one for one."""


def _any(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


_OTHER_CODES = _any(
    r"\b(?:zip|post|postal|area|country|dialling|qr|bar|promo|promotion|promotional|discount|coupon|voucher"
    r"|gift|gift card|referral|invite|invitation|error|status|exit|return|source|dress|sort|swift|product"
    r"|item|article|booking|tracking|reservation|colou?r|hex|http|gutschein|rabatt|aktions|fehler|strich"
    r"|kortings)[- ]?codes?\b",
    r"\bcodes? (?:review|of conduct|base|freeze|owners?|change|sample|promo|promotionnel|postal|barre)",
    r"\bcodes? (?=[A-Z][A-Z0-9]{2,12} (?:for \d|at checkout|to get|to save|and save))",
    r"\bc[óo]digo (?:postal|promocional|de error|de erro|de descuento|de desconto|de barras)",
    r"\bcodice (?:fiscale|postale|sconto|a barre|promozionale)",
    r"(?:クーポン|郵便|エラー|割引)コード|优惠码|邮政编码|할인 ?코드|\bкод (?:ошибки|товара)|\bпромокод",
)
"""What is called a code, and proves nothing of who reads it."""

_ANNOUNCING = _any(
    r"\b(?:verification|verify|security|access|login|log-in|sign-in|confirmation|authentication|auth"
    r"|one[- ]time|activation|temporary|single-use) (?:code|number|pin|passcode|password|token|key)\b",
    r"(?<![A-Za-z])(?:code|passcode|mtan|2fa)s?(?![A-Za-z])|\botps?\b|(?-i:\b(?:TAN|PIN)\b)|\bpin(?= is|:)",
    r"(?:bestätigungs|sicherheits|anmelde|zugangs|einmal|freischalt|verifizierungs|aktivierungs|login)-?"
    r"(?:code|kennwort|passwort|pin)",
    r"mot de passe (?:à usage )?unique|\bc[óo]digo\b|\bclave\b|contraseña de un solo uso|\bcodice\b",
    r"senha (?:de uso único|temporária)|(?:verificatie|beveiligings|toegangs|inlog|bevestigings)-?code",
    r"(?:認証|確認|検証)(?:コード|番号)|コード|ワンタイムパスワード",
    r"验证码|驗證碼|校验码|校驗碼|动态码|动态密码|確認碼|确认码|认证码|認證碼",
    r"인증 ?(?:번호|코드)|확인 ?(?:번호|코드)|보안 ?코드|일회용 ?비밀번호",
    r"\bкод(?:ом|а|у)?\b|\bпароль\b|\bпин-?код",
)
"""Words that announce a code."""

_HINTING = (
    r"\b(?:verify|verifying|confirm|confirming|enter|sign in|signing in|log in|logging in|authenticate"
    r"|bestätigen|anmelden|confirmer|vérifier|confirmar|verificar|confermare|verificare|bevestigen|подтвердить"
    r"|use(?= [\d -]{4,11} to (?:verify|confirm|log|sign|reset|complete|finish|continue|activate)))\b"
)
"""Words that say so only of a number that stands out."""

_WORDS = re.compile(
    f"(?P<other>{_OTHER_CODES})|(?P<announcing>{_ANNOUNCING})|(?P<hinting>{_HINTING})", re.IGNORECASE
)
_ADDRESSES = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{1,10}://[!-~]*|(?<![A-Za-z0-9.])www\.[!-~]*"
    r"|(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,255}"
    r"|(?<![A-Za-z0-9.-])[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/[!-~]*"
)
"""Links and mail addresses: what they hold is no code."""

_CANDIDATES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<digits>\d(?:[ -]\d){3,7}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4}|\d{2}[ -]\d{2}[ -]\d{2}|\d{4,8})"
    r"|[A-Z]{1,3}-(?P<prefixed>\d{4,8})"
    r"|(?P<mixed>[A-Z0-9]{3,5}-[A-Z0-9]{3,5}|[A-Za-z0-9]{4,10})"
    r")(?![A-Za-z0-9])",
    re.ASCII,
)
_BOUND = re.compile(r"^@[A-Za-z0-9.-]{1,255} #([A-Za-z0-9]{4,10})\b", re.ASCII | re.MULTILINE)
"""The last line of a text that browsers fill in by themselves: it names the code in so many words."""

_LABELLED = re.compile(
    r"(?:\b(?:order|invoice|receipt|ticket|case|ref|reference|account|acct|card|customer|member|tracking|booking"
    r"|flight|room|suite|apt|zip|issue|build|version|release|model|part|vat|serial|port|pr|id|no|nr|call|tel|phone"
    r"|fax|dial|ending|ending in|ending with|ends in|bestellung|rechnung|auftrag|konto"
    r"|postleitzahl|plz|commande|facture|dossier|pedido|factura|cuenta|fatura|ordine|fattura|bestelling|factuur|заказ"
    r"|(?:reply|text|send|stop|help)\b[^.!?\n]{0,24} to)"
    r"|注文番号|订单号?|訂單|尾号|尾號|주문 ?번호|[#№$€£¥₹₩₽+~©])"
    r"\s?(?:\b(?:number|no|nr|num|id)\b)?[ .:#№'\"(]{0,4}\Z",
    re.IGNORECASE,
)
"""What stands before a number of another kind."""

_COUNTING = re.compile(
    r"\A\s?(?:[€£$¥₹₩₽%°]|(?:usd|eur|gbp|chf|jpy|cny|krw|brl|inr|rub|dollars?|euros?|kr|zł|secs?|seconds?|s|mins?"
    r"|minutes?|minuten|hours?|h|days?|points?|km|kg|g|m|kb|mb|gb|px|people|users|followers|items|views|credits|times"
    r"|lines|unread|market|street|st|avenue|ave|road|rd|inc|ltd|uhr)(?![A-Za-z])|руб|円|元|원|分|年|점|人|件|日)",
    re.IGNORECASE,
)
"""What stands after a number that counts something."""

_TOUCHED_BEFORE = re.compile(r"(?:\d[ ().:,/-]|\d\) |[.,/_]|[A-Za-z0-9]-|\b[A-Z]{2} )\Z")
_TOUCHED_AFTER = re.compile(r"\A(?:[ ().:,/-]\d|[_@/]|-[A-Za-z0-9])")
_LINK_BEFORE = re.compile(
    r"\A(?:[^.!?。\n]{0,40}?(?:\b(?:is|ist|lautet|est|es|è|é)\b:?|[:=]|是|为|為|は|은|는))?[\s*\"'“„「【\[(<]*\Z",
    re.IGNORECASE,
)
_LINK_AFTER = re.compile(
    r"\A[\s*\"'”」】\])>]*(?:\b(?:is|ist|est|es|è|é|as)\b|[-(=]|が|は|是|为|為)[^.!?。\n]{0,60}\Z",
    re.IGNORECASE,
)
_LINE_BEFORE = re.compile(r"(?:\A|\n)[\s>*|]*\Z")
_LINE_AFTER = re.compile(r"\A[ \t\r*|.]*(?:\n|\Z)")
_YEAR = re.compile(r"(?:19|20)\d\d")


class _Candidate(NamedTuple):
    start: int
    end: int
    code: str
    is_number: bool


class _Places:
    """Where something stands in the text, in order and without overlaps."""

    def __init__(self, matches: Sequence[re.Match[str]]) -> None:
        self._starts = [match.start() for match in matches]
        self._ends = [match.end() for match in matches]

    def before(self, place: int) -> int | None:
        """Return where the last one ends that ends at or before `place`."""
        index = bisect_right(self._ends, place)
        return self._ends[index - 1] if index else None

    def after(self, place: int) -> int | None:
        """Return where the first one starts that starts at or after `place`."""
        index = bisect_left(self._starts, place)
        return self._starts[index] if index < len(self._starts) else None

    def gap(self, found: _Candidate) -> int:
        """Return the characters to the nearest one; more than `_NEAR` where there is none near."""
        before, after = self.before(found.start), self.after(found.end)
        gaps = (
            found.start - before if before is not None else _NEAR + 1,
            after - found.end if after else _NEAR + 1,
        )
        return min(gaps)

    def cover(self, place: int) -> bool:
        """Whether one of them holds `place`."""
        index = bisect_right(self._starts, place)
        return index > 0 and place < self._ends[index - 1]


def find_codes(text: str) -> list[str]:
    """Return the one-time codes of a message, the likeliest first; none where it holds none.

    Codes of digits come without the blanks, hyphens and prefixes of their spelling (`123 456`, `G-123456`);
    codes with letters come as they are written.
    """
    text = text[:_LONGEST].translate(_WIDE)
    words: dict[str, list[re.Match[str]]] = {"other": [], "announcing": [], "hinting": []}
    for word in _WORDS.finditer(text):
        words[word.lastgroup or ""].append(word)
    announcing, hinting, other = (_Places(words[kind]) for kind in ("announcing", "hinting", "other"))
    scored = [(1000, -match.start(), match[1]) for match in _BOUND.finditer(text)]
    scored += [
        (score, -found.start, found.code)
        for found in _candidates(text)
        if (score := _score(text, found, announcing, hinting, other))
    ]
    return list(dict.fromkeys(code for _, _, code in sorted(scored, reverse=True)))


def _candidates(text: str) -> Iterator[_Candidate]:
    links = _Places(list(_ADDRESSES.finditer(text)))
    for match in _CANDIDATES.finditer(text):
        kind = match.lastgroup or ""
        code, is_number = match[kind], kind != "mixed"
        if is_number:
            code = code.replace(" ", "").replace("-", "")
        elif not (code.isupper() or any(c.isdigit() for c in code)):
            continue
        if not links.cover(match.start()):
            yield _Candidate(match.start(), match.end(), code, is_number)


def _score(text: str, found: _Candidate, announcing: _Places, hinting: _Places, other: _Places) -> int:
    """Return how likely this is the code; 0 for not at all."""
    gap, hint = announcing.gap(found), hinting.gap(found)
    if min(gap, hint) > _NEAR or other.gap(found) < gap:
        return 0
    before = text[max(0, found.start - _WINDOW) : found.start]
    after = text[found.end : found.end + _WINDOW]
    if _is_something_else(found, before, after):
        return 0
    alone = bool(_LINE_BEFORE.search(before) and _LINE_AFTER.match(after))
    if gap > _NEAR:
        stands_out = alone or (hint <= 1 and len(found.code) > 4)
        return _NEAR + 1 - hint if found.is_number and stands_out and not _YEAR.fullmatch(found.code) else 0
    linked = _is_linked(text, found, announcing)
    if not linked and (_YEAR.fullmatch(found.code) or not (found.is_number or alone)):
        return 0
    return 2 * _NEAR - gap + 200 * linked + 100 * alone + 20 * found.is_number


def _is_something_else(found: _Candidate, before: str, after: str) -> bool:
    if _TOUCHED_BEFORE.search(before) or _TOUCHED_AFTER.match(after):
        return True
    return bool(_LABELLED.search(before) or (found.is_number and _COUNTING.match(after)))


def _is_linked(text: str, found: _Candidate, announcing: _Places) -> bool:
    """Whether the words between say that the code is this one."""
    end, start = announcing.before(found.start), announcing.after(found.end)
    if end is not None and found.start - end <= 2 * _WINDOW and _LINK_BEFORE.match(text[end : found.start]):
        return True
    return (
        start is not None
        and start - found.end <= 2 * _WINDOW
        and bool(_LINK_AFTER.match(text[found.end : start]))
    )
