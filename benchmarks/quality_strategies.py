"""Strategies: of texts, of titles and of what fits none, with how sure it is said; part of `python -m benchmarks.quality`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import quality_sets as sets
from benchmarks.quality_sets import Labelled
from consult.analytics import pipeline, strategies, tool
from consult.analytics.embedding import Embedder, unit_rows
from consult.analytics.lexical import content_keys, term_matrix
from consult.analytics.reference import reference_centre
from consult.analytics.segments import gather
from consult.analytics.types import FrameTarget, PreparedSource, StrategyLinks


def strategy_measures(data: Labelled, links: Sequence[StrategyLinks]) -> dict[str, float]:
    """Top-1 and top-3 of the texts that have a strategy, precision and recall of "none", calibration error."""
    by_id = {link.source_id: link for link in links}
    rows = [
        (by_id[item.source.id], label)
        for item, label in zip(data.prepared, data.labels, strict=True)
        if item.source.id in by_id
    ]
    with_label = [(link, label) for link, label in rows if label]
    first = [link.suggestions[0].code in label for link, label in with_label]
    three = [any(suggestion.code in label for suggestion in link.suggestions) for link, label in with_label]
    said_none = [label for link, label in rows if not link.fits]
    none = [link for link, label in rows if not label]
    return {
        "texts": len(with_label),
        "top1": round(float(np.mean(first)), 3),
        "top3": round(float(np.mean(three)), 3),
        "calibration_error": calibration_error([link.suggestions[0].confidence for link, _ in with_label], first),
        "calibration_error_by_chance": calibration_by_chance([link.suggestions[0].confidence for link, _ in with_label]),
        "mean_confidence": round(float(np.mean([link.suggestions[0].confidence for link, _ in with_label])), 3),
        "none_precision": round(sum(not label for label in said_none) / len(said_none), 3)
        if said_none
        else float("nan"),
        "none_recall": round(sum(not link.fits for link in none) / len(none), 3) if none else float("nan"),
        "none_said": len(said_none),
    }


def written_measures(embedder: Embedder) -> dict[str, dict[str, float]]:
    """Titles of actions to strategies, and sentences of programmes to axes, from titles and axis objectives only; as `consult suggest` does it.

    `left_empty` is the share of rows that the command leaves empty though one fits. Beside it the known pipeline on the same texts, and the
    titles with described strategies.
    """
    found = {}
    titles, axes = sets.frame(described=False), sets.axes()
    by_axis = {target.code: target.axis_code for target in titles}
    for half in ("dev", "held"):
        for name, data, targets, read in (
            ("titles of actions", sets.written(sets.ACTIONS, half, "strategy", embedder), titles, None),
            ("titles of actions, described strategies", sets.written(sets.ACTIONS, half, "strategy", embedder), sets.frame(described=True), None),
            ("programmes, axis of the first strategy", sets.written(sets.PROGRAMME, half, "axis", embedder), titles, by_axis),
            ("programmes, axes as targets", sets.written(sets.PROGRAMME, half, "axis", embedder), axes, None),
        ):
            links = {link.source_id: link for link in pipeline.suggest_many(data.prepared, targets, embedder)}
            rows = [(links[item.source.id], min(label)) for item, label in zip(data.prepared, data.labels, strict=True)]
            codes = [[(read or {}).get(s.code, s.code) for s in link.suggestions] for link, _ in rows]
            found[f"{name}, {half}"] = {
                "texts": len(rows),
                "top1": round(float(np.mean([own[0] == label for own, (_, label) in zip(codes, rows, strict=True)])), 3),
                "top3": round(float(np.mean([label in own for own, (_, label) in zip(codes, rows, strict=True)])), 3),
                "left_empty": round(float(np.mean([link.none_confidence >= tool.EMPTY_AT for link, _ in rows])), 3),
                **(known_pipeline(data, targets, embedder) if read is None else {}),
            }
    return found


def known_pipeline(data: Labelled, targets: Sequence[FrameTarget], embedder: Embedder) -> dict[str, float]:
    """What the pipeline that the known figures were taken with gives on the same texts: title and objective as one text, centred cosines,
    and half as much of the TF-IDF cosine, each standardised."""
    said = [f"{target.title}. {target.axis_objective or target.description}" for target in targets]
    prototypes = np.asarray([embedder.embed([text])[0] for text in said])
    material = gather(data.prepared, {item.source.id: item.digest for item in data.prepared}, reference_centre(embedder))
    label = {item.source.id: min(own) for item, own in zip(data.prepared, data.labels, strict=True)}
    words = term_matrix([*map(content_keys, said), *material.keys()], minimum=1, most=1.0).matrix
    shared = (words[len(said) :] @ words[: len(said)].T).toarray()
    cosines = material.rows @ unit_rows(prototypes - prototypes.mean(axis=0)).T
    scores = strategies.standardised(cosines.astype(np.float64)) + 0.5 * strategies.standardised(shared)
    order = np.argsort(-scores, axis=1, kind="stable")
    codes = [target.code for target in targets]
    rows = [(order[n], label[material.items[place].source.id]) for n, place in enumerate(material.usable)]
    return {
        "known_pipeline_top1": round(float(np.mean([codes[ranks[0]] == own for ranks, own in rows])), 3),
        "known_pipeline_top3": round(float(np.mean([own in [codes[rank] for rank in ranks[:3]] for ranks, own in rows])), 3),
    }


def refused(items: Sequence[PreparedSource], frame: Sequence[FrameTarget], embedder: Embedder) -> float:
    """Share of texts, each asked about alone, that fit none of a frame's strategies."""
    found = [pipeline.suggest(item.source.text, frame, embedder) for item in items]
    return round(float(np.mean([not links.fits for links in found])), 3)


