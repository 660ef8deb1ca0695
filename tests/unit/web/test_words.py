"""Sentences with a day in them: the Italian article that the day asks for, and nothing that somebody wrote is touched."""

from __future__ import annotations

import pytest

from consult.web.words import gettext, with_articles


@pytest.mark.parametrize(
    ("sentence", "day", "said"),
    [
        ("Si risponde entro il %(day)s.", "11 dicembre 2026", "Si risponde entro l’11 dicembre 2026."),
        ("Fino al %(day)s.", "8 dicembre 2026", "Fino all’8 dicembre 2026."),
        ("Dal %(day)s.", "11 maggio 2027, ore 18:00", "Dall’11 maggio 2027, ore 18:00."),
        ("Fino al %(day)s.", "12 dicembre 2026", "Fino al 12 dicembre 2026."),
        ("Fino al %(day)s.", "18 dicembre 2026", "Fino al 18 dicembre 2026."),
        ("Until %(day)s.", "11 December 2026", "Until 11 December 2026."),
    ],
)
def test_the_article_is_the_days(sentence: str, day: str, said: str) -> None:
    assert gettext(sentence, day=day) == said


def test_what_somebody_wrote_stays_as_it_is() -> None:
    values = {"title": "Festa dal 8 al 11 maggio", "day": "3 giugno 2026"}
    sentence = "«%(title)s» si chiude il %(day)s"
    assert with_articles(sentence, values) % values == "«Festa dal 8 al 11 maggio» si chiude il 3 giugno 2026"
