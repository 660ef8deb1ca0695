"""Choosing quotes: verbatim sentences that together stand for what a theme's sources say.

Greedy facility location (Lin and Bilmes 2011): each step takes the sentence that most raises the sum, over the theme's
arguments, of the cosine with their nearest quote. One quote per voice and per group of copies; a zone or kind of speaker
not yet quoted counts a little extra, so that small groups are heard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consult.analytics.alone import readable_alone
from consult.analytics.embedding import Vectors
from consult.analytics.lexical import WORD
from consult.analytics.types import Quote, Span

SHORTEST, LONGEST = 6, 60  # words
MOST_CANDIDATES = 600
NEW_GROUP = 0.04  # of the number of arguments: what quoting a new zone, or a new kind of speaker, is worth
FOREIGN_LOSS = 0.8  # what is left of the worth of a sentence in another language than the paper's: it is quoted, but seldom first
# Shares of how near a theme's texts usually are to its middle under which a sentence is no quote: one that names something of it, and others.
ASIDE, ASIDE_UNNAMED = 0.5, 0.8
HERE, NAMED_HERE = 0.0, 0.05  # how much nearer to its theme than to others it must lie, and what each keyword is worth
FEWEST = 2  # voices that must speak of a theme for the others to be let go
NAMED_GAIN = 0.12  # per keyword of the theme in a sentence
OPENING, CLOSING = "«“\"'‘", ".!?…»”\"'’)]%€°"  # what a quote may begin with, and end with, beside letters and numbers
ENDING = ".!?…:;»”\"')]–—-•*·"  # after these a small letter begins something
NO_BEGIN = re.compile(r"\d+\s?/\s?\d|(?:comma|art|lett)\b\.?", re.IGNORECASE)  # the rest of a reference to a law
HEADING = re.compile(r"(?:[A-ZÀ-Ý]['’])?[A-ZÀ-Ý][^\W\d_]+(?: [^\W\d_]+)?\. (?=[A-ZÀ-Ý«“\"])")
GREETING = re.compile(
    r"(?:buon(?:giorno|asera)|salve|bonjour|bonsoir|hello|good (?:morning|evening))"
    r"(?: a tutt[ie]| à tous| everyone| everybody)?\s*[,!.:]\s*(?=\w)",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
MINORITY = 0.3  # a quote standing for fewer than this share of the arguments shows a minority view


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted."""

    source_id: str
    text: str  # of the whole source
    span: Span
    voice: str
    argument: str  # key of its group of copies
    zone: str | None
    speaker: str | None
    length: int  # in words
    named: int = 0  # keywords of the theme in the sentence
    foreign: bool = False  # in another language than the paper's
    language: str = "it"


def words_in(text: str, span: Span) -> int:
    """How many words a sentence has."""
    return len(WORD.findall(text, span.start, span.end))


def quotable(length: int, span: Span, personal: Sequence[Span]) -> bool:
    """Neither too short nor too long (in words) to stand alone, and without possible personal data."""
    if any(mark.start < span.end and span.start < mark.end for mark in personal):
        return False
    return SHORTEST <= length <= LONGEST


def whole_span(text: str, span: Span) -> Span | None:
    """The part of a sentence that can stand as a quote: from where something begins to where it ends; None where it can't stand.

    A greeting, or a heading of a word or two, before it ("Assunzioni. Senza macchinisti ...") is left out, and signs that open or close
    nothing (a closing bracket, "&", a bullet, a last comma) on both sides. What begins in the middle of something (a small letter after a
    broken line), or leaves a bracket open, is no quote.
    """
    start, end = span.start, span.end
    while start < end and not (text[start].isalnum() or text[start] in OPENING):
        end -= text[start : start + 1] + text[end - 1 : end] in {
            "()",
            "[]",
        }  # What stands in brackets whole can stand without them.
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in CLOSING):
        end -= 1
    for opening in (GREETING, HEADING):
        found = opening.match(text, start, end)
        if found and not text[found.end()].islower() and len(WORD.findall(text, found.end(), end)) >= SHORTEST:
            start = found.end()
    words = text[start:end]
    if not words or _is_broken(words) or NO_BEGIN.match(words) or ADDRESS.search(words):
        return None
    first = next((char for char in words if char.isalnum()), "")
    before = text[:start].rstrip()
    if first.islower() and before and before[-1] not in ENDING:
        return None
    return Span(start, end)


