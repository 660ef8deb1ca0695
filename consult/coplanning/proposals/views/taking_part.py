"""Taking part: supports, follows, comments, reports."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, NotFound

from consult.coplanning.proposals import services
from consult.coplanning.proposals.views.blueprint import bp, shown, viewer_id
from consult.coplanning.proposals.views.reading import conversation_values, with_notice
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind, Stance, ThingKind
from consult.discussion import queries as discussion
from consult.discussion.forms import CommentForm, ReplyForm, ReportForm
from consult.discussion.types import ReactionKind, ReportReason
from consult.process.queries import current_notice
from consult.web.access import requires, without_receipt
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now


def _back(slug: str, proposal_id: uuid.UUID, anchor: str | None = None) -> Any:
    return redirect(url_for("proposals.show", slug=slug, proposal_id=proposal_id, _anchor=anchor), 303)


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/partecipa")
@requires(Permission.start_proposal)
def join(slug: str, proposal_id: uuid.UUID) -> Any:
    """Where «sign in to support» leads: through signing in, back to the proposal."""
    return _back(slug, proposal_id, "sostegno")


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/sostieni")
@requires(Permission.support_proposal)
@limiter.limit("60 per minute")
def support(slug: str, proposal_id: uuid.UUID) -> Any:
    """Support a proposal, as it was read."""
    seen = request.form.get("text_version", "")
    services.support(
        db(),
        process_id=context().id,
        proposal_id=proposal_id,
        actor=actor(),
        now=now(),
        text_version=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else None,
    )
    return _back(slug, proposal_id, "sostegno")


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/togli-sostegno")
@requires(Permission.support_proposal)
@limiter.limit("60 per minute")
def withdraw_support(slug: str, proposal_id: uuid.UUID) -> Any:
    """Take one's support back."""
    services.withdraw_support(db(), process_id=context().id, proposal_id=proposal_id, actor=actor(), now=now())
    return _back(slug, proposal_id, "sostegno")


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/segui")
@requires(Permission.support_proposal)
def follow(slug: str, proposal_id: uuid.UUID) -> Any:
    """Be told what becomes of it."""
    services.follow(db(), process_id=context().id, proposal_id=proposal_id, actor=actor(), now=now())
    flash(_("Ti avviseremo dei commenti e dell’esito."), "success")
    return _back(slug, proposal_id)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/non-seguire")
@requires(Permission.support_proposal)
def unfollow(slug: str, proposal_id: uuid.UUID) -> Any:
    """No longer be told."""
    services.unfollow(db(), process_id=context().id, proposal_id=proposal_id, actor=actor(), now=now())
    return _back(slug, proposal_id)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/commenti")
