"""Vectors of a merge's few texts come from the process that holds the model, bit for bit; without it the worker makes them itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from consult.analytics.embedding import LexicalEmbedder, Vectors
from consult.ports.suggestions import LONGEST, ask
from consult.ports.vectors import AWAY_S, SharedEmbedder
from tests.factories.servers import short_folder
from worker.suggester import Reader, Server

TEXT = ("Serve un treno la sera.", "E una corsa la domenica.")


class Own(LexicalEmbedder):
    """A worker's own model; says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, sentences: Sequence[str]) -> Vectors:
        self.asked += 1
        return super().embed(sentences)


class Other(LexicalEmbedder):
    """Another model."""

    name = "lexical-directions-other"


@pytest.fixture
def path() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder / "s.sock"


@pytest.fixture
def answered(path: Path) -> Iterator[Path]:
    """A socket that is answered."""
    with Server(path, Reader(LexicalEmbedder())) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield path
        server.shutdown()


def test_vectors_are_the_same_to_the_last_bit_and_the_own_model_is_left_alone(answered: Path) -> None:
    own = Own()
    shared = SharedEmbedder(own, answered)
    assert (shared.name, shared.dimensions) == (own.name, own.dimensions)
    for sentences in (TEXT, TEXT[:1]):
        assert shared.embed(sentences).tobytes() == LexicalEmbedder().embed(sentences).tobytes()
    assert own.asked == 0


def test_without_the_process_the_own_model_answers_and_it_is_asked_again_later(path: Path) -> None:
    now = [0.0]
    own = Own()
    shared = SharedEmbedder(own, path, clock=lambda: now[0])
    assert np.array_equal(shared.embed(TEXT), LexicalEmbedder().embed(TEXT))
    assert own.asked == 1
    with Server(path, Reader(LexicalEmbedder())) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        shared.embed(TEXT)
        assert own.asked == 2, "for a while it is not asked again"
        now[0] = AWAY_S + 1
        shared.embed(TEXT)
        assert own.asked == 2
        server.shutdown()


def test_another_model_or_a_text_beyond_what_it_reads_is_for_the_own_one(answered: Path) -> None:
    own = Own()
    SharedEmbedder(own, answered).embed(["a" * (LONGEST + 1)])
    assert own.asked == 1
    other = Other()
    assert np.array_equal(SharedEmbedder(other, answered).embed(TEXT), other.embed(TEXT))
    assert ask(answered, {"sentences": list(TEXT), "model": other.name}, 5) == {"state": "another_model"}


@pytest.mark.parametrize("sentences", ["text", [1], None])
def test_what_is_no_text_is_refused(answered: Path, sentences: object) -> None:
    model = LexicalEmbedder.name
    assert ask(answered, {"sentences": sentences, "model": model}, 5) == {"state": "refused"}
