"""A questionnaire as a document of our own: JSON out and in again without loss. Pure.

    {"format": "consult-questionnaire", "version": 1, "title", "intro", "thanks", "languages": ["it", …], "texts": {language: {key: text}},
     "pages": [{"title", "intro", "condition", "texts",
                "questions": [{"code", "kind", "text", "help", "purpose", "required", "options": [{"code", "label", "exclusive"}],
                               "rows": [{"code", "label"}], "settings", "condition", "texts"}]}]}

Kinds, settings and the form of stored answers are those of `types.QuestionRow`; conditions those of `rules.conditions`. Only `format`,
`version`, `title` and each question's `kind` and `text` must be there. Unknown keys are refused, so that nothing is dropped silently.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.answers import KINDS, WITH_OPTIONS, WITH_ROWS
from consult.listening.surveys.rules.logic import check_conditions, well_formed
from consult.listening.surveys.rules.structure import (
    AGREEMENT,
    CODE,
    LANGUAGE,
    MOST_PAGES,
    MOST_QUESTIONS,
    RESERVED,
    check_options,
    check_settings,
    free_code,
    make_options,
)
from consult.listening.surveys.types import Option, PageRow, QuestionRow

FORMAT, VERSION = "consult-questionnaire", 1
LARGEST_BYTES = 5 * 1024 * 1024
_LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A page of a questionnaire that is about to be made."""

    title: str = ""
    intro: str = ""
    condition: dict[str, Any] | None = None
    texts: dict[str, Any] = field(default_factory=dict)
    questions: tuple[QuestionRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A questionnaire that is about to be made."""

    title: str
    intro: str = ""
    thanks: str = ""
    languages: tuple[str, ...] = ("it",)
    texts: dict[str, Any] = field(default_factory=dict)
    pages: tuple[PagePlan, ...] = ()

    @property
    def questions(self) -> list[QuestionRow]:
        """All questions in order."""
        return [question for page in self.pages for question in page.questions]


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def dump(plan: Plan) -> dict[str, Any]:
    """The document of a questionnaire."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": plan.title,
        "intro": plan.intro,
        "thanks": plan.thanks,
        "languages": list(plan.languages),
        "texts": plan.texts,
        "pages": [
            {
                "title": page.title,
                "intro": page.intro,
                "condition": page.condition,
                "texts": page.texts,
                "questions": [_dumped(question) for question in page.questions],
            }
            for page in plan.pages
        ],
    }


def _dumped(question: QuestionRow) -> dict[str, Any]:
    def listed(options: Sequence[Option]) -> list[dict[str, Any]]:
        return [{"code": o.code, "label": o.label, **({"exclusive": True} if o.exclusive else {})} for o in options]

    return {
        "code": question.code,
        "kind": question.kind,
        "text": question.text,
        "help": question.help,
        "purpose": question.purpose,
        "required": question.required,
        "options": listed(question.options),
        "rows": listed(question.rows),
        "settings": question.settings,
        "condition": question.condition,
        "texts": question.texts,
    }


