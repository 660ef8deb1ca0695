"""A sheet shown and received, whoever answers: pages, drafts, sending, the receipt. No script is needed; a form in steps carries its answers along.

What is sent is read without a form: the token against forgery was checked before the view, and each answer is checked by the service.
These pages write no form receipt: its row would date an anonymous answer. The ballot, invitation, account or code makes a replay one answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, session
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid, PhaseClosed
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import rules, services
from consult.listening.surveys.forms import AnswerForm, sent_answers, shuffle
from consult.listening.surveys.forms.wording import answer_words, sent_words
from consult.listening.surveys.types import Outcome, QuestionnaireRow, QuestionRow
from consult.listening.surveys.views.sheet import Desk, form_again, sheet_page, take_files, turn_page
from consult.web.session import db
from consult.web.words import say

_RECEIPT = "answer_receipt"
#: A whole school or office may answer behind one address, in several steps each. One limit: each is a question to the store.
SENDING = "300 per 15 minutes"
WHY = "The ballot, invitation, account or minted code makes a replay one answer; a receipt's row would date an anonymous answer."


@dataclass(frozen=True, slots=True)
class Manner:
    """How this respondent answers. `saving`: "" (not possible), "link", "account" or "code"; `autosave`: without being asked."""

    editing: bool = False
    saving: str = ""
    autosave: bool = False
    seed: str = ""
    resume_code: str = ""
    resume_url: str = ""
    #: Where the sheet is sent, where that is not the page's own address.
    action: str = ""
    #: What was answered and counts, where it is corrected.
    counted: Mapping[str, Any] = field(default_factory=dict)
    #: The invitation that may say the group of who does not say it.
    invitation_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft that was kept: its version, and where its writer is led, if anywhere."""

    version: int
    led: Response | None = None


def show(
    desk: Desk,
    form: AnswerForm,
    raw: Mapping[str, Any],
    manner: Manner,
    *,
    step: int | None = None,
    resumed: bool = False,
    stale: services.StaleDraft | None = None,
    stopped: bool = False,
    refused: str = "",
) -> str:
    """The sheet at a page, its form filled with the answers `raw`; `resumed`: at the one where a draft was left.

    `stale`: what another window saved meanwhile stands above it; `stopped`: no more answers are taken from this respondent's group;
    `refused`: why what was just sent could not be taken, where it closed meanwhile.
    """
    if not form.code.data:
        form.code.data = new_receipt_code()
    shuffle(form, desk.questions, manner.seed or form.code.data)
    values, _problems = desk.read(raw)
    steps = desk.steps(values)
    if resumed:
        step = rules.stopped_at(desk.questions, values)
    here = step if step in steps else (steps[0] if steps else None)
    form.step.data = str(here or "")
    form.resume.data = manner.resume_code
    counted = _told(desk, manner.counted) if manner.editing and not desk.open else []
    # Of what could not be taken nothing is left out: neither what is not valid nor what a condition hides.
    kept = {**raw, **values} if stopped or refused else {} if desk.open else values
    return render_template(
        "listening/surveys/answer.html",
        **sheet_page(desk, form, steps=steps, step=here, values=values),
        preview=False,
        resumed=resumed,
        manner=manner,
        editing=manner.editing,
        may_save=bool(manner.saving),
        open=desk.open,
        partial=desk.partial,
        notice=desk.notice,
        full=desk.full,
        stopped=stopped,
        refused=refused,
        own_words=[pair for pair in _told(desk, kept) if pair not in counted],
        counted=counted,
        stale=stale is not None,
        others=_other_answers(desk, stale) if stale else [],
    )


