"""Questionnaires for anyone and for people with an account: the sheet, the draft and how it is found again, the receipt."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import PhaseClosed
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import ResumeForm
from consult.listening.surveys.types import Draft, QuestionnaireRow
from consult.listening.surveys.views.blueprint import bp
from consult.listening.surveys.views.receiving import (
    SENDING,
    WHY,
    Manner,
    Saved,
    number,
    receive,
    show,
    thank,
    too_late,
)
from consult.listening.surveys.views.sheet import Desk, load_desk
from consult.web.access import ask_to_sign_in, requires, without_receipt
from consult.web.identity import actor, person
from consult.web.limits import GUESSES, limiter
from consult.web.session import context, db, now

OPEN = "/processi/<slug>/questionari"
ONE_OPEN = f"{OPEN}/<uuid:questionnaire_id>"
_RESUME = "resume_code"


@bp.get(OPEN)
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """The questionnaires that can be answered now, and those whose results can be read."""
    rows = queries.open_questionnaires(db(), process_id=context().id) if context().is_open(PhaseKind.listening) else []
    told = queries.with_results(db(), process_id=context().id)
    return render_template("listening/surveys/list.html", rows=rows, told=told)


def _desk(questionnaire_id: uuid.UUID, *, to_send: bool = False) -> Desk:
    """`to_send`: held open for this transaction before it is read, so that it is read once."""
    found = (
        services.hold_open(db(), questionnaire_id, of_process=context().id)
        if to_send
        else queries.questionnaire(db(), questionnaire_id=questionnaire_id, process_id=context().id)
    )
    if found is None or found.access == "invitation" or found.state == "draft":
        raise NotFound
    is_open = to_send or (found.open_now and context().is_open(PhaseKind.listening))
    desk = load_desk(found, is_open=is_open, territory_id=context().territory_id)
    desk.held = to_send
    return desk


def _mine(questionnaire: QuestionnaireRow) -> queries.AccountAnswer | None:
    who = person()
    if who is None or questionnaire.anonymous:
        return None
    return queries.account_answer(db(), questionnaire_id=questionnaire.id, account_id=who.id)


def _took_part(questionnaire: QuestionnaireRow) -> bool:
    """Whether this person answered an anonymous questionnaire for registered people: nobody knows what."""
    who = person()
    return bool(
        who
        and questionnaire.anonymous
        and questionnaire.access == "registered"
        and queries.took_part(db(), questionnaire_id=questionnaire.id, account_id=who.id)
    )


def _manner(questionnaire: QuestionnaireRow, *, editing: bool = False, resume_code: str = "") -> Manner:
    """Signed in and pseudonymous: drafts are kept by themselves. All others save when they ask, and get a code."""
    own = person() is not None and not questionnaire.anonymous
    keys: dict[str, Any] = {"slug": context().slug, "questionnaire_id": questionnaire.id}
    return Manner(
        editing=editing,
        saving="" if editing else "account" if own else "code",
        autosave=not editing and (own or bool(resume_code)),
        resume_code="" if own else resume_code,
        resume_url="" if own or editing else url_for("surveys.resume", **keys),
        # A draft found again is shown under another address than the sheet's own.
        action=url_for("surveys.answer", **keys) if resume_code else "",
    )


@bp.get(ONE_OPEN)
@requires(Permission.see_listening)
def answer(slug: str, questionnaire_id: uuid.UUID) -> str | Response:
    """The sheet; a signed-in person finds their draft or answer again in pseudonymous mode."""
    desk = _desk(questionnaire_id)
    found = desk.questionnaire
    if found.access == "registered" and person() is None and desk.open:
        return ask_to_sign_in()
    mine = _mine(found)
    if _took_part(found) or (mine and not found.may_edit):
        return thank(found, None)
    who = person()
    draft: Draft | None = None
    if mine is None and who is not None and not found.anonymous:
        draft = queries.account_draft(db(), questionnaire_id=found.id, account_id=who.id)
    values = mine.values if mine else draft.values if draft else {}
    form = desk.answer_form(values)
    form.draft.data = str(draft.version) if draft else ""
    form.version.data = str(mine.version) if mine else ""
    manner = replace(_manner(found, editing=mine is not None), counted=mine.values if mine else {})
    return show(desk, form, values, manner, resumed=draft is not None)


@bp.post(ONE_OPEN)
@limiter.limit(SENDING)
@without_receipt(WHY)
@requires(Permission.answer_questionnaire)
def send_open(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | str | Response:
    """Take an answer, or keep it as a draft."""
    try:
        desk = _desk(questionnaire_id, to_send=request.form.get("azione", "invia") == "invia")
    except PhaseClosed as error:
        desk = _desk(questionnaire_id)
        mine = _mine(desk.questionnaire)
        counted = mine.values if mine is not None else {}
        return too_late(desk, replace(_manner(desk.questionnaire, editing=mine is not None), counted=counted), error), 403
    moment, who = now(), person()
    resume_code = request.form.get("resume", "")
    if receipt_hash(resume_code) is None:
        resume_code = ""
    keys: dict[str, Any] = {"process_id": context().id, "questionnaire_id": questionnaire_id}
    rest: dict[str, Any] = {"now": moment, "seen": desk.sheet}

    def save(raw: dict[str, Any], seen_version: int | None) -> Saved:
        more = {**keys, **rest, "raw": raw, "seen_version": seen_version}
        if who is not None and not desk.questionnaire.anonymous:
            return Saved(services.save_of_account(db(), account_id=who.id, **more))
        code = resume_code or new_receipt_code()
        version = services.save_by_code(db(), code=code, **more)
        session[_RESUME] = [str(questionnaire_id), code]
        return Saved(version, redirect(url_for("surveys.resume", slug=slug, questionnaire_id=questionnaire_id), 303))

    # The sheet of a correction carries the version of what is corrected: on each of its pages it stays one. It is kept as a draft on the
    # way, so that files that come with it hang on the person, and go where the person goes.
    editing = who is not None and not desk.questionnaire.anonymous and number(request.form.get("version")) is not None
    manner = _manner(desk.questionnaire, editing=editing, resume_code=resume_code)
    return receive(
        desk,
        replace(manner, autosave=manner.autosave or editing),
        thanks=url_for("surveys.thanks", slug=slug, questionnaire_id=questionnaire_id),
        send=lambda raw, code, version: services.send_open(
            db(), **keys, raw=raw, code=code, seen_version=version, actor=actor(), resume_code=resume_code, **rest
        ),
        save=save,
    )


@bp.get(f"{ONE_OPEN}/riprendi")
@requires(Permission.see_listening)
def resume(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The code of a draft just saved, and the place to give one."""
    desk = _desk(questionnaire_id)
    kept = session.get(_RESUME) or ["", ""]
    code = kept[1] if kept[0] == str(questionnaire_id) else ""
    return render_template(
        "listening/surveys/resume.html",
        questionnaire=desk.questionnaire,
        form=ResumeForm(data={"code": code}),
        code=code,
        open=desk.open,
    )


