"""Themes: agreement with people's categories, ours and the peers'; part of `python -m benchmarks.quality`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.metrics import adjusted_mutual_info_score, v_measure_score

from benchmarks.quality_sets import Labelled
from consult.analytics import pipeline
from consult.analytics.embedding import Embedder
from consult.analytics.lexical import content_keys, term_matrix
from consult.analytics.reference import reference_centre
from consult.analytics.segments import gather
from consult.analytics.types import Aggregation, Parameters

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
