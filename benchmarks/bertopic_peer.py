"""BERTopic (Grootendorst 2022) on given vectors, run by `benchmarks.quality` in an environment of its own.

It brings a compiler and 200 MB, so it stands in no requirements file of the product. Once:

    python3 -m venv build/bertopic
    build/bertopic/bin/pip install --no-deps bertopic==0.17.4
    build/bertopic/bin/pip install umap-learn hdbscan pandas plotly tqdm scikit-learn pyyaml

then `BERTOPIC_PYTHON=build/bertopic/bin/python python -m benchmarks.quality` has it in the same table. Reads a folder of
`N.npy` (vectors) and `N.json` (texts, wished number of topics), writes `N.out.json`. Imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: Path) -> int:
    """Topics for every set in the folder: as it comes, and with the wished number; outliers reassigned in both."""
    import numpy as np  # noqa: PLC0415  # Only where it runs.
    from bertopic import BERTopic  # type: ignore[import-not-found]  # noqa: PLC0415  # Not installed with the project.
    from sklearn.cluster import KMeans  # noqa: PLC0415  # As above.
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415  # As above.
    from umap import UMAP  # type: ignore[import-not-found]  # noqa: PLC0415  # As above.

    for file in sorted(folder.glob("*.npy")):
        rows, facts = np.load(file), json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        texts, result = facts["texts"], {}
        for name, clusters in (("as it comes", None), ("k given", facts["wished"])):
            start = time.process_time()
            reduce = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=42)
            more = {} if clusters is None else {"hdbscan_model": KMeans(clusters, n_init=10, random_state=42)}
            model = BERTopic(umap_model=reduce, vectorizer_model=CountVectorizer(), **more)
            topics, _ = model.fit_transform(texts, rows)
            outliers = sum(topic < 0 for topic in topics)
            if 0 < outliers < len(topics) and len(set(topics)) > 1:
                topics = model.reduce_outliers(texts, topics, strategy="embeddings", embeddings=rows)
            result[name] = {
                "topics": [int(topic) for topic in topics],
                "left_out": outliers / len(texts),
                "cpu_s": round(time.process_time() - start, 1),
            }
        file.with_suffix(".out.json").write_text(json.dumps(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
