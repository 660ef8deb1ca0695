"""Answers that came on paper: one line a question, typed with the numbers that are printed on the sheet, without the mouse."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import queries, services
from consult.listening.surveys.rules.paper import NOT_ON_PAPER, out_codes, paper_codes
from consult.listening.surveys.services.entering import INVITED
from consult.listening.surveys.types import DONT_KNOW, PREFER_NOT, QuestionRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.listening.surveys.views.figures import code_words
from consult.listening.surveys.views.receiving import WHY
from consult.web.access import requires, without_receipt
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

_LAST = "paper_code"


def _hint(question: QuestionRow) -> str:
    """How the answer is typed."""
    kind = question.kind
    hints: dict[str, Any] = {
        "single": _("un numero"), "likert": _("un numero"), "yes_no": _("un numero"), "speaker": _("un numero"), "consent": _("1 se c’è la croce"),
        "multiple": _("numeri separati da uno spazio"), "scale": _("il numero segnato"), "number": _("il numero"),
        "long": _("Invio va a capo; Ctrl e Invio passano alla riga dopo"), "date": _("giorno/mese/anno"),
        "place": _("numero della zona, o nome del comune"), "strategy": _("numeri delle strategie, per esempio 1.2"),
        "axis": _("numeri degli assi"), "matrix": _("un numero per riga, trattino dove manca: 2 1 - 3"),
        "matrix_multiple": _("numeri per riga, righe separate da /: 1 2 / 3 / -"),
        "ranking": _("il posto di ogni voce, nell’ordine stampato: 2 - 1"), "points": _("i punti di ogni voce, nell’ordine stampato: 60 40 0"),
    }  # fmt: skip  # pairs read better side by side
    return str(hints.get(kind, ""))


def _page(
    questionnaire_id: uuid.UUID, typed: dict[str, str], problems: dict[str, str], *, code: str = "", last: str = ""
) -> str:
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    frame = queries.frame(db(), process_id=context().id, territory_id=context().territory_id, questions=questions)
    found = find(questionnaire_id)
    out = {DONT_KNOW: _("Non so"), PREFER_NOT: _("Preferisco non rispondere")}
    lines = [
        {
            "question": question,
            "number": number,
            "hint": _hint(question),
            "codes": [(n, code_words(question, frame).get(c, c)) for n, c in enumerate(paper_codes(question), 1)],
            "out": [(short, out[c]) for short, c in out_codes(question)],
        }
        for number, question in enumerate(questions, 1)
        if question.kind not in NOT_ON_PAPER
    ]
    return render_template(
        "listening/surveys/paper.html",
        questionnaire=found,
        lines=lines,
        typed=typed,
        problems=problems,
        code=code or new_receipt_code(),
        last=last,
        open=found.open_now and context().is_open(PhaseKind.listening),
    )


@bp.get(f"{ONE}/carta")
@requires(Permission.see_listening_desk)
def paper(slug: str, questionnaire_id: uuid.UUID) -> str:
    """An empty sheet, and the receipt of the last one."""
    kept = session.get(_LAST) or ["", ""]
    return _page(questionnaire_id, {}, {}, last=kept[1] if kept[0] == str(questionnaire_id) else "")


@bp.post(f"{ONE}/carta")
@without_receipt(WHY)
@requires(Permission.enter_paper_forms)
def enter_paper(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Take one sheet and open the next."""
    find(questionnaire_id)
    code = request.form.get("code", "")
    typed = {name: text for name, text in request.form.items() if name.startswith("q_") or name == INVITED}
    lines = {
        uuid.UUID(name.removeprefix("q_")): text
        for name, text in typed.items()
        if name.startswith("q_") and len(name) == 34 and all(c in "0123456789abcdef" for c in name[2:])
    }
    try:
        services.enter_paper(
            db(),
            process_id=context().id,
            questionnaire_id=questionnaire_id,
            lines=lines,
            invited=request.form.get(INVITED, ""),
            code=code,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        return _page(
            questionnaire_id,
            typed,
            {name: say(why) for name, why in (error.fields or {"": error.message}).items()},
            code=code,
        ), 422
    session[_LAST] = [str(questionnaire_id), code]
    return redirect(url_for("surveys.paper", slug=slug, questionnaire_id=questionnaire_id), 303)
