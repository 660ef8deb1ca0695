"""Numbers as they are written, in digits and in letters, Italian and English: how they look and what they are worth. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from consult.position_paper.rules.quantities import NUMBER_WORDS

#: Letters that a search without regard to case takes for i, k and s though no dictionary does: each becomes one plain letter.
ODD_LETTERS = str.maketrans({"ı": "i", "İ": "I", "ſ": "s", "\u212a": "K", "\u212b": "Å"})
#: «214», «1.214», «1 214», «1,214», «17,5». A number of more than twelve figures counts no voices.
DIGITS = (
    r"\d{1,3}(?:\.\d{3}){1,3}(?![\d,])|\d{1,3}(?:,\d{3}){1,3}(?!\d)"
    r"|(?<!zona\s)(?<!zone\s)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3}){1,3}(?![\d.,]*\d)|\d{1,12}(?!\d)(?:,\d{1,12}(?!\d))?"
)
#: The same before a sign of percent, where a point may part the decimals too.
PERCENT_DIGITS = rf"\d{{1,3}}\.\d{{1,2}}(?!\d)|{DIGITS}"
_POINT = re.compile(r"\d{1,3}\.\d{1,2}")
_COMMA_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")

#: In a longer number three takes an accent: «duecentotré».
_LETTERS: Mapping[str, int] = {**NUMBER_WORDS, "tré": 3}
_MULTIPLES = ("due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove")


def _below_a_thousand() -> dict[str, int]:
    """«Centocinquanta», «duecentotto»: before otto and ottanta the vowel of cento may fall."""
    small = {word: n for word, n in _LETTERS.items() if n < 100 and word.isalpha() and word != "una"}
    found = {}
    for n, word in enumerate(("", *_MULTIPLES), start=1):
        found[f"{word}cento"] = 100 * n
        for end, value in small.items():
            found[f"{word}cento{end}"] = 100 * n + value
            if end.startswith("ott"):
                found[f"{word}cent{end}"] = 100 * n + value
    return found


_WORDS: Mapping[str, int] = {**_LETTERS, **_below_a_thousand()}


def _any(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_SMALL = _any([word for word, n in _LETTERS.items() if n < 100])
_HUNDREDS = rf"(?:{'|'.join(_MULTIPLES)})?cento?(?:{_SMALL})|(?:{'|'.join(_MULTIPLES)})?cento"
_UNITS = "a|one|two|three|four|five|six|seven|eight|nine"
_HUNDREDS_EN = rf"(?:{_UNITS})\shundred(?:\s(?:and\s)?(?:{_SMALL}))?"
#: A number in letters; what looks like one and is none (`value` says) is passed over.
LETTERS = (
    rf"(?:{_HUNDREDS}|{_SMALL})mila(?:{_HUNDREDS}|{_SMALL})?|mille(?:{_HUNDREDS}|{_SMALL})?"
    rf"|(?:{_HUNDREDS_EN}|{_SMALL}|a)\sthousand(?:\s(?:and\s)?(?:{_HUNDREDS_EN}|{_SMALL}))?|{_HUNDREDS_EN}|{_HUNDREDS}|{_SMALL}"
)


def value(words: str, *, percent: bool = False) -> float:
    """What a number is worth; not a number (nan) where letters only look like one, so that it equals nothing."""
    words = " ".join(words.lower().split())
    if words[:1].isdigit():
        if percent and _POINT.fullmatch(words):
            return float(words)
        if not percent and _COMMA_THOUSANDS.fullmatch(words):
            words = words.replace(",", "")
        return float(words.replace(" ", "").replace(".", "").replace(",", "."))
    if words in {"un", "a"}:
        return 1
    known = _WORDS.get(words)
    return float(known) if known is not None else _composed(words)


def _composed(words: str) -> float:
    """Thousands in Italian, hundreds and thousands in English."""
    for mark, by in ((" thousand", 1000), (" hundred", 100), ("mila", 1000), ("mille", 1000)):
        before, found, after = words.partition(mark)
        if found:
            times = 1.0 if mark == "mille" and not before else value(before) if before else float("nan")
            rest = after.strip().removeprefix("and ")
            return times * by + (value(rest) if rest else 0)
    return float("nan")
