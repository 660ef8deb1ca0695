"""XLSForm workbooks: what comes along, what is reported, what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from consult.cli import main
from consult.core.errors import Invalid
from consult.core.reading.blocks import Block
from consult.core.sentences import Sentence
from consult.listening.surveys.rules import xpath
from consult.listening.surveys.rules.document import build, dump
from consult.listening.surveys.rules.imported import Imported
from consult.listening.surveys.rules.reading import read_questionnaire
from consult.listening.surveys.rules.relevance import Untranslatable
from consult.listening.surveys.rules.xlsform_plan import read_xlsform

HEAD = (
    "type", "name", "label::Italiano (it)", "label::English (en)", "hint::Italiano (it)", "required", "relevant", "constraint", "appearance",
    "parameters", "calculation", "choice_filter",
)  # fmt: skip  # one line reads better
SURVEY: list[dict[str, str]] = [
    {"type": "start", "name": "start"},
    {"type": "note", "name": "saluto", "it": "Grazie di **aiutarci**.", "en": "Thank you for **helping**."},
    {"type": "begin group", "name": "chi", "it": "Chi sei", "en": "About you"},
    {"type": "integer", "name": "eta", "it": "Quanti anni hai?", "en": "How old are you?", "required": "yes", "constraint": ". >= 14 and . < 120"},
    {"type": "text", "name": "lavoro", "it": "Che lavoro fai?", "relevant": "${eta} >= 18", "constraint": "string-length(.) <= 80"},
    {"type": "select_one zone or_other", "name": "dove", "it": "Dove abiti?", "en": "Where do you live?", "appearance": "minimal"},
    {"type": "end group"},
    {"type": "begin group", "name": "mezzi", "it": "Come ti muovi", "relevant": "not(${dove} = 'fuori')"},
    {"type": "select_multiple mezzi", "name": "usi", "it": "Che cosa usi?", "constraint": "count-selected(.) <= 2", "parameters": "randomize=true"},
    {"type": "text", "name": "treno_perche", "it": "Perché?", "relevant": "selected(${usi}, 'treno') and ${eta} > 30", "appearance": "multiline"},
    {"type": "begin group", "name": "giudizi", "it": "Quanto vanno bene?", "en": "How well do they work?", "appearance": "table-list"},
    {"type": "select_one voto", "name": "orari", "it": "Gli orari", "en": "Timetables", "required": "yes"},
    {"type": "select_one voto", "name": "prezzi", "it": "I prezzi", "en": "Fares", "required": "yes"},
    {"type": "end group"},
    {"type": "note", "name": "scusa", "it": "Ci dispiace.", "relevant": "${orari} = '1'"},
    {"type": "rank mezzi", "name": "ordine", "it": "Mettili in ordine"},
    {"type": "acknowledge", "name": "ok", "it": "Posso essere citato"},
    {"type": "text", "name": "citato", "it": "Come?", "relevant": "${ok} = 'OK' and selected-at(${ordine}, 0) = 'treno'"},
    {"type": "end group"},
    {"type": "range", "name": "voto", "it": "Un voto", "parameters": "start=0 end=10 step=1"},
    {"type": "decimal", "name": "spesa", "it": "Quanto spendi?", "constraint": ". > 0"},
    {"type": "date", "name": "quando", "it": "Da quando?", "constraint": ". <= date('2026-12-31') and . != today()"},
    {"type": "geopoint", "name": "punto", "it": "Dove sei?"},
    {"type": "calculate", "name": "doppio", "calculation": "${eta} * 2"},
    {"type": "select_one zone", "name": "altrove", "it": "E dove lavori?", "choice_filter": "provincia=${dove}", "relevant": "${eta} + 1 > 20"},
    {"type": "begin repeat", "name": "figli", "it": "I figli"},
    {"type": "integer", "name": "anni", "it": "Quanti anni ha?"},
    {"type": "end repeat"},
]  # fmt: skip  # a form reads better as it is written
CHOICES = [
    ("zone", "nord", "Valli del nord", "Northern valleys"), ("zone", "fuori", "Fuori dal territorio", "Elsewhere"),
    ("mezzi", "treno", "Treno", "Train"), ("mezzi", "auto", "Auto", "Car"), ("mezzi", "a piedi", "A piedi", "On foot"),
    ("voto", "1", "Male", "Badly"), ("voto", "2", "Bene", "Well"),
]  # fmt: skip  # pairs read better side by side


def workbook(sheets: dict[str, Sequence[Sequence[Any]]]) -> bytes:
    """An XLSX file of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def form() -> bytes:
    """The form above as its file."""
    spoken = {"label::Italiano (it)": "it", "label::English (en)": "en", "hint::Italiano (it)": "hint"}
    survey = [HEAD, *([row.get(spoken.get(name, name), "") for name in HEAD] for row in SURVEY)]
    choices = [("list_name", "name", "label::Italiano (it)", "label::English (en)"), *CHOICES]
    settings = [("form_title", "default_language", "style"), ("Muoversi in valle", "Italiano (it)", "pages")]
    return workbook({"survey": survey, "choices": choices, "settings": settings})


