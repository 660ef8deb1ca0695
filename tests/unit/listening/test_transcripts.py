"""How transcripts and documents split, and what consent allows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.listening.contributions.rules import personal_data
from consult.listening.documents.rules import split_passages
from consult.listening.interviews.rules import attribution, quotable, split_transcript


def test_questions_and_answers_are_told_apart() -> None:
    turns = split_transcript(
        "Intervistatrice: Che cosa manca qui?\n\nR: Manca il treno.\nSempre in ritardo.\n\n"
        "E poi il problema è: nessuno risponde.\n\nD: E la scuola?\n\nR.: Va bene."
    )
    assert [(t.speaker, t.asked) for t in turns] == [
        ("Intervistatrice", True),
        ("R", False),
        ("R", False),
        ("D", True),
        ("R.", False),
    ]
    assert turns[1].text == "Manca il treno. Sempre in ritardo."
    assert turns[2].text.startswith("E poi il problema è:")


def test_a_repeated_label_is_a_speaker_and_a_single_one_is_not() -> None:
    turns = split_transcript("Sindaca: Uno.\n\nSindaca: Due.\n\nMorale: tre.")
    assert [t.speaker for t in turns] == ["Sindaca", "Sindaca", "Sindaca"]
    assert turns[2].text == "Morale: tre."


@given(st.text(max_size=400))
def test_no_letter_of_a_plain_transcript_is_lost(text: str) -> None:
    text = text.replace(":", " ").replace(":", " ")
    kept = "".join(t.text for t in split_transcript(text))
    assert "".join(kept.split()) == "".join(text.split())


def test_pages_of_passages() -> None:
    found = split_passages("[p. 3] Uno.\n\nDue.\n\n[pagina 12-13] Tre.\n\n[nota] Quattro.", "1")
    assert [(p.page, p.text) for p in found] == [
        ("3", "Uno."),
        ("3", "Due."),
        ("12-13", "Tre."),
        ("12-13", "[nota] Quattro."),
    ]
    assert split_passages("  \n\n ") == []


@pytest.mark.parametrize(
    ("consent", "embargo", "expected"),
    [
        ("role", None, "role"),
        ("role", date(2026, 10, 2), "none"),
        ("role", date(2026, 10, 1), "role"),
        ("none", None, "none"),
    ],
)
def test_embargo(consent: str, embargo: date | None, expected: str) -> None:
    assert quotable(consent_quote=consent, embargo_until=embargo, today=date(2026, 10, 1)) == expected


def test_attribution_never_exceeds_consent() -> None:
    assert attribution(consent_quote="anonymous", role="sindaca", person_name="Una") == ""
    assert attribution(consent_quote="role", role="sindaca", person_name="Una") == "sindaca"
    assert attribution(consent_quote="name", role="sindaca", person_name="Una") == "Una, sindaca"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("scrivete a mario@example.org", "un indirizzo e-mail"),
        ("chiamare il 347 1234567", "un numero di telefono"),
        ("il dott. Bianchi non risponde", "il nome di una persona"),
        ("RSSMRA80A01L219X", "un codice fiscale"),
    ],
)
def test_personal_data_is_noticed(text: str, what: str) -> None:
    assert what in personal_data(text)


@pytest.mark.parametrize(
    "text", ["Servono 3000 alberi nel 2026", "dalle 7 alle 19,30", "la signora del mercato", "il 40 % dei treni"]
)
def test_ordinary_texts_raise_no_warning(text: str) -> None:
    assert personal_data(text) == ()


def test_warnings_are_quick_on_long_texts() -> None:
    assert personal_data("x" * 200_000) == ()
