"""Reasons, outcomes, passages, undo, small groups."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.vocabulary import LINKING_OUTCOMES, Outcome
from consult.moderation import rules

TEXT = (
    "Serve un **treno ogni mezz'ora** tra Ivrea e la città.\n\n- di sera\n- la domenica\n\nOggi l'ultimo parte alle 20."
)


@pytest.mark.parametrize(
    ("passage", "found"),
    [
        ("Oggi l'ultimo parte alle 20.", "Oggi l'ultimo parte alle 20."),
        ("  Oggi l'ultimo  ", "Oggi l'ultimo"),
        ("un treno ogni mezz'ora tra Ivrea", "un **treno ogni mezz'ora** tra Ivrea"),
        ("di sera la domenica", "di sera\n- la domenica"),
        (TEXT, TEXT),
        (TEXT.replace("\n", "\r\n"), TEXT),
    ],
)
def test_a_passage_is_found_word_by_word_and_kept_as_the_text_has_it(passage: str, found: str) -> None:
    span = rules.find_passage(TEXT, passage)
    assert span is not None
    assert TEXT[slice(*span)] == found


@pytest.mark.parametrize(
    "passage", ["", "   ", "**", "un treno ogni ora", "ogni mezz'ora Ivrea", "Serve un treno. Oggi"]
)
def test_words_that_are_not_there_are_refused(passage: str) -> None:
    assert rules.find_passage(TEXT, passage) is None


@given(st.text(min_size=1, max_size=200), st.integers(0, 199), st.integers(1, 200))
def test_every_piece_of_a_text_is_a_passage_of_it(text: str, start: int, length: int) -> None:
    piece = text[start : start + length]
    span = rules.find_passage(text, piece)
    if any(letter.isalnum() for letter in piece):
        assert span is not None
        assert text[slice(*span)] == piece.strip()


@pytest.mark.parametrize("n", [2000])
def test_a_long_wrong_passage_does_not_take_long(n: int) -> None:
    assert rules.find_passage("parola * " * n, "parola " * n + "altra") is None


def test_only_linking_outcomes_carry_links() -> None:
    assert {o for o in Outcome if rules.carries_links(o)} == set(LINKING_OUTCOMES)
    assert set(rules.LINKING) | set(rules.NOT_LINKING) == set(Outcome)


def test_every_outcome_has_a_reason_and_codes_are_unique() -> None:
    for outcome in Outcome:
        assert rules.reasons_for((outcome,)), outcome
    codes = [r.code for r in (*rules.HIDING, *rules.DECIDING)]
    assert len(codes) == len(set(codes))
    assert rules.words_of("insult") == "Insulti o offese"
    assert rules.words_of("a code of long ago") == "a code of long ago"
    assert rules.words_of("<b>none</b>") == "", "what a page would take for markup is no code"


def test_a_reason_explains_only_its_outcomes() -> None:
    assert rules.deciding_reason("needs_study", Outcome.postponed)
    assert rules.deciding_reason("needs_study", Outcome.adopted) is None
    assert rules.deciding_reason("insult", Outcome.rejected) is None
    assert rules.hiding_reason("needs_study") is None


def test_undo_is_for_the_same_person_within_ten_seconds() -> None:
    me, now = uuid.uuid4(), datetime(2027, 1, 1, tzinfo=UTC)
    assert rules.may_undo(by=me, who=me, at=now - timedelta(seconds=10), now=now)
    assert not rules.may_undo(by=me, who=me, at=now - timedelta(seconds=13), now=now)
    assert not rules.may_undo(by=me, who=uuid.uuid4(), at=now, now=now)
    assert not rules.may_undo(by=None, who=None, at=now, now=now)
    assert rules.TELL_AFTER_SECONDS > rules.UNDO_SECONDS + rules.UNDO_GRACE_SECONDS


def test_small_groups_have_no_rate() -> None:
    assert rules.share(2, 4) is None
    assert rules.share(0, 0) is None
    assert rules.share(3, 6) == 0.5
