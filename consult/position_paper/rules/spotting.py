"""Claims about how many voices, found in a sentence: words of quantity, numbers, percentages, one in ten. Pure.

A claim is found only where the sentence counts voices: a noun that counts them right after the quantity, or a verb of saying. «Molti
servizi nelle zone montane» and «servono 12 fonti di energia» count none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from consult.evidence.rules import MARK
from consult.position_paper.rules.quantities import (
    ALONE,
    FILLERS,
    LOOSE,
    NEVER_ALONE,
    NOUNS,
    NUMBER_WORDS,
    OF_ONE,
    PARTS,
    QUANTITIES,
    ROUND,
    SAYING_NOUNS,
    Quantity,
)
from consult.position_paper.rules.saying import SAID, SAID_BEFORE, SAID_BY_ONE

#: Where a number from the data stands in a sentence: ⟪0⟫, ⟪1⟫ ...
NUMBER_MARK = re.compile(r"⟪(\d+)⟫")
#: How near to its subject a verb of saying must be, in words.
_SAID_WITHIN = 6
#: «Two in three», «4 su 10», «40 persone su 100»: out of so many it is a share, unless there are just so many voices.
SHARES = frozenset({*range(2, 11), 100})


def _any(words: Iterable[str]) -> str:
    """A pattern that matches any of some words, the longest first; either apostrophe stands for both."""
    return "|".join(re.sub("['’]", "['’]", re.escape(w)) for w in sorted(words, key=len, reverse=True))


_DIGITS = r"\d{1,3}(?:\.\d{3})+(?![\d,])|\d+(?:,\d+)?"
_LETTERS = _any(NUMBER_WORDS)
_LOOSE_BEFORE = rf"(?:(?P<loose>\b(?:{_any(LOOSE)})\b)\s+(?:il\s+|l['’]|the\s+)?)?"
_PHRASES: Mapping[str, Quantity] = {
    words: quantity for quantity in QUANTITIES for words in (*quantity.italian, *quantity.english)
}
_QUANTITY = re.compile(rf"\b({_any(_PHRASES)})\b", re.IGNORECASE)
_NOUN_WORDS = {**NOUNS, **SAYING_NOUNS}
#: The noun of a quantity: after prepositions and articles, with at most one other word before it.
_NOUN = re.compile(
    rf"\s*(?:(?:{FILLERS})\s*\b\s*){{0,4}}(?:(?!(?:{FILLERS})\b)[^\W\d_]+\s+)?\b(?P<noun>{_any(_NOUN_WORDS)})\b(?!\s+di\s+(?:spesa|bilancio|costo))",
    re.IGNORECASE,
)
_NOUN_INSIDE = re.compile(rf"\b({_any(_NOUN_WORDS)})\b", re.IGNORECASE)
_SAID = re.compile(rf"\s*(?:{SAID})", re.IGNORECASE)
_SAID_BY_ONE = re.compile(rf"\s*(?:{SAID_BY_ONE})", re.IGNORECASE)
_SAID_SOMEWHERE = re.compile(rf"\b(?:{SAID_BY_ONE})", re.IGNORECASE)
_ARE = re.compile(r"\b(?:sono|erano|sono state|sono stati|are|were)\s+$", re.IGNORECASE)
#: «Per molti il treno è lento»: whose opinion it is. Something must follow that is no noun of theirs: «per molti anni» is nobody's.
_HELD_BY = re.compile(
    r"\b(?:per|secondo|opinione di|parere di|giudizio di|avviso di|detta di|according to|in the opinion of)\s+$",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\s*(?:$|[,:]|(?:il|lo|la|i|gli|le|un|una|che|non|è|sono|serve|servono|manca|mancano|the|a|it|there|that)\b|l['’])",
    re.IGNORECASE,
)
#: Something said aside, between a subject and its verb.
_ASIDE = re.compile(r",[^,.;:!?«»“”]{1,80},")
_SAID_BEFORE = re.compile(rf"(?:^|\W)(?:{SAID_BEFORE})", re.IGNORECASE)
#: «Due su tre», «9 risposte su 10», «one in ten answers».
_RATIO = re.compile(
    rf"{_LOOSE_BEFORE}(?<![\w.,/⟪⟦-])(?P<n>{_DIGITS}|\b(?:un|{_LETTERS})\b)(?P<noun>\s+(?:[^\W\d]+\s+){{0,4}}?)"
    rf"(?:su|out of|in|of)\s+(?P<of>\d{{1,3}}(?![\d.,]*\d)|(?:{_LETTERS})\b)(?!\s?%)(?![\w/])",
    re.IGNORECASE,
)
#: «Un quinto delle risposte», «two fifths of respondents».
_PART = re.compile(
    rf"{_LOOSE_BEFORE}\b(?P<n>un|a|{_LETTERS})\s+(?P<part>{_any(PARTS)})\b",
    re.IGNORECASE,
)
_ROUND = re.compile(rf"\b(?P<words>{_any(ROUND)})\b", re.IGNORECASE)
_OF = r"(?:su|di|dei|delle|degli|del|dell['’]|della|of the|out of|of)"
#: «37 delle 214», «7 zone su 11», «40%», «quaranta per cento», «37», «sette»: the first that matches at a place counts.
_NUMBER = re.compile(
    rf"{_LOOSE_BEFORE}(?<![\w.,/⟪⟦-])(?:"
    rf"(?P<n>{_DIGITS})\s+{_OF}\s*(?P<of>{_DIGITS})(?![\d%.,]*[\d%])"
    rf"|(?P<pn>{_DIGITS}|\b(?:{_LETTERS}))\s?(?:%|per\s+cento\b|percento\b|percent\b|per\s+cent\b)"
    rf"|(?P<m>{_DIGITS}|\b(?:{_LETTERS})\b)(?P<noun>\s+(?:[^\W\d]+\s+){{1,4}}?)(?P<after>su|of|out of)\s+(?P<mof>{_DIGITS})"
    rf"|(?P<p>{_DIGITS}|\b(?:{_LETTERS})\b)"
    rf")(?![\w/])",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.;:!?«»“”()\n]|,\s")
#: «nella zona 3»: voices that name no channel are then those of the zone.
_ZONE = re.compile(r"\b(?:zona|zone)\s+(\d{1,3})\b", re.IGNORECASE)
_INSIDE_QUOTES = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Claim:
    """Something a sentence says about how many: where it stands, what it counts, and what it says of it.

    `measure` empty: nothing says what is counted. `value` and `of` are numbers; `quantity` is the code of a word of quantity. Of a share
    ("ratio") `of` is no number of voices, unless there are just so many.
    """

    start: int
    end: int
    words: str
    measure: str
    form: str
    value: float = 0.0
    of: float | None = None
    quantity: str = ""
    loose: str = ""
    digits: tuple[tuple[int, int, str], ...] = ()


def find(text: str) -> list[Claim]:
    """Claims about how many voices in a sentence, in their order; what stands in quotation marks, or comes from the data already, is none."""
    return list(_found(text))


@lru_cache(maxsize=4096)
def _found(text: str) -> tuple[Claim, ...]:
    """The same, remembered: a paper is checked again and again while few of its sentences change."""
    plain = _blank(text)
    found: list[Claim] = []
    for pattern, make in (
        (_RATIO, _ratio), (_PART, _part), (_ROUND, _round), (_QUANTITY, _quantity), (_NUMBER, _number),
    ):  # fmt: skip  # pairs read better side by side
        for match in pattern.finditer(plain):
            claim = make(match, plain)
            if claim is not None and not any(claim.start < c.end and c.start < claim.end for c in found):
                found.append(claim)
    zone = _ZONE.search(plain)
    if zone is not None:
        found = [replace(c, measure=f"zone:{zone.group(1)}") if c.measure == "main" else c for c in found]
    return tuple(sorted(found, key=lambda c: c.start))


def _blank(text: str) -> str:
    """The sentence with quotes and bound numbers blanked out, letter by letter, so that places stay the same."""
    for pattern in (_INSIDE_QUOTES, MARK, NUMBER_MARK):
        text = pattern.sub(lambda m: "·" * len(m.group()), text)
    return text


def _tail(plain: str, start: int) -> str:
    """The rest of the clause after a place."""
    stop = _ENDS.search(plain, start)
    return plain[start : stop.start() if stop else len(plain)]


def _head(plain: str, end: int) -> str:
    """The clause before a place."""
    starts = [match.end() for match in _ENDS.finditer(plain, 0, end)]
    return plain[starts[-1] if starts else 0 : end]


def _said_near(tail: str) -> bool:
    """Whether a verb of saying comes within a few words."""
    return any(_SAID_BY_ONE.match(" ".join(tail.split()[at:])) for at in range(_SAID_WITHIN))


def _counts(noun: str, plain: str, start: int, after: int, *, out_of: bool = False) -> str:
    """What a noun counts, of a quantity that begins at `start`; empty where the sentence does not say that voices are meant."""
    name = noun.lower()
    measure = _NOUN_WORDS[name]
    if measure in {"zones", "speakers"}:
        return measure if out_of or _SAID_SOMEWHERE.search(plain) else ""
    tail = _tail(plain, _past_aside(plain, after))
    if name in NOUNS or _SAID_BEFORE.search(_head(plain, start)) or _said_near(tail):
        return measure
    return ""


def _noun_after(plain: str, start: int, end: int, *, out_of: bool = False) -> str:
    """What the noun right after a quantity counts; empty where none follows."""
    tail = _tail(plain, end)
    match = _NOUN.match(tail)
    return _counts(match["noun"], plain, start, end + match.end(), out_of=out_of) if match else ""


def _said_right_after(plain: str, end: int, *, one: bool = False) -> bool:
    """Whether a verb of saying follows at once, or after something said aside."""
    return (_SAID_BY_ONE if one else _SAID).match(_tail(plain, _past_aside(plain, end))) is not None


def _past_aside(plain: str, end: int) -> int:
    """Where the clause goes on after something said aside."""
    aside = _ASIDE.match(plain, end)
    return aside.end() if aside else end


def _said_of(plain: str, start: int, end: int) -> str:
    """What a quantity at the end of its clause is said of: «le risposte che ne parlano sono molte»."""
    head = _head(plain, start)
    if _tail(plain, end).strip() or not _ARE.search(head) or not _SAID_SOMEWHERE.search(head):
        return ""
    nouns = list(_NOUN_INSIDE.finditer(head))
    return _NOUN_WORDS[nouns[-1].group(1).lower()] if nouns else ""


def _quantity(match: re.Match[str], plain: str) -> Claim | None:
    words = match.group(1).lower().replace("’", "'")
    measure = "" if words in ALONE else _noun_after(plain, match.start(), match.end())
    if not measure:
        one = words in OF_ONE or words.startswith(("nessun", "quasi nessun", "qualcun"))
        held = _HELD_BY.search(_head(plain, match.start())) and _HOLDS.match(plain, match.end())
        if words not in NEVER_ALONE and (held or _said_right_after(plain, match.end(), one=one)):
            measure = "main"
        else:
            measure = _said_of(plain, match.start(), match.end())
    if not measure:
        return None
    return Claim(match.start(), match.end(), match.group(1), measure, "quantity", quantity=_PHRASES[words].code)


def _value(words: str) -> float:
    letters = {**NUMBER_WORDS, "un": 1, "a": 1}.get(words.lower())
    return float(letters) if letters is not None else float(words.replace(".", "").replace(",", "."))


def _loose(match: re.Match[str]) -> str:
    return LOOSE.get((match["loose"] or "").lower(), "")


def _is_digits(words: str) -> bool:
    return words[:1].isdigit()


def _ratio(match: re.Match[str], plain: str) -> Claim | None:
    value, of = _value(match["n"]), _value(match["of"])
    if of not in SHARES or not 0 < value < of:
        return None
    inside = _NOUN_INSIDE.search(match["noun"])
    if inside:
        measure = _counts(inside.group(1), plain, match.start(), match.end(), out_of=True)
    elif match["noun"].strip():
        return None
    else:
        measure = _noun_after(plain, match.start(), match.end(), out_of=True)
        if not measure and _said_right_after(plain, match.end(), one=True):
            measure = "main"
    if not measure:
        return None
    digits = tuple(
        (match.start(name), match.end(name), form)
        for name, form in (("n", "voices"), ("of", "of"))
        if _is_digits(match[name])
    )
    return Claim(
        match.start(), match.end(), match.group().strip(), measure, "ratio", value, of, loose=_loose(match), digits=digits
    )  # fmt: skip  # one row of values reads better so


def _part(match: re.Match[str], plain: str) -> Claim | None:
    value, of = _value(match["n"]), PARTS[match["part"].lower()]
    words = match.group().strip().lower()
    if not 0 < value < of or words in _PHRASES:
        return None
    measure = _noun_after(plain, match.start(), match.end())
    if not measure and _said_right_after(plain, match.end(), one=True):
        measure = "main"
    return (
        Claim(match.start(), match.end(), match.group().strip(), measure, "ratio", value, float(of), loose=_loose(match))
        if measure
        else None
    )  # fmt: skip  # one row of values reads better so


def _round(match: re.Match[str], plain: str) -> Claim | None:
    value, loose = ROUND[match["words"].lower()]
    measure = _noun_after(plain, match.start(), match.end())
    return (
        Claim(match.start(), match.end(), match["words"], measure, "voices", float(value), loose=loose) if measure else None
    )  # fmt: skip  # one row of values reads better so


def _number(match: re.Match[str], plain: str) -> Claim | None:
    start, end, said = match.start(), match.end(), match.group().strip()
    loose = _loose(match)
    if match["n"]:
        places = ((match.start("n"), match.end("n"), "voices"), (match.start("of"), match.end("of"), "of"))
        measure = _noun_after(plain, start, end, out_of=True)
        return Claim(start, end, said, measure, "voices", _value(match["n"]), _value(match["of"]), loose=loose, digits=places)
    if match["pn"]:
        measure = _noun_after(plain, start, end)
        if not measure and _said_right_after(plain, end, one=True):
            measure = "main"
        place = ((match.start("pn"), match.end("pn"), "percent"),) if _is_digits(match["pn"]) else ()
        return Claim(start, end, said, measure, "percent", _value(match["pn"]), loose=loose, digits=place)
    if match["m"]:
        noun = _NOUN_INSIDE.search(match["noun"])
        measure = _counts(noun.group(1), plain, start, end, out_of=True) if noun else ""
        if not measure:
            return None
        places = ((match.start("m"), match.end("m"), "voices"), (match.start("mof"), match.end("mof"), "of"))
        return Claim(start, end, said, measure, "voices", _value(match["m"]), _value(match["mof"]), loose=loose, digits=places)
    # A bare number counts voices only where its noun stands right after it: "12 risposte", not "12 treni per le persone"; of one nothing
    # is said: «una risposta» is as often an answer that somebody waits for.
    tail = _tail(plain, end)
    noun = _NOUN_INSIDE.match(tail.lstrip())
    measure = _counts(noun.group(1), plain, start, end + len(tail) - len(tail.lstrip()) + noun.end()) if noun else ""
    if not measure or _value(match["p"]) == 1:
        return None
    return Claim(start, end, said, measure, "voices", _value(match["p"]), loose=loose, digits=((match.start("p"), match.end("p"), "voices"),))
