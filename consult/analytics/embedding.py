"""Sentence vectors on one core, offline: multilingual-e5-small as int8 ONNX, or lexical vectors when it is not there.

The model folder is written by `consult.analytics.model_build`. Each window of text is run alone, because dynamic int8
quantisation depends on what shares a batch; so the vector of a text never depends on its neighbours or on the shard.
Sentences are not run one by one: the whole text is run once and the states of each sentence's own tokens are averaged
("late chunking", Guenther et al. 2024), which costs one run and keeps the context of short sentences.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from consult.analytics.lexical import content_keys
from consult.analytics.pieces import Pieces

Vectors = NDArray[np.float32]

WINDOW_TOKENS = 254
MOST_WINDOWS = 60  # of one text, about 10,000 words: beyond, more of it changes little and costs seconds
PREFIX = "query:"
POOLING = (
    "-weighted-lead-1"  # of the token states; part of the embedder's name, since other pooling gives other vectors
)
LEAD = 0.3  # what a text says first says what it is about: its first sentence counts so much beside the whole
USUAL = 5e-5  # a token this frequent in general text counts half as much as a rare one
MOST_KEPT = 400  # sets of texts whose vectors are kept beside the model
STATIC = "static"  # folder of the fast profile, inside the model's
SILENT = 1e-6  # what is left of the weight of tokens without letters: enough where a text has nothing else


class Embedder(Protocol):
    """Turns the sentences of one text into unit vectors."""

    name: str
    dimensions: int

    def __hash__(self) -> int: ...

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """Row 0 for the whole text, then one row per sentence when there are at least two; each of length 1."""
        ...


def unit_rows(rows: Vectors) -> Vectors:
    """Rows scaled to length 1; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(norms == 0, 1, norms), dtype=np.float32)


def with_lead(rows: Vectors) -> Vectors:
    """Unit rows of a text and its sentences, the whole drawn towards the first one.

    Agreement with people's categories rises by one point on average over sixteen sets and samples of benchmarks/quality.py; weights from .3
    to .8 do alike. Texts of one sentence stay as they are.
    """
    if len(rows) > 1:
        rows[0] = unit_rows((rows[0] + LEAD * rows[1])[None])[0]
    return rows


def token_weights(pieces: Sequence[str], scores: Sequence[float]) -> Vectors:
    """How much each token's state counts: little for frequent ones (Arora et al. 2017), next to nothing without letters.

    `scores` are the log probabilities of the tokenizer's unigram model. Raises agreement with people's categories by one to
    four points on every set of benchmarks/quality.py, against the plain mean.
    """
    chance = np.exp(np.asarray(scores, dtype=np.float64))
    spoken = np.asarray([any(char.isalpha() for char in piece) for piece in pieces])
    return np.where(spoken, USUAL / (USUAL + chance), 0).astype(np.float32) + np.float32(SILENT)


def _token_weights(folder: Path) -> Vectors:
    """Weights as the build wrote them, or from the tokenizer where an older build left none."""
    path = folder / "weights.npy"
    if path.is_file():
        return np.asarray(np.load(path), dtype=np.float32)
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return token_weights([piece for piece, _ in vocabulary], [score for _, score in vocabulary])


class _Model:
    """What the model's folder holds, read into memory."""

    def __init__(self, folder: Path) -> None:
        # Imported here, so that commands that never embed don't pay 80 MB and half a second for the runtime.
        import onnxruntime  # noqa: PLC0415  # See above.

        self.pieces = Pieces(folder)
        self.prefix = self.pieces.of(PREFIX)
        self.words = np.asarray(np.load(folder / "words.npy", mmap_mode="r"))
        self.positions: Vectors = np.load(folder / "positions.npy")
        self.weights = _token_weights(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        # The graph is written as it should run; the library's own rewriting would join sums and normalisations again, which is slower.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3
        self.session: Any = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )


class E5Embedder:
    """multilingual-e5-small (MIT) from a model folder; one thread, exact for a text whatever runs beside it."""

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self.name: str = facts["name"] + POOLING
        self.kept_in = folder / "kept"
        self.dimensions: int = facts["dimensions"]
        self._folder = folder
        self._begin: int = facts["begin"]
        self._end: int = facts["end"]
        self._loading = Lock()
        self._model: _Model | None = None

    def _loaded(self) -> _Model:
        """The model itself, read when the first text is: who only asks for its name or for vectors that are kept goes without."""
        with self._loading:
            if self._model is None:
                self._model = _Model(self._folder)
            return self._model

    @staticmethod
    def _word_rows(words: Any, ids: list[int]) -> Vectors:
        """Rows of the 4-bit word table: blocks of 32 numbers as a float16 scale and 16 bytes of two nibbles."""
        blocks = np.asarray(words[ids])
        scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
        nibbles = blocks[..., 2:]
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
        return np.asarray((values * scale).reshape(len(ids), -1), dtype=np.float32)

    def state_of(self, piece: int) -> Vectors:
        """The last hidden state of one word piece that stands alone."""
        model = self._loaded()
        row: Vectors = self._states(model, [piece])[1 + len(model.prefix)]
        return row

    def _states(self, model: _Model, ids: list[int]) -> Vectors:
        """Last hidden states, one row per token of `ids` with begin, prefix and end added."""
        full = [self._begin, *model.prefix, *ids, self._end]
        rows = self._word_rows(model.words, full) + model.positions[: len(full)]
        states: Vectors = model.session.run(None, {"tokens": rows[None].astype(np.float32)})[0][0]
        return states

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """See `Embedder.embed`; texts beyond 254 tokens are run in windows and averaged.

        Of very long texts only `MOST_WINDOWS` windows are run, spread evenly; sentences outside get the whole's vector.
        """
        model = self._loaded()
        pieces: list[tuple[int, list[int]]] = []
        for number, sentence in enumerate(sentences):
            ids = model.pieces.of(sentence)
            pieces += [(number, ids[start : start + WINDOW_TOKENS]) for start in range(0, len(ids), WINDOW_TOKENS)]
        total = np.zeros(self.dimensions, dtype=np.float64)
        sums = np.zeros((len(sentences), self.dimensions), dtype=np.float64)
        windows: list[list[tuple[int, list[int]]]] = []
        length = WINDOW_TOKENS
        for number, ids in pieces:
            if length + len(ids) > WINDOW_TOKENS:
                windows.append([])
                length = 0
            windows[-1].append((number, ids))
            length += len(ids)
        if len(windows) > MOST_WINDOWS:
            windows = [windows[place * len(windows) // MOST_WINDOWS] for place in range(MOST_WINDOWS)]
        for window in windows:
            tokens = [token for _, piece in window for token in piece]
            first = 1 + len(model.prefix)
            states = self._states(model, tokens)[first : first + len(tokens)] * model.weights[tokens][:, None]
            total += states.sum(axis=0)
            place = 0
            for owner, piece in window:
                sums[owner] += states[place : place + len(piece)].sum(axis=0)
                place += len(piece)
        sums[~sums.any(axis=1)] = total
        rows = [total] if len(sentences) < 2 else [total, *sums]
        return with_lead(unit_rows(np.asarray(rows, dtype=np.float32)))


class StaticEmbedder:
    """The fast profile: each word piece has a fixed vector, read out of the model once (`static_build`); a text is their weighted sum.

    Hundreds of times faster than the model, since no word is read in the light of its neighbours; what that costs in quality is in
    benchmarks/README.md.
    """

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / STATIC / "static.json").read_text(encoding="utf-8"))
        self.name: str = facts["name"]
        self.dimensions: int = facts["dimensions"]
        self._pieces = Pieces(folder)
        self._row_of = np.load(folder / STATIC / "row_of.npy")
        # A plain array over the mapped file: numpy's own kind for these costs as much for each text as looking its rows up.
        self._rows: Vectors = np.asarray(np.load(folder / STATIC / "rows.npy", mmap_mode="r"))

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        sums = np.zeros((len(sentences), self.dimensions), dtype=np.float32)
        for number, sentence in enumerate(sentences):
            sums[number] = self._rows[self._row_of[self._pieces.of(sentence)]].sum(axis=0, dtype=np.float32)
        total = sums.sum(axis=0, keepdims=True)
        return unit_rows(total if len(sentences) < 2 else np.concatenate([total, sums]))


