"""Claims about how many voices, found in a sentence: words of quantity, numbers, percentages, one in ten. Pure.

A claim is found only where the sentence counts voices: a noun that counts them right after the quantity, or a verb of saying. «Molti
servizi nelle zone montane» and «servono 12 fonti di energia» count none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from consult.position_paper.rules.clauses import (
    ARE,
    NOUN_INSIDE,
    NOUN_WORDS,
    PHRASES,
    REACH,
    SAID_SOMEWHERE,
    any_of,
    blank,
    counts,
    head_of,
    noun_after,
    said_of,
    said_right_after,
    tail_of,
)
from consult.position_paper.rules.numerals import DIGITS, LETTERS, PERCENT_DIGITS, value
from consult.position_paper.rules.quantities import (
    ALONE,
    FILLERS,
    LOOSE,
    NEVER_ALONE,
    NOUNS,
    OF_ONE,
    PARTS,
    ROUND,
)
from consult.position_paper.rules.saying import (
    TOOK_PART_AFTER,
    TOOK_PART_BEFORE,
    TOTAL_AFTER,
    TOTAL_BEFORE,
    TOTAL_OF,
)

#: «Two in three», «4 su 10», «40 persone su 100»: out of so many it is a share, unless there are just so many voices.
SHARES = frozenset({*range(2, 11), 100})

_LOOSE_BEFORE = rf"(?:(?P<loose>\b(?:{any_of(LOOSE)})\b)\s+(?:il\s+|l['’]|the\s+)?)?"
_QUANTITY = re.compile(rf"\b({any_of(PHRASES)})\b", re.IGNORECASE)
#: One adjective: of Italian its plural, of English a form that verbs have not.
ADJECTIVE = (
    rf"(?!(?:{FILLERS}|{any_of(PHRASES)}|e|dei|delle|degli|nei|nelle|ai|alle|dai|dalle|sui|sulle|che|chi|come|anche|se|ne|le|sei|sette|nove|"
    r"[^\W\d_]*nte|[^\W\d_]+[aei]re|received)\b)(?:[^\W\d_]+[ei](?=\s+[^\W\d_]+(?:[aeiou]\b|\s))|new|further|other|more|open|online|full|long|"
    r"short|first|last|[^\W\d_]+(?:al|ive|ful|ous|ed|ic|ble|ent|ary|ten))"
)
#: «Per molti il treno è lento»: whose opinion it is. Something must follow that is no noun of theirs: «per molti anni» is nobody's.
_HELD_BY = re.compile(
    r"\b(?:per|secondo|opinione di|parere di|giudizio di|avviso di|detta di|according to|in the opinion of)\s+$",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\s*(?:$|[,:]|(?:il|lo|la|i|gli|le|un|una|che|non|è|sono|serve|servono|manca|mancano|the|a|it|there|that)\b|l['’])",
    re.IGNORECASE,
)
#: «Due su tre», «9 risposte su 10», «one in ten answers».
_RATIO = re.compile(
    rf"{_LOOSE_BEFORE}(?<![\w.,/⟪⟦-])(?P<n>{DIGITS}|\b(?:un|{LETTERS})\b)(?P<noun>\s+(?:[^\W\d]+\s+){{0,4}}?)"
    rf"(?:su|out of|in|of)\s+(?P<of>\d{{1,3}}(?![\d.,]*\d)|(?:{LETTERS})\b)(?!\s?%)(?![\w/])",
    re.IGNORECASE,
)
#: «Un quinto delle risposte», «two fifths of respondents».
_PART = re.compile(
    rf"{_LOOSE_BEFORE}\b(?P<n>un|a|{LETTERS})\s+(?P<part>{any_of(PARTS)})\b",
    re.IGNORECASE,
)
#: «Centinaia di risposte», and of those that were named: «centinaia delle risposte».
_ROUND = re.compile(
    rf"\b(?:(?P<words>{any_of(ROUND)})|(?P<many>{any_of(w.removesuffix(' di') for w in ROUND if w.endswith(' di'))})\s+(?:delle|dei|degli))\b",
    re.IGNORECASE,
)
_OF = r"(?:su|di|dei|delle|degli|del|dell['’]|della|of the|out of|of)"
#: «37 delle 214», «7 zone su 11», «40%», «quaranta per cento», «37», «sette»: the first that matches at a place counts.
_NUMBER = re.compile(
    rf"{_LOOSE_BEFORE}(?<![\w.,/⟪⟦-])(?:"
    rf"(?P<n>{DIGITS})\s+{_OF}\s*(?P<of>{DIGITS})(?![\d%.,]{{0,20}}[\d%])"
    rf"|(?P<pn>{PERCENT_DIGITS}|\b(?:{LETTERS}))\s?(?:%|per\s+cento\b|percento\b|percent\b|per\s+cent\b)"
    rf"|(?P<m>{DIGITS}|\b(?:{LETTERS})\b)(?P<noun>\s+(?:[^\W\d]+\s+){{1,4}}?)(?P<after>su|of|out of)\s+(?P<mof>{DIGITS})"
    rf"|(?P<p>{DIGITS}|\b(?:{LETTERS})\b)"
    rf")(?![\w/])",
    re.IGNORECASE,
)
#: «nella zona 3»: voices that name no channel are then those of the zone.
_ZONE = re.compile(r"\b(?:zona|zone)\s+(\d{1,3})\b", re.IGNORECASE)
_TOTAL_OF = re.compile(TOTAL_OF, re.IGNORECASE)
_TOTAL_BEFORE = re.compile(TOTAL_BEFORE, re.IGNORECASE)
_TOTAL_AFTER = re.compile(TOTAL_AFTER, re.IGNORECASE)
_TOOK_PART_BEFORE = re.compile(TOOK_PART_BEFORE, re.IGNORECASE)
_TOOK_PART_AFTER = re.compile(TOOK_PART_AFTER, re.IGNORECASE)
#: The noun of a number: at once, as part of them («150 delle risposte»), or after one adjective («150 nuove risposte», never «12 treni»).
_COUNTED = re.compile(
    rf"\s*(?:(?P<plain>{any_of(NOUN_WORDS)})\b"
    rf"|(?P<part>dei|delle|degli|tra|fra|di(?=\s+(?:quest|quei|quell|tutt|tali|chi\b|coloro))|of)\s+(?:(?:le|i|gli|queste|questi|quei|quelle|"
    rf"tutte|tutti|tali|nostre|nostri|the|these|those|our|all)\s+){{0,2}}(?:{{adjective}}\s+)?(?P<among>{any_of(NOUN_WORDS)})\b"
    rf"|{{adjective}}\s+(?P<after>{any_of(NOUNS)})\b)(?!\s+di\s+(?:spesa|bilancio|costo))".replace(
        "{adjective}", ADJECTIVE
    ),
    re.IGNORECASE,
)
#: «Sono 40 le risposte».
_THERE_ARE = re.compile(rf"\s+(?:le|i|gli|the)\s+(?:{ADJECTIVE}\s+)?(?P<noun>{any_of(NOUN_WORDS)})\b", re.IGNORECASE)
#: «Le risposte al questionario sono 214.»: the noun before its number, which ends there.
_THEY_ARE = re.compile(
    rf"\b(?:le|i|gli|the)\s+(?:{ADJECTIVE}\s+)?(?P<noun>{any_of(NOUN_WORDS)})\s+(?:al\s+questionario\s+)?(?:[^\W\d_]+[ei]\s+)?"
    r"(?:sono|erano|are|were)\s+(?:stat[ei]\s+)?(?:(?:in\s+tutto|in\s+totale|in\s+total|circa|oltre|più\s+di)\s+)?$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s*(?:in\s+tutto|in\s+totale|in\s+total|altogether)?\s*(?:$|[.,;:!?)])", re.IGNORECASE)
#: Numbers of a list, a year, an hour: «domanda 5», «nel 2024».
_NUMBERED = re.compile(
    r"(?:\b(?:nel|dal|del|al|entro|anno|ore|pagin[ae]|punt[oi]|articol[oi]|capitol[oi]|domand[ae]|allegat[oi]|zon[ae]|tem[ai]|obiettiv[oi]|"
    r"pian[oi]|agenda|legge|line[ae]|strategi[ae]|risultanz[ae]|over|under|page|question|point|section|chapter|theme|zone|line|goal|finding)"
    r"(?:\s+n(?:umero|\.)?)?|\b(?:nell|dell|dall|all|l)['’]|\b(?:art|pag|n|p)\.)\s*(?:il\s+)?$",
    re.IGNORECASE,
)
_BY_SO_MANY = re.compile(r"\bin\s+$", re.IGNORECASE)
#: What may come before a number that is its clause's subject: «emerge che 40 chiedono», «solo 40 chiedono».
_OPENS = re.compile(r"(?:^|\b(?:che|that|solo|soltanto|appena|only|just)\s)\s*$", re.IGNORECASE)
#: «40 delle quali chiedono».
_OF_THEM = re.compile(r"\s+(?:delle quali|dei quali|di loro|di esse|di essi|of them|of whom|of which)\b", re.IGNORECASE)
_YEARS = range(1900, 2101)
#: «150-200 risposte», «il 40-50%», «tra 150 e 200», «da 30 a 40», «30 o 40».
_RANGE = re.compile(
    rf"(?<![\w.,/⟪⟦-])(?:(?P<open>\b(?:tra|fra|between|da|dal|from))\s+(?:(?:le|i|il|the)\s+)?)?"
    rf"(?P<n>{PERCENT_DIGITS}|\b(?:{LETTERS})\b)(?P<first>\s?(?:%|per\s+cento\b|per\s?cent\b))?"
    rf"(?:\s?[-–—‑]\s?|\s+(?P<word>o|or|a|al|e|ed|to|and)\s+(?:(?:le|i|il|the)\s+)?)"
    rf"(?P<to>{PERCENT_DIGITS}|\b(?:{LETTERS})\b)(?P<last>\s?(?:%|per\s+cento\b|percento\b|per\s?cent\b))?(?![\w/])",
    re.IGNORECASE,
)
_RANGE_WORDS = {"o": {""}, "or": {""}, "a": {"da", "dal"}, "al": {"da", "dal"}, "to": {"", "from"}}


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
    #: The upper end of a range.
    to: float | None = None
    #: Said as all there are: «delle 214 risposte».
    total: bool = False
    digits: tuple[tuple[int, int, str], ...] = ()


def find(text: str) -> list[Claim]:
    """Claims about how many voices in a sentence, in their order; what stands in quotation marks, or comes from the data already, is none."""
    return list(_found(text))


@lru_cache(maxsize=4096)
def _found(text: str) -> tuple[Claim, ...]:
    """The same, remembered: a paper is checked again and again while few of its sentences change."""
    plain = blank(text)
    found: list[Claim] = []
    taken = bytearray(len(plain))
    for pattern, make in (
        (_RANGE, _range), (_RATIO, _ratio), (_PART, _part), (_ROUND, _round), (_QUANTITY, _quantity), (_NUMBER, _number),
    ):  # fmt: skip  # pairs read better side by side
        for match in pattern.finditer(plain):
            claim = make(match, plain)
            if claim is not None and not any(taken[claim.start : claim.end]):
                found.append(claim)
                taken[claim.start : claim.end] = b"\1" * (claim.end - claim.start)
    zone = _ZONE.search(plain)
    if zone is not None:
        found = [replace(c, measure=f"zone:{zone.group(1)}") if c.measure == "main" else c for c in found]
    return tuple(_of_what_was_named(sorted(found, key=lambda c: c.start)))


def _of_what_was_named(found: list[Claim]) -> Iterator[Claim]:
    """«Delle 214 risposte, 40 chiedono treni»: what names no channel is of the total named before it."""
    named = ""
    for claim in found:
        named = claim.measure if claim.total and claim.measure.startswith(("channel:", "speaker:")) else named
        yield replace(claim, measure=named) if claim.measure == "main" and named else claim


def _quantity(match: re.Match[str], plain: str) -> Claim | None:
    words = match.group(1).lower().replace("’", "'")
    measure = "" if words in ALONE else noun_after(plain, match.start(), match.end())
    if not measure:
        one = words in OF_ONE or words.startswith(("nessun", "quasi nessun", "qualcun"))
        held = _HELD_BY.search(head_of(plain, match.start())) and _HOLDS.match(plain, match.end())
        if words not in NEVER_ALONE and (held or said_right_after(plain, match.end(), one=one)):
            measure = "main"
        else:
            measure = said_of(plain, match.start(), match.end())
    if not measure:
        return None
    return Claim(match.start(), match.end(), match.group(1), measure, "quantity", quantity=PHRASES[words].code)


def _loose(match: re.Match[str]) -> str:
    return LOOSE.get((match["loose"] or "").lower(), "")


def _is_digits(words: str) -> bool:
    return words[:1].isdigit()


def _ratio(match: re.Match[str], plain: str) -> Claim | None:
    number, of = value(match["n"]), value(match["of"])
    if of not in SHARES or not 0 < number < of:
        return None
    inside = NOUN_INSIDE.search(match["noun"])
    if inside:
        measure = counts(inside.group(1), plain, match.start(), match.end(), out_of=True)
    elif match["noun"].strip():
        return None
    else:
        measure = noun_after(plain, match.start(), match.end(), out_of=True)
        if not measure and said_right_after(plain, match.end(), one=True):
            measure = "main"
    if not measure:
        return None
    digits = tuple(
        (match.start(name), match.end(name), form)
        for name, form in (("n", "voices"), ("of", "of"))
        if _is_digits(match[name])
    )
    return Claim(
        match.start(), match.end(), match.group().strip(), measure, "ratio", number, of, loose=_loose(match), digits=digits
    )  # fmt: skip  # one row of values reads better so


def _part(match: re.Match[str], plain: str) -> Claim | None:
    number, of = value(match["n"]), PARTS[match["part"].lower()]
    words = match.group().strip().lower()
    if not 0 < number < of or words in PHRASES:
        return None
    measure = noun_after(plain, match.start(), match.end())
    if not measure and said_right_after(plain, match.end(), one=True):
        measure = "main"
    return (
        Claim(match.start(), match.end(), match.group().strip(), measure, "ratio", number, float(of), loose=_loose(match))
        if measure
        else None
    )  # fmt: skip  # one row of values reads better so


def _round(match: re.Match[str], plain: str) -> Claim | None:
    number, loose = ROUND[(match["words"] or f"{match['many']} di").lower()]
    measure = noun_after(plain, match.start(), match.end())
    return (
        Claim(match.start(), match.end(), match.group(), measure, "voices", float(number), loose=loose) if measure else None
    )  # fmt: skip  # one row of values reads better so


def _number(match: re.Match[str], plain: str) -> Claim | None:
    start, end, said = match.start(), match.end(), match.group().strip()
    loose = _loose(match)
    if match["n"]:
        places = ((match.start("n"), match.end("n"), "voices"), (match.start("of"), match.end("of"), "of"))
        measure = noun_after(plain, start, end, out_of=True)
        return Claim(
            start, end, said, measure, "voices", value(match["n"]), value(match["of"]), loose=loose, digits=places
        )
    if match["pn"]:
        measure = noun_after(plain, start, end)
        if not measure and said_right_after(plain, end, one=True):
            measure = "main"
        place = ((match.start("pn"), match.end("pn"), "percent"),) if _is_digits(match["pn"]) else ()
        return Claim(start, end, said, measure, "percent", value(match["pn"], percent=True), loose=loose, digits=place)
    if match["m"]:
        noun = NOUN_INSIDE.search(match["noun"])
        measure = counts(noun.group(1), plain, start, end, out_of=True) if noun else ""
        if not measure:
            return None
        places = ((match.start("m"), match.end("m"), "voices"), (match.start("mof"), match.end("mof"), "of"))
        return Claim(
            start, end, said, measure, "voices", value(match["m"]), value(match["mof"]), loose=loose, digits=places
        )
    return _bare(match, plain)


def _bare(match: re.Match[str], plain: str) -> Claim | None:
    """A bare number counts voices only where its noun stands right after it, or a verb of saying that has no other subject.

    «12 risposte», not «12 treni per le persone»; of one nothing is said: «una risposta» is as often an answer that somebody waits for.
    """
    start, end, number = match.start(), match.end(), value(match["p"])
    if number == 1:
        return None
    head, tail = head_of(plain, start), tail_of(plain, end)
    year = number in _YEARS and match["p"].isdigit()
    numbered = year or _NUMBERED.search(head) is not None
    noun = _COUNTED.match(tail)
    if noun is not None and not noun["plain"] and (numbered or (noun["after"] and _BY_SO_MANY.search(head))):
        noun = None
    if year and _BY_SO_MANY.search(head):
        return None
    if noun is None and ARE.search(head):
        noun = _THERE_ARE.match(tail)
    measure, total = "", False
    they_are = None if noun is not None or numbered or not _ENDS.match(tail) else _THEY_ARE.search(head)
    if they_are is not None:
        measure, total = counts(they_are["noun"], plain, start, end), True
    elif noun is not None:
        word, after = next(w for w in noun.groupdict().values() if w and w.lower() in NOUN_WORDS), end + noun.end()
        total = not noun.groupdict().get("part") and _is_total(plain, start, after)
        measure = counts(word, plain, start, after)
    elif not numbered:
        by_so_many = _BY_SO_MANY.search(head) is not None
        # «Art. 5 parlano ...»: after a point that shortens a word nobody begins to speak.
        before = plain[max(0, start - REACH) : start - len(head)].rstrip()
        opens = _OPENS.search(head) is not None and (not before or before[-1] in ",;:")
        said_before = by_so_many and not tail.strip() and SAID_SOMEWHERE.search(head)
        of_them = _OF_THEM.match(tail)
        said_after = (by_so_many or opens) and said_right_after(plain, end + (of_them.end() if of_them else 0))
        total = bool(_TOOK_PART_BEFORE.search(head) or (by_so_many and _TOOK_PART_AFTER.match(tail)))
        measure = "main" if said_before or said_after else said_of(plain, start, end)
    if not measure:
        return None
    place = ((match.start("p"), match.end("p"), "voices"),) if number > 0 else ()
    return Claim(
        start, end, match.group().strip(), measure, "voices", number, loose=_loose(match), total=total, digits=place
    )


def _is_total(plain: str, start: int, after: int) -> bool:
    """Whether a number is said as all there are; `after` is the end of its noun."""
    head = head_of(plain, start)
    if _TOTAL_OF.search(head):
        return True
    arrived = _TOTAL_AFTER.match(tail_of(plain, after))
    if arrived is not None:
        return not said_right_after(plain, after + arrived.end())
    return _TOTAL_BEFORE.search(head) is not None and not said_right_after(plain, after)


def _range(match: re.Match[str], plain: str) -> Claim | None:
    """Both ends are compared; what is right of a range is not bound, since the data have one figure."""
    opened, word = (match["open"] or "").lower(), (match["word"] or "").lower()
    if word and opened not in _RANGE_WORDS.get(word, {"tra", "fra", "between"}):
        return None
    start, end, percent = match.start("n"), match.end(), bool(match["last"])
    if percent:
        measure = noun_after(plain, start, end) or ("main" if said_right_after(plain, end, one=True) else "")
    elif match["first"] or _NUMBERED.search(head_of(plain, start)):
        return None
    else:
        noun = _COUNTED.match(tail_of(plain, end))
        words = next((w for w in noun.groupdict().values() if w and w.lower() in NOUN_WORDS), "") if noun else ""
        measure = counts(words, plain, match.start(), end + noun.end()) if noun else ""
        if not measure:
            return None
    low, high = value(match["n"], percent=percent), value(match["to"], percent=percent)
    return Claim(
        start, end, match.group()[start - match.start() :], measure, "percent" if percent else "voices", low, to=high
    )  # fmt: skip  # one row of values reads better so
