"""How good the analytics are: `python -m benchmarks.quality [--json]`. Themes, strategies, confidence, quotes.

Needs the language model (`python -m consult.analytics.model_build`); reads the public labelled sets where they lie beside
the checkout, the gold set under tests/gold and the demonstration always. The peers in the same run are TF-IDF with k-means,
NMF, chance and, where BERTOPIC_PYTHON names an environment that has it (see bertopic_peer.py), BERTopic with our vectors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.metrics import adjusted_mutual_info_score, v_measure_score

from benchmarks import quality_sets as sets
from benchmarks.quality_sets import Labelled
from consult.analytics import pipeline, quotes, strategies, tool
from consult.analytics.embedding import Embedder, load_embedder
from consult.analytics.lexical import content_keys, term_matrix
from consult.analytics.reference import reference_centre
from consult.analytics.segments import gather
from consult.analytics.types import Aggregation, FrameTarget, Parameters, PreparedSource, StrategyLinks

SEEDS = (0, 1, 2)


def main_themes(result: Aggregation, names: Sequence[str]) -> list[str]:
    """Per source its theme with the largest share; "" for none."""
    best: dict[str, tuple[float, str]] = {}
    for theme in result.themes:
        for member in theme.members:
            best[member.source_id] = max(best.get(member.source_id, (0.0, "")), (member.share, theme.key))
    return [best.get(name, (0.0, ""))[1] for name in names]


def agreement(labels: Sequence[str], found: Sequence[Any]) -> dict[str, float]:
    """AMI and V-measure over all texts; what was left out counts as one more group."""
    return {
        "ami": round(float(adjusted_mutual_info_score(labels, found)), 3),
        "v": round(float(v_measure_score(labels, found)), 3),
        "k": len(set(found)),
    }


def theme_measures(data: Labelled, embedder: Embedder) -> dict[str, Any]:
    """Ours with its own number of themes and with the number of labels, and the peers with the number of labels."""
    labels = data.first()
    names = [item.source.id for item in data.prepared]
    wished = len(set(labels))
    start = time.process_time()
    own = main_themes(pipeline.aggregate(data.prepared, embedder=embedder), names)
    spent = round(time.process_time() - start, 1)
    given = main_themes(
        pipeline.aggregate(data.prepared, parameters=Parameters(themes=wished), embedder=embedder), names
    )
    rows: dict[str, Any] = {
        "texts": len(labels),
        "labels": wished,
        "ours, own k": {
            **agreement(labels, own),
            "coverage": round(sum(map(bool, own)) / len(own), 3),
            "cpu_s": spent,
        },
        "ours, k given": agreement(labels, given),
    }
    matrix = term_matrix([content_keys(item.source.text, item.language) for item in data.prepared]).matrix
    runs = [KMeans(wished, n_init=1, random_state=seed).fit_predict(matrix) for seed in SEEDS]
    rows["TF-IDF + k-means"] = mean([agreement(labels, run) for run in runs])
    factors = [
        NMF(wished, init="nndsvda", random_state=seed, max_iter=400).fit_transform(matrix).argmax(1)
        for seed in SEEDS[:1]
    ]
    rows["NMF"] = mean([agreement(labels, run) for run in factors])
    chance = [
        [random.Random(seed).randrange(wished) for seed in range(start, start + len(labels))] for start in (0, 10**6)
    ]
    rows["chance"] = mean([agreement(labels, run) for run in chance])
    return rows


def bertopic(data: Sequence[Labelled], embedder: Embedder) -> dict[str, dict[str, Any]]:
    """BERTopic on the same centred vectors, per set; empty where no environment with it is named."""
    python = os.environ.get("BERTOPIC_PYTHON")
    if not python:
        return {}
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        labels: list[list[str]] = []
        for number, own in enumerate(data):
            material = gather(
                own.prepared, {item.source.id: item.digest for item in own.prepared}, reference_centre(embedder)
            )
            label = {item.source.id: first for item, first in zip(own.prepared, own.first(), strict=True)}
            sources = [material.items[place].source for place in material.usable]
            labels.append([label[source.id] for source in sources])
            np.save(Path(folder) / f"{number:02d}.npy", material.rows)
            facts = {"texts": [source.text for source in sources], "wished": len(set(labels[-1]))}
            (Path(folder) / f"{number:02d}.json").write_text(json.dumps(facts), encoding="utf-8")
        peer = Path(__file__).with_name("bertopic_peer.py")
        subprocess.run([python, str(peer), folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for number, own in enumerate(data):
            answer = json.loads((Path(folder) / f"{number:02d}.out.json").read_text(encoding="utf-8"))
            found[own.name] = {
                f"BERTopic, {name}": {
                    **agreement(labels[number], run["topics"]),
                    "left_out_before": round(run["left_out"], 3),
                    "cpu_s": run["cpu_s"],
                }
                for name, run in answer.items()
            }
    return found


def mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each measure."""
    return {key: round(sum(row[key] for row in rows) / len(rows), 3) for key in rows[0]}


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

    `left_empty` is the share of rows that the command leaves empty though one fits.
    """
    found = {}
    titles, axes = sets.frame(described=False), sets.axes()
    by_axis = {target.code: target.axis_code for target in titles}
    for half in ("dev", "held"):
        for name, data, targets, read in (
            ("titles of actions", sets.written(sets.ACTIONS, half, "strategy", embedder), titles, None),
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
            }
    return found


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


def measure(embedder: Embedder) -> dict[str, Any]:
    """All measures."""
    demonstration = sets.demo(embedder)
    halves = [sets.gold("dev", embedder), sets.gold("held", embedder)]
    report: dict[str, Any] = {"embedding": embedder.name, "themes": {}, "strategies": {}}
    labelled = [*sets.real(embedder), demonstration]
    peer = bertopic(labelled, embedder)
    for data in labelled:
        report["themes"][data.name] = {**theme_measures(data, embedder), **peer.get(data.name, {})}
    for described in (True, False):
        frame = sets.frame(described)
        kind = "title + description + keywords" if described else "title + axis objective"
        for data in [*halves, demonstration]:
            alone = [
                pipeline.suggest(item.source.text, frame, embedder, source_id=item.source.id) for item in data.prepared
            ]
            report["strategies"][f"{data.name}; {kind}"] = {
                "all at once": strategy_measures(data, pipeline.suggest_many(data.prepared, frame, embedder)),
                "one by one": strategy_measures(data, [link for link in alone if link.suggestions]),
                "TF-IDF": lexical_baseline(data, frame),
            }
    report["written for this: titles and objectives only"] = written_measures(embedder)
    report["told to fit none"] = none_measures(halves, demonstration, labelled[:-1], embedder)
    report["strategies with confirmed examples"] = example_measures(halves, demonstration, embedder)
    report["quotes: share of an axis's strategies among ten"] = quote_measures(demonstration, embedder)
    report["fit on the development half"] = fit(halves[0], embedder)
    return report


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--fast", action="store_true", help="the fast profile: fixed word vectors")
    options = parser.parse_args()
    embedder = load_embedder(fast=options.fast)
    if embedder.name.startswith("lexical"):
        print("The language model is not there: python -m consult.analytics.model_build", file=sys.stderr)
        return 1
    report = measure(embedder)
    print(json.dumps(report, ensure_ascii=False, indent=None if options.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