class LexicalEmbedder:
    """Without a model: each content word a fixed pseudo-random direction, a text the sum of its words' directions.

    Two texts are near when they share words (random indexing, Kanerva 2000); it knows no synonyms and no other language.
    """

    name = "lexical-directions-1"
    dimensions = 384

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        sums = np.zeros((len(sentences), self.dimensions), dtype=np.float32)
        for number, sentence in enumerate(sentences):
            for key in content_keys(sentence):
                sums[number] += _direction(key, self.dimensions)
        total = sums.sum(axis=0, keepdims=True)
        return unit_rows(total if len(sentences) < 2 else np.concatenate([total, sums]))


@lru_cache(maxsize=65536)
def _direction(key: str, dimensions: int) -> Vectors:
    seed = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)


def model_folder() -> Path:
    """Where the model is looked for: CONSULT_MODEL_DIR, else `var/model` under the working directory."""
    return Path(os.environ.get("CONSULT_MODEL_DIR") or Path("var") / "model")


class ModelMissing(ValueError):
    """What was asked for was not made yet; the message says how to make it."""


@lru_cache(maxsize=4)
def _loaded(folder: str, fast: bool) -> Embedder:
    path = Path(folder)
    if not (path / "model.json").is_file():
        return LexicalEmbedder()
    if not fast:
        return E5Embedder(path)
    if not (path / STATIC / "static.json").is_file():
        raise ModelMissing("The fast profile was not made yet: run python -m consult.analytics.static_build once.")
    return StaticEmbedder(path)


def load_embedder(folder: Path | None = None, *, fast: bool = False) -> Embedder:
    """The embedder of this process, loaded once per folder; lexical vectors when the folder holds no model.

    With `fast` the static one. Raises ModelMissing where it was not made.
    """
    return _loaded(str((folder or model_folder()).resolve()), fast)


def rows_of(texts: Sequence[str], embedder: Embedder) -> Vectors:
    """One row per text, as a whole; kept beside the model, for texts that are the same run after run (a plan's frame).

    Where nothing can be kept, they are read each time.
    """
    folder: Path | None = getattr(embedder, "kept_in", None)
    mark = hashlib.sha256("\x00".join([embedder.name, *texts]).encode("utf-8", "replace")).hexdigest()[:32]
    path = folder / f"{mark}.npy" if folder else None
    if path is not None and path.is_file():
        with contextlib.suppress(OSError, ValueError):
            kept = np.load(path, allow_pickle=False)
            if kept.shape == (len(texts), embedder.dimensions):
                return np.asarray(kept, dtype=np.float32)
    rows = np.asarray([embedder.embed([text])[0] for text in texts], dtype=np.float32)
    rows = rows.reshape(len(texts), embedder.dimensions)
    if path is not None:
        with contextlib.suppress(OSError):
            _keep(path, rows)
    return rows


def kept_word(text: str, embedder: Embedder, find: Callable[[], str], *given: str) -> str:
    """What `find` says of a text, kept beside the model like `rows_of`; `given` is what it depends on beside the text."""
    folder: Path | None = getattr(embedder, "kept_in", None)
    mark = hashlib.sha256("\x00".join([*given, text]).encode("utf-8", "replace")).hexdigest()[:32]
    path = folder / f"{mark}.txt" if folder else None
    if path is not None:
        with contextlib.suppress(OSError, ValueError):
            return path.read_text(encoding="utf-8")
    word = find()
    if path is not None:
        with contextlib.suppress(OSError):
            _write_beside(path, word.encode())
    return word


def _keep(path: Path, rows: Vectors) -> None:
    written = io.BytesIO()
    np.save(written, rows)
    _write_beside(path, written.getvalue())


def _write_beside(path: Path, data: bytes) -> None:
    """Write beside and rename, so that a process that reads meanwhile never sees a part; the oldest of very many are let go."""
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
    old = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda other: other.stat().st_mtime)[:-MOST_KEPT]
    for other in old:
        other.unlink(missing_ok=True)


def pack(rows: Vectors) -> bytes:
    """Rows as little-endian float16 bytes, as they are stored."""
    return rows.astype("<f2").tobytes()


def unpack(data: bytes | memoryview, dimensions: int) -> Vectors:
    """Rows from stored bytes, as float32."""
    return np.frombuffer(data, dtype="<f2").reshape(-1, dimensions).astype(np.float32)