def none_measures(
    halves: Sequence[Labelled], demonstration: Labelled, real: Sequence[Labelled], embedder: Embedder
) -> dict[str, dict[str, float]]:
    """Share of texts that are told to fit none, where none of the frame fits and where one does."""
    groups = {f"{data.name}: fits none": data.prepared for data in (sets.elsewhere(half, embedder) for half in ("dev", "held"))}
    for data in [*halves, demonstration]:
        for name, wanted in (("fits one", True), ("fits none", False)):
            groups[f"{data.name}: {name}"] = [i for i, label in zip(data.prepared, data.labels, strict=True) if bool(label) == wanted]
    for data in real:
        off = sets.OFF_FRAME.get(data.name)
        if off:
            own = [item for item, label in zip(data.prepared, data.first(), strict=True) if label in off]
            groups[f"{data.name}: categories without a strategy"] = own[:200]
    return {
        kind: {name: refused(items, sets.frame(described), embedder) for name, items in groups.items() if items}
        for kind, described in (("described", True), ("titles", False))
    }


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 8) -> float:
    """Expected calibration error over bins with equally many texts."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(np.mean(np.asarray(confidence)[part]) - np.mean(np.asarray(right)[part])) * len(part) for part in parts]
    return round(float(sum(gaps) / len(order)), 3)


def calibration_by_chance(confidence: Sequence[float], rounds: int = 200) -> float:
    """The error that confidences which say exactly how often they are right would show on so many texts, on average: what is below can't be told."""
    draw, sure = np.random.default_rng(0), np.asarray(confidence)
    return round(float(np.mean([calibration_error(sure, draw.random(len(sure)) < sure) for _ in range(rounds)])), 3)


def with_examples(
    frame: Sequence[FrameTarget], shown: Sequence[tuple[str, frozenset[str]]], number: int
) -> tuple[FrameTarget, ...]:
    """The frame with up to `number` texts that people put under each strategy."""
    found: dict[str, list[str]] = {target.code: [] for target in frame}
    for text, codes in shown:
        for code in codes:
            if len(found[code]) < number:
                found[code].append(text)
    return tuple(replace(target, examples=tuple(found[target.code])) for target in frame)