@bp.post(f"{ONE_OPEN}/riprendi")
@limiter.limit(GUESSES)
@without_receipt("Finding a draft again writes nothing.")
@requires(Permission.answer_questionnaire)
def find_draft(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | str:
    """The sheet with what a draft holds."""
    desk = _desk(questionnaire_id)
    given = ResumeForm()
    code = (given.code.data or "").strip()
    mark = receipt_hash(code)
    kept = queries.draft(db(), questionnaire_id=questionnaire_id, code_hash=mark) if mark else None
    if not given.validate_on_submit() or kept is None:
        given.put_errors({"code": _("Nessuna bozza ha questo codice. Controlla che sia scritto per intero.")})
        page = render_template(
            "listening/surveys/resume.html", questionnaire=desk.questionnaire, form=given, code="", open=desk.open
        )
        return page, 422
    form = desk.answer_form(kept.values)
    form.code.data, form.draft.data = "", str(kept.version)
    return show(desk, form, kept.values, _manner(desk.questionnaire, resume_code=code), resumed=True)


@bp.get(f"{ONE_OPEN}/grazie")
@requires(Permission.see_listening)
def thanks(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The receipt, once, in the browser that sent."""
    desk = _desk(questionnaire_id)
    again = url_for("surveys.answer", slug=slug, questionnaire_id=questionnaire_id)
    editable = desk.open and desk.questionnaire.may_edit and _mine(desk.questionnaire)
    return thank(desk.questionnaire, again if editable else None)
