"""A divergence between zones or kinds is told only where a test finds it."""

from __future__ import annotations

import numpy as np

from consult.analytics import assembly, divergences, summaries
from consult.analytics.embedding import unit_rows
from consult.analytics.types import CountRow
from consult.position_paper.rules import CHANNEL_WORDS


def spoken(seed: int, shift: float, number: int = 40) -> list[divergences.Spoken]:
    """Voices of two zones and channels; zone A's vectors are moved by `shift`, interviews by one whatever the zone."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((number, 30)).astype(np.float32)
    zones = ["A" if place % 2 else "B" for place in range(number)]
    channels = ["interview" if place % 4 < 2 else "answer" for place in range(number)]
    rows[[zone == "A" for zone in zones], 0] += shift
    rows[[channel == "interview" for channel in channels], 1] += 3
    return [
        divergences.Spoken(channel, zone, None, row)
        for channel, zone, row in zip(channels, zones, unit_rows(rows), strict=True)
    ]


def told_of(themes: dict[str, list[divergences.Spoken]]) -> dict[str, list[tuple[str, float]]]:
    """The groups that speak otherwise, with their q-values, when all tests are held together."""
    tested = {
        key: [assembly.Tested(row.dimension, row.value, p_value) for row, p_value in divergences.test(key, voices, 5)]
        for key, voices in themes.items()
    }
    sure = assembly.sure(list(tested.items()))
    return {key: [(row.value, q_value) for q_value, row in rows] for key, rows in sure.items()}


def test_nothing_is_told_where_zones_were_dealt_by_chance() -> None:
    told = told_of({f"t{seed}": spoken(seed, 0.0) for seed in range(40)})
    assert sum(map(len, told.values())) <= 2  # of 80 tests held together to 5% false discoveries


def test_what_a_zone_says_otherwise_is_found_and_the_same_each_time() -> None:
    themes = {f"t{seed}": spoken(seed, 0.0) for seed in range(10)} | {"apart": spoken(99, 6.0)}
    told = told_of(themes)
    assert [value for value, _ in told["apart"]] == ["A", "B"]
    assert told["apart"][0][1] < 0.01
    assert told_of(dict(reversed(themes.items())))["apart"] == told["apart"]


def between_channels(seed: int) -> list[divergences.Spoken]:
    """Interviews, nearly all of zone A, far from answers, nearly all of zone B; within a channel zones say the same."""
    rows = np.random.default_rng(seed).standard_normal((40, 20)).astype(np.float32)
    rows[:20, 0] += 5
    return [
        divergences.Spoken("interview" if place < 20 else "answer", "A" if place < 16 or place > 35 else "B", None, row)
        for place, row in enumerate(unit_rows(rows))
    ]


def test_channels_that_differ_do_not_make_zones_differ() -> None:
    told = told_of({f"t{seed}": between_channels(seed) for seed in range(20)})
    assert sum(map(len, told.values())) <= 2


def test_few_voices_are_not_compared() -> None:
    assert told_of({"t": spoken(1, 9.0, number=8)}) == {}


def test_words_of_quantity_follow_the_count() -> None:
    assert summaries.quantifier(4, 4, "it") == ""  # few, whatever their share
    assert summaries.quantifier(50, 100, "it") == "più di una voce su quattro"  # half is not more than half
    assert summaries.quantifier(51, 100, "en") == "more than half of the voices"
    assert summaries.quantifier(10, 100, "fr") == "moins d'une voix sur dix"


def test_channels_are_called_as_in_the_paper() -> None:
    for number, language in ((0, "it"), (1, "en")):
        for channel, (_, words) in CHANNEL_WORDS[language].items():
            assert summaries.CHANNELS[channel][number] == words


def test_one_voice_is_told_in_the_singular() -> None:
    def told(language: str, *voices: int) -> str:
        channels = ("interview", "answer")
        rows = [CountRow(name, n, n, 18, 0.0, 0.0, 1.0, n) for name, n in zip(channels, voices, strict=False)]
        return summaries.count_sentence(rows, ("a",), {}, language).text

    assert told("it", 1) == "Ne parla 1 intervista su 18."
    assert told("it", 1, 3) == "Ne parlano 3 risposte al questionario su 18 e 1 intervista su 18."
    assert told("en", 1) == "Raised in 1 of 18 interviews."
    assert told("fr", 2, 1) == "En parlent : 2 entretiens sur 18 et 1 réponse au questionnaire sur 18."
