"""Putting drafts before the public and answering what comes in: for those who write the paper."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import AnswersForm, ConsultationForm, EndForm
from consult.position_paper.types import Audience, DraftVerdict
from consult.position_paper.views.blueprint import bp
from consult.process.rules import from_local
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, glue, now

#: Most comments answered at once: what stands on one page.
MOST = queries.COMMENTS_PER_PAGE


@bp.get("/scrivania/<slug>/paper/consultazioni")
@requires(Permission.see_paper_workshop)
def consultations(slug: str) -> str:
    """The drafts that are, were or will be in consultation."""
    return render_template(
        "position_paper/consultations.html",
        drafts=queries.consultations(db(), process_id=context().id, begun_only=False),
        now=now(),
    )


@bp.get("/scrivania/<slug>/paper/consultazioni/nuova")
@requires(Permission.publish_paper)
def new_consultation(slug: str) -> tuple[str, int]:
    """What would be frozen now, and the form that opens it."""
    return _new(ConsultationForm(formdata=None))


def _new(form: ConsultationForm, status: int = 200) -> tuple[str, int]:
    here = context()
    found = services.review_paper(db(), process_id=here.id)
    return render_template(
        "position_paper/consultation_new.html",
        form=form,
        sections=found.sections if found else (),
        ready=found.findings if found else 0,
        wrong=found.check.severe if found else (),
        quantities=rules.QUANTITIES,
        running=next(
            (
                d
                for d in queries.consultations(db(), process_id=here.id, begun_only=False)
                if d.stage(now()) != "closed"
            ),
            None,
        ),
    ), status


@bp.post("/scrivania/<slug>/paper/consultazioni/nuova")
@requires(Permission.publish_paper)
def open_consultation(slug: str) -> Response | tuple[str, int]:
    """Freeze the draft and open it."""
    form = ConsultationForm()
    if not form.validate_on_submit():
        return _new(form, 422)
    zone = glue().settings.timezone
    try:
        number = services.open_draft(
            db(), process_id=context().id, words=form.words.data or "", audience=Audience(form.audience.data),
            opens_at=from_local(form.opens_at.data, zone, field="opens_at"),
            closes_at=from_local(form.closes_at.data, zone, field="closes_at"), actor=actor(), now=now(),
        )  # fmt: skip  # one call of named values reads better so
    except Invalid as refusal:
        if not refusal.fields:
            raise
        form.put_errors(refusal.fields)
        return _new(form, 422)
    flash(_("La bozza n. %(n)s è fissata. Da qui si seguono i commenti e si risponde.", n=number), "success")
    return redirect(url_for("position_paper.consultation_desk", slug=slug, number=number), 303)


def _desk(
    number: int, *, end: EndForm | None = None, answers: AnswersForm | None = None, status: int = 200
) -> tuple[str, int]:
    """Comments of one draft with the forms that answer them; a form that was refused is passed in."""
    here = context()
    row = queries.consultation(db(), process_id=here.id, number=number, begun_only=False)
    if row is None:
        raise NotFound
    targets = queries.consulted(db(), consultation_id=row.id)
    given = request.values
    known = next((t for t in targets if str(t.id) == given.get("risultanza", "")), None)
    shown = given.get("risposta", queries.UNANSWERED)
    shown = shown if shown in {"", queries.UNANSWERED, queries.ANSWERED, *DraftVerdict} else queries.UNANSWERED
    page = queries.comment_table(
        db(), consultation_id=row.id, target_id=known.id if known else None, answer=shown, cursor=given.get("da")
    )
    place: dict[str, Any] = {"risultanza": known.id if known else "", "risposta": shown}
    return render_template(
        "position_paper/consultation_desk.html",
        draft=row,
        stage=row.stage(now()),
        targets=[t for t in targets if t.tally.comments],
        target=known,
        shown=shown,
        page=page,
        place=place,
        next_url=url_for(".consultation_desk", slug=here.slug, number=number, da=page.next_cursor, **place)
        if page.next_cursor
        else None,
        ticked=set(request.form.getlist("comment")),
        end=end or EndForm(formdata=None, version=row.version),
        form=answers or AnswersForm(formdata=None),
    ), status


@bp.get("/scrivania/<slug>/paper/consultazioni/<int:number>")
@requires(Permission.see_paper_workshop)
def consultation_desk(slug: str, number: int) -> tuple[str, int]:
    """Comments on one draft, those without an answer first."""
    return _desk(number)


@bp.post("/scrivania/<slug>/paper/consultazioni/<int:number>/chiusura")
@requires(Permission.publish_paper)
def end_consultation(slug: str, number: int) -> Any:
    """Move the last moment for comments, or close now."""
    form = EndForm()
    at_once = request.form.get("fa") == "chiudi"
    if not form.validate_on_submit():
        return _desk(number, end=form, status=422)
    try:
        wanted = from_local(form.closes_at.data, glue().settings.timezone, field="closes_at")
        if wanted is None and not at_once:
            sentence = _("Scegli quando si chiude.")
            raise Invalid(sentence, {"closes_at": sentence})
        services.change_end(
            db(), process_id=context().id, number=number, version=form.version.data, closes_at=None if at_once else wanted,
            actor=actor(), now=now(),
        )  # fmt: skip  # one call of named values reads better so
    except Invalid as refusal:
        if not refusal.fields:
            raise
        form.put_errors(refusal.fields)
        return _desk(number, end=form, status=422)
    flash(_("La consultazione è chiusa.") if at_once else _("La data di chiusura è cambiata."), "success")
    return redirect(url_for("position_paper.consultation_desk", slug=slug, number=number), 303)


@bp.post("/scrivania/<slug>/paper/consultazioni/<int:number>/risposte")
@requires(Permission.edit_paper)
def answer_comments(slug: str, number: int) -> Any:
    """Answer the comments that are ticked, all with the same verdict and sentence."""
    form = AnswersForm()
    keys = [key for raw in request.form.getlist("comment")[:MOST] if (key := clean_key(raw))]
    if not form.validate_on_submit():
        return _desk(number, answers=form, status=422)
    try:
        answered = services.answer_comments(
            db(), process_id=context().id, number=number, seen={key: _seen(key) for key in keys},
            verdict=DraftVerdict(form.verdict.data), sentence=form.sentence.data, actor=actor(), now=now(),
        )  # fmt: skip  # one call of named values reads better so
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _desk(number, answers=form, status=422)
    flash(ngettext("Risposta data a %(num)s commento.", "Risposta data a %(num)s commenti.", answered), "success")
    place: dict[str, Any] = {name: request.form.get(name) or None for name in ("risultanza", "risposta")}
    return redirect(url_for("position_paper.consultation_desk", slug=slug, number=number, **place), 303)


def _seen(comment_id: uuid.UUID) -> int:
    """The version of a comment's answer as the page showed it; 0 for none."""
    raw = request.form.get(f"v-{comment_id}", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 9 else 0
