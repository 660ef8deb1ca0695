"""Texts changed twice, apart: both changes where they don't meet, a clear no where they do; and texts made to be slow to compare."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core.wordings import changes, side_by_side, united

BASE = "Chiediamo treni ogni mezz'ora. La sera l'ultimo parte alle otto.\n\n- anche la domenica\n- anche d'estate"
TEXTS = st.lists(st.sampled_from(["Un treno.", "La sera!", "\n", "- punto\n", "Costa poco, e si fa.", "E poi?"]), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (BASE.replace("otto", "dieci"), BASE.replace("d'estate", "d'agosto"), BASE.replace("otto", "dieci").replace("d'estate", "d'agosto")),
        (BASE + "\n- e a Natale", BASE.replace("treni", "autobus"), BASE.replace("treni", "autobus") + "\n- e a Natale"),
        (BASE.replace("otto", "dieci"), BASE.replace("otto", "dieci"), BASE.replace("otto", "dieci")),
        (BASE.replace("otto", "dieci"), BASE.replace("parte", "arriva"), None),
        (BASE + "\n- e a Natale", BASE + "\n- e a Pasqua", None),
        (BASE.replace("- anche la domenica\n", ""), BASE.replace("la domenica", "il sabato"), None),
    ],
)
def test_two_changes_make_one_text_or_a_clear_no(one: str, other: str, both: str | None) -> None:
    assert united(BASE, one, other) == both
    assert united(BASE, other, one) == both


@given(TEXTS, TEXTS, TEXTS)
def test_nobody_changed_is_the_other_and_the_order_does_not_matter(base: str, one: str, other: str) -> None:
    assert united(base, base, other) == other
    assert united(base, one, base) == one
    assert united(base, one, one) == one
    assert united(base, one, other) == united(base, other, one)


@given(TEXTS, TEXTS)
def test_what_is_shown_is_both_texts(before: str, after: str) -> None:
    pieces = changes(before, after)
    assert "".join(text for kind, text in pieces if kind != "added") == before
    assert "".join(text for kind, text in pieces if kind != "gone") == after


@pytest.mark.parametrize("piece", ["a ", "a\n", "a. ", "\n\n"])
def test_a_text_that_repeats_itself_for_ever_is_compared_all_the_same(piece: str) -> None:
    began = time.process_time()
    before, after = piece * 4_000, (piece + "b " + piece) * 2_000
    pieces = changes(before, after)
    united(before, after, f"c {before}")
    assert time.process_time() - began < 5, "without a bound it takes minutes"
    assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_two_texts_stand_side_by_side_with_what_only_one_of_them_says() -> None:
    same = "Chi abita in valle aspetta il pullman in piedi, anche quando piove, e non sa se arriverà. " * 2
    left, right = side_by_side(f"{same}Il treno passa tardi la sera.", f"{same}Il treno passa presto la sera, ogni giorno.")
    assert left == [(False, f"{same}Il treno passa "), (True, "tardi"), (False, " la "), (True, "sera.")]
    assert right == [(False, f"{same}Il treno passa "), (True, "presto"), (False, " la "), (True, "sera, ogni giorno.")]
    # Blanks between words that are all different are no agreement.
    assert side_by_side(f"{same}Solo il sabato.", f"{same}Invece sì.") == (
        [(False, same), (True, "Solo il sabato.")],
        [(False, same), (True, "Invece sì.")],
    )
    # Short texts are seen to differ without marks.
    assert side_by_side("Solo il sabato.", "Invece sì.") == ([(False, "Solo il sabato.")], [(False, "Invece sì.")])
