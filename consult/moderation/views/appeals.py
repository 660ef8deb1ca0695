"""What an author reads of a decision on their text, and the appeal to another moderator."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.moderation import rules
from consult.moderation.forms import AppealForm
from consult.moderation.queries import own_decisions
from consult.moderation.services import appeals
from consult.web.access import requires
from consult.web.identity import actor, person
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("appeals", __name__)


@bp.get("/processi/<slug>/moderazione/decisioni/<uuid:act_id>")
@requires(Permission.see_own_decisions)
def show(slug: str, act_id: uuid.UUID) -> str:
    """One's own text, why it was hidden or refused, and the appeal with its answer; anybody else finds nothing here."""
    return _page(act_id, AppealForm(formdata=None))


@bp.post("/processi/<slug>/moderazione/decisioni/<uuid:act_id>")
@requires(Permission.appeal_decision)
@limiter.limit(SUBMISSION)
def appeal(slug: str, act_id: uuid.UUID) -> Any:
    """Appeal against the decision."""
    form = AppealForm()
    wrong = ""
    if form.validate_on_submit():
        try:
            appeals.file_appeal(
                db(), process_id=context().id, act_id=act_id, words=form.words.data or "", actor=actor(), now=now()
            )
            flash(_("Il ricorso è arrivato: risponde un altro moderatore, e ricevi un avviso."), "success")
            return redirect(url_for("appeals.show", slug=slug, act_id=act_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
            wrong = "" if refusal.fields else say(refusal.message)
    return _page(act_id, form, wrong), 422


def _page(act_id: uuid.UUID, form: AppealForm, wrong: str = "") -> str:
    own, who = own_decisions.own_decision(db(), process_id=context().id, act_id=act_id), person()
    if own is None or who is None or own.author_id != who.id:
        raise NotFound(_("Questa decisione non c’è, o non riguarda un tuo testo."))
    return render_template(
        "moderation/own_decision.html",
        d=own,
        form=form,
        wrong=wrong,
        may=own.latest and own.appeal_id is None and rules.may_appeal(acted_at=own.acted_at, now=context().now),
        days=rules.APPEAL_DAYS,
        answer_by=settling.answer_by,
        words_of=rules.words_of,
    )
