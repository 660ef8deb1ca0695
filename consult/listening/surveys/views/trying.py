"""Trying a questionnaire before others do: page by page, with its conditions, leaving no answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from consult.core.permissions import Permission
from consult.listening.surveys import rules
from consult.listening.surveys.forms import AnswerForm, sent_answers, shuffle
from consult.listening.surveys.forms.wording import answer_words
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.listening.surveys.views.sheet import Desk, form_again, load_desk, sheet_page, take_files, turn_page
from consult.web.access import requires, without_receipt
from consult.web.session import context

WHY = "A try stores nothing, so there is nothing to store twice."


def _desk(questionnaire_id: uuid.UUID) -> Desk:
    return load_desk(find(questionnaire_id), is_open=True, territory_id=context().territory_id)


def _show(desk: Desk, form: AnswerForm, raw: Mapping[str, Any], *, step: int | None) -> str:
    shuffle(form, desk.questions, str(desk.questionnaire.id))
    values, _problems = desk.read(raw)
    steps = desk.steps(values)
    here = step if step in steps else (steps[0] if steps else None)
    form.step.data = str(here or "")
    return render_template(
        "listening/surveys/answer.html",
        **sheet_page(desk, form, steps=steps, step=here, values=values),
        preview=True,
        editing=False,
        may_save=False,
        open=True,
        partial=desk.partial,
        notice=desk.notice,
        wide=request.args.get("schermo") != "telefono",
    )


@bp.get(f"{ONE}/anteprima")
@requires(Permission.see_listening_desk)
def preview(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The questionnaire as respondents will see it; it leaves no answer."""
    desk = _desk(questionnaire_id)
    return _show(desk, desk.answer_form(), {}, step=None)


@bp.post(f"{ONE}/anteprima")
@without_receipt(WHY)
@requires(Permission.run_listening)
def try_out(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | str:
    """Turn the pages as a respondent does; at the end say what would have been stored. Nothing is."""
    desk = _desk(questionnaire_id)
    text = request.form.get("step", "")
    step = int(text) if text.isdecimal() and len(text) < 6 else None
    raw = sent_answers(desk.questions, request.form)
    refused = take_files(desk, raw, store=False)
    if refused:
        return _show(desk, form_again(desk, raw, refused), raw, step=step), 422
    turn = turn_page(desk, raw, step, request.form.get("azione", "invia"))
    if turn.problems:
        return _show(desk, form_again(desk, raw, turn.problems), raw, step=step), 422
    if turn.step is not None:
        return _show(desk, form_again(desk, raw), raw, step=turn.step)
    values, problems = desk.read(raw)
    if problems:
        at = {q.field: problems[str(q.id)] for q in desk.questions if str(q.id) in problems}
        first = next((q.page for q in desk.questions if str(q.id) in problems), step)
        return _show(desk, form_again(desk, raw, at), raw, step=first), 422
    shown = {q.id for q in rules.shown(desk.questions, rules.by_code(desk.questions, values))}
    told: list[dict[str, Any]] = [
        {
            "question": q,
            "words": answer_words(q, values.get(str(q.id)), values.get(q.other_key, ""), desk.frame),
            "state": "" if str(q.id) in values else (_("senza risposta") if q.id in shown else _("non si è vista")),
        }
        for q in desk.questions
        if q.asks
    ]
    return render_template("listening/surveys/tried.html", questionnaire=desk.questionnaire, told=told)
