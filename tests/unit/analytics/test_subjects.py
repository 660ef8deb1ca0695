"""Directions that tell subjects apart: what they are worth, and that nothing about them is left to chance."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from consult.analytics import pipeline, prepare
from consult.analytics.embedding import E5Embedder, LexicalEmbedder
from consult.analytics.frames import read_frame
from consult.analytics.space import drawn_out
from consult.analytics.strategies import prepare_frame
from consult.analytics.subject_lines import LANGUAGES, SUBJECTS
from consult.analytics.subjects import directions, middles, profiles
from consult.analytics.types import FrameTarget, SourceText
from consult.cli import main

ROOT = Path(__file__).resolve().parents[3]
GOLD = ROOT / "tests" / "gold"


def frame() -> tuple[FrameTarget, ...]:
    return read_frame(ROOT / "consult" / "demo" / "data" / "frame.json")


def test_every_subject_is_told_in_every_register() -> None:
    blocks = [block.split("\n") for block in SUBJECTS.strip().split("\n\n")]
    assert {len(block) for block in blocks} == {len(LANGUAGES)}
    lines = [line for block in blocks for line in block]
    assert len(set(lines)) == len(lines)


def test_directions_stand_at_right_angles_and_rows_stay_unit(lexical: LexicalEmbedder) -> None:
    found = directions(lexical)
    assert np.allclose(found @ found.T, np.eye(len(found)), atol=1e-4)
    rows = drawn_out(lexical.embed(["Più treni la sera.", "Un medico in valle."]), found)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert not drawn_out(np.zeros((1, lexical.dimensions), dtype=np.float32), found).any()


def test_rows_speak_most_of_the_nearest_subject(lexical: LexicalEmbedder) -> None:
    about = middles(lexical)
    lines = lexical.embed(["La strada provinciale è tutta buche e ho già rotto due gomme."])
    found = profiles(drawn_out(lines, directions(lexical)), about)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found[0].argmax() == SUBJECTS.strip().split("\n\n").index(next(b for b in SUBJECTS.strip().split("\n\n") if "buche e ho" in b))


@pytest.mark.parametrize(
    ("name", "column", "least", "least_first"), [("actions_it.tsv", "strategy", 43, 32), ("programme_it.tsv", "axis", 28, 22)]
)
def test_e5_short_titles_find_their_place_without_descriptions(
    name: str, column: str, least: int, least_first: int, e5: E5Embedder
) -> None:
    rows = [row for row in csv.DictReader((GOLD / name).open(encoding="utf-8"), delimiter="\t") if row["half"] == "dev"]
    prepared = pipeline.prepare([SourceText(row["id"], row["text"], channel="text", language="it") for row in rows], e5)
    plain = tuple(FrameTarget(t.code, t.title, t.axis_code, t.axis_title, t.axis_objective) for t in frame())
    axis_of = {target.code: target.axis_code for target in plain}
    found = {links.source_id: links for links in pipeline.suggest_many(prepared, plain, e5)}

    def read(code: str) -> str:
        return code if column == "strategy" else axis_of[code]

    three = sum(row[column] in {read(s.code) for s in found[row["id"]].suggestions} for row in rows)
    assert three >= least
    assert sum(row[column] == read(found[row["id"]].suggestions[0].code) for row in rows) >= least_first
    assert sum(found[row["id"]].none_confidence >= 0.7 for row in rows) <= 2


def test_one_phrase_of_advertising_does_not_spoil_a_long_text() -> None:
    spam = "Guadagna da casa, clicca qui per lo sconto del 50%."
    assert "off_topic" in prepare.marks_of(spam, ())
    assert "off_topic" not in prepare.marks_of("Servono più treni la sera per chi lavora in città. " * 40 + spam, ())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["themes", "t.csv", "--text", "nulla", "--out", "o"], "There is no column “nulla”; the file has: id, testo."),
        (["themes", "t.csv", "--text", "testo", "--by", "zona", "--out", "o"], "There is no column “zona”"),
        (["themes", "t.csv", "--text", "testo", "--out", "t.csv"], "is a file"),
        (["themes", "t.csv", "--text", "testo", "--out", "t.csv/o"], "Not a directory"),
        (["themes", "no.csv", "--text", "testo", "--out", "o"], "does not exist"),
        (["themes", "book.csv", "--text", "testo", "--out", "o"], "workbook"),
        (["suggest", "t.csv", "--text", "testo", "--frame", "t.csv", "--out", "l.csv"], "is not JSON"),
        (["suggest", "t.csv", "--text", "testo", "--frame", "empty.json", "--out", "l.csv"], "The frame holds no strategies"),
        (["suggest", "t.csv", "--text", "testo", "--frame", "f.json", "--top", "0", "--out", "l.csv"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_code_2(command: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("id,testo\n1,Più treni la sera\n", encoding="utf-8")
    (tmp_path / "f.json").write_text('["Treni", "Scuole"]', encoding="utf-8")
    (tmp_path / "empty.json").write_text("{}", encoding="utf-8")
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04 no table")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_what_people_confirmed_is_heard_where_its_parts_help_each_other_and_else_changes_nothing(lexical: LexicalEmbedder) -> None:
    plain = tuple(FrameTarget(code, title) for code, title in (("a", "Mobilità"), ("b", "Istruzione"), ("c", "Salute")))
    said = {
        "a": ("il treno delle otto è pieno", "un treno ogni ora", "manca il treno la sera", "treno sempre in ritardo", "più posti sul treno"),
        "b": ("il maestro è solo", "un maestro per classe", "manca il maestro di musica", "maestro sempre assente", "più ore con il maestro"),
        "c": ("il dottore è in pensione", "un dottore per valle", "manca il dottore di base", "dottore sempre via", "più visite dal dottore"),
    }
    mixed = {code: tuple(said["abc"[(place + n) % 3]][n] for n in range(5)) for place, code in enumerate("abc")}
    helpful = tuple(replace(target, examples=said[target.code]) for target in plain)
    harmful = tuple(replace(target, examples=mixed[target.code]) for target in plain)
    few = tuple(replace(target, examples=said[target.code][:2]) for target in plain)

    def asked(targets: tuple[FrameTarget, ...]) -> list[tuple[str, float]]:
        texts = ("Il treno non ferma più.", "Vogliamo un altro maestro.", "Quando torna il dottore?")
        return [(s.code, s.confidence) for text in texts for s in pipeline.suggest(text, targets, lexical).suggestions]

    assert [code for code, _ in asked(helpful)][::3] == ["a", "b", "c"]
    assert prepare_frame(helpful, lexical).example_counts.tolist() == [5, 5, 5]
    assert asked(harmful) == asked(plain)
    assert asked(few) == asked(plain), "too few to know whether they help"