@requires(Permission.comment)
@limiter.limit(SUBMISSION)
def comment(slug: str, proposal_id: uuid.UUID) -> Any:
    """Write a comment."""
    form = CommentForm()
    if not form.validate_on_submit():
        return _refused(slug, proposal_id, form)
    try:
        services.comment(
            db(),
            process_id=context().id,
            proposal_id=proposal_id,
            text=form.text.data,
            stance=Stance(form.stance.data),
            show_name=not form.hide_name.data,
            notice_id=notice_in_force(),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _refused(slug, proposal_id, form)
    flash(_sent(_("Il tuo commento è pubblicato.")), "success")
    return redirect(url_for("proposals.comments", slug=slug, proposal_id=proposal_id), 303)


def _sent(at_once: str) -> str:
    """What becomes of a comment now: it is there, or a moderator reads it first."""
    if ThingKind.comment in context().premoderated:
        return str(_("Arrivato. Prima che compaia lo legge un moderatore: ti avviseremo."))
    return at_once


def notice_in_force() -> uuid.UUID | None:
    """The version of the privacy notice that the form of a comment shows."""
    notice = current_notice(db(), process_id=context().id, kind=PhaseKind.co_planning)
    return notice.id if notice else None


def _refused(slug: str, proposal_id: uuid.UUID, form: CommentForm) -> Any:
    page = discussion.comments(db(), target_kind=ThingKind.proposal, target_id=proposal_id)
    return (
        render_template(
            "coplanning/proposals/comments.html",
            p=shown(proposal_id),
            page=page,
            base=url_for("proposals.show", slug=slug, proposal_id=proposal_id),
            list_url=url_for("proposals.index", slug=slug),
            next_url=None,
            first_url=None,
            stance=None,
            stances=list(Stance),
            me=viewer_id(),
            may_reply=True,
            form=with_notice(form),
        ),
        422,
    )


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>")
@requires(Permission.comment)
@limiter.limit(SUBMISSION)
def reply(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Answer a comment."""
    form = ReplyForm()
    page = "coplanning/proposals/conversation.html"
    if not form.validate_on_submit():
        return render_template(page, **conversation_values(slug, proposal_id, comment_id, form)), 422
    try:
        services.reply(
            db(),
            process_id=context().id,
            proposal_id=proposal_id,
            comment_id=comment_id,
            text=form.text.data,
            show_name=not form.hide_name.data,
            notice_id=notice_in_force(),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return render_template(page, **conversation_values(slug, proposal_id, comment_id, form)), 422
    flash(_sent(_("La tua risposta è pubblicata.")), "success")
    return redirect(url_for("proposals.conversation", slug=slug, proposal_id=proposal_id, comment_id=comment_id), 303)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>/ritira")
@requires(Permission.comment)
def withdraw_comment(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Take one's own comment back."""
    services.withdraw_comment(
        db(), process_id=context().id, proposal_id=proposal_id, comment_id=comment_id, actor=actor(), now=now()
    )
    flash(_("Hai ritirato il commento."), "success")
    return redirect(url_for("proposals.comments", slug=slug, proposal_id=proposal_id), 303)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>/segna")
@requires(Permission.comment)
@without_receipt("Marking a comment twice is marking it once.")
@limiter.limit("60 per minute")
def react(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Agree with a comment, find it useful, or take that back; back to where the comment stood."""
    verb, _colon, kind = request.form.get("azione", "").partition(":")
    if verb not in {"si", "no"} or kind not in set(ReactionKind):
        raise BadRequest
    services.react(
        db(),
        process_id=context().id,
        proposal_id=proposal_id,
        comment_id=comment_id,
        kind=ReactionKind(kind),
        on=verb == "si",
        actor=actor(),
        now=now(),
    )
    whole = request.form.get("da") == "commenti"
    endpoint = "proposals.comments" if whole else "proposals.show"
    return redirect(url_for(endpoint, slug=slug, proposal_id=proposal_id, _anchor=f"c-{comment_id}"), 303)


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/segnala")
@requires(Permission.start_proposal)
def report_form(slug: str, proposal_id: uuid.UUID) -> str:
    """Why should a moderator look at this proposal?"""
    return _report_page(slug, proposal_id, None, ReportForm(formdata=None))


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/segnala")
@requires(Permission.report)
@limiter.limit(SUBMISSION)
def report(slug: str, proposal_id: uuid.UUID) -> Any:
    """Report a proposal."""
    form = ReportForm()
    if not form.validate_on_submit():
        return _report_page(slug, proposal_id, None, form), 422
    services.report(
        db(), process_id=context().id, proposal_id=proposal_id, reason=ReportReason(form.reason.data), note=form.note.data or "",
        actor=actor(), now=now(),
    )  # fmt: skip  # one call of named values reads better so
    return _thanks(slug, proposal_id)


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>/segnala")
@requires(Permission.start_proposal)
def report_comment_form(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> str:
    """Why should a moderator look at this comment?"""
    return _report_page(slug, proposal_id, comment_id, ReportForm(formdata=None))


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/commenti/<uuid:comment_id>/segnala")
@requires(Permission.report)
@limiter.limit(SUBMISSION)
def report_comment(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> Any:
    """Report a comment."""
    form = ReportForm()
    if not form.validate_on_submit():
        return _report_page(slug, proposal_id, comment_id, form), 422
    services.report_comment(
        db(), process_id=context().id, proposal_id=proposal_id, comment_id=comment_id, reason=ReportReason(form.reason.data),
        note=form.note.data or "", actor=actor(), now=now(),
    )  # fmt: skip  # one call of named values reads better so
    return _thanks(slug, proposal_id)


def _report_page(slug: str, proposal_id: uuid.UUID, comment_id: uuid.UUID | None, form: ReportForm) -> str:
    proposal = shown(proposal_id)
    quoted = None
    if comment_id is not None:
        quoted = discussion.one(db(), comment_id=comment_id, target_kind=ThingKind.proposal, target_id=proposal_id)
        if quoted is None:
            raise NotFound(_("Questo commento non c’è, o non è più visibile."))
    return render_template(
        "discussion/report.html",
        form=form,
        title=proposal.title,
        comment=quoted,
        back=url_for("proposals.show", slug=slug, proposal_id=proposal_id),
        list_url=url_for("proposals.index", slug=slug),
    )


def _thanks(slug: str, proposal_id: uuid.UUID) -> Any:
    flash(
        _("Grazie: un moderatore guarderà la tua segnalazione. Chi ha scritto il testo non saprà chi sei."), "success"
    )
    return _back(slug, proposal_id)