def load(data: bytes) -> Plan:
    """The questionnaire of a document. Raises Invalid with one sentence."""
    if len(data) > LARGEST_BYTES:
        raise _refuse("Il file è troppo grande per un questionario: può avere al massimo 5 MB.")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _refuse("Il file non è un documento JSON che si legge.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _refuse("Il file non è un questionario di Consult: manca «format».")
    if found.get("version") != VERSION:
        raise _refuse("Il file è di una versione che questa installazione non conosce.")
    return build(found)


def build(found: Mapping[str, Any]) -> Plan:
    """The questionnaire that a document says, checked whole. Raises Invalid with one sentence."""
    try:
        return _built(found)
    except UnreadableText as error:
        raise _refuse(str(error)) from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _refuse(
            "Il file è fatto in modo diverso da quello che serve: qualche parte manca o è di un altro tipo."
        ) from error


def _only(found: Mapping[str, Any], known: set[str], where: str) -> None:
    strange = sorted(set(found) - known)
    if strange:
        raise _refuse(
            Sentence("%(where)s: «%(key)s» non è una parte conosciuta.", where=where, key=str(strange[0])[:60])
        )


def _built(found: Mapping[str, Any]) -> Plan:
    _only(found, {"format", "version", "title", "intro", "thanks", "languages", "texts", "pages"}, "questionario")
    title = _line(found["title"], 200)
    if len(title) < 4:
        raise _refuse("Il titolo del questionario manca o è troppo corto.")
    languages = tuple(dict.fromkeys(str(code) for code in found.get("languages") or ["it"]))
    if not all(LANGUAGE.fullmatch(code) for code in languages):
        raise _refuse("Le lingue si dicono con il loro codice, per esempio it, en, fr.")
    pages: list[PagePlan] = []
    codes: list[str] = []
    listed = list(found.get("pages") or [])
    if len(listed) > MOST_PAGES:
        raise _refuse(Sentence("Le pagine possono essere al massimo %(n)s.", n=MOST_PAGES))
    for number, page in enumerate(listed, 1):
        _only(page, {"title", "intro", "condition", "texts", "questions"}, f"pagina {number}")
        condition = _condition(page.get("condition"))
        questions = []
        for each in page.get("questions") or []:
            question = _question(each, number, len(codes) + 1, codes, condition)
            codes.append(question.code)
            questions.append(question)
        if len(codes) > MOST_QUESTIONS:
            raise _refuse(Sentence("Un questionario può avere al massimo %(n)s domande.", n=MOST_QUESTIONS))
        pages.append(
            PagePlan(
                _line(page.get("title", ""), 200), _text(page.get("intro", "")), condition, _texts(page.get("texts")), tuple(questions)
            )
        )  # fmt: skip  # one row of values reads better so
    plan = Plan(
        title, _text(found.get("intro", "")), _text(found.get("thanks", "")), languages, _texts(found.get("texts")), tuple(pages)
    )  # fmt: skip  # one row of values reads better so
    problem = check_conditions(
        plan.questions, [PageRow(number, condition=page.condition) for number, page in enumerate(pages, 1)]
    )
    if problem:
        raise _refuse(problem.sentence)
    for kind in ("place", "speaker"):
        if sum(question.kind == kind for question in plan.questions) > 1:
            raise _refuse("Zona e tipo di voce si chiedono una volta sola.")
    return plan


def _question(
    found: Mapping[str, Any], page: int, position: int, codes: Sequence[str], page_condition: dict[str, Any] | None
) -> QuestionRow:
    known = {"code", "kind", "text", "help", "purpose", "required", "options", "rows", "settings", "condition", "texts"}
    _only(found, known, f"domanda {position}")
    kind = found["kind"]
    if kind not in KINDS:
        raise _refuse(Sentence("«%(kind)s» non è un tipo di domanda.", kind=str(kind)[:40]))
    code = str(found.get("code") or free_code(codes))
    if not CODE.fullmatch(code) or code.lower() in {each.lower() for each in codes}:
        raise _refuse(Sentence("Il codice «%(code)s» c’è due volte, o non è fatto di lettere e cifre.", code=code[:60]))
    given = _options(found.get("options"))
    if kind == "likert" and not given:
        given = [Option("", label) for label in AGREEMENT]
    options = make_options(given) if kind in WITH_OPTIONS else ()
    rows = make_options(_options(found.get("rows")), prefix="r", field="rows") if kind in WITH_ROWS else ()
    check_options(kind, options, rows)
    text = _text(found["text"])
    if not text:
        raise _refuse(Sentence("La domanda %(n)s non ha testo.", n=position))
    return QuestionRow(
        id=uuid.uuid4(), page=page, position=position, kind=kind, text=text, help=_text(found.get("help", "")),
        purpose=_line(found.get("purpose", ""), 300), required=bool(found.get("required")) and kind != "display", options=options,
        settings=check_settings(kind, dict(found.get("settings") or {}), options), code=code, rows=rows,
        condition=_condition(found.get("condition")), page_condition=page_condition, texts=_texts(found.get("texts")),
    )  # fmt: skip  # one row of values reads better so


def _options(found: Any) -> list[Option]:
    listed = []
    for each in found or []:
        option = Option("", each) if isinstance(each, str) else Option(
            str(each.get("code") or ""), each["label"], bool(each.get("exclusive"))
        )  # fmt: skip  # both forms side by side
        if option.code in RESERVED:
            raise _refuse(Sentence("Il codice «%(code)s» è riservato.", code=option.code))
        listed.append(Option(option.code, _line(option.label, 500), option.exclusive))
    return listed


def _condition(found: Any) -> dict[str, Any] | None:
    if not found:
        return None
    if not well_formed(found):
        raise _refuse("Una condizione è troppo lunga o scritta male.")
    return dict(found)


def _line(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise TypeError
    return clean_line(value)[:longest]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return clean_text(value)[:_LONGEST_TEXT]


def _texts(found: Any) -> dict[str, Any]:
    texts = found or {}
    return {
        code: {str(key)[:80]: _text(each) for key, each in words.items()}
        for code, words in texts.items()
        if LANGUAGE.fullmatch(code)
    }
