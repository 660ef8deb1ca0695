"""What a text may give away about other people. Pure."""

from __future__ import annotations

import re

from consult.analytics.prepare import personal_spans
from consult.core.sentences import Sentence

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