def _is_broken(words: str) -> bool:
    """Whether brackets or quotation marks open without closing, or close without having opened."""
    for opening, closing in ("()", "[]", "«»", "“”"):
        if opening not in words and closing not in words:
            continue
        depth = 0
        for char in words:
            depth += (char == opening) - (char == closing)
            if depth < 0:
                return True
        if depth:
            return True
    return words.count('"') % 2 == 1


def quote_of(candidate: Candidate, minority: bool = False) -> Quote:
    """The quote a candidate makes: its span, verbatim."""
    start, end = candidate.span.start, candidate.span.end
    return Quote(
        candidate.source_id, start, end, candidate.text[start:end], candidate.zone, candidate.speaker, minority
    )


def worth_of(candidate: Candidate) -> float:
    """What is left of a sentence's worth where it can hardly be read alone, or stands in another language than the paper."""
    span = candidate.span
    alone = readable_alone(candidate.text, span.start, span.end, named=candidate.named, language=candidate.language)
    return alone * (FOREIGN_LOSS if candidate.foreign else 1.0)


def _numbered(values: Sequence[str | None]) -> NDArray[np.intp]:
    """A number for each distinct value, -1 for none."""
    known: dict[str, int] = {}
    return np.asarray([-1 if value is None else known.setdefault(value, len(known)) for value in values], dtype=np.intp)


def choose(
    candidates: Sequence[Candidate], rows: Vectors, demand: Vectors, number: int, worth: Sequence[float] | None = None
) -> tuple[tuple[Quote, ...], float]:
    """Up to `number` quotes, best first, and the share of the theme they stand for.

    `rows` are the candidates' vectors, `demand` one vector per distinct argument of the theme, `worth` the candidates' (`worth_of`) where
    it is known.
    """
    candidates, rows = candidates[:MOST_CANDIDATES], rows[:MOST_CANDIDATES]
    demand = demand[:MOST_CANDIDATES]
    if not len(candidates) or not len(demand):
        return (), 0.0
    near: NDArray[np.float64] = np.maximum(demand @ rows.T, 0).astype(np.float64)
    # What a long rambling sentence gains by touching everything, a reader loses.
    words = np.asarray([item.length for item in candidates])
    handy = np.where(words > 45, 0.75, np.where(words > 35, 0.88, np.where(words < 9, 0.93, 1.0)))
    # A sentence that names its theme's subject can be read alone; one that says "it" can't.
    handy = handy * (0.85 + NAMED_GAIN * np.asarray([item.named for item in candidates]))
    best = np.zeros(len(demand))
    chosen: list[int] = []
    handy *= [worth_of(item) for item in candidates] if worth is None else worth[:MOST_CANDIDATES]
    blocked = np.zeros(len(candidates), dtype=bool)
    zones, speakers, voices, arguments, sources = (
        _numbered([getattr(item, name) for item in candidates]) for name in ("zone", "speaker", "voice", "argument", "source_id")
    )
    new_zone, new_speaker = zones >= 0, speakers >= 0
    while len(chosen) < number and not blocked.all():
        gains = np.maximum(near - best[:, None], 0).sum(axis=0) * handy
        gains += NEW_GROUP * len(demand) * (new_zone.astype(np.intp) + new_speaker)
        gains[blocked] = -1
        place = int(gains.argmax())
        chosen.append(place)
        best = np.maximum(best, near[:, place])
        new_zone &= zones != zones[place]
        new_speaker &= speakers != speakers[place]
        blocked |= (voices == voices[place]) | (arguments == arguments[place]) | (sources == sources[place])
    stands_for = np.bincount(near[:, chosen].argmax(axis=1), minlength=len(chosen)) / len(demand)
    possible = near.max(axis=1).sum()
    quotes = tuple(
        quote_of(candidates[place], bool(rank > 0 and stands_for[rank] < MINORITY and len(demand) >= 4))
        for rank, place in enumerate(chosen)
    )
    return quotes, round(float(best.sum() / possible), 4) if possible > 0 else 0.0
