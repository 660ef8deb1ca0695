"""What respondents see: the personal link, the open questionnaire, the receipt. No script is needed; a form in steps carries its answers along.

These pages write no form receipt: its row would date an anonymous answer. The ballot, invitation or code makes a replay one answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import AnswerForm, answer_form, sent_values, shuffle
from consult.listening.surveys.rules import token_hash
from consult.listening.surveys.types import Door, Outcome, QuestionnaireRow
from consult.listening.surveys.views.blueprint import bp
from consult.listening.surveys.views.sheet import Desk, load_desk, sheet_page, turn_page
from consult.process.queries import phase_states
from consult.web.access import public, requires, without_receipt
from consult.web.identity import actor, person
from consult.web.limits import limiter
from consult.web.session import context, db, now

_RECEIPT = "answer_receipt"
#: A whole school or office may answer behind one address, in several steps each.
SENDING = "60 per minute; 1000 per hour"
WHY = "The ballot, invitation or minted code makes a replay one answer; a receipt's row would date an anonymous answer."


def _show(desk: Desk, form: AnswerForm, *, step: int | None, editing: bool, may_save: bool, seed: str = "") -> str:
    if not form.code.data:
        form.code.data = new_receipt_code()
    shuffle(form, desk.questions, seed or form.code.data)
    values, _problems = desk.read(sent_values(form, desk.questions))
    steps = desk.steps(values)
    here = step if step in steps else (steps[0] if steps else None)
    form.step.data = str(here or "")
    return render_template(
        "listening/surveys/answer.html",
        **sheet_page(desk, form, steps=steps, step=here, values=values),
        preview=False,
        editing=editing,
        may_save=may_save,
        open=desk.open,
        partial=desk.partial,
        notice=desk.notice,
    )


def _receive(
    desk: Desk,
    *,
    editing: bool,
    may_save: bool,
    thanks: str,
    send: Callable[[dict[str, Any], str, int | None], Outcome],
    save: Callable[[dict[str, Any]], None] | None = None,
    seed: str = "",
) -> tuple[str, int] | str | Response:
    """One sending of the sheet: to another step, to the draft, or for good."""
    form = answer_form(desk.questions, desk.frame)

    def again(at: int | None) -> str:
        return _show(desk, form, step=at, editing=editing, may_save=may_save, seed=seed)

    if not form.validate_on_submit():
        return again(_number(form.step.data)), 422
    raw, step = sent_values(form, desk.questions), _number(form.step.data)
    wanted = request.form.get("azione", "invia")
    if wanted == "salva" and save is not None:
        save(raw)
        flash(_("Salvato. Con lo stesso link si riprende da qui, anche da un altro apparecchio."), "success")
        return redirect(request.path, 303)
    turn = turn_page(desk, raw, step, wanted)
    if turn.problems:
        form.put_errors(turn.problems)
        return again(step), 422
    if turn.step is not None:
        if save is not None:
            save(raw)
        return again(turn.step)
    try:
        outcome = send(raw, form.code.data or "", _number(form.version.data))
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        first = next((q.page for q in desk.questions if q.field in error.fields), step)
        return again(first), 422
    session[_RECEIPT] = [
        str(desk.questionnaire.id),
        form.code.data if outcome.state == "stored" or outcome.same else "",
        outcome.state,
    ]
    if outcome.state == "edited":
        session[_RECEIPT][1] = ""
    return redirect(thanks, 303)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 6 else None


def _thanks(questionnaire: QuestionnaireRow, edit_url: str | None) -> str:
    kept = session.get(_RECEIPT) or ["", "", ""]
    code, state = (kept[1], kept[2]) if kept[0] == str(questionnaire.id) else ("", "")
    return render_template(
        "listening/surveys/thanks.html", questionnaire=questionnaire, code=code, state=state, edit_url=edit_url
    )


# The personal link. No process stands in its address; whoever holds the token may.


def _enter(token: str) -> tuple[Door, Desk]:
    g.no_referrer = True
    door = queries.door(db(), token_hash=token_hash(token))
    found = queries.questionnaire(db(), questionnaire_id=door.questionnaire_id) if door else None
    if door is None or found is None:
        raise NotFound(_("Questo link non apre nessun questionario: può essere incompleto o non valere più."))
    phases = phase_states(db(), process_ids=[found.process_id])[found.process_id]
    is_open = any(phase.is_open for phase in phases if phase.kind == PhaseKind.listening)
    return door, load_desk(found, is_open=found.open_now and is_open, territory_id=door.territory_id)


@bp.get("/q/<token>")
@public
def by_token(token: str) -> str:
    """Open a personal link; nothing is used up."""
    door, desk = _enter(token)
    if door.used and door.anonymous:
        return _thanks(desk.questionnaire, None)
    form = answer_form(desk.questions, desk.frame, door.values or door.draft)
    form.version.data = str(door.answer_version or "")
    return _show(desk, form, step=None, editing=door.used, may_save=not door.used, seed=token)


@bp.post("/q/<token>")
@limiter.limit(SENDING)
@without_receipt(WHY)
@public
def send_by_token(token: str) -> tuple[str, int] | str | Response:
    """Take the answer of a personal link."""
    door, desk = _enter(token)
    moment = now()

    def save(raw: dict[str, Any]) -> None:
        services.save_draft(db(), token=token, raw=raw, now=moment)

    return _receive(
        desk,
        editing=door.used,
        may_save=not door.used,
        thanks=url_for("surveys.thanks_by_token", token=token),
        send=lambda raw, code, version: services.send_by_token(
            db(), token=token, raw=raw, code=code, seen_version=version, now=moment
        ),
        save=None if door.used else save,
        seed=token,
    )


@bp.get("/q/<token>/grazie")
@public
def thanks_by_token(token: str) -> str:
    """The receipt, once, in the browser that sent."""
    door, desk = _enter(token)
    return _thanks(
        desk.questionnaire, url_for("surveys.by_token", token=token) if desk.open and not door.anonymous else None
    )


# The open questionnaire of a process.

OPEN = "/processi/<slug>/questionari"


@bp.get(OPEN)
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """The questionnaires that anyone may answer now."""
    rows = queries.open_questionnaires(db(), process_id=context().id) if context().is_open(PhaseKind.listening) else []
    return render_template("listening/surveys/list.html", rows=rows)


def _open_desk(questionnaire_id: uuid.UUID) -> Desk:
    found = queries.questionnaire(db(), questionnaire_id=questionnaire_id, process_id=context().id)
    if found is None or found.access != "open" or found.state == "draft":
        raise NotFound
    is_open = found.open_now and context().is_open(PhaseKind.listening)
    return load_desk(found, is_open=is_open, territory_id=context().territory_id)


def _mine(questionnaire: QuestionnaireRow) -> queries.AccountAnswer | None:
    who = person()
    if who is None or questionnaire.anonymous:
        return None
    return queries.account_answer(db(), questionnaire_id=questionnaire.id, account_id=who.id)


@bp.get(f"{OPEN}/<uuid:questionnaire_id>")
@requires(Permission.see_listening)
def answer(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The sheet of an open questionnaire; a signed-in person finds their answer again in pseudonymous mode."""
    desk = _open_desk(questionnaire_id)
    mine = _mine(desk.questionnaire)
    form = answer_form(desk.questions, desk.frame, mine.values if mine else None)
    form.version.data = str(mine.version) if mine else ""
    return _show(desk, form, step=None, editing=mine is not None, may_save=False)


@bp.post(f"{OPEN}/<uuid:questionnaire_id>")
@limiter.limit(SENDING)
@without_receipt(WHY)
@requires(Permission.answer_questionnaire)
def send_open(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | str | Response:
    """Take an answer to an open questionnaire."""
    desk = _open_desk(questionnaire_id)
    moment = now()
    return _receive(
        desk,
        editing=False,
        may_save=False,
        thanks=url_for("surveys.thanks", slug=slug, questionnaire_id=questionnaire_id),
        send=lambda raw, code, version: services.send_open(
            db(),
            process_id=context().id,
            questionnaire_id=questionnaire_id,
            raw=raw,
            code=code,
            seen_version=version,
            actor=actor(),
            now=moment,
        ),
    )


@bp.get(f"{OPEN}/<uuid:questionnaire_id>/grazie")
@requires(Permission.see_listening)
def thanks(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The receipt, once, in the browser that sent."""
    desk = _open_desk(questionnaire_id)
    again = url_for("surveys.answer", slug=slug, questionnaire_id=questionnaire_id)
    return _thanks(desk.questionnaire, again if _mine(desk.questionnaire) and desk.open else None)
