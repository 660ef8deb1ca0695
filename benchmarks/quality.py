"""How good the analytics are: `python -m benchmarks.quality [--json]`. Themes, strategies, confidence, quotes.

Needs the language model (`python -m consult.analytics.model_build`); reads the public labelled sets where they lie beside
the checkout, the gold set under tests/gold and the demonstration always. The peers in the same run are TF-IDF with k-means,
NMF, chance and, where BERTOPIC_PYTHON names an environment that has it (see bertopic_peer.py), BERTopic with our vectors.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks import quality_sets as sets
from benchmarks.quality_quotes import quote_measures
from benchmarks.quality_strategies import (
    example_measures,
    fit,
    lexical_baseline,
    none_measures,
    strategy_measures,
    written_measures,
)
from benchmarks.quality_themes import bertopic, theme_measures
from consult.analytics import pipeline
from consult.analytics.embedding import Embedder, load_embedder


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
