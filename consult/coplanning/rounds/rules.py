"""When a round is open, and how long its words may be. Pure."""

from __future__ import annotations

from datetime import datetime

from consult.coplanning.rounds.types import RoundState
from consult.core.sentences import Sentence

MIN_TITLE, MAX_TITLE, MAX_QUESTION = 8, 200, 2_000
#: Fewer people than this are never told as a number.
LEAST = 5


def is_open(state: str, closes_at: datetime | None, now: datetime) -> bool:
    """Whether people may take part at this moment."""
    return state == RoundState.open and closes_at is not None and now < closes_at


def is_over(state: str, closes_at: datetime | None, now: datetime) -> bool:
    """Whether it was closed or ran out, so that it can be counted for good."""
    return state == RoundState.closed or (state == RoundState.open and closes_at is not None and closes_at <= now)


def words_faults(title: str, question: str) -> dict[str, str]:
    """What is wrong with the words of a round, by field."""
    wrong: dict[str, str] = {}
    if not MIN_TITLE <= len(title) <= MAX_TITLE:
        wrong["title"] = Sentence("Servono da %(min)d a %(max)d caratteri.", min=MIN_TITLE, max=MAX_TITLE)
    if len(question) > MAX_QUESTION:
        wrong["question"] = Sentence("Il testo può avere al massimo %(max)d caratteri.", max=MAX_QUESTION)
    return wrong