@pytest.fixture(scope="module")
def read() -> Imported:
    return read_questionnaire(form())


def test_kinds_groups_and_settings(read: Imported) -> None:
    plan = read.plan
    by_code = {q.code: q for q in plan.questions}
    assert (plan.title, plan.languages) == ("Muoversi in valle", ("it", "en"))
    assert [page.title for page in plan.pages] == ["", "Chi sei", "Come ti muovi", "", "I figli"]
    assert plan.pages[1].texts == {"en": {"title": "About you"}}
    assert by_code["saluto"].text == "Grazie di aiutarci."
    assert by_code["saluto"].kind == "display"
    assert (by_code["eta"].kind, by_code["eta"].required, by_code["eta"].settings) == (
        "number",
        True,
        {"min": 14, "max": 119},
    )
    assert by_code["lavoro"].settings == {"most_chars": 80}
    assert by_code["dove"].settings == {"look": "list", "other": True}
    assert by_code["dove"].texts["en"] == {
        "text": "Where do you live?",
        "o.nord": "Northern valleys",
        "o.fuori": "Elsewhere",
    }
    assert by_code["usi"].settings == {"most": 2, "random": True}
    assert by_code["treno_perche"].kind == "long"
    assert (by_code["voto"].kind, by_code["voto"].settings) == ("scale", {"min": 0, "max": 10})
    assert by_code["spesa"].settings == {"decimals": 4, "min": 0.0001}
    assert by_code["quando"].settings == {"latest": "2026-12-31"}
    assert by_code["ok"].kind == "consent"
    table = by_code["giudizi"]
    assert (table.kind, table.required, [row.code for row in table.rows]) == ("matrix", True, ["orari", "prezzi"])
    assert table.texts["en"]["r.prezzi"] == "Fares"


def test_conditions_say_the_same(read: Imported) -> None:
    by_code = {q.code: q for q in read.plan.questions}
    assert by_code["lavoro"].condition == {"question": "eta", "op": "at_least", "value": "18"}
    assert read.plan.pages[2].condition == {"question": "dove", "op": "not_equal", "value": "fuori"}
    assert by_code["treno_perche"].condition == {
        "all": [
            {"question": "usi", "op": "contains", "value": "treno"},
            {"question": "eta", "op": "greater", "value": "30"},
        ]
    }
    assert by_code["scusa"].condition == {"question": "giudizi", "part": "orari", "op": "equal", "value": "1"}
    assert by_code["citato"].condition == {
        "all": [
            {"question": "ok", "op": "equal", "value": "yes"},
            {"question": "ordine", "part": "treno", "op": "equal", "value": "1"},
        ]
    }
    assert dump(build(dump(read.plan))) == dump(read.plan)


def test_whatever_does_not_come_is_reported(read: Imported) -> None:
    losses = {(loss.where, str(loss.reason)) for loss in read.losses}
    there = {where for where, _reason in losses}
    assert {"survey", "usi", "quando", "punto", "doppio", "altrove", "figli", "settings", "ordine"} <= there
    assert any("today()" in reason for where, reason in losses if where == "quando")
    # Every row of the form is a question, a part of one, or in the report.
    names = {row["name"] for row in SURVEY if row.get("name")} - {"start"}
    known = {q.code for q in read.plan.questions} | {row.code for q in read.plan.questions for row in q.rows}
    groups = {row["name"] for row in SURVEY if row["type"].startswith("begin")}
    assert names - groups <= known | there


