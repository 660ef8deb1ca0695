"""Questionnaires from files: our own document without loss, LimeSurvey with a report, hostile files refused with one sentence."""

from __future__ import annotations

import contextlib
import json
import unicodedata
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from consult.cli import main
from consult.core.errors import Invalid
from consult.listening.surveys import services
from consult.listening.surveys.rules import relevance
from consult.listening.surveys.rules.answers import KINDS, WITH_OPTIONS, WITH_ROWS
from consult.listening.surveys.rules.document import build, dump, load
from consult.listening.surveys.rules.limesurvey import read_tables
from consult.listening.surveys.rules.reading import read_questionnaire

FILES = Path(__file__).resolve().parents[2] / "factories" / "questionnaires"
NEW, OLD = FILES / "mobilita-limesurvey6.lss", FILES / "servizi-limesurvey3.lss"

_words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Mn")), min_size=1, max_size=12
).map(
    lambda words: unicodedata.normalize("NFC", words)
)  # What is stored is composed, so some old ideographs become others.


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents of any kinds, with conditions that look back."""
    pages: list[dict[str, Any]] = []
    count = 0
    for _page in range(draw(st.integers(1, 3))):
        questions = []
        for _question in range(draw(st.integers(0, 4))):
            count += 1
            kind = draw(st.sampled_from([k for k in KINDS if k not in {"place", "speaker"}]))
            labels = draw(st.lists(_words, min_size=2, max_size=4, unique=True)) if kind in WITH_OPTIONS else []
            rows = draw(st.lists(_words, min_size=1, max_size=3, unique=True)) if kind in WITH_ROWS else []
            back = {"question": "k1", "op": draw(st.sampled_from(["answered", "not_answered"]))} if count > 1 else None
            questions.append(
                {
                    "code": f"k{count}", "kind": "short" if count == 1 else kind, "text": draw(_words), "help": draw(_words),
                    "required": draw(st.booleans()), "options": [{"code": f"x{i}", "label": w} for i, w in enumerate(labels)] if count > 1 else [],
                    "rows": [{"code": f"y{i}", "label": w} for i, w in enumerate(rows)] if count > 1 else [],
                    "condition": back if draw(st.booleans()) else None, "texts": {"en": {"text": draw(_words)}},
                }
            )  # fmt: skip  # pairs read better side by side
        pages.append({"title": draw(_words), "intro": draw(_words), "questions": questions})
    return {
        "format": "consult-questionnaire",
        "version": 1,
        "title": "Titolo " + draw(_words),
        "languages": ["it", "en"],
        "pages": pages,
    }


@given(documents())
def test_out_and_in_again_without_loss(document: dict[str, Any]) -> None:
    once = dump(build(document))
    assert dump(load(json.dumps(once).encode())) == once
    kept = [
        (q["code"], q["text"], q["options"], q["rows"], q["condition"]) for p in once["pages"] for q in p["questions"]
    ]
    given_ = [
        (q["code"], q["text"], q["options"], q["rows"], q["condition"])
        for p in document["pages"]
        for q in p["questions"]
    ]
    assert [k[:1] + k[2:] for k in kept] == [g[:1] + g[2:] for g in given_]


@pytest.mark.parametrize("name", services.template_names())
def test_templates_are_whole_in_both_languages(name: str) -> None:
    document = dump(services.read_template(name))
    assert dump(build(document)) == document
    assert document["languages"] == ["it", "en"]
    for page in document["pages"]:
        for question in page["questions"]:
            english = question["texts"]["en"]
            wanted = {"text"} | {key for key in ("help", "purpose") if question[key]}
            wanted |= {f"o.{o['code']}" for o in question["options"]} | {f"r.{r['code']}" for r in question["rows"]}
            assert wanted <= set(english), question["code"]


def test_limesurvey_six_comes_with_a_report() -> None:
    found = read_questionnaire(NEW.read_bytes())
    by_code = {q.code: q for q in found.plan.questions}
    assert found.anonymous
    assert [page.title for page in found.plan.pages] == ["Come ti sposti", "Il treno", "Priorità"]
    assert found.plan.texts["en"]["title"] == "Getting around the valley"
    first = by_code["M1"]
    assert (first.kind, first.text, first.help, first.required) == (
        "single",
        "Qual è il mezzo che usi di più?",
        "Pensa all’ultimo mese.",
        True,
    )
    assert first.settings == {"other": True, "other_label": "Un altro mezzo"}
    assert first.texts["en"]["o.A2"] == "Bus"
    assert [(o.code, o.exclusive) for o in by_code["M2"].options][-1] == ("SQ004", True)
    assert by_code["M2"].settings == {"most": 2, "random": True}
    assert by_code["M5"].settings == {"min": 0, "max": 300, "unit": "km"}
    assert by_code["P3"].kind == "points"
    assert by_code["P3"].settings["total"] == 100
    assert [o.label for o in by_code["T4_2"].options] == ["Caro", "Giusto"]
    assert by_code["P2"].condition == {"question": "P1", "part": "C1", "op": "equal", "value": "1"}
    assert by_code["T1"].page_condition == {
        "any": [
            {"question": "M1", "op": "equal", "value": "A1"},
            {"question": "M2", "op": "contains", "value": "SQ001"},
        ]
    }
    # Whatever stood in the file and is not among the questions is in the report.
    lost = {loss.where for loss in found.losses}
    assert {
        "P7",
        "P9",
        "P10",
        "P11",
        "HID",
        "M7",
        "M8",
        "M9",
        "P6",
        "T4",
        "P4",
        "Residenti in pianura",
        "expires",
    } <= lost
    titles = {row["title"] for row in read_tables(NEW.read_bytes()).table("questions")}
    assert titles <= set(by_code) | lost


def test_limesurvey_three_repeats_rows_by_language() -> None:
    found = read_questionnaire(OLD.read_bytes())
    town, services_, minutes = found.plan.questions
    assert found.losses == ()
    assert not found.anonymous
    assert town.settings == {"look": "list"}
    assert town.texts["fr"]["o.2"] == "Suse"
    assert services_.condition == {"question": "comune", "op": "equal", "value": "2"}
    assert minutes.condition is not None
    assert minutes.condition["all"][0] == {"question": "servizi", "op": "contains", "value": "S2"}


@pytest.mark.parametrize(
    "equation",
    [
        "Q1 == Q2",
        "Q1 + 1 > 3",
        "if(Q1, 1, 0)",
        "Q9 == 'x'",
        "Q1 ==",
        "(Q1 == 'a'",
        "Q1.shown == 'a'",
        "((" * 60,
        "!(Q1 > 3)",
        "Q1 == 'a' extra",
        "§",
    ],
)
def test_equations_that_can_not_be_said(equation: str) -> None:
    def resolve(name: str, op: str, value: str) -> dict[str, Any]:
        if name != "Q1":
            raise relevance.Untranslatable(name)
        return {"question": name, "op": op, "value": value}

    with pytest.raises(relevance.Untranslatable):
        relevance.translate(equation, resolve)


@given(st.text(alphabet="Q1_ .()!=<>&|'\"andornot0", max_size=40))
def test_any_equation_is_read_without_failing(equation: str) -> None:
    def resolve(name: str, op: str, value: str) -> dict[str, Any]:
        return {"question": name, "op": op, "value": value}

    with contextlib.suppress(relevance.Untranslatable):
        relevance.translate(equation, resolve)


HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
BODY = "<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>"
HOSTILE: dict[str, bytes] = {
    "doctype": (HEAD + '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + BODY).encode(),
    "bomb": (HEAD + '<!doctype d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + BODY).encode(),
    "broken": (HEAD + BODY[:-5]).encode(),
    "deep": (HEAD + "<document>" + "<a>" * 5000 + "</a>" * 5000 + "</document>").encode(),
    "utf16": (HEAD + BODY).encode("utf-16"),
    "latin": (HEAD.replace("UTF-8", "ISO-8859-1") + BODY).encode("latin-1"),
    "other kind": (HEAD + BODY.replace("Survey<", "Group<")).encode(),
    "page": b"<html><body>ciao</body></html>",
    "archive": b"PK\x03\x04rest",
    "picture": b"\x89PNG\r\n\x1a\n",
    "nothing": b"  ",
    "no questions": (HEAD + BODY).encode(),
    "large": b"<" + b"x" * 5_300_000,
    "json": b'{"format": "altro"}',
    "json list": b"[" * 100_000,
    "json types": b'{"format": "consult-questionnaire", "version": 1, "title": ["x"], "pages": 3}',
    "json part": b'{"format": "consult-questionnaire", "version": 1, "title": "Titolo", "altro": 1}',
    "json later": b'{"format": "consult-questionnaire", "version": 9, "title": "Titolo"}',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_with_one_sentence(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read_questionnaire(data)
    assert refused.value.message.endswith(".")
    file = tmp_path / "file.lss"
    file.write_bytes(data)
    result = CliRunner().invoke(main, ["questionnaire", "import", str(file), "--dry-run"])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1


def test_the_command_prints_the_report() -> None:
    result = CliRunner().invoke(main, ["questionnaire", "import", str(NEW), "--dry-run"])
    assert result.exit_code == 0
    printed = json.loads(result.output)
    assert printed["title"] == "Spostarsi in valle"
    assert printed["questionnaire"] is None
    assert {"where", "reason"} == set(printed["not_carried_over"][0])
    refused = CliRunner().invoke(main, ["questionnaire", "import", str(NEW)])
    assert refused.exit_code == 2
    assert "--process" in refused.output


def test_keys_are_fresh() -> None:
    plan = read_questionnaire(OLD.read_bytes()).plan
    assert len({q.id for q in plan.questions} | {uuid.uuid4()}) == 4
