"""Clauses of a sentence around a quantity: what is counted there, who says what. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from consult.evidence.rules import MARK
from consult.position_paper.rules.numerals import DIGITS, LETTERS, ODD_LETTERS
from consult.position_paper.rules.quantities import FILLERS, NOUNS, QUANTITIES, SAYING_NOUNS, Quantity
from consult.position_paper.rules.saying import NEEDED_BEFORE, SAID, SAID_BEFORE, SAID_BY_ONE, SAID_FIRST

#: Where a number from the data stands in a sentence: ⟪0⟫, ⟪1⟫ ...
NUMBER_MARK = re.compile(r"⟪(\d{1,4})⟫")
#: How near to its subject a verb of saying must be, in words.
_SAID_WITHIN = 6
#: How far around a quantity its clause is read, in letters: a text of any length is then read in a time that grows as it does.
REACH = 240


def any_of(words: Iterable[str]) -> str:
    """A pattern that matches any of some words, the longest first; either apostrophe stands for both."""
    return "|".join(re.sub("['’]", "['’]", re.escape(w)) for w in sorted(words, key=len, reverse=True))


PHRASES: Mapping[str, Quantity] = {
    words: quantity for quantity in QUANTITIES for words in (*quantity.italian, *quantity.english)
}
NOUN_WORDS = {**NOUNS, **SAYING_NOUNS}
#: The noun of a quantity: after prepositions and articles («la metà delle 214 risposte» too), with at most one other word before it.
_NOUN = re.compile(
    rf"\s*(?:(?:(?:{FILLERS})\s*\b\s*){{1,4}}(?:{DIGITS}|(?:{LETTERS})\b)\s+|(?:(?:{FILLERS})\s*\b\s*){{0,4}})(?:(?!(?:{FILLERS})\b)[^\W\d_]+\s+)?\b(?P<noun>{any_of(NOUN_WORDS)})\b(?!\s+di\s+(?:spesa|bilancio|costo))",
    re.IGNORECASE,
)
NOUN_INSIDE = re.compile(rf"\b({any_of(NOUN_WORDS)})\b", re.IGNORECASE)
_SAID = re.compile(rf"\s*(?:{SAID})", re.IGNORECASE)
_SAID_BY_ONE = re.compile(rf"\s*(?:{SAID_BY_ONE})", re.IGNORECASE)
SAID_SOMEWHERE = re.compile(rf"\b(?:{SAID_BY_ONE})", re.IGNORECASE)
ARE = re.compile(r"\b(?:sono|erano|sono state|sono stati|are|were)\s+$", re.IGNORECASE)
#: Something said aside, between a subject and its verb.
_ASIDE = re.compile(r",[^,.;:!?«»“”]{1,80},")
_SAID_BEFORE = re.compile(rf"(?:^|\W)(?:{SAID_BEFORE})", re.IGNORECASE)
_ENDS = re.compile(r"[.;:!?«»“”()\n]|,\s")
_QUOTE_MARKS = {"«": "»", "“": "”", '"': '"'}
_OPENING = re.compile('[«“"]')
_NEEDED_BEFORE = re.compile(NEEDED_BEFORE, re.IGNORECASE)
_SAID_FIRST = re.compile(SAID_FIRST, re.IGNORECASE)


def blank(text: str) -> str:
    """The sentence with quotes and bound numbers blanked out, letter by letter, so that places stay the same."""
    text = text.translate(ODD_LETTERS)
    pieces, at, never = [], 0, set()
    for opening in _OPENING.finditer(text):
        closing = _QUOTE_MARKS[opening.group()]
        if opening.start() < at or closing in never:
            continue
        end = text.find(closing, opening.end())
        if end < 0:
            never.add(closing)
            continue
        pieces += [text[at : opening.start()], "·" * (end + 1 - opening.start())]
        at = end + 1
    text = "".join((*pieces, text[at:]))
    for pattern in (MARK, NUMBER_MARK):
        text = pattern.sub(lambda m: "·" * len(m.group()), text)
    return text


def tail_of(plain: str, start: int) -> str:
    """The rest of the clause after a place, as far as it is read."""
    stop = _ENDS.search(plain, start, start + REACH)
    return plain[start : stop.start() if stop else start + REACH]


def head_of(plain: str, end: int) -> str:
    """The clause before a place, as far back as it is read."""
    begin = max(0, end - REACH)
    starts = [match.end() for match in _ENDS.finditer(plain, begin, end)]
    return plain[starts[-1] if starts else begin : end]


@lru_cache(maxsize=64)
def _somebody_says(plain: str) -> bool:
    """Whether a verb of saying stands anywhere."""
    return SAID_SOMEWHERE.search(plain) is not None


def _said_near(tail: str) -> bool:
    """Whether a verb of saying comes within a few words."""
    return any(_SAID_BY_ONE.match(" ".join(tail.split()[at:])) for at in range(_SAID_WITHIN))


def counts(noun: str, plain: str, start: int, after: int, *, out_of: bool = False) -> str:
    """What a noun counts, of a quantity that begins at `start`; empty where the sentence does not say that voices are meant."""
    name = noun.lower()
    measure = NOUN_WORDS[name]
    if measure in {"zones", "speakers"}:
        return measure if out_of or _somebody_says(plain) else ""
    head = head_of(plain, start)
    if _SAID_BEFORE.search(head) or (name not in NOUNS and _SAID_FIRST.search(head)):
        return measure
    if name in NOUNS:
        return "" if "question" not in name and _NEEDED_BEFORE.search(head) else measure
    return measure if _said_near(tail_of(plain, _past_aside(plain, after))) else ""


def noun_after(plain: str, start: int, end: int, *, out_of: bool = False) -> str:
    """What the noun right after a quantity counts; empty where none follows."""
    tail = tail_of(plain, end)
    match = _NOUN.match(tail)
    return counts(match["noun"], plain, start, end + match.end(), out_of=out_of) if match else ""


def said_right_after(plain: str, end: int, *, one: bool = False) -> bool:
    """Whether a verb of saying follows at once, or after something said aside."""
    return (_SAID_BY_ONE if one else _SAID).match(tail_of(plain, _past_aside(plain, end))) is not None


def _past_aside(plain: str, end: int) -> int:
    """Where the clause goes on after something said aside."""
    aside = _ASIDE.match(plain, end)
    return aside.end() if aside else end


def said_of(plain: str, start: int, end: int) -> str:
    """What a quantity at the end of its clause is said of: «le risposte che ne parlano sono molte»."""
    head = head_of(plain, start)
    if tail_of(plain, end).strip() or not ARE.search(head) or not SAID_SOMEWHERE.search(head):
        return ""
    nouns = list(NOUN_INSIDE.finditer(head))
    return NOUN_WORDS[nouns[-1].group(1).lower()] if nouns else ""
