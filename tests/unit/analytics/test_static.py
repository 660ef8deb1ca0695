"""The fast profile: fixed vectors for word pieces, read out of the model once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from consult.analytics import embedding, static_build
from consult.analytics.embedding import (
    E5Embedder,
    LexicalEmbedder,
    ModelMissing,
    kept_word,
    load_embedder,
    model_folder,
    rows_of,
)
from consult.analytics.pieces import Pieces

TEXTS = (
    "Servono più treni per i pendolari della stazione.",
    "I pendolari aspettano i treni davanti alla stazione.",
    "Il medico di famiglia visita i pazienti in ambulatorio.",
)


@pytest.fixture
def folder(e5: E5Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model's folder with a fast profile that knows the words of TEXTS only; the model itself is the one that other tests use."""
    real = model_folder().resolve()
    for path in real.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(static_build, "PIECES", 0)
    monkeypatch.setattr(static_build, "words_at_hand", lambda: iter(TEXTS))
    monkeypatch.setattr(static_build, "DIMENSIONS", 16)
    monkeypatch.setattr(static_build, "E5Embedder", lambda _folder: e5)
    with pytest.raises(ModelMissing, match="static_build"):
        load_embedder(tmp_path, fast=True)
    static_build.build(tmp_path, lambda _done, _total: None)
    return tmp_path


def test_texts_on_one_subject_lie_together_and_the_model_says_what_it_is(folder: Path) -> None:
    fast = load_embedder(folder, fast=True)
    first, second, other = (fast.embed([text])[0] for text in TEXTS)
    assert first @ second > first @ other
    assert fast.dimensions == 16
    assert fast.name.endswith("-static-2")
    facts = json.loads((folder / "static" / "static.json").read_text(encoding="utf-8"))
    known = {piece for text in TEXTS for piece in Pieces(folder).of(text)}
    assert 0 < facts["pieces"] <= len(known)
    rows = fast.embed(list(TEXTS))
    assert rows.shape == (4, 16)
    assert np.array_equal(rows[1], fast.embed([TEXTS[0]])[0])
    assert not fast.embed(["Жжж щщщ"]).any()  # pieces it does not know add nothing


def test_frames_are_read_once_and_kept_beside_the_model(
    e5: E5Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert e5.kept_in == model_folder() / "kept"
    monkeypatch.setattr(e5, "kept_in", tmp_path / "kept")
    rows = rows_of(TEXTS[:2], e5)
    assert len(list((tmp_path / "kept").glob("*.npy"))) == 1
    monkeypatch.setattr(e5, "embed", lambda _sentences: pytest.fail("read again"))
    assert np.array_equal(rows, rows_of(TEXTS[:2], e5))
    assert kept_word("Assi", e5, lambda: "it", "frame", "en") == "it"
    assert kept_word("Assi", e5, lambda: pytest.fail("looked again"), "frame", "en") == "it"
    assert kept_word("Assi", e5, lambda: "fr", "frame", "it") == "fr", "what it depends on is part of its mark"
    assert kept_word("Assi", LexicalEmbedder(), lambda: "en") == "en", "nothing is kept beside no model"


def test_who_asks_for_kept_vectors_or_a_name_reads_no_model(
    e5: E5Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5, "kept_in", tmp_path / "kept")
    read = rows_of(TEXTS[:2], e5)
    monkeypatch.setattr(embedding, "_Model", lambda _folder: pytest.fail("the model is read"))
    other = E5Embedder(model_folder())
    other.kept_in = tmp_path / "kept"
    assert (other.name, other.dimensions) == (e5.name, e5.dimensions)
    assert np.array_equal(read, rows_of(TEXTS[:2], other))
    with pytest.raises(pytest.fail.Exception, match="model is read"):
        other.embed(TEXTS[:1])
