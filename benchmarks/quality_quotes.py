"""Quotes: whether they touch all that people put under a subject; part of `python -m benchmarks.quality`."""

from __future__ import annotations

import random

import numpy as np

from benchmarks.quality_sets import Labelled
from consult.analytics import quotes
from consult.analytics.embedding import Embedder
from consult.analytics.reference import reference_centre
from consult.analytics.segments import gather


def quote_measures(data: Labelled, embedder: Embedder, number: int = 10) -> dict[str, float]:
    """Share of an axis's strategies that its quotes touch, by facility location and by simpler choices."""
    material = gather(
        data.prepared, {item.source.id: item.digest for item in data.prepared}, reference_centre(embedder)
    )
    label = {item.source.id: next(iter(label), "") for item, label in zip(data.prepared, data.labels, strict=True)}
    shares: dict[str, list[float]] = {"facility location": [], "random": [], "longest": [], "nearest the centre": []}
    for axis in sorted({code[0] for code in label.values() if code}):
        places = [
            place
            for place, item in enumerate(material.usable)
            if label[material.items[item].source.id].startswith(axis)
        ]
        items = [material.items[material.usable[place]] for place in places]
        wanted = {label[item.source.id] for item in items}
        rows = material.rows[places]
        candidates = [
            quotes.Candidate(
                item.source.id,
                item.source.text,
                span,
                item.source.id,
                item.source.id,
                None,
                None,
                quotes.words_in(item.source.text, span),
            )
            for item in items
            for span in item.sentences[:1]
        ]
        found, _ = quotes.choose(candidates, rows, rows, number)
        choices = {
            "facility location": [[quote.source_id for quote in found]],
            "random": [[item.source.id for item in random.Random(seed).sample(items, number)] for seed in range(20)],
            "longest": [[item.source.id for item in sorted(items, key=lambda item: -len(item.source.text))[:number]]],
            "nearest the centre": [
                [items[place].source.id for place in np.argsort(-(rows @ rows.mean(axis=0)))[:number]]
            ],
        }
        for name, picks in choices.items():
            shares[name].append(
                float(np.mean([len({label[pick] for pick in chosen}) / len(wanted) for chosen in picks]))
            )
    return {name: round(float(np.mean(values)), 3) for name, values in shares.items()}
