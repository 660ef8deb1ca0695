"""Taking part in the consultation of a draft: comments, replies, reports."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion import queries as discussion
from consult.discussion.forms import CommentForm, ReplyForm, ReportForm
from consult.discussion.types import ReportReason
from consult.position_paper import services
from consult.position_paper.views.blueprint import bp
from consult.position_paper.views.consultation import (
    conversation_values,
    finding_values,
    notice_in_force,
    opened,
    target_of,
)
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now

_AT = "/processi/<slug>/position-paper/bozze/<int:number>/<uuid:target_id>/commenti"


def _notice_id() -> uuid.UUID | None:
    notice = notice_in_force()
    return notice.id if notice else None


def _sent(at_once: str) -> str:
    """What becomes of a comment now: it is there, or a moderator reads it first."""
    if ThingKind.comment in context().premoderated:
        return str(_("Arrivato. Prima che compaia lo legge un moderatore: ti avviseremo."))
    return at_once


@bp.post(_AT)
@requires(Permission.comment_draft)
@limiter.limit(SUBMISSION)
def comment_draft(slug: str, number: int, target_id: uuid.UUID) -> Any:
    """Comment a finding of a draft, or the whole of it."""
    form = CommentForm()
    page = "position_paper/draft_finding.html"
    if not form.validate_on_submit():
        return render_template(page, **finding_values(slug, number, target_id, form)), 422
    try:
        services.comment(
            db(), process_id=context().id, target_id=target_id, text=form.text.data, stance=Stance(form.stance.data),
            show_name=not form.hide_name.data, notice_id=_notice_id(), actor=actor(), now=now(),
        )  # fmt: skip  # one call of named values reads better so
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return render_template(page, **finding_values(slug, number, target_id, form)), 422
    flash(_sent(_("Il tuo commento è pubblicato.")), "success")
    return redirect(
        url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id, _anchor="commenti"), 303
    )


@bp.post(f"{_AT}/<uuid:comment_id>")
@requires(Permission.comment_draft)
@limiter.limit(SUBMISSION)
def reply_draft(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Answer a comment on a draft."""
    form = ReplyForm()
    page = "position_paper/draft_conversation.html"
    if not form.validate_on_submit():
        return render_template(page, **conversation_values(slug, number, target_id, comment_id, form)), 422
    try:
        services.reply_to_comment(
            db(), process_id=context().id, target_id=target_id, comment_id=comment_id, text=form.text.data,
            show_name=not form.hide_name.data, notice_id=_notice_id(), actor=actor(), now=now(),
        )  # fmt: skip  # one call of named values reads better so
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return render_template(page, **conversation_values(slug, number, target_id, comment_id, form)), 422
    flash(_sent(_("La tua risposta è pubblicata.")), "success")
    here = "position_paper.draft_conversation"
    return redirect(url_for(here, slug=slug, number=number, target_id=target_id, comment_id=comment_id), 303)


@bp.post(f"{_AT}/<uuid:comment_id>/ritira")
@requires(Permission.comment_draft)
def withdraw_draft_comment(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
    """Take one's own comment back."""
    services.withdraw_comment(
        db(), process_id=context().id, target_id=target_id, comment_id=comment_id, actor=actor(), now=now()
    )
    flash(_("Hai ritirato il commento."), "success")
    return redirect(url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id), 303)


@bp.get(f"{_AT}/<uuid:comment_id>/segnala")
@requires(Permission.report)
def report_draft_comment_form(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID) -> str:
    """Why should a moderator look at this comment?"""
    return _report_page(slug, number, target_id, comment_id, ReportForm(formdata=None))


@bp.post(f"{_AT}/<uuid:comment_id>/segnala")
@requires(Permission.report)
@limiter.limit(SUBMISSION)
def report_draft_comment(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Report a comment on a draft."""
    form = ReportForm()
    if not form.validate_on_submit():
        return _report_page(slug, number, target_id, comment_id, form), 422
    services.report_comment(
        db(), process_id=context().id, target_id=target_id, comment_id=comment_id, reason=ReportReason(form.reason.data),
        note=form.note.data or "", actor=actor(), now=now(),
    )  # fmt: skip  # one call of named values reads better so
    flash(
        _("Grazie: un moderatore guarderà la tua segnalazione. Chi ha scritto il testo non saprà chi sei."), "success"
    )
    return redirect(url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id), 303)


def _report_page(slug: str, number: int, target_id: uuid.UUID, comment_id: uuid.UUID, form: ReportForm) -> str:
    target, _targets = target_of(opened(number), target_id)
    quoted = discussion.one(db(), comment_id=comment_id, target_kind=ThingKind.draft_finding, target_id=target_id)
    if quoted is None:
        raise NotFound(_("Questo commento non c’è, o non è più visibile."))
    return render_template(
        "discussion/report.html",
        form=form,
        title=target.title or _("La bozza nel suo insieme"),
        comment=quoted,
        back=url_for("position_paper.draft_finding", slug=slug, number=number, target_id=target_id),
        list_url=url_for("position_paper.draft", slug=slug, number=number),
        list_title=_("Bozza in consultazione"),
    )
