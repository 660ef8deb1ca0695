"""Word pieces cut by us are those of the model's own tokenizer, number for number."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from consult.analytics.embedding import E5Embedder, model_folder
from consult.analytics.pieces import SPACE, Pieces
from tests.unit.analytics.conftest import DOCTORS, TRAINS, WATER

ODD = (
    "",
    "   ",
    "00000000000000 e 000000",
    "!!!!!!!!!!!!!!! ......... ------- aaaaaaaaaaaa",
    "Жжж щщщ, 東京 e ﷽",
    "𓀀𓀁𓀂 x𓀀y",
    "<unk> <s> </s> <mask> <unk>𓀀",
    "perché/poiché l'EURO costa 1.234,56€ — «così» dice ½",
    f"{SPACE}{SPACE} spazi {SPACE}dentro{SPACE}",
    "Donaudampfschifffahrtsgesellschaftskapitän " * 3,
    "e\u0301 ﬁne \u00a0 \t\n fine",
)


@pytest.fixture(scope="module")
def folder(e5: E5Embedder) -> Path:
    assert e5.name
    return model_folder()


@pytest.fixture(scope="module")
def pieces(folder: Path) -> Pieces:
    return Pieces(folder)


def made_texts() -> list[str]:
    """Real sentences, and words made of parts of them that no vocabulary was made for."""
    said = [*TRAINS, *DOCTORS, *WATER]
    dice = random.Random(5)
    letters = "".join(said)
    return [*said, *("".join(dice.choices(letters, k=dice.randrange(1, 60))) for _ in range(400))]


def test_the_pieces_are_those_of_the_models_tokenizer(folder: Path, pieces: Pieces) -> None:
    theirs = Tokenizer.from_file(str(folder / "tokenizer.json"))
    characters = json.loads((folder / "characters.json").read_text(encoding="utf-8"))
    table = {int(code): text for code, text in characters.items()}
    for text in [*ODD, *made_texts()]:
        cleaned = " ".join(text.translate(table).split())
        said = SPACE + cleaned.replace(" ", SPACE) if cleaned else ""
        assert pieces.of(text) == theirs.encode(said, add_special_tokens=False).ids, text


def write(folder: Path, vocabulary: list[tuple[str, float]]) -> Pieces:
    model = {"type": "Unigram", "unk_id": 0, "vocab": vocabulary}
    (folder / "tokenizer.json").write_text(json.dumps({"model": model}), encoding="utf-8")
    (folder / "characters.json").write_text("{}", encoding="utf-8")
    return Pieces(folder)


def test_words_are_cut_once_and_a_doubtful_one_with_what_stands_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [("<unk>", 0.0), (SPACE, -3.0), ("a", -2.0), ("b", -2.5), ("ab", -3.1), ("ba", -3.2)]
    pieces = write(tmp_path, plain)
    cut: list[str] = []
    real = pieces._cut
    monkeypatch.setattr(pieces, "_cut", lambda text: cut.append(text) or real(text))
    assert pieces.of("ab ab") == [1, 4, 1, 4]
    assert pieces.of("ab zab") == [1, 4, 1, 0, 4]  # a letter that stands in no piece
    assert not cut, "sure words are not cut again"
    # "aba" is "ab" and "a" or "a" and "ba": as likely, to the last digit.
    pieces = write(tmp_path, [*plain[:4], ("ab", -3.0), ("ba", -3.0)])
    real = pieces._cut
    monkeypatch.setattr(pieces, "_cut", lambda text: cut.append(text) or real(text))
    assert pieces.of("b aba") == [1, 3, 1, 2, 5]
    assert cut == [f"{SPACE}b{SPACE}aba"]


def test_a_piece_that_goes_beyond_a_space_keeps_words_together(tmp_path: Path) -> None:
    pieces = write(tmp_path, [("<unk>", 0.0), (SPACE, -3.0), ("a", -2.0), (f"a{SPACE}a", -2.1)])
    assert pieces.of("a a") == [1, 3]
