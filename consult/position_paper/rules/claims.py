"""Numbers and words of quantity about voices: found in a sentence, compared with the data, bound to them. Pure.

A number that is right is bound: the sentence keeps what it counts, and its figure is written anew each time it is shown, until a
published version freezes it. A wrong one stays as it was typed and is marked with the right figure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from consult.evidence.rules import MARK, shown
from consult.position_paper.rules.quantities import (
    BY_CODE,
    LOOSE,
    NOUNS,
    NUMBER_WORDS,
    QUANTITIES,
    SAYING,
    SPEAKER_NOUNS,
    Quantity,
)
from consult.position_paper.types import Binding, Measure, Number

#: Where a number from the data stands in a sentence: ⟪0⟫, ⟪1⟫ ...
NUMBER_MARK = re.compile(r"⟪(\d+)⟫")
#: How far after a quantity its noun may begin, in words, and how near a verb of saying must be.
_NEAR, _SAID_WITHIN = 4, 6
_DIGITS = r"\d{1,3}(?:\.\d{3})+(?![\d,])|\d+(?:,\d+)?"
_LETTERS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_LOOSE = "|".join(re.escape(words) for words in sorted(LOOSE, key=len, reverse=True))
_NOUN_WORDS = {**NOUNS, **{noun: f"speaker:{kind}" for noun, kind in SPEAKER_NOUNS.items()}}
_NOUN = re.compile(
    r"\b(" + "|".join(re.escape(n) for n in sorted(_NOUN_WORDS, key=len, reverse=True)) + r")\b", re.IGNORECASE
)
_OF = r"(?:su|di|dei|delle|degli|del|dell['’]|della|of the|out of|of)"
#: «37 delle 214», «7 zone su 11», «40%», «37», «sette»: the first that matches at a place counts.
_NUMBER = re.compile(
    rf"(?:(?P<loose>\b(?:{_LOOSE})\b)\s+(?:il\s+|l['’]|the\s+)?)?"
    rf"(?<![\w.,/⟪⟦-])(?:"
    rf"(?P<n>{_DIGITS})\s+{_OF}\s*(?P<of>{_DIGITS})(?![\d%.,]*[\d%])"
    rf"|(?P<pn>{_DIGITS})\s?(?:%|per\s+cento\b|percent\b|per\s+cent\b)"
    rf"|(?P<m>{_DIGITS}|\b(?:{_LETTERS})\b)(?P<noun>\s+(?:[^\W\d]+\s+){{1,4}}?)(?P<after>su|of|out of)\s+(?P<mof>{_DIGITS})"
    rf"|(?P<p>{_DIGITS}|\b(?:{_LETTERS})\b)"
    rf")(?![\w/])",
    re.IGNORECASE,
)
_PHRASES: Mapping[str, Quantity] = {
    words: quantity for quantity in QUANTITIES for words in (*quantity.italian, *quantity.english)
}
_QUANTITY = re.compile(
    r"\b(" + "|".join(re.escape(p) for p in sorted(_PHRASES, key=len, reverse=True)) + r")\b", re.IGNORECASE
)
_SAYING = re.compile(rf"\b(?:{SAYING})", re.IGNORECASE)
_ENDS = re.compile(r"[.;:!?«»“”()\n]|,\s")
#: «nella zona 3»: voices that name no channel are then those of the zone.
_ZONE = re.compile(r"\b(?:zona|zone)\s+(\d{1,3})\b", re.IGNORECASE)
_INSIDE_QUOTES = re.compile(r"«[^»]*»|“[^”]*”")


@dataclass(frozen=True, slots=True)
class Claim:
    """Something a sentence says about how many: where it stands, what it counts, and what it says of it.

    `measure` empty: nothing says what is counted. `value` and `of` are numbers; `quantity` is the code of a word of quantity.
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim compared with the data. `problem`: "" (holds), wrong, added_up (channels may not be), unbound (what does it count?)."""

    claim: Claim
    problem: str
    measure: Measure | None = None
    #: A word of quantity that would be right, by code.
    instead: str = ""


def measures(
    counts: Mapping[str, Sequence[Number]], of: Mapping[str, Mapping[str, int]], *, zones: int, sources: int
) -> dict[str, Measure]:
    """Everything that may be counted in a finding: its voices per channel, zone and kind, the zones and kinds reached, its sources.

    `counts` are the finding's numbers (`rules.numbers`), `of` the totals of the process, `zones` how many zones the territory has.
    """
    found: dict[str, Measure] = {}
    for dimension in ("channel", "zone", "speaker"):
        voices = {n.value: n.voices for n in counts.get(dimension, ())}
        for value, total in of.get(dimension, {}).items():
            found[f"{dimension}:{value}"] = Measure(
                f"{dimension}:{value}", voices.get(value, 0), max(total, voices.get(value, 0))
            )
    reached = len(counts.get("zone", ()))
    found["zones"] = Measure("zones", reached, max(zones, reached), people=False)
    found["speakers"] = Measure("speakers", len(counts.get("speaker", ())), len(of.get("speaker", {})), people=False)
    found["sources"] = Measure("sources", sources, sources, people=False)
    return found


def spoken(known: Mapping[str, Measure]) -> list[Measure]:
    """Channels of voices that a finding has voices in, the largest first; documents are none."""
    mine = [m for m in known.values() if m.code.startswith("channel:") and m.code != "channel:document" and m.voices]
    return sorted(mine, key=lambda m: (-m.voices, m.code))


def _main(known: Mapping[str, Measure]) -> Measure | None:
    """The channel a quantity that names none is compared with."""
    mine = spoken(known) or sorted(
        (m for m in known.values() if m.code.startswith("channel:")), key=lambda m: (-m.of, m.code)
    )
    return mine[0] if mine else None


def find(text: str) -> list[Claim]:
    """Claims about how many voices in a sentence, in their order; what stands in quotation marks, or comes from the data already, is none."""
    return list(_found(text))


@lru_cache(maxsize=4096)
def _found(text: str) -> tuple[Claim, ...]:
    """The same, remembered: a paper is checked again and again while few of its sentences change."""
    plain = _blank(text)
    found: list[Claim] = []
    taken: list[tuple[int, int]] = []
    for match in _QUANTITY.finditer(plain):
        claim = _quantity_claim(match, plain)
        if claim is not None and not _overlaps(claim.start, claim.end, taken):
            taken.append((claim.start, claim.end))
            found.append(claim)
    for match in _NUMBER.finditer(plain):
        claim = _number_claim(match, plain)
        if claim is not None and not _overlaps(claim.start, claim.end, taken):
            taken.append((claim.start, claim.end))
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


def _overlaps(start: int, end: int, taken: Iterable[tuple[int, int]]) -> bool:
    return any(start < e and s < end for s, e in taken)


def _tail(plain: str, start: int) -> str:
    """The rest of the clause after a place."""
    stop = _ENDS.search(plain, start)
    return plain[start : stop.start() if stop else len(plain)]


def _noun_after(plain: str, start: int) -> str:
    """What the noun after a quantity counts; empty where none follows nearby."""
    tail = _tail(plain, start)
    match = _NOUN.search(tail)
    if match is None or len(tail[: match.start()].split()) > _NEAR:
        return ""
    measure = _NOUN_WORDS[match.group(1).lower()]
    if measure.startswith("speaker:") or match.group(1).lower() in {"persone", "people"}:
        after = " ".join(tail[match.end() :].split()[:_SAID_WITHIN])
        if not _SAYING.search(after):
            return ""
    return measure


def _quantity_claim(match: re.Match[str], plain: str) -> Claim | None:
    measure = _noun_after(plain, match.end())
    if not measure:
        after = " ".join(_tail(plain, match.end()).split()[:2])
        said = _SAYING.match(after) or re.match(
            rf"(?:lo|la|li|le|ne|si|ci|di loro|of them)\s+(?:{SAYING})?", after, re.IGNORECASE
        )
        if not said or not _SAYING.search(after):
            return None
        measure = "main"
    code = _PHRASES[match.group(1).lower()].code
    return Claim(match.start(), match.end(), match.group(1), measure, "quantity", quantity=code)


def _value(words: str) -> float:
    letters = NUMBER_WORDS.get(words.lower())
    return float(letters) if letters is not None else float(words.replace(".", "").replace(",", "."))


def _number_claim(match: re.Match[str], plain: str) -> Claim | None:
    loose = LOOSE.get((match["loose"] or "").lower(), "")
    digits: tuple[tuple[int, int, str], ...]
    if match["n"]:
        digits = ((match.start("n"), match.end("n"), "voices"), (match.start("of"), match.end("of"), "of"))
        measure = _noun_after(plain, match.end())
        return Claim(
            match.start(), match.end(), match.group().strip(), measure, "voices", _value(match["n"]), _value(match["of"]),
            loose=loose, digits=digits,
        )  # fmt: skip  # one row of values reads better so
    if match["pn"]:
        digits = ((match.start("pn"), match.end("pn"), "percent"),)
        measure = _noun_after(plain, match.end())
        if not measure and _SAYING.match(_tail(plain, match.end()).lstrip()):
            measure = "main"
        return Claim(
            match.start(),
            match.end(),
            match.group().strip(),
            measure,
            "percent",
            _value(match["pn"]),
            loose=loose,
            digits=digits,
        )
    if match["m"]:
        noun = _NOUN.search(match["noun"])
        if noun is None:
            return None
        digits = ((match.start("m"), match.end("m"), "voices"), (match.start("mof"), match.end("mof"), "of"))
        return Claim(
            match.start(), match.end(), match.group().strip(), _NOUN_WORDS[noun.group(1).lower()], "voices", _value(match["m"]),
            _value(match["mof"]), loose=loose, digits=digits,
        )  # fmt: skip  # one row of values reads better so
    # A bare number counts voices only where its noun stands right after it: "12 risposte", not "12 treni per le persone".
    tail = _tail(plain, match.end())
    noun = _NOUN.match(tail.lstrip())
    measure = _noun_after(plain, match.end()) if noun else ""
    if not measure:
        return None
    digits = ((match.start("p"), match.end("p"), "voices"),)
    return Claim(
        match.start(),
        match.end(),
        match.group().strip(),
        measure,
        "voices",
        _value(match["p"]),
        loose=loose,
        digits=digits,
    )


def judge(claim: Claim, known: Mapping[str, Measure]) -> Verdict:
    """A claim compared with the data."""
    if not claim.measure:
        return Verdict(claim, "unbound")
    measure = _main(known) if claim.measure == "main" else known.get(claim.measure)
    if measure is None:
        measure = Measure(claim.measure, 0, 0)
    if claim.quantity:
        if BY_CODE[claim.quantity].holds(measure.voices, measure.of):
            return Verdict(claim, "", measure)
        return Verdict(claim, "wrong", measure, instead=say_instead(measure))
    if claim.measure == "main" and len(spoken(known)) > 1:
        return Verdict(claim, "added_up", measure)
    if not measure.people and claim.form == "voices" and claim.of is None and claim.value == measure.of:
        # «le 11 zone»: all there are.
        return Verdict(replace(claim, digits=tuple((a, b, "of") for a, b, _form in claim.digits)), "", measure)
    right = measure.voices if claim.form == "voices" else 100 * measure.voices / measure.of if measure.of else 0.0
    room = 0.5 if claim.form == "percent" else 0.0
    if not _near(claim.value, right, claim.loose, room) or (claim.of is not None and claim.of != measure.of):
        return Verdict(claim, "wrong", measure)
    return Verdict(claim, "", measure)


def _near(said: float, right: float, loose: str, room: float) -> bool:
    """Whether a number was said rightly, as loosely as its words allow."""
    if loose == "about":
        return abs(said - right) <= max(room, 0.1 * right)
    if loose == "over":
        return said < right <= 1.25 * said + 1
    if loose == "nearly":
        return 0.9 * said - 1 <= right < said
    if loose == "least":
        return said <= right
    if loose == "under":
        return right < said
    return abs(said - right) <= room


def say_instead(measure: Measure) -> str:
    """The strongest word of quantity that may be said of a measure, by code."""
    shares = [
        q
        for q in QUANTITIES
        if q.code not in {"third", "quarter", "two_thirds", "three_quarters", "half", "one", "minority"}
    ]
    return next((q.code for q in shares if q.holds(measure.voices, measure.of)), "some")


def check(text: str, known: Mapping[str, Measure]) -> list[Verdict]:
    """All claims of a sentence compared with the data."""
    return [judge(claim, known) for claim in find(text)]


def bind_numbers(text: str, known: Mapping[str, Measure]) -> tuple[str, tuple[Binding, ...]]:
    """Replace numbers that are exactly right by marks, with what they count; all others stay as they were typed."""
    pieces: list[tuple[int, int, Binding]] = []
    for verdict in check(text, known):
        claim = verdict.claim
        if verdict.problem or claim.quantity or claim.loose or verdict.measure is None:
            continue
        for start, end, form in claim.digits:
            pieces.append((start, end, Binding(verdict.measure.code, form)))
    bound: list[Binding] = []
    out, at = "", 0
    for start, end, binding in sorted(pieces, key=lambda p: p[0]):
        out += f"{text[at:start]}⟪{len(bound)}⟫"
        bound.append(binding)
        at = end
    return out + text[at:], tuple(bound)


def fill(
    text: str, bound: Sequence[Binding], known: Mapping[str, Measure], language: str, *, small: bool = False
) -> str:
    """A sentence with today's numbers in place of its marks. Fewer than five people are not told unless `small` (for staff)."""

    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if number >= len(bound):
            return "…"
        written = _written(bound[number], known, language, small=small)
        begins = not text[: match.start()].strip()
        return written[:1].upper() + written[1:] if begins else written

    return NUMBER_MARK.sub(put, text)


def _written(binding: Binding, known: Mapping[str, Measure], language: str, *, small: bool) -> str:
    measure = known.get(binding.measure) or Measure(binding.measure, 0, 0)
    few = "fewer than" if language == "en" else "meno di"
    hidden = measure.people and not small and shown(measure.voices) is None
    if binding.form == "of":
        return grouped(measure.of, language)
    if binding.form == "percent":
        if hidden:
            return f"{few} {math.ceil(500 / measure.of) if measure.of else 5}"
        return str(round(100 * measure.voices / measure.of) if measure.of else 0)
    return f"{few} 5" if hidden else grouped(measure.voices, language)


def grouped(number: int, language: str) -> str:
    """A whole number with the thousands set apart as the language does."""
    text = f"{number:,}"
    return text if language == "en" else text.replace(",", ".")
