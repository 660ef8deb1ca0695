"""The desk of appeals and second readings: one text at a time, one key a decision, blind where it must be."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.moderation import rules
from consult.moderation.forms import AnswerForm, VersionForm
from consult.moderation.queries import agreement, items, outcomes
from consult.moderation.queries import second_look as queries
from consult.moderation.services import appeals, second_reading
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.session import context, db, now

bp = Blueprint("second_look", __name__)

APPEALS, READINGS = "ricorsi", "riletture"


@bp.get("/scrivania/<slug>/moderazione/seconda-lettura")
@requires(Permission.see_moderation)
def index(slug: str) -> str:
    """Appeals against others' decisions and texts to be read again, one list at a time."""
    return _desk(request.args.get("elenco", ""), clean_key(request.args.get("voce")))


@bp.post("/scrivania/<slug>/moderazione/ricorsi/<uuid:appeal_id>")
@requires(Permission.look_again)
def answer(slug: str, appeal_id: uuid.UUID) -> Any:
    """Answer an appeal: the button says whether the text is shown again."""
    form = AnswerForm()
    accept = request.form.get("esito") == "accolto"
    words = (form.answer.data or "").strip() or usual_answer(accept)
    if form.validate_on_submit() and request.form.get("esito") in ("accolto", "confermato"):
        try:
            act = appeals.answer(
                db(), process_id=context().id, appeal_id=appeal_id, accept=accept, words=words, actor=actor(), now=now()
            )
            return _onward(slug, APPEALS, act)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _desk(APPEALS, appeal_id, form), 422


@bp.post("/scrivania/<slug>/moderazione/riletture/<uuid:reading_id>")
@requires(Permission.look_again)
def read(slug: str, reading_id: uuid.UUID) -> Any:
    """Read a text again: the button says whether it should be visible, or the reason to hide it."""
    form = VersionForm()
    if not form.validate_on_submit():
        return _desk(READINGS, reading_id), 422
    act = second_reading.read_again(
        db(),
        process_id=context().id,
        reading_id=reading_id,
        reason_code=request.form.get("motivo", ""),
        actor=actor(),
        now=now(),
    )
    return _onward(slug, READINGS, act)


def usual_answer(accept: bool) -> str:
    """What is said to the author where the moderator writes nothing."""
    if accept:
        return str(_("Abbiamo riletto il testo: rispetta le regole, e ora è di nuovo visibile."))
    return str(_("Abbiamo riletto il testo: la decisione resta, per il motivo che è stato indicato."))


def _onward(slug: str, name: str, act: uuid.UUID) -> Any:
    return redirect(url_for("second_look.index", slug=slug, elenco=name, annulla=str(act), _anchor="voce"), 303)


def _desk(name: str, key: uuid.UUID | None, form: AnswerForm | None = None) -> str:
    here, who = context(), person()
    mine = who.id if who else None
    # A manager is not asked before moderators had their time.
    late = settling.late_for(here.facts.roles, here.now)
    numbers = queries.numbers(db(), process_id=here.id, account_id=mine, now=here.now, late_before=late)
    if name not in (APPEALS, READINGS):
        name = READINGS if numbers.get("second_readings") and not numbers.get("appeals") else APPEALS
    asked: dict[str, Any] = {"process_id": here.id, "account_id": mine, "late_before": late}
    page = (
        queries.appeals(db(), **asked, cursor=request.args.get("da"))
        if name == APPEALS
        else queries.readings(db(), **asked, now=here.now, cursor=request.args.get("da"))
    )
    wanted = key or next((row.id for row in page.rows), None)
    appeal = queries.to_answer(db(), **asked, appeal_id=wanted) if wanted and name == APPEALS else None
    reading = queries.to_read(db(), **asked, reading_id=wanted, now=here.now) if wanted and name == READINGS else None
    if key and request.method == "GET" and not (appeal or reading):
        raise NotFound(_("Qui non c’è, o l’ha già fatto qualcun altro."))
    chosen = appeal or reading
    item = (
        items.item(db(), process_id=here.id, kind=chosen.thing_kind, thing_id=chosen.thing_id, whole=True)
        if chosen
        else None
    )
    if item and reading:
        item = items.as_decided(db(), process_id=here.id, found=item, at=reading.decided_at)
    act = clean_key(request.args.get("annulla"))
    return render_template(
        "moderation/second_look.html",
        name=name,
        page=page,
        numbers=numbers,
        appeal=appeal,
        reading=reading,
        item=item,
        form=form or AnswerForm(formdata=None),
        version_form=VersionForm(formdata=None),
        reasons=rules.HIDING,
        words_of=rules.words_of,
        late=late is not None,
        answer_by=settling.answer_by,
        days=settling.ANSWER_DAYS,
        agreement=agreement.agreed(db(), process_id=here.id),
        undoable=outcomes.undoable(db(), process_id=here.id, act_id=act, account_id=mine, now=now()) if act else None,
        usual=(usual_answer(True), usual_answer(False)),
    )
