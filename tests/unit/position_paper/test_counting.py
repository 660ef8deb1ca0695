"""Totals, parts, ranges and numbers in letters said of voices; texts of any letters and of any length."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.position_paper import rules
from consult.position_paper.rules import clauses, numerals, spotting
from consult.position_paper.types import Measure, Number

OF = {"channel": {"answer": 214}, "zone": {"1": 50}, "speaker": {"resident": 90, "business": 20}}


def known(voices: int) -> dict[str, Measure]:
    counts = {"channel": [Number("answer", voices, 214, voices)], "speaker": [Number("resident", 30, 90, 30)]}
    return rules.measures(counts, OF, zones=11, sources=44)


def said(text: str, voices: int = 40) -> list[tuple[str, str]]:
    return [(v.claim.words, v.problem) for v in rules.check(text, known(voices))]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Delle 214 risposte, 40 chiedono treni.", "Delle ⟪0⟫ risposte, ⟪1⟫ chiedono treni."),
        ("Su 214 risposte al questionario, 40 chiedono treni.", "Su ⟪0⟫ risposte al questionario, ⟪1⟫ chiedono treni."),
        ("Sono arrivate 214 risposte.", "Sono arrivate ⟪0⟫ risposte."),
        ("Abbiamo raccolto 214 risposte al questionario.", "Abbiamo raccolto ⟪0⟫ risposte al questionario."),
        ("Le 214 risposte raccolte sono tante.", "Le ⟪0⟫ risposte raccolte sono tante."),
        ("Sono 214 le risposte.", "Sono ⟪0⟫ le risposte."),
        ("Le risposte al questionario sono 214.", "Le risposte al questionario sono ⟪0⟫."),
        ("The answers are 214 in total.", "The answers are ⟪0⟫ in total."),
        ("Sono 40 le risposte che chiedono treni.", "Sono ⟪0⟫ le risposte che chiedono treni."),
        ("Molti dei 90 residenti dicono di no.", "Molti dei ⟪0⟫ residenti dicono di no."),
        ("Of the 214 answers, 40 ask for trains.", "Of the ⟪0⟫ answers, ⟪1⟫ ask for trains."),
        ("Out of the 214 respondents, 40 ask for trains.", "Out of the ⟪0⟫ respondents, ⟪1⟫ ask for trains."),
        ("There were 214 answers.", "There were ⟪0⟫ answers."),
        ("We received 214 answers to the questionnaire.", "We received ⟪0⟫ answers to the questionnaire."),
        ("40 delle risposte chiedono treni.", "⟪0⟫ delle risposte chiedono treni."),
        ("40 of the answers ask for trains.", "⟪0⟫ of the answers ask for trains."),
        ("In 40 hanno chiesto treni.", "In ⟪0⟫ hanno chiesto treni."),
        ("Hanno risposto in 214.", "Hanno risposto in ⟪0⟫."),
        ("In 214 hanno risposto.", "In ⟪0⟫ hanno risposto."),
        ("Le 40 nuove risposte chiedono treni.", "Le ⟪0⟫ nuove risposte chiedono treni."),
    ],
)
def test_a_right_total_or_part_passes_and_is_bound(text: str, bound: str) -> None:
    assert {problem for _words, problem in said(text)} == {""}
    marked, numbers = rules.bind_numbers(text, known(40))
    assert marked == bound
    assert rules.fill(marked, numbers, known(40), "it") == text


def test_a_total_is_bound_as_a_total_and_half_of_it_is_judged_by_itself() -> None:
    _text, numbers = rules.bind_numbers("Delle 214 risposte, 40 chiedono treni.", known(40))
    assert [(n.measure, n.form) for n in numbers] == [("channel:answer", "of"), ("channel:answer", "voices")]
    for text, half in (
        ("La metà delle 214 risposte chiede treni.", "La metà"),
        ("Half of the 214 answers ask for trains.", "Half"),
    ):
        assert said(text, 107) == [(half, ""), ("214", "")]
        assert said(text, 40) == [(half, "wrong"), ("214", "")]
        assert said(text.replace("214", "300"), 107) == [(half, ""), ("300", "wrong")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Le 214 risposte chiedono treni.", "214"),
        ("Sono arrivate 214 risposte che chiedono treni.", "214"),
        ("Le 214 risposte raccolte chiedono treni.", "214"),
        ("Tutte le 214 risposte chiedono treni.", "Tutte"),
        ("There were 214 answers that ask for trains.", "214"),
        ("Sono arrivate 300 risposte.", "300"),
        ("Delle 214 risposte, 50 chiedono treni.", "50"),
        ("Of the 214 answers, 50 ask for trains.", "50"),
        ("150 delle risposte chiedono treni.", "150"),
        ("150 of the answers ask for trains.", "150"),
        ("99 dei rispondenti chiedono treni.", "99"),
        ("99 of respondents ask for trains.", "99"),
        ("Le 150 nuove risposte chiedono treni.", "150"),
        ("The 150 new answers ask for trains.", "150"),
        ("150-200 risposte chiedono treni.", "150-200"),
        ("30-500 risposte chiedono treni.", "30-500"),
        ("150–200 answers ask for trains.", "150–200"),
        ("Between 150 and 200 answers ask for trains.", "150 and 200"),
        ("Tra 150 e 200 risposte chiedono treni.", "150 e 200"),
        ("Il 40-50% delle risposte lo chiede.", "40-50%"),
        ("From 40 to 50% of answers ask for it.", "40 to 50%"),
        ("Centocinquanta risposte chiedono treni.", "Centocinquanta"),
        ("One hundred and fifty answers ask for trains.", "One hundred and fifty"),
        ("Sono 41 le risposte.", "41"),
        ("Le risposte raccolte sono 41.", "41"),
        ("Centinaia delle risposte chiedono treni.", "Centinaia delle"),
        ("In 41 hanno chiesto treni.", "41"),
        ("In 214 hanno chiesto treni.", "214"),
        ("In 300 hanno risposto.", "300"),
        ("Dalle 214 risposte emerge che 50 chiedono treni.", "50"),
        ("Sono arrivate 214 risposte, 50 delle quali chiedono treni.", "50"),
        ("Lo chiedono in 41.", "41"),
        ("Chiedono treni 150 cittadini.", "150"),
        ("1 000 risposte chiedono treni.", "1 000"),
        ("1,000 answers ask for trains.", "1,000"),
        ("28.7% of answers ask for trains.", "28.7%"),
    ],
)
def test_a_wrong_number_is_seen_however_it_is_said(text: str, words: str) -> None:
    assert (words, "wrong") in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "30-50 risposte chiedono treni.",
        "Tra 30 e 50 risposte chiedono treni.",
        "Tra il 10 e il 20% delle risposte lo chiede.",
        "Between 30 and 50 answers ask for trains.",
    ],
)
def test_a_range_that_holds_passes_and_is_not_bound(text: str) -> None:
    assert [problem for _words, problem in said(text)] == [""]
    assert rules.bind_numbers(text, known(40)) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        "Le risposte sono 40 minuti dopo.",
        "Centinaia dei treni sono in ritardo.",
        "Servono molte risposte concrete.",
        "Servono 150 risposte concrete.",
        "We need many more answers.",
        "Nel 2024 delle risposte sono arrivate.",
        "Il punto 3 delle risposte è chiaro.",
        "Nel 2024 chiedono treni.",
        "In 2023 people asked for trains.",
        "Gli over 65 chiedono treni.",
        "Chiedono di aiutare 12 imprese.",
        "Alle 18 chiedono tutti un treno.",
        "Entro 3-5 anni i treni cambiano.",
        "L'art. 5 parla di altro.",
    ],
)
def test_what_counts_no_voices_is_left_alone(text: str) -> None:
    assert said(text) == []


def test_numbers_in_letters_are_worth_what_they_say() -> None:
    letters = re.compile(numerals.LETTERS)
    for words, number in (
        ("centocinquanta", 150), ("duecentotré", 203), ("centotto", 108), ("centoottanta", 180), ("trecentoventuno", 321),
        ("novecentonovantanove", 999), ("millecinquecento", 1500), ("duemila", 2000), ("dodicimilatrecento", 12_300), ("mille", 1000),
        ("one hundred and fifty", 150), ("two hundred", 200), ("three thousand two hundred and five", 3205), ("a hundred", 100),
        ("fifty-five", 55), ("ventitré", 23),
    ):  # fmt: skip  # pairs read better side by side
        assert letters.fullmatch(words), words
        assert numerals.value(words) == number, words
    for words, worth in (("1 000", 1000.0), ("1.214", 1214.0), ("1,214", 1214.0), ("17,5", 17.5)):
        assert numerals.value(words) == worth
    assert numerals.value("17.5", percent=True) == 17.5


_PIECES = st.one_of(
    st.sampled_from(
        [
            "moltı chiedono ", "perſone ", "ſei risposte ", "DUE SU TRE ", "un quınto delle rısposte ", "sİ ", "²% ", "٣٣ risposte ",
            "centomila", "mille", "cento", "cent", "mila", " a thousand ", "hundred ", "150-", "1 000 ", "%", "delle ", "of the ",
            "risposte ", "answers ", "«", "»", '"', "⟪0⟫", "⟦0⟧", "zona 3 ", "l’", "all’incirca ", "K", "\u212a", "\u00a0", "\n", "in 40 ",
        ]
    ),
    st.text(max_size=12),
)  # fmt: skip  # one row of pieces reads better so


@given(st.lists(_PIECES, max_size=40).map(lambda pieces: "".join(pieces)[:300]))
def test_no_text_whatever_its_letters_breaks_the_reading(text: str) -> None:
    for claim in spotting.find(text):
        assert 0 <= claim.start < claim.end <= len(text)
        assert all(claim.start <= a < b <= claim.end for a, b, _form in claim.digits)
    rules.check(text, known(40))
    marked, bound = rules.bind_numbers(text, known(40))
    rules.fill(marked, bound, known(40), "en")


def test_letters_that_only_look_plain_are_read_as_plain_ones() -> None:
    assert said("moltı chiedono treni") == said("molti chiedono treni")
    assert [problem for _words, problem in said("ſei risposte lo dicono")] == ["wrong"]
    assert said("99 reſidents aſk for trains") == [("99", "wrong")]


class _Counting:
    """A pattern that counts the letters it reads."""

    read = 0

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    def search(self, text: str, *places: int) -> re.Match[str] | None:
        match = self.pattern.search(text, *places)
        end = match.end() if match else min(len(text), *places[1:], len(text))
        _Counting.read += end - (places[0] if places else 0)
        return match

    def match(self, text: str, *places: int) -> re.Match[str] | None:
        match = self.pattern.match(text, *places)
        _Counting.read += 1 + (match.end() - match.start() if match else 0)
        return match

    def finditer(self, text: str, *places: int) -> Any:
        _Counting.read += min(len(text), *places[1:], len(text)) - (places[0] if places else 0)
        return self.pattern.finditer(text, *places)


@pytest.mark.parametrize(
    "words", ["molti ", "molti chiedono ", "molte zone ", "40 delle 214 risposte ", "sono molti 12 ", "in 40 ", "«"]
)
def test_twice_the_text_is_twice_the_work(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (clauses, spotting):
        for name, thing in list(vars(module).items()):
            if isinstance(thing, re.Pattern) and name not in {"MARK", "NUMBER_MARK"}:
                monkeypatch.setattr(module, name, _Counting(thing))

    def work(length: int) -> int:
        _Counting.read = 0
        # What was read before is remembered: a text of its own each time.
        spotting.find((words * length)[:length] + f" {words!r}")
        return _Counting.read

    short, long = work(4000), work(8000)
    assert short > 4000
    assert long < 2.2 * short
