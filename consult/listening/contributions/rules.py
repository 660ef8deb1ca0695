"""What a text may give away about other people, and what columns of files of answers hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from consult.analytics.prepare import personal_spans
from consult.core.sentences import Sentence
from consult.listening.sources.rules import fold

_PATTERNS = (
    (Sentence("un indirizzo e-mail"), re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2}")),
    (
        Sentence("un numero di telefono"),
        re.compile(r"(?<!\d)(?:\+39[\s.]?)?(?:3\d{2}[\s./-]?\d{3}[\s.]?\d{3,4}|0\d{1,3}[\s./-]\d{5,8})(?!\d)"),
    ),
    (Sentence("un codice fiscale"), re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE)),
    (Sentence("un IBAN"), re.compile(r"\bIT\d{2}[A-Z]\s?(?:\d{4,5}\s?){4,6}", re.IGNORECASE)),
    (Sentence("una targa"), re.compile(r"\b[A-HJ-NPR-TV-Z]{2}\s?\d{3}\s?[A-HJ-NPR-TV-Z]{2}\b")),
    (
        Sentence("il nome di una persona"),
        re.compile(
            r"\b(?:sig|sig\.ra|sig\.na|dott|dott\.ssa|ing|avv|geom|prof|prof\.ssa|don)\.?\s+[A-ZÀ-Ý][a-zà-ÿ']{2,}"
            r"|\b(?i:signora?|dottor(?:essa)?|professor(?:essa)?)\s+[A-ZÀ-Ý][a-zà-ÿ']{2,}"
        ),
    ),
)


def personal_data(text: str) -> tuple[str, ...]:
    """What in the text looks like personal data, in words for the person who writes; empty where nothing does."""
    found = tuple(words for words, pattern in _PATTERNS if pattern.search(text))
    return found or ((Sentence("dati personali"),) if personal_spans(text) else ())


#: What a column of a file of answers may hold, in the order in which it is asked.
MAPPED = ("text", "question", "place", "date", "speaker", "language")
_NAMES = {
    "place": {"zona", "zona omogenea", "comune", "municipio", "localita", "place", "zone", "municipality", "town", "dove", "provenienza"},
    "date": {"data", "date", "giorno", "timestamp", "informazioni cronologiche", "inviato il", "submitted at", "data di invio"},
    "speaker": {"tipo", "categoria", "chi sei", "chi parla", "tipo di voce", "speaker", "kind", "ruolo", "rispondente"},
    "language": {"lingua", "language", "lang"},
    "question": {"domanda", "quesito", "question"},
}  # fmt: skip  # one kind of column a line
_DAYS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"), (3, 2, 1)),
)
EARLIEST = date(1990, 1, 1)


def guess_mapping(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What each column probably holds: by its name, and the texts by being the longest."""
    found: dict[str, str] = {}
    for name, known in _NAMES.items():
        column = next((c for c in columns if fold(c) in known), None)
        if column is not None:
            found[name] = column
    rest = [c for c in columns if c not in found.values()]
    if rest:
        found["text"] = max(rest, key=lambda c: sum(len(row[c]) for row in rows[:50]))
    return found


def read_day(typed: str, *, latest: date) -> date | None:
    """The day at the beginning of a cell, as Italian and international spreadsheets write it; None for what is no day, or not yet."""
    for pattern, (year, month, day) in _DAYS:
        match = pattern.match(typed.strip())
        if match:
            try:
                found = date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                return None
            return found if EARLIEST <= found <= latest else None
    return None
