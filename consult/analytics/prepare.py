"""The map step on one text: sentences, language, content hash, marks, kind, possible personal data."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from itertools import islice
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from consult.analytics.lexical import WORD, fold
from consult.analytics.signs import (
    ABBREVIATIONS,
    ADVERTISING,
    BOUNDARY,
    EVIDENCE,
    EVIDENCE_SIGNS,
    EVIDENCE_WORDS,
    KINDS,
    LIST_MARK,
    NO_ANSWER,
    NOTHING,
    PERSONAL,
)
from consult.analytics.types import Span

NUMBERED = re.compile(r"\n\s*\d{1,2}$")
NEAR = 40  # characters before a point that are looked at: a whole megabyte each time would take minutes
WORDS_PER_ADVERT, WORDS_PER_LINK = 80, 25
LINKS = re.compile(r"(?:https?://|www\.)\S+")
SHORTEST_FOR_LANGUAGE = 3  # words; a shorter text takes the consultation's language


def readable(text: str) -> str:
    """The text with what no encoder can take (lone surrogates, NUL) replaced one for one, so that offsets hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")


@lru_cache(maxsize=2)  # It is asked for three times while a text is read.
def normalised(text: str) -> str:
    """Folded letters and digits only, single spaces: what is compared when looking for copies."""
    return " ".join(re.findall(r"[^\W_]+", fold(readable(text))))


def digest(text: str) -> str:
    """Content hash: the first 32 hex digits of the SHA-256 of the normalised text."""
    return hashlib.sha256(normalised(text).encode()).hexdigest()[:32]


def _is_abbreviation(text: str, start: int, mark: str) -> bool:
    if not mark.startswith(".") or mark.startswith(".."):
        return False
    before = re.search(r"[\w.]+$", text[max(0, start - 12) : start])
    word = fold(before.group()).replace(".", "") if before else ""
    # An initial or "n." is no end of sentence; nor is the point of a numbered list at the start of a line.
    return (
        word in ABBREVIATIONS
        or (len(word) == 1 and word.isalpha())
        or bool(NUMBERED.search("\n" * (start < NEAR) + text[max(0, start - NEAR) : start]))
    )


def sentences(text: str) -> tuple[Span, ...]:
    """Sentences and list items as trimmed spans; fragments under three words join the sentence before them."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for match in BOUNDARY.finditer(text):
        if _is_abbreviation(text, match.start(), match.group()):
            continue
        pieces.append((start, match.end()))
        start = match.end()
    pieces.append((start, len(text)))
    found: list[Span] = []
    for begin, end in pieces:
        mark = LIST_MARK.match(text, begin, end)
        begin = mark.end() if mark else begin
        piece = text[begin:end]
        begin, end = begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())
        if begin >= end or not any(char.isalnum() for char in text[begin:end]):
            continue
        if found and len(WORD.findall(text[begin:end])) < 3:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(begin, end))
    if len(found) > 1 and len(WORD.findall(text[found[0].start : found[0].end])) < 3:
        found[:2] = [Span(found[0].start, found[1].end)]
    return tuple(found)


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> Any:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    # Reckoned in as they stand in the file, they would be widened anew with every text.
    identifier.nb_ptc = identifier.nb_ptc.astype("float32")
    return identifier


def language_of(text: str, languages: tuple[str, ...], default: str, *, least: float = 0.6) -> str:
    """The likeliest of the configured languages; `default` for short texts and those where it is less likely than `least`."""
    if len(list(islice(WORD.finditer(text), SHORTEST_FOR_LANGUAGE))) < SHORTEST_FOR_LANGUAGE or len(languages) < 2:
        return default
    language, probability = _identifier(tuple(sorted(languages))).classify(text)
    return str(language) if probability >= least else default


def personal_spans(text: str) -> tuple[Span, ...]:
    """Where an address, telephone number, tax code, account or a person's name may stand; merged, in order."""
    spans = sorted(match.span() for pattern in PERSONAL for match in pattern.finditer(text))
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return tuple(merged)


def kind_of(text: str) -> str | None:
    """Need, proposal, criticism or question where the words say so; None when they don't, or say two things alike."""
    scores = {kind: len(pattern.findall(text)) for kind, pattern in KINDS.items()}
    if text.rstrip().endswith("?") and text.count("?") >= len(sentences(text)) / 2 and not scores["proposal"]:
        return "question"
    best = max(scores.values())
    top = [kind for kind, score in scores.items() if score == best]
    return top[0] if best and len(top) == 1 else None


def is_one_word(text: str) -> bool:
    """Whether a text is one word of four letters or more that is no way of saying nothing."""
    words, plain = WORD.findall(text), normalised(text)
    return len(words) == 1 and len(set(words[0].casefold())) > 3 and plain not in NO_ANSWER and not NOTHING.fullmatch(plain)


def marks_of(text: str, personal: tuple[Span, ...]) -> tuple[str, ...]:
    """Marks that need no other text: "empty", "off_topic" (advertising), "personal_data", "evidence"."""
    words = WORD.findall(text)
    marks = []
    plain = normalised(text)
    if (
        plain in NO_ANSWER
        or NOTHING.fullmatch(plain)
        or len([word for word in words if len(word) > 1]) < 2
        or len(set(plain.replace(" ", ""))) < 4
    ):
        marks.append("empty")
    # In a long text a phrase of advertising, or three addresses, say little of the whole.
    adverts, links = len(ADVERTISING.findall(text)), len(LINKS.findall(text))
    if (adverts and len(words) <= WORDS_PER_ADVERT * adverts) or (links > 2 and len(words) <= WORDS_PER_LINK * links):
        marks.append("off_topic")
    if personal:
        marks.append("personal_data")
    if len(words) >= EVIDENCE_WORDS and sum(bool(sign.search(text)) for sign in EVIDENCE) >= EVIDENCE_SIGNS:
        marks.append("evidence")
    return tuple(marks)
