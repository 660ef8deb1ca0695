"""Sentences with a day in them, as pages and letters say them whatever day the tests run on."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from consult.web.words import with_articles


def told(sentence: str, day: datetime, *, language: str = "it", here: bool = True) -> str:
    """The sentence with its `%(day)s` put in; `here` by an application's clock and grammar, else as where there is none."""
    local = day.astimezone(ZoneInfo("Europe/Rome") if here else UTC).date()
    values = {"day": format_date(local, "d MMMM y", locale=language)}
    return (with_articles(sentence, values) if here else sentence) % values
