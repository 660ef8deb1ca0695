"""The questionnaire on paper: a tagged PDF with boxes to tick, and beside each the number that an operator types."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from config import ROOT, Settings
from consult.core.vocabulary import PhaseKind
from consult.listening.surveys import queries
from consult.listening.surveys.rules import most_of
from consult.listening.surveys.rules.paper import out_codes, paper_codes
from consult.listening.surveys.services.columns import Words
from consult.listening.surveys.types import OTHER, QuestionnaireRow, QuestionRow
from consult.ports.typesetting import typeset
from consult.process.queries import current_notice

_TEMPLATE = ROOT / "templates" / "listening" / "surveys" / "sheet.typ"
LINES = {"short": 2, "long": 8}


def print_sheet(
    session: Session, questionnaire: QuestionnaireRow, questions: Sequence[QuestionRow], words: Words, *, settings: Settings, now: datetime
) -> bytes:  # fmt: skip  # one line of arguments reads better so
    """The PDF."""
    _ = words.say
    notice = current_notice(session, process_id=questionnaire.process_id, kind=PhaseKind.listening)
    pages = queries.pages(session, questionnaire_id=questionnaire.id, questions=questions)
    promise = (
        _("La risposta è anonima: non scrivere il nome, l’indirizzo o altro che dica chi sei.")
        if questionnaire.anonymous
        else _("La risposta è riservata: nel piano le parole si citano senza dire di chi sono.")
    )
    data: dict[str, Any] = {
        "title": questionnaire.title, "intro": questionnaire.intro, "thanks": questionnaire.thanks, "author": settings.authority_name,
        "lang": questionnaire.languages[0], "promise": promise, "notice": notice.text if notice else "",
        "how": _("Segna una casella con una croce. Dove ci sono righe, scrivi in stampatello."),
        "page": _("Pagina"), "why": _("Perché lo chiediamo:"), "needed": _("(obbligatoria)"), "only_if": _("Solo se:"),
        "receipt": _("Chi inserisce la risposta scrive qui il codice di ricevuta, e lo consegna a chi ha risposto:"),
        "pages": [
            {
                "title": page.title, "intro": page.intro,
                "questions": [
                    {"number": number, **_question(q, words, questions)} for number, q in enumerate(questions, 1) if q.page == page.number
                ],
            }
            for page in pages
        ],
    }  # fmt: skip  # one row of values reads better so
    folder = Path(tempfile.mkdtemp(prefix="sheet-"))
    try:
        shutil.copyfile(_TEMPLATE, folder / "sheet.typ")
        return typeset(folder, "sheet.typ", data, settings=settings, now=now)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _question(question: QuestionRow, words: Words, questions: Sequence[QuestionRow]) -> dict[str, Any]:
    _ = words.say
    options = words.options(question)
    codes = paper_codes(question)
    shape = "boxes"
    if question.kind in LINES:
        shape = "lines"
    elif question.kind in {"number", "date", "strategy", "axis"}:
        shape = "blank"
    elif question.kind in {"matrix", "matrix_multiple"}:
        shape = "grid"
    elif question.kind in {"ranking", "points"}:
        shape = "beside"
    elif question.kind in {"display", "file", "scale", "place"}:
        shape = question.kind
    low, high = question.settings.get("min", 1), question.settings.get("max", 5)
    listed: list[str] = []
    if question.kind == "place":
        listed = [label for code, label in words.places.items() if code.startswith("z:")]
    elif question.kind in {"strategy", "axis"}:
        listed = list((words.strategies if question.kind == "strategy" else words.axes).values())
    return {
        "shape": shape, "text": question.text, "help": question.help, "purpose": question.purpose, "required": question.required,
        "hint": _hint(question, words), "when": _when(question, questions, words),
        "options": [{"label": options.get(code, code), "blank": code == OTHER} for code in codes],
        "rows": [row.label for row in question.rows], "lines": LINES.get(question.kind, 1),
        "scale": [str(n) for n in range(low, high + 1)] if question.kind == "scale" else [],
        "ends": [question.settings.get("min_label") or "", question.settings.get("max_label") or ""],
        "listed": listed, "unit": question.settings.get("unit") or "",
        "out": [{"typed": typed, "label": words.out[code]} for typed, code in out_codes(question)],
        "place": [_("Zona numero"), _("oppure comune")], "file": _("Il file si consegna insieme al foglio, o si carica in linea."),
    }  # fmt: skip  # one row of values reads better so


def _hint(question: QuestionRow, words: Words) -> str:
    _, most = words.say, most_of(question)
    if question.kind == "multiple":
        return _("Al massimo %(n)s voci.") % {"n": most} if most else _("Si possono segnare più voci.")
    if question.kind == "ranking":
        return _("Scrivi 1 accanto alla voce più importante, 2 alla seconda, e così via.")
    if question.kind == "points":
        return _("Distribuisci %(n)s punti tra le voci: la somma deve fare %(n)s.") % {
            "n": question.settings.get("total") or 100
        }
    if question.kind in {"strategy", "axis"}:
        return _("Scrivi i numeri scelti.") if most != 1 else _("Scrivi il numero scelto.")
    if question.kind == "matrix_multiple":
        return _("Si possono segnare più caselle per riga.")
    if question.kind == "date":
        return _("Giorno, mese, anno.")
    return ""


def _when(question: QuestionRow, questions: Sequence[QuestionRow], words: Words) -> str:
    """The condition in words, with the numbers of the questions as printed."""
    parts = [said for c in (question.page_condition, question.condition) if c and (said := _said(c, questions, words))]
    return "; ".join(parts)


def _said(condition: dict[str, Any], questions: Sequence[QuestionRow], words: Words) -> str:
    _ = words.say
    for name, joint in (("all", _("e")), ("any", _("oppure"))):
        if condition.get(name):
            return f" {joint} ".join(_said(part, questions, words) for part in condition[name])
    number, found = next(((n, q) for n, q in enumerate(questions, 1) if q.code == condition.get("question")), (0, None))
    if found is None:
        return ""
    value = words.options(found).get(str(condition.get("value", "")), str(condition.get("value", "")))
    ops = {
        "equal": _("alla domanda %(n)s: %(value)s"), "not_equal": _("alla domanda %(n)s non: %(value)s"),
        "contains": _("alla domanda %(n)s anche: %(value)s"), "not_contains": _("alla domanda %(n)s non: %(value)s"),
        "greater": _("alla domanda %(n)s più di %(value)s"), "at_least": _("alla domanda %(n)s almeno %(value)s"),
        "less": _("alla domanda %(n)s meno di %(value)s"), "at_most": _("alla domanda %(n)s al massimo %(value)s"),
        "answered": _("hai risposto alla domanda %(n)s"), "not_answered": _("non hai risposto alla domanda %(n)s"),
    }  # fmt: skip  # pairs read better side by side
    return ops.get(str(condition.get("op")), "%(n)s %(value)s") % {"n": number, "value": value}
