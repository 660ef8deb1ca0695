"""Tables in any encoding, frames, the two commands on files, figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.analytics import tool
from consult.analytics.figures import Tile, tile_map
from consult.analytics.frames import FrameError, targets_from
from consult.analytics.markup import plain
from consult.analytics.tabular import TableError, read_bytes
from consult.analytics.types import Parameters, SourceText

HEADER = "id;testo;zona"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_and_encoding(encoding: str, delimiter: str) -> None:
    lines = [
        HEADER,
        "1;Più autobus la sera, perché è buio;5",
        '2;"Due righe\ndi testo; con segni";6',
        "3;Città più verde;7",
    ]
    text = "\r\n".join(lines)
    if delimiter != ";":
        text = text.replace("sera, perché", "sera perché").replace(";", delimiter)
    table = read_bytes(text.encode(encoding), column="testo")
    assert table.delimiter == delimiter
    assert [row.values["zona"] for row in table.rows] == ["5", "6", "7"]
    assert "Più autobus" in table.rows[0].values["testo"]
    assert "\n" in table.rows[1].values["testo"]
    assert [(row.number, row.line) for row in table.rows] == [(1, 2), (2, 3), (3, 5)]
    assert table.bad == ()


def test_bad_rows_are_told_with_line_and_reason_and_keep_their_number() -> None:
    table = read_bytes(b"a,text\n1,buono\n2,troppi,campi\n\n3,buono anche questo\n4\n", column="text")
    assert [row.number for row in table.rows] == [1, 3]
    assert [(bad.number, bad.line) for bad in table.bad] == [(2, 3), (4, 6)]
    assert "3 fields instead of 2" in table.bad[0].reason


def test_columns_that_repeat_a_name_have_each_their_own() -> None:
    table = read_bytes(b"x,x 3,x,,column 4\n1,2,3,4,5\n")
    assert len(set(table.columns)) == 5
    assert table.columns[:2] == ("x", "x 3")
    assert list(table.rows[0].values.values()) == ["1", "2", "3", "4", "5"]


def test_a_wanted_column_named_twice_is_the_one_that_holds_text() -> None:
    """Where both hold text and do not agree, nobody can tell which is meant."""
    table = read_bytes(b"testo,zona,testo\n,5,il treno\n,6,il medico\n", column="testo")
    assert [row.values["testo"] for row in table.rows] == ["il treno", "il medico"]
    assert read_bytes(b"testo,testo\nuguale,uguale\n", column="testo").rows[0].values["testo"] == "uguale"
    assert read_bytes(b"testo,testo\n", column="testo").rows == ()
    with pytest.raises(TableError, match="2 columns that differ are called “testo”"):
        read_bytes(b"testo,testo\nil treno,il medico\n", column="testo")


def test_an_unclosed_quote_does_not_swallow_the_file() -> None:
    rows = [f"{n}\ttesto numero {n}" for n in range(700)]
    rows[3] = '3\t"testo con un apice aperto'
    table = read_bytes(("id\ttesto\n" + "\n".join(rows)).encode(), column="testo")
    assert len(table.rows) == 700


def test_a_quote_that_never_closes_costs_its_own_row_only() -> None:
    rows = ['1,"rotto il treno', "2,altro testo sul medico", '3,"va bene"', '4,"due righe', 'di testo, con segni"', "5,fine"]
    table = read_bytes(("id,testo\n" + "\n".join(rows) + "\n").encode(), column="testo")
    assert [(row.line, row.values["testo"]) for row in table.rows] == [
        (2, '"rotto il treno'),
        (3, "altro testo sul medico"),
        (4, "va bene"),
        (5, "due righe\ndi testo, con segni"),
        (7, "fine"),
    ]
    comma = read_bytes(b'id,testo\n1,"rotto il treno, mai chiuso\n2,altro testo\n3,"va bene"\n', column="testo")
    assert [row.values["testo"] for row in comma.rows] == ["altro testo", "va bene"]
    assert [bad.line for bad in comma.bad] == [2]
    last = read_bytes(b'id,testo\n1,uno due\n2,"mai chiuso\n3,tre quattro\n', column="testo")
    assert [row.values["testo"] for row in last.rows] == ["uno due", '"mai chiuso', "tre quattro"]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        # A text that is empty has its number, with other columns or without; a line without anything has none.
        (b'id,testo\n,\n2,due\n\n3,""\n4,quattro\n', {2: "due", 3: "", 4: "quattro"}),
        (b'testo\nuno\n""\n\ntre\n', {1: "uno", 3: "tre"}),
        (b",,\n\nid,testo,\n1,uno,\n2,due\n3,tre,,,\n", {1: "uno", 2: "due", 3: "tre"}),
        # What spreadsheets write first; other signs between fields; marks of encodings, doubled or missing.
        (b"sep=;\nid;testo\n1;uno, due\n", {1: "uno, due"}),
        (b"id^testo^zona\n1^uno, due; tre|a^5\n", {1: "uno, due; tre|a"}),
        ("\ufeff\ufeffid,testo\n1,perché\n".encode(), {1: "perché"}),
        ("id;testo\n1;perché no\n2;sì\n".encode("utf-16-le"), {1: "perché no", 2: "sì"}),
        # One letter of another encoding does not spoil all the others.
        ("id,testo\n1,città più verde perché sì\n".encode() + b"2,citt\xe0\n", {1: "città più verde perché sì", 2: "città"}),
        # A text of many lines, well quoted, is one text.
        (('id,testo\n1,"' + 'riga, con ""segni""\n' * 400 + 'fine"\n2,due\n').encode(), {1: 'riga, con "segni"\n' * 400 + "fine", 2: "due"}),
    ],
    ids=["empty fields", "one column", "empty ends", "sep", "caret", "two marks", "utf-16 bare", "mixed", "long"],
)  # fmt: skip  # one case a line reads better so
def test_rows_keep_their_number_and_their_letters(data: bytes, rows: dict[int, str]) -> None:
    table = read_bytes(data, column="testo")
    assert {row.number: row.values["testo"] for row in table.rows} == rows
    assert table.bad == ()


def test_what_is_no_table_is_refused_shortly() -> None:
    with pytest.raises(TableError, match="workbook"):
        read_bytes(b"PK\x03\x04" + b"\x00" * 50, column="testo")
    with pytest.raises(TableError) as error:
        read_bytes(",".join(f"colonna {n} " + "x" * 200 for n in range(500)).encode(), column="testo")
    assert len(str(error.value)) < 2000


def test_a_missing_column_names_those_there_are() -> None:
    with pytest.raises(TableError, match="id, testo"):
        read_bytes(b"id,testo\n1,a\n", column="text")
    with pytest.raises(TableError):
        read_bytes(b"", column="text")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_a_sentence(data: bytes) -> None:
    try:
        rows, said = read_bytes(data).rows, "."
    except TableError as error:
        rows, said = (), str(error)
    assert said.endswith(".")
    assert len({tuple(row.values) for row in rows}) <= 1


def test_frames_in_both_shapes_with_descriptions() -> None:
    axes = {
        "axes": [{"number": 1, "title": "Asse", "objective": "Scopo", "strategies": [{"code": "1.1", "title": "Uno"}]}]
    }
    described = {"1.1": {"title": "Uno", "description": "Parla di uno.", "keywords": ["a", "b"]}}
    target = targets_from(axes, described)[0]
    assert (target.axis_code, target.axis_objective, target.description, target.keywords) == (
        "1",
        "Scopo",
        "Parla di uno.",
        ("a", "b"),
    )
    described["1.1"]["title"] = "Un altro titolo"
    assert targets_from(axes, described)[0].description == ""
    assert [target.code for target in targets_from(["Strade", "Scuole"])] == ["Strade", "Scuole"]
    for wrong in ({}, [], {"axes": []}, [{"code": "1"}], [{"code": "1", "title": "a"}, {"code": "1", "title": "b"}]):
        with pytest.raises(FrameError):
            targets_from(wrong)


@pytest.fixture
def table_file(tmp_path: Path, sources: list[SourceText]) -> Path:
    path = tmp_path / "risposte.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["testo", "zona"])
        writer.writerows([source.text, source.zone] for source in sources)
    with path.open("a", encoding="utf-8") as file:
        file.write("riga;con;troppi campi\n")
    return path


def test_themes_writes_four_files_and_the_same_bytes_twice(table_file: Path, tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    outputs = []
    for name in ("one", "two"):
        outcome = tool.themes_of_file(
            table_file,
            text="testo",
            by=["zona"],
            out=tmp_path / name,
            model=tmp_path,
            progress=lambda *call: calls.append(call),
        )
        outputs.append({path.name: path.read_bytes() for path in outcome.written})
    assert outputs[0] == outputs[1]
    assert sorted(outputs[0]) == ["assignments.csv", "manifest.json", "summary.md", "themes.csv"]
    assert calls[0][0] == "prepare"
    assert calls[-1] == ("aggregate", 1, 1)
    rows = list(csv.DictReader(outputs[0]["assignments.csv"].decode().splitlines()))
    assert {row["theme"] for row in rows} == {
        row["theme"] for row in csv.DictReader(outputs[0]["themes.csv"].decode().splitlines())
    }
    assert not {"27", "28", "29"} & {row["row"] for row in rows}
    manifest = json.loads(outputs[0]["manifest.json"])
    assert manifest["input"]["bad_rows"] == [{"row": 29, "line": 30, "reason": "it has 3 fields instead of 2"}]
    assert manifest["embedding_is_fallback"] is True
    assert str(tmp_path) not in outputs[0]["manifest.json"].decode()


def test_suggest_writes_a_line_per_row_and_nothing_where_none_fits(table_file: Path, tmp_path: Path) -> None:
    frame = tmp_path / "frame.json"
    frame.write_text(
        json.dumps(
            [
                {
                    "code": "T",
                    "title": "Treni e stazioni",
                    "description": "Treni per i pendolari",
                    "keywords": ["treno", "stazione"],
                },
                {
                    "code": "M",
                    "title": "Medici e visite",
                    "description": "Medici e visite vicino a casa",
                    "keywords": ["medico", "visita"],
                },
                {
                    "code": "A",
                    "title": "Acqua",
                    "description": "Acquedotti e irrigazione",
                    "keywords": ["acqua", "canale"],
                },
            ]
        ),
        encoding="utf-8",
    )
    outcome = tool.suggest_for_file(table_file, text="testo", frame=frame, out=tmp_path / "links.csv", model=tmp_path)
    rows = list(csv.DictReader((tmp_path / "links.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["row", "code_1", "score_1", "code_2", "score_2", "code_3", "score_3"]
    assert [row["row"] for row in rows] == [str(n) for n in range(1, 30)]
    assert [rows[26]["code_1"], rows[28]["code_1"]] == ["", ""]
    expected = ["T"] * 8 + ["M"] * 8 + ["A"] * 8
    assert sum(row["code_1"] == code for row, code in zip(rows, expected, strict=False)) >= 18
    assert outcome.bad[0].line == 30


def test_a_row_of_one_word_is_a_heading_and_no_answer_is_none(tmp_path: Path) -> None:
    """In a survey one word says nothing; in a file it may be the title of something. «Nulla» says nothing in either."""
    (tmp_path / "f.json").write_text('["Treni e stazioni", "Medici e visite"]', encoding="utf-8")
    (tmp_path / "t.csv").write_text("testo\nTreni\nMedici\nNulla\n?\n", encoding="utf-8")
    outcome = tool.suggest_for_file(tmp_path / "t.csv", text="testo", frame=tmp_path / "f.json", out=tmp_path / "l.csv", model=tmp_path)
    rows = list(csv.DictReader((tmp_path / "l.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["code_1"] for row in rows] == ["Treni e stazioni", "Medici e visite", "", ""]
    assert outcome.assigned == 2


def test_spreadsheet_formulas_are_neutralised(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "t\n"
        + "\n".join(
            f"=SOMMA(A1) bollette luce gas {word}" for word in ["uno", "due", "tre", "quattro", "cinque", "sei"]
        ),
        encoding="utf-8",
    )
    tool.themes_of_file(path, text="t", out=tmp_path / "o", model=tmp_path)
    for row in csv.reader((tmp_path / "o" / "themes.csv").read_text(encoding="utf-8").splitlines()):
        assert not any(cell[:1] in ("=", "+", "@") for cell in row)


def test_figures_are_accessible_and_free_of_style() -> None:
    figure = tile_map(
        [Tile("5", "Valle <x>", 0, 1, 7.5), Tile("1", "Torino", 1, 0, None)], title="Mappa", description="Per zona"
    )
    root = ElementTree.fromstring(figure)  # noqa: S314  # Our own figure.
    assert root.get("role") == "img"
    names = {element.get("id") for element in root if element.tag.endswith(("title", "desc"))}
    assert set((root.get("aria-labelledby") or "").split()) == names
    assert "style=" not in figure
    assert "<script" not in figure
    assert "Valle &lt;x&gt;" in figure
    assert "non mostrato" in figure
    assert "7.5" in figure


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (
            {"axes": [{"number": 1, "title": "Lavoro", "objective": "Imprese"}, {"number": 2, "title": "Verde"}]},
            ["1", "2"],
        ),
        ({"axes": [{"code": "A", "title": "Uno", "strategies": []}, {"code": "B", "title": "Due"}]}, ["A", "B"]),
        ([{"title": "Asse", "strategies": [{"code": "1.1", "title": "Strade"}]}], ["1.1"]),
        ({"1.1": "Roads", "1.2": "Schools"}, ["1.1", "1.2"]),
        ({"themes": [{"id": 7, "name": {"fr": "Les routes"}}, {"id": 8, "label": "Les écoles"}]}, ["7", "8"]),
        ({"strategies": {"S1": {"title": "Strade", "actions": [{"title": "Asfalto"}, "Buche"]}}}, ["S1"]),
        ({"title": "Piano", "frame": {"title": "Quadro", "axes": [{"title": "A", "strategies": ["Strade", "Scuole"]}]}}, ["Strade", "Scuole"]),
        ({"assi": [{"numero": 1, "titolo": "Lavoro", "strategie": [{"codice": "1.1", "titolo": "Imprese"}]}]}, ["1.1"]),
        ({"axes": {"1": {"title": "A", "strategies": {"1.1": "Strade", "1.2": {"title": "Scuole"}}}}}, ["1.1", "1.2"]),
        ([{"strategy": "Strade"}, {"strategy": "Scuole"}], ["Strade", "Scuole"]),
        ({"1": {"title": "A", "strategies": ["Strade"]}, "2": {"title": "B", "strategies": ["Scuole"]}}, ["Strade", "Scuole"]),
        ({"strategies": {"Mobilità": ["Treni", "Bus"], "Scuola": ["Nidi"]}}, ["Treni", "Bus", "Nidi"]),
        ({"Mobilità": ["Treni", "Bus"], "Scuola": ["Nidi"]}, ["Treni", "Bus", "Nidi"]),
        ({"about": {"items": [1]}, "plan": {"axes": [{"title": "A", "strategies": ["Strade"]}]}}, ["Strade"]),
    ],
)
def test_frames_of_other_shapes(data: object, codes: list[str]) -> None:
    targets = targets_from(data)
    assert [target.code for target in targets] == codes
    assert all(target.title for target in targets)


@pytest.mark.parametrize(
    "data",
    [
        {"axes": [{"number": 1, "title": "Lavoro", "objective": "Più imprese"}], "strategies": [{"code": "1.1", "title": "Imprese"}]},
        {"axes": [{"id": "x", "title": "Lavoro", "objective": "Più imprese"}], "strategies": [{"code": "1.1", "title": "Imprese", "axis": "x"}]},
        [{"code": "1.1", "title": "Imprese", "axis": {"number": 1, "title": "Lavoro", "objective": "Più imprese"}}],
        [{"code": "1.1", "title": "Imprese", "axis": 1, "axis_title": "Lavoro", "axis_objective": "Più imprese"}],
        {"assi": [{"titolo": "Lavoro", "obiettivi": ["Più imprese"], "strategie": [{"codice": "1.1", "titolo": "Imprese"}]}]},
    ],
)
def test_a_strategy_finds_its_axis(data: object) -> None:
    (target,) = targets_from(data)
    assert (target.code, target.title, target.axis_title) == ("1.1", "Imprese", "Lavoro")
    assert target.axis_objective.rstrip(".") == "Più imprese"
    assert target.description == ""


def test_an_axis_alone_brings_its_objective_and_a_strategy_its_actions() -> None:
    assert (
        targets_from({"axes": [{"number": 1, "title": "Lavoro", "objective": "Imprese"}]})[0].description == "Imprese"
    )
    assert targets_from([{"title": "Strade", "actions": [{"title": "Asfalto"}, "Buche"]}])[0].examples == (
        "Asfalto",
        "Buche",
    )


@pytest.mark.parametrize(
    ("rows", "assigned"),
    [
        ([], 0),
        (["Servono più treni la sera per chi lavora in città."], 1),
        (["Servono più treni la sera per chi lavora in città."] * 12, 12),
        (["treni\x00 la sera e fermate coperte", "", "   ", "boh", "!!!", "42"], 1),
        (["Più treni la sera in valle", "More trains in the evening please", "Plus de trains le soir"] * 3, 9),
    ],
)
def test_odd_columns_give_a_sane_report(rows: list[str], assigned: int, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "text"])
        writer.writerows(enumerate(rows))
    outcome = tool.themes_of_file(path, text="text", out=tmp_path / "out", model=tmp_path)
    assert (outcome.rows, outcome.assigned) == (len(rows), assigned)
    frame = tmp_path / "frame.json"
    frame.write_text('["Treni e stazioni", "Scuole e asili"]', encoding="utf-16")
    tool.suggest_for_file(path, text="text", frame=frame, out=tmp_path / "links.csv", model=tmp_path)
    assert len((tmp_path / "links.csv").read_text(encoding="utf-8").splitlines()) == len(rows) + 1


def test_html_is_read_as_what_a_person_sees() -> None:
    said = "<p>Pi&ugrave; <b>treni</b>&nbsp;la sera</p><!-- nota --><ul><li>uno</li><li>due</li></ul><script>x = 1</script>"
    assert plain(said) == "Più treni la sera\nuno\ndue"
    # What is opened and never closed stays, and costs one look.
    assert plain("<!-- x " * 40_000 + "fine").startswith("<!-- x")
    assert plain("<title> " * 40_000 + "<script <style" * 40_000 + "fine").endswith("fine")
    assert plain("prima<!-- <b> -->dopo <SCRIPT>a</script >fine") == "prima dopo  fine"
    assert plain("R&amp;D &#232; &#x2019; &nulla; &") == "R&D è ’ &nulla; &"
    for untouched in ("Se a < b e c > d allora <3", "scrivere a <ufficio@esempio.it>", "?a=1&copy=2", "righe\n\nvuote"):
        assert plain(untouched) == untouched


def test_texts_with_markup_are_quoted_without(tmp_path: Path) -> None:
    path = tmp_path / "html.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["testo"])
        writer.writerows([f"<div class='x'><p>Servono <em>pi&ugrave; treni</em> la sera in valle {n}.</p></div>"] for n in range(6))
    tool.themes_of_file(path, text="testo", out=tmp_path / "o", model=tmp_path)
    written = "".join((tmp_path / "o" / name).read_text(encoding="utf-8") for name in ("summary.md", "themes.csv"))
    assert "più treni" in written
    assert "div" not in written
    assert "&" not in written


def test_the_report_is_in_the_language_of_most_texts(tmp_path: Path) -> None:
    path = tmp_path / "fr.csv"
    lines = [f"Il faut plus de transports en commun pour les habitants du quartier numéro {n}" for n in range(8)]
    path.write_text("\n".join(["texte", *lines]), encoding="utf-8")
    tool.themes_of_file(path, text="texte", out=tmp_path / "o", model=tmp_path)
    report = (tmp_path / "o" / "summary.md").read_text(encoding="utf-8")
    assert report.startswith("# Thèmes")
    assert "presque toutes les voix" in report
    tool.themes_of_file(path, text="texte", out=tmp_path / "e", model=tmp_path, parameters=Parameters(language="en"))
    assert (tmp_path / "e" / "summary.md").read_text(encoding="utf-8").startswith("# Themes")
