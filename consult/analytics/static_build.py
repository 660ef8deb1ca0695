"""Make the fast profile, once: `python -m consult.analytics.static_build --model var/model`.

Each word piece of the model's vocabulary that is written in Latin letters is read by the model alone; its state, less the mean and
turned to the strongest directions, becomes the piece's fixed vector (as in Model2Vec, Tulkens and van Dongen 2024, but from weights
that are already there, with no training and no text). The weight that `embedding` gives rare pieces is multiplied in. Same model,
same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from consult.analytics.embedding import STATIC, E5Embedder, Vectors, token_weights
from consult.analytics.lexical import stop_words
from consult.analytics.pieces import Pieces
from consult.analytics.reference import BESIDE, SENTENCES

NAME = "static-2"
PIECES = 16_000  # the most frequent that are written in Latin letters
LANGUAGES = ("it", "en", "fr")
TEXTS = Path(__file__).resolve().parents[1]  # the product's own folder: catalogue of sentences, demonstration
DIMENSIONS = 256
EVENING = 0.7  # exponent of the deviation each direction is divided by; best of five on news, comments, the demonstration, gold's development half


def _latin(piece: str) -> bool:
    letters = [char for char in piece if char.isalpha()]
    return bool(letters) and all("LATIN" in unicodedata.name(char, "") for char in letters)


def words_at_hand() -> Iterator[str]:
    """Texts in the languages the product speaks that come with it: their pieces get a vector however rare they are elsewhere."""
    for language in LANGUAGES:
        yield from sorted(stop_words(language))
        yield from (word for text in (SENTENCES, BESIDE) for word in text[language].split("\n"))
    for path in sorted(TEXTS.rglob("*.po")) + sorted(TEXTS.rglob("*.jsonl")) + sorted(TEXTS.rglob("*.json")):
        yield from path.read_text(encoding="utf-8").split("\n")


def chosen(vocabulary: Sequence[tuple[str, float]], pieces: Pieces) -> list[int]:
    """Numbers of the pieces that get a vector, in their order: the most frequent in Latin letters, and those of texts at hand."""
    latin = {number for number, (piece, _) in enumerate(vocabulary) if _latin(piece)}
    often = sorted(latin, key=lambda number: (-vocabulary[number][1], number))[:PIECES]
    met = {number for text in words_at_hand() for number in pieces.of(text)}
    return sorted({*often, *(met & latin)})


def turned(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> Vectors:
    """Rows less their mean in their strongest directions, evened out: the strongest say how a piece is written, not what it means."""
    shares = weights / weights.sum()
    centred = rows - shares @ rows
    values, directions = np.linalg.eigh((centred * shares[:, None]).T @ centred)
    values, directions = values[::-1][:DIMENSIONS], directions[:, ::-1][:, :DIMENSIONS]
    return np.asarray(centred @ directions * np.maximum(values, values[0] * 1e-4) ** (-EVENING / 2), dtype=np.float32)


def build(folder: Path, say: Callable[[int, int], object]) -> None:
    """Write the static vectors into the model's folder."""
    model = E5Embedder(folder)
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    numbers = chosen(vocabulary, Pieces(folder))
    rows = np.empty((len(numbers), model.dimensions), dtype=np.float64)
    for place, number in enumerate(numbers):
        rows[place] = model.state_of(number)
        if place % 2000 == 0:
            say(place, len(numbers))
    weights = token_weights([vocabulary[n][0] for n in numbers], [vocabulary[n][1] for n in numbers])
    chances = np.exp(np.asarray([vocabulary[n][1] for n in numbers]))
    with threadpool_limits(limits=1):
        vectors = turned(rows, np.sqrt(chances * weights)) * weights[:, None]
    # Row 0 stands for every piece without a vector.
    table = np.concatenate([np.zeros((1, vectors.shape[1])), vectors]).astype(np.float16)
    row_of = np.zeros(len(vocabulary), dtype=np.int32)
    row_of[numbers] = np.arange(1, len(numbers) + 1)
    draft = Path(tempfile.mkdtemp(prefix=".static-", dir=folder))
    draft.chmod(0o755)
    np.save(draft / "rows.npy", table)
    np.save(draft / "row_of.npy", row_of)
    facts = {"name": f"{model.name}-{NAME}", "dimensions": int(vectors.shape[1]), "pieces": len(numbers)}
    (draft / "static.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if (folder / STATIC).exists():
        shutil.rmtree(folder / STATIC)
    draft.rename(folder / STATIC)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when the folder holds the fast profile at the end."""
    parser = argparse.ArgumentParser(description="Make the fast profile of the text analytics.")
    parser.add_argument("--model", type=Path, default=Path("var") / "model")
    options = parser.parse_args(arguments)
    if not (options.model / "model.json").is_file():
        sys.stderr.write("The language model is not there: run python -m consult.analytics.model_build first.\n")
        return 1
    build(options.model, lambda done, total: sys.stderr.write(f"{done}/{total} pieces\n"))
    sys.stdout.write(f"{options.model / STATIC}: made\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
