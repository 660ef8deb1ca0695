"""Texts for the benchmark of aggregation: recombined real sentences, and what reading them would have stored."""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import random
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks.quality_sets import REAL as FOLDER
from benchmarks.web_data import copy
from consult.analytics import duplicates, pipeline
from consult.analytics import prepare as preparing
from consult.analytics.embedding import Vectors, load_embedder, pack, unit_rows, unpack
from consult.analytics.types import SourceText
from consult.runtime.supervisor import cores

CHECKOUT = Path(__file__).resolve().parents[1]
REAL = FOLDER / "prato_it.csv"
MODEL = CHECKOUT / "var" / "model"
CHANNELS = ("contribution", "answer", "answer", "interview", "meeting")
SPEAKERS = ("resident", "resident", "association", "business", "municipality")
SENTENCES = (1, 1, 1, 2, 2, 3)
CHANGES = {"added": 0.6, "corrected": 0.3, "withdrawn": 0.1}
COLUMNS = (
    "id", "process_id", "channel", "voice_id", "position", "text", "language", "zone_id", "speaker_kind", "visibility", "quotable",
    "attribution", "state", "revision", "asked",
)  # fmt: skip  # names read better in lines
KEPT = (
    "source_id", "model", "revision", "digest", "language", "prepared", "signature", "vectors", "dimensions",
)  # fmt: skip  # names read better in lines


@dataclass(frozen=True)
class Pool:
    """Real sentences with their vectors."""

    texts: tuple[str, ...]
    rows: Vectors
    model: str


def read_pool(fast: bool = False) -> Pool:
    """Sentences of 4 to 40 words with their vectors, embedded once and kept in the folder of temporary files."""
    texts = []
    for path in sorted((CHECKOUT / "consult" / "demo" / "data").glob("sources_axis*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines() if line.strip()]
    if REAL.is_file():
        csv.field_size_limit(10**7)
        with REAL.open(encoding="utf-8-sig", newline="") as file:
            texts += [row["text"] for row in csv.DictReader(file)][:1500]
    embedder = load_embedder(MODEL, fast=fast)
    mark = hashlib.sha256("\n".join([embedder.name, *texts]).encode()).hexdigest()[:24]
    store = Path(tempfile.gettempdir()) / "consult-aggregate" / f"{mark}.npz"
    if store.is_file():
        with np.load(store) as kept:
            return Pool(tuple(kept["texts"].tolist()), kept["rows"], embedder.name)
    sentences: list[str] = []
    rows: list[Vectors] = []
    for number, text in enumerate(texts):
        item = pipeline.prepare_source(SourceText(str(number), text, language="it"), embedder)
        vectors = unpack(item.vectors, item.dimensions)
        for span, row in zip(item.sentences, vectors if len(vectors) == 1 else vectors[1:], strict=True):
            words = item.source.text[span.start : span.end]
            if 4 <= len(words.split()) <= 40 and len(preparing.sentences(words)) == 1:
                sentences.append(words)
                rows.append(row)
    store.parent.mkdir(exist_ok=True)
    np.savez(store, texts=np.asarray(sentences), rows=np.asarray(rows))
    return Pool(tuple(sentences), np.asarray(rows), embedder.name)


def made(pool: Pool, salt: int, number: int) -> tuple[str, list[int]]:
    """A text of one to three sentences, and which they are; equal for equal salt and number."""
    dice = random.Random(f"{salt}:{number}")
    chosen = [dice.randrange(len(pool.texts)) for _ in range(dice.choice(SENTENCES))]
    # A word of its own, so that two single sentences are no copies of each other more often than people's are.
    return " ".join(pool.texts[place] for place in chosen) + f" Caso {dice.randrange(10**6)}.", chosen


def source_key(salt: int, number: int) -> uuid.UUID:
    """A random key that is the same in every run."""
    return uuid.UUID(bytes=hashlib.blake2b(f"{salt}:{number}".encode(), digest_size=16).digest(), version=4)


def source_row(
    process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, salt: int, number: int
) -> tuple[Any, ...]:
    """One source."""
    dice = random.Random(f"row:{salt}:{number}")
    text, _ = made(pool, salt, number)
    return (
        source_key(salt, number), process_id, dice.choice(CHANNELS), None, 0, text, "it", dice.choice(zones), dice.choice(SPEAKERS),
        "public", "anonymous", "", "live", 1, "",
    )  # fmt: skip  # one row of values reads better so


def vector_rows(pool: Pool, salt: int, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """What reading these sources would have stored, with vectors put together from their sentences'."""
    found = []
    for number in numbers:
        text, chosen = made(pool, salt, number)
        spans = preparing.sentences(text)
        own = pool.rows[chosen]
        own = np.concatenate([own, np.repeat(own[-1:], max(0, len(spans) - len(own)), axis=0)])[: len(spans)]
        whole = unit_rows(own.mean(axis=0, keepdims=True))
        rows = whole if len(spans) < 2 else np.concatenate([whole, own])
        personal = preparing.personal_spans(text)
        prepared = {
            "sentences": [[span.start, span.end] for span in spans],
            "marks": list(preparing.marks_of(text, personal)),
            "kind": preparing.kind_of(text),
            "personal": [[span.start, span.end] for span in personal],
        }
        found.append(
            (
                source_key(salt, number), pool.model, 1, preparing.digest(text), "it", json.dumps(prepared), duplicates.signature(text),
                pack(np.asarray(rows, dtype=np.float32)), int(pool.rows.shape[1]),
            )
        )  # fmt: skip  # one row of values reads better so
    return found


def seed(
    url: str, process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, number: int, *, warm: bool, salt: int
) -> None:
    """Put sources into the database, and what reading them gives where the run is to be warm."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        copy(connection, "source", COLUMNS, (source_row(process_id, zones, pool, salt, n) for n in range(number)))
        if warm:
            parts = [range(start, min(start + 500, number)) for start in range(0, number, 500)]
            with multiprocessing.get_context("fork").Pool(cores()) as helpers:
                found = helpers.imap(partial(vector_rows, pool, salt), parts)
                copy(connection, "source_vector", KEPT, (row for rows in found for row in rows))
        connection.execute("ANALYZE")


def change(
    url: str, process_id: uuid.UUID, zones: Sequence[uuid.UUID], pool: Pool, number: int, *, turn: int = 1
) -> None:
    """Add, correct and withdraw sources in the proportions of CHANGES; others in each turn, from 1."""
    added, corrected = round(number * CHANGES["added"]), round(number * CHANGES["corrected"])
    first = (turn - 1) * number
    seed(url, process_id, zones, pool, added, warm=False, salt=2 * turn - 1)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        for n in range(first, first + corrected):
            connection.execute(
                "UPDATE source SET text = %s, revision = revision + 1 WHERE id = %s",
                (made(pool, 2 * turn, n)[0], source_key(0, n)),
            )
        for n in range(first + corrected, first + number - added):
            connection.execute(
                "UPDATE source SET state = 'withdrawn', revision = revision + 1 WHERE id = %s", (source_key(0, n),)
            )