def test_one_language_and_old_names() -> None:
    rows = [
        ("type", "name", "label", "hint", "relevance", "constraint message", "body::x"),
        ("select one from sino", "a", "Va bene?", "Pensaci", "", "No!", "1"),
        ("string", "a", "Perché?", "", "${a}='no'", "", ""),
        ("hidden", "z", "", "", "", "", ""),
    ]
    listed = [("list name", "name", "label"), ("sino", "si", "Sì"), ("sino", "no", "No"), ("sino", "no", "Ancora no")]
    found = read_questionnaire(workbook({"Survey": rows, "Choices": listed, "altro": [("x",)]}))
    first, second = found.plan.questions
    assert found.plan.languages == ("it",)
    assert (first.kind, first.help, [o.code for o in first.options]) == ("single", "Pensaci", ["si", "no"])
    assert (second.code, second.kind, second.condition) == (
        "a_2",
        "short",
        {"question": "a", "op": "equal", "value": "no"},
    )
    assert {loss.where for loss in found.losses} == {"a", "sino: no", "z", "survey"}


def test_a_part_that_is_counted_becomes_pages_and_groups_keep_their_help() -> None:
    rows = [
        ("type", "name", "label", "hint", "relevant", "repeat_count", "image", "calculation"),
        ("begin repeat", "figli", "I figli", "Dal più grande", "", "2", "famiglia.png", ""),
        ("yes_no", "dentro", "?", "", "", "", "", ""), ("select_one sino", "vive", "Vive con te?", "", "", "", "", ""),
        ("text", "dove", "E dove?", "", "${vive} = 'no'", "", "", ""), ("end repeat", "", "", "", "", "", "", ""),
        ("begin repeat", "altri", "Altri", "", "", "${quanti}", "", ""), ("text", "chi", "Chi?", "", "", "", "", ""),
        ("end repeat", "", "", "", "", "", "", ""), ("calculate", "somma", "", "", "", "", "", "1 + 1"),
        ("text", "fine", "Altro?", "", "${somma} > 1", "", "", ""),
    ]  # fmt: skip  # a form reads better as it is written
    listed = [("list name", "name", "label"), ("sino", "si", "Sì"), ("sino", "no", "No")]
    found = read_questionnaire(workbook({"survey": rows, "choices": listed}))
    assert [(page.title, page.intro) for page in found.plan.pages] == [
        ("I figli 1/2", "Dal più grande"), ("I figli 2/2", "Dal più grande"), ("Altri", ""), ("", "")
    ]  # fmt: skip  # a page a pair
    asked = {q.code: q.condition for q in found.plan.questions}
    assert asked["dove_2"] == {"question": "vive_2", "op": "equal", "value": "no"}
    assert asked["dove"] == {"question": "vive", "op": "equal", "value": "no"}
    losses = {loss.where: loss.reason for loss in found.losses}
    assert {"figli", "altri", "somma", "dentro", "fine"} <= losses.keys()
    assert any("Immagini" in str(loss.reason) for loss in found.losses if loss.where == "figli")
    # Why a condition does not come along is a sentence of its own, that pages can say in the reader's language.
    why = losses["fine"]
    assert isinstance(why, Sentence)
    assert isinstance(why.values["why"], Sentence)
    assert why.values["why"].values == {"what": "somma"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", None), ("true()", None), ("${q} = ''", {"question": "q", "op": "not_answered", "value": ""}),
        ("'' != ${q}", {"question": "q", "op": "answered", "value": ""}), ("18 <= ${q}", {"question": "q", "op": "at_least", "value": "18"}),
        ("count-selected(${q}) >= 1", {"question": "q", "op": "answered", "value": ""}),
        ("string-length( ${q} ) = 0", {"question": "q", "op": "not_answered", "value": ""}),
        ("number(${q}) < -2.5", {"question": "q", "op": "less", "value": "-2.5"}),
        (
            "not(selected(${q}, 'a') or ${q}=\"b\")",
            {"all": [{"question": "q", "op": "not_contains", "value": "a"}, {"question": "q", "op": "not_equal", "value": "b"}]},
        ),
        ("true() and (${q} = 'a' or false())", {"question": "q", "op": "equal", "value": "a"}),
    ],
)  # fmt: skip  # a case a line
def test_expressions(expression: str, expected: dict[str, Any] | None) -> None:
    assert xpath.translate(expression, lambda name, op, value: {"question": name, "op": op, "value": value}) == expected