def example_measures(halves: Sequence[Labelled], demonstration: Labelled, embedder: Embedder) -> dict[str, Any]:
    """What confirmed texts add, on texts that are none of them.

    Shown: the development half for the held one (the demonstration for it too); of the demonstration one half of the voices, by hash of
    the interview, meeting or person they come from, for the other half.
    """

    def told(data: Labelled) -> list[tuple[str, frozenset[str]]]:
        return [(item.source.text, label) for item, label in zip(data.prepared, data.labels, strict=True)]

    def part(number: int) -> Labelled:
        kept = [
            place
            for place, item in enumerate(demonstration.prepared)
            if hashlib.sha256((item.source.unit or item.source.respondent or item.source.id).encode()).digest()[0] % 2
            == number
        ]
        return Labelled(
            f"demonstration, part {number}",
            [demonstration.prepared[n] for n in kept],
            [demonstration.labels[n] for n in kept],
        )

    development, held = halves
    report: dict[str, Any] = {}
    for described in (True, False):
        frame = sets.frame(described)
        for name, shown, asked in (
            ("development half shown, held half asked", told(development), held),
            ("demonstration shown, held half asked", told(demonstration), held),
            ("one half of the demonstration's voices shown, the other asked", told(part(0)), part(1)),
        ):
            for number in (0, 3, 12):
                targets = with_examples(frame, shown, number)
                alone = [
                    pipeline.suggest(item.source.text, targets, embedder, source_id=item.source.id)
                    for item in asked.prepared
                ]
                row = strategy_measures(asked, [link for link in alone if link.suggestions])
                report[f"{'described' if described else 'titles'}; {name}; {number} each"] = row
    return report


def lexical_baseline(data: Labelled, frame: Sequence[FrameTarget]) -> dict[str, float]:
    """TF-IDF cosine between text and target words alone, and always saying the most frequent."""
    words = [
        content_keys(f"{target.title} {target.axis_objective} {target.description} {' '.join(target.keywords)}")
        for target in frame
    ]
    texts = [content_keys(item.source.text, item.language) for item in data.prepared]
    matrix = term_matrix([*texts, *words], minimum=1, most=1.0).matrix
    scores = (matrix[: len(texts)] @ matrix[len(texts) :].T).toarray()
    order = np.argsort(-scores, axis=1, kind="stable")
    codes = [target.code for target in frame]
    rows = [(order[place], label) for place, label in enumerate(data.labels) if label]
    usual = Counter(min(label) for _, label in rows).most_common(1)[0][1] / len(rows)
    return {
        "top1": round(float(np.mean([codes[ranks[0]] in label for ranks, label in rows])), 3),
        "top3": round(float(np.mean([any(codes[rank] in label for rank in ranks[:3]) for ranks, label in rows])), 3),
        "majority_top1": round(usual, 3),
    }


def fit(data: Labelled, embedder: Embedder) -> dict[str, Any]:
    """What sharpness fits the development half best (least log loss), for the constants in `strategies`."""
    result: dict[str, Any] = {}
    material = gather(
        data.prepared, {item.source.id: item.digest for item in data.prepared}, reference_centre(embedder)
    )
    label = {item.source.id: label for item, label in zip(data.prepared, data.labels, strict=True)}
    for name, described in (("described", True), ("titles", False)):
        ready = strategies.prepare_frame(sets.frame(described), embedder, "it")
        codes = [target.code for target in ready.targets]
        base = strategies.base_scores(material.rows, material.keys(), ready)
        right = [
            [codes.index(code) for code in sorted(label[material.items[place].source.id])] for place in material.usable
        ]
        kept = [place for place, own in enumerate(right) if own]
        losses = {}
        for sharpness in np.arange(0.6, 3.05, 0.1):
            chances = strategies.chances(base * sharpness, 1.0)
            losses[round(float(sharpness), 1)] = -float(
                np.mean([np.log(chances[place, right[place]].sum()) for place in kept])
            )
        result[f"{name}, sharpness"] = min(losses, key=lambda key: losses[key])
        none = strategies.none_chance(material.rows, material.keys(), ready)
        for kind, places in (("with strategy", kept), ("none", [p for p, own in enumerate(right) if not own])):
            result[f"{name}, chance of none: {kind}"] = [
                round(float(value), 3) for value in np.quantile(none[places], (0.1, 0.25, 0.5, 0.75, 0.9))
            ]
    return result