def _told(desk: Desk, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What somebody answered, question by question, where the sheet can't be sent any more."""
    told = [(q.text, sent_words(q, values.get(q.key), values.get(q.other_key, ""), desk.frame)) for q in desk.questions if q.asks]
    return [pair for pair in told if pair[1]]


def _other_answers(desk: Desk, stale: services.StaleDraft) -> list[tuple[str, str, str]]:
    """Question by question what the other window saved and what was to be saved here, where they differ."""

    def told(question: QuestionRow, values: dict[str, Any]) -> str:
        return answer_words(question, values.get(str(question.id)), values.get(question.other_key, ""), desk.frame)

    pairs = [(q.text, told(q, stale.theirs), told(q, stale.mine)) for q in desk.questions if q.asks]
    return [pair for pair in pairs if pair[1] != pair[2]]


def receive(
    desk: Desk,
    manner: Manner,
    *,
    thanks: str,
    send: Callable[[dict[str, Any], str, int | None], Outcome],
    save: Callable[[dict[str, Any], int | None], Saved] | None = None,
) -> tuple[str, int] | str | Response:
    """One sending of the sheet: to another step, to the draft, or for good."""
    fields = request.form
    raw, step = sent_answers(desk.questions, fields), number(fields.get("step"))

    def again(
        at: int | None, problems: Mapping[str, str] | None = None, *, draft: int | None = None, stopped: bool = False
    ) -> str:
        form = form_again(desk, raw, problems)
        if draft is not None:
            form.draft.data = str(draft)
        return show(desk, form, raw, manner, step=at, stopped=stopped)

    refused = take_files(desk, raw)
    if refused:
        return again(step, refused), 422
    desk.make_sure_of(raw)
    wanted = fields.get("azione", "invia")
    seen_version = number(fields.get("draft"))
    if wanted == "autosalva":
        kept = save(raw, seen_version) if save is not None and manner.autosave else None
        # The page takes the new version along: without it its next saving would look like another window's.
        return FlaskResponse(status=204, headers={"X-Draft-Version": str(kept.version)} if kept else None)
    if wanted == "salva" and save is not None:
        try:
            kept = save(raw, seen_version)
        except PhaseClosed as error:
            return too_late(desk, manner, error), 403
        except services.StaleDraft as error:
            form = form_again(desk, raw)
            form.draft.data = str(error.version)
            return show(desk, form, raw, manner, step=step, stale=error), 409
        if kept.led is not None:
            return kept.led
        flash(_("Salvato. Si riprende da qui, anche da un altro apparecchio."), "success")
        return redirect(request.path, 303)
    turn = turn_page(desk, raw, step, wanted)
    if turn.problems:
        return again(step, turn.problems), 422
    if turn.step is not None and wanted != "indietro" and not manner.editing:
        full = services.no_room(db(), desk.sheet, desk.read(raw)[0], manner.invitation_id)
        if full is not None:
            # Told as soon as it is known: nobody answers twenty questions in vain.
            return again(_page_of(desk, full, step), full, stopped=True), 422
    if turn.step is not None:
        version: int | None = None
        if save is not None and manner.autosave:
            try:
                version = save(raw, seen_version).version
            except services.StaleDraft:
                # The answers travel on with the form: nothing is lost by not saving them now.
                flash(
                    _(
                        "La bozza è aperta anche in un’altra finestra: questa pagina non è stata salvata, ma si può inviare."
                    ),
                    "warning",
                )
        return again(turn.step, draft=version)
    code = fields.get("code", "")
    try:
        outcome = send(raw, code, number(fields.get("version")))
    except PhaseClosed as error:
        return too_late(desk, manner, error), 403
    except Invalid as error:
        stopped = error.message == services.FULL
        if not error.fields and not stopped:
            raise
        return again(_page_of(desk, error.fields, step), error.fields, stopped=stopped), 422
    shown = outcome.state == "stored" or (outcome.state == "already" and outcome.same)
    session[_RECEIPT] = [str(desk.questionnaire.id), code if shown else "", outcome.state]
    return redirect(thanks, 303)


def too_late(desk: Desk, manner: Manner, error: PhaseClosed) -> str:
    """It closed while somebody was writing: said as what it is, with what was answered question by question, to be copied."""
    raw = sent_answers(desk.questions, request.form)
    return show(replace(desk, open=False), form_again(desk, raw), raw, manner, refused=say(error.message))


def _page_of(desk: Desk, fields: Mapping[str, str], step: int | None) -> int | None:
    """The page of the first question with a sentence."""
    return next((q.page for q in desk.questions if q.field in fields), step)


def number(text: str | None) -> int | None:
    """A small whole number, or None."""
    return int(text) if text and text.isdecimal() and len(text) < 6 else None


def thank(questionnaire: QuestionnaireRow, edit_url: str | None) -> str:
    """The receipt, in the browser that sent."""
    kept = session.get(_RECEIPT) or ["", "", ""]
    code, state = (kept[1], kept[2]) if kept[0] == str(questionnaire.id) else ("", "")
    return render_template(
        "listening/surveys/thanks.html", questionnaire=questionnaire, code=code, state=state, edit_url=edit_url
    )