@pytest.mark.parametrize(
    "expression",
    ["${a} = ${b}", "${a} + 1 = 2", "if(${a}, 1, 0)", "${a}", "${a} = ", "(${a} = 1", "regex(., 'x')", "not(${a} > 3)", "§", "(" * 90, "false()",
     "count-selected(${a}) > 3", "${a} > ''", "${a} = 1 extra", "selected(${a}, ${b})", "coalesce(${a}, ${b}) = 'x'"],
)  # fmt: skip  # short cases
def test_expressions_that_can_not_be_said(expression: str) -> None:
    with pytest.raises(Untranslatable):
        xpath.translate(expression, lambda name, op, value: {"question": name, "op": op, "value": value})


_CELLS = st.sampled_from(
    [
        "", "text", "select_one a", "select_multiple a or_other", "begin group", "end group", "begin repeat", "end repeat", "rank a", "range",
        "note", "x y", "${p} = 1", "selected(${p}, '1')", ". > 3", "count-selected(.) = 2", "p", "q 1", "label", "list-nolabel", "table-list",
        "start=9 end=1", "yes", "<b>", "${", "calculate", "if(${p} = 1, 'a', 2)", "'a'", "${p} = 'a'",
    ]
)  # fmt: skip  # words read better in few lines


@given(
    st.lists(st.lists(_CELLS, min_size=3, max_size=8), max_size=7),
    st.lists(st.lists(_CELLS, min_size=3, max_size=3), max_size=4),
)
def test_any_sheet_is_read_or_refused(survey: list[list[str]], choices: list[list[str]]) -> None:
    """Whatever stands in the cells: a plan that reads back as it was written, or a refusal, never a failure."""
    head = ("type", "name", "label", "relevant", "constraint", "appearance", "calculation", "required")
    rows = [head, *survey]
    listed = [("list_name", "name", "label"), ("a", "1", "Uno"), ("a", "2", "Due"), *choices]
    blocks = [Block(" ".join(r), "survey", n, None, tuple(r)) for n, r in enumerate(rows, 1)]
    blocks += [Block(" ".join(r), "choices", n, None, tuple(r)) for n, r in enumerate(listed, 1)]
    with contextlib.suppress(Invalid):
        assert dump(build(dump(read_xlsform(blocks).plan)))["pages"]


def test_simple_calculations_are_put_where_they_serve() -> None:
    """A constant, another's answer, a condition, one of two values: what cannot be put is reported with its words, nothing is dropped."""
    rows = [
        ("type", "name", "label", "hint", "relevant", "calculation", "image"),
        ("integer", "eta", "Quanti anni hai?", "In anni compiuti", "", "", "eta.png"),
        ("select_one s", "ama", "Ti piace?", "", "", "", ""),
        ("calculate", "soglia", "", "", "", "18", ""), ("calculate", "citta", "", "", "", "'Susa'", ""),
        ("calculate", "stessa", "", "", "", "${eta}", ""), ("calculate", "adulto", "", "", "", "${stessa} >= ${soglia}", ""),
        ("calculate", "segno", "", "", "", "if(selected(${ama}, 'si'), 1, 0)", ""), ("calculate", "doppio", "", "", "", "${eta} * 2", ""),
        ("text", "a", "Da quando ${citta}?", "", "${adulto} = 'true'", "", ""), ("text", "b", "B", "", "${segno} = 0", "", ""),
        ("text", "c", "C", "", "${soglia} > 20 or ${stessa} > ${soglia}", "", ""), ("text", "d", "D", "", "${doppio} > 3", "", ""),
        ("text", "e", "E", "", "${soglia} = 18", "", ""), ("text", "f", "F", "", "not(${segno} = 1)", "", ""),
    ]  # fmt: skip  # a table reads better so
    choices = [("list_name", "name", "label", "media::image"), ("s", "si", "Sì", ""), ("s", "no", "No", "no.jpg")]
    found = read_questionnaire(workbook({"survey": rows, "choices": choices}))
    by_code = {q.code: q for q in found.plan.questions}
    assert set(by_code) == {"eta", "ama", "a", "b", "c", "d", "e", "f"}
    assert by_code["eta"].help == "In anni compiuti"
    assert by_code["a"].text == "Da quando Susa?"
    assert by_code["a"].condition == {"question": "eta", "op": "at_least", "value": "18"}
    assert by_code["b"].condition == {"question": "ama", "op": "not_equal", "value": "si"}
    assert by_code["c"].condition == {"question": "eta", "op": "greater", "value": "18"}
    assert by_code["d"].condition is None
    assert by_code["e"].condition is None
    assert by_code["f"].condition == {"question": "ama", "op": "not_equal", "value": "si"}
    told = {(loss.where, str(loss.reason)) for loss in found.losses}
    assert ("eta", "Immagini e suoni non si portano: eta.png.") in told
    assert ("s: no", "Immagini e suoni non si portano: no.jpg.") in told
    assert any(where == "doppio" and "${eta} * 2" in why and why.startswith("Il calcolo non si porta") for where, why in told)
    assert any(where == "d" and "«doppio»" in why for where, why in told)
    assert sum(why.startswith("Qui non si calcola") for _where, why in told) == 5


