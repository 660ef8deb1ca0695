"""Cutting work, decisions, small numbers, and quotes bound to where they stand."""

from __future__ import annotations

import pytest

from consult.evidence import rules
from consult.evidence.types import Place


def test_shards_hold_everything_once_and_stay_small() -> None:
    sizes = [(str(i), 900) for i in range(950)] + [("long", 200_000), ("after", 10)]
    shards = rules.cut_into_shards(sizes)
    assert [key for shard in shards for key in shard] == [key for key, _size in sizes]
    assert max(map(len, shards)) <= rules.SHARD_SOURCES
    assert ["long"] in shards
    assert rules.cut_into_shards([]) == []


def test_a_merged_theme_can_only_be_given_back() -> None:
    assert rules.may_become("proposed", "accepted")
    assert rules.may_become("merged", "proposed")
    assert not rules.may_become("merged", "accepted")
    assert not rules.may_become("refused", "merged")


@pytest.mark.parametrize(("voices", "shown"), [(0, 0), (1, None), (4, None), (5, 5), (120, 120)])
def test_small_cells_are_not_shown(voices: int, shown: int | None) -> None:
    assert rules.shown(voices) == shown


def test_inputs_hash_is_the_same_in_any_order_and_moves_with_a_revision() -> None:
    one = [("a", 1, "x"), ("b", 2, "y")]
    assert rules.inputs_hash(one) == rules.inputs_hash(one[::-1])
    assert rules.inputs_hash(one) != rules.inputs_hash([("a", 2, "x"), ("b", 2, "y")])


def test_inputs_beside_others_change_add_and_leave_out() -> None:
    whole = [["a", 1, "x"], ["b", 2, "y"], ["d", 1, "z"]]
    assert rules.inputs_with(whole, []) == [("a", 1, "x"), ("b", 2, "y"), ("d", 1, "z")]
    found = rules.inputs_with(whole, [["b", 3, "yy"], ["c", 1, "n"], ["d", 0, ""], ["e", 0, ""]])
    assert found == [("a", 1, "x"), ("b", 3, "yy"), ("c", 1, "n")]


def test_words_between_quotation_marks_are_bound_to_their_source() -> None:
    text = "Il treno passa\n una volta all'ora. Poi basta."
    bound, places = rules.bind("In valle si legge: «Il treno passa una volta all'ora.»", {"s": (text, 3)})
    assert bound == "In valle si legge: «⟦0⟧»"
    (place,) = places
    assert (place.source_id, place.revision) == ("s", 3)
    assert rules.words_at(place, text) == text[place.start : place.end]
    assert text[place.start : place.end].split() == ["Il", "treno", "passa", "una", "volta", "all'ora"]


def test_quotes_within_quotes_and_unknown_quotes() -> None:
    source = 'Un anno "ponte" cofinanziato per chi finisce la scuola'
    bound, places = rules.bind(f"«{source}»", {"s": (source, 1)})
    assert bound == "«⟦0⟧»"
    assert len(places) == 1
    untouched, none = rules.bind("Come dice il proverbio «chi va piano va sano»", {"s": (source, 1)})
    assert none == ()
    assert "proverbio" in untouched


def test_a_sentence_that_is_all_a_source_is_bound_and_marks_typed_by_people_mean_nothing() -> None:
    bound, places = rules.bind("Il torrente è pieno di rami.", {"s": ("Il torrente è pieno di rami. Aiuto.", 1)})
    assert bound == "«⟦0⟧»"
    assert len(places) == 1
    plain, none = rules.bind("Testo con ⟦0⟧ dentro", {})
    assert plain == "Testo con  dentro"
    assert none == ()


def test_words_that_changed_are_not_shown() -> None:
    place = Place("s", 0, 8, rules.words_hash("Il treno"), 1)
    assert rules.words_at(place, "Il treno corre") == "Il treno"
    assert rules.words_at(place, "La corsa del treno") is None


def test_remaining_time_is_not_guessed_too_early() -> None:
    assert rules.remaining_seconds(1, 100, 10) is None
    assert rules.remaining_seconds(50, 100, 10) == pytest.approx(10)
    assert rules.remaining_seconds(0, 0, 10) is None
