"""Copies are found whatever the order, and no text without an answer is called a copy."""

from __future__ import annotations

import random

import numpy as np

from consult.analytics import duplicates, pipeline
from consult.analytics.embedding import LexicalEmbedder
from consult.analytics.types import SourceText
from consult.evidence.services import copies

CAMPAIGN = "Chiediamo che il treno della valle torni a fermare in tutte le stazioni e che ci sia una corsa ogni ora."


def test_light_edits_form_one_group_and_other_texts_stay_out(lexical: LexicalEmbedder) -> None:
    texts = [
        CAMPAIGN,
        CAMPAIGN.upper(),
        "Buongiorno! " + CAMPAIGN,
        CAMPAIGN.replace("torni", "ritorni"),
        "Chiediamo che il medico della valle torni a lavorare in tutte le frazioni.",
        "non so",
        "non so",
    ]
    prepared = pipeline.prepare([SourceText(f"s{n}", text) for n, text in enumerate(texts)], lexical)
    groups, arguments = duplicates.find_groups(prepared)
    assert [group.source_ids for group in groups] == [("s0", "s1", "s2", "s3")]
    assert not groups[0].exact
    assert len({arguments[f"s{n}"] for n in range(4)}) == 1
    assert arguments["s4"] != arguments["s0"]


def test_groups_do_not_depend_on_the_order(lexical: LexicalEmbedder, sources: list[SourceText]) -> None:
    prepared = pipeline.prepare(sources, lexical)
    expected = duplicates.find_groups(prepared)
    for seed in range(5):
        random.Random(seed).shuffle(prepared)
        assert duplicates.find_groups(prepared) == expected


def test_signature_estimates_the_share_of_common_shingles() -> None:
    left, right = CAMPAIGN, CAMPAIGN.replace("ogni ora", "ogni mezz'ora")
    true = duplicates.jaccard(duplicates.shingle_hashes(left), duplicates.shingle_hashes(right))
    one, other = (np.frombuffer(duplicates.signature(text), "<u4") for text in (left, right))
    assert abs(float((one == other).mean()) - true) < 0.15


def test_the_database_looks_for_the_same_bands() -> None:
    assert duplicates.PERMUTATIONS * 4 == copies._SIGNATURE
    assert copies._SIGNATURE // duplicates.BANDS == copies._BAND