@pytest.mark.parametrize(
    ("grown", "number", "why"),
    [
        ("${%s} and ${%s}", 40, "fa più di 30 confronti"), ("not(${%s})", 800, "ha più di 40 livelli"),
        ("if(${%s} = 1 or ${%s} = 1, 1, 0)", 40, "fa più di 30 confronti"),
    ],
)  # fmt: skip  # an attack a line
def test_calculations_that_grow_without_end_are_told_at_once(grown: str, number: int, why: str) -> None:
    """Each uses the one before it: few words that would be a billion comparisons, or deeper than any walk can go."""
    rows: list[tuple[str, ...]] = [("type", "name", "label", "relevant", "calculation"), ("integer", "eta", "Età?", "", "")]
    rows.append(("calculate", "c0", "", "", "${eta} > 18"))
    for n in range(1, number):
        rows.append(("calculate", f"c{n}", "", "", grown.replace("%s", f"c{n - 1}")))
    rows += [("text", "a", "A", f"${{c{number - 1}}} = 1", ""), ("text", "b", "B", "${c1} = 1", "")]
    found = read_questionnaire(workbook({"survey": rows, "choices": [("list_name", "name", "label")]}))
    by_code = {q.code: q for q in found.plan.questions}
    assert set(by_code) == {"eta", "a", "b"}
    told = [(loss.where, str(loss.reason)) for loss in found.losses]
    assert any(where.startswith("c") and why in words for where, words in told)
    assert by_code["a"].condition is None
    assert any(where == "a" and "non si porta" in words for where, words in told)


def test_a_condition_that_its_calculations_make_too_long_is_told() -> None:
    """The calculations alone are short enough; what uses them is not."""
    calculated = {"c": xpath.parse(" or ".join(f"${{q}} = {n}" for n in range(20)))}
    with pytest.raises(Untranslatable, match="30 confronti"):
        xpath.translate("${c} = 1 and not(${c} = 1)", lambda name, op, value: {"question": name, "op": op, "value": value}, calculated)
    deep = "true()"
    for _ in range(39):
        deep = f"not({deep})"
    with pytest.raises(Untranslatable, match="40 livelli"):
        xpath.translate("not(not(${c}))", lambda name, op, value: {}, {"c": xpath.parse(deep)})


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _with_entity() -> bytes:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(form())) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            parts[name] = (
                b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + data
                if name.endswith("sheet1.xml")
                else data
            )
    return _zip(parts)


HOSTILE = {
    "broken": b"PK\x03\x04" + b"rest" * 30,
    "entity": _with_entity(),
    "bomb": _zip({"xl/workbook.xml": b"<workbook/>", "[Content_Types].xml": b"0" * 200_000_000}),
    "other archive": _zip({"a.txt": b"ciao"}),
    "other sheets": workbook({"Foglio1": [("a", "b"), (1, 2)]}),
    "no type": workbook({"survey": [("name", "label"), ("a", "b")]}),
    "no questions": workbook({"survey": [("type", "name", "label"), ("calculate", "a", "")]}),
    "unclosed": workbook({"survey": [("type", "name", "label"), ("begin group", "a", "A"), ("text", "b", "B")]}),
    "closed twice": workbook({"survey": [("type", "name", "label"), ("end group", "", "")]}),
    "many": workbook({"survey": [("type", "name", "label"), *(("text", f"q{n}", f"Domanda {n}") for n in range(400))]}),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_workbooks_are_refused_with_one_sentence(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file.xlsx"
    file.write_bytes(data)
    result = CliRunner().invoke(main, ["questionnaire", "import", str(file), "--dry-run"])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert result.output.strip().endswith(".")


def test_the_command_reads_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(form())
    result = CliRunner().invoke(main, ["questionnaire", "import", str(file), "--dry-run"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.output)
    assert (printed["title"], printed["pages"]) == ("Muoversi in valle", 5)
