"""The review of a draft: comments in the margin, approvals by section."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.position_paper import services
from consult.position_paper.forms import AnswerForm, ApprovalForm, NoteForm
from consult.position_paper.views.blueprint import bp
from consult.position_paper.views.editing import editor
from consult.position_paper.views.workshop import section_page
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now


def _finding(slug: str, finding_id: uuid.UUID) -> Response:
    return redirect(url_for("position_paper.edit_finding", slug=slug, finding_id=finding_id) + "#commenti", 303)


def _section(slug: str, section_id: uuid.UUID) -> Response:
    return redirect(url_for("position_paper.edit_section", slug=slug, section_id=section_id) + "#commenti", 303)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/commenti")
@requires(Permission.comment_paper)
def note_finding(slug: str, finding_id: uuid.UUID) -> Response | tuple[str, int]:
    """Comment on a finding, or on one of its sentences."""
    form = NoteForm()
    if not form.validate():
        return editor(finding_id, note=form, status=422)
    services.write_note(
        db(), process_id=context().id, finding_id=finding_id, sentence=form.sentence.data, text=form.text.data,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return _finding(slug, finding_id)


@bp.post("/scrivania/<slug>/paper/sezioni/<uuid:section_id>/commenti")
@requires(Permission.comment_paper)
def note_section(slug: str, section_id: uuid.UUID) -> Response | tuple[str, int]:
    """Comment on a section."""
    form = NoteForm()
    if not form.validate():
        return section_page(section_id, note=form, status=422)
    services.write_note(
        db(), process_id=context().id, section_id=section_id, text=form.text.data, actor=actor(), now=now()
    )
    return _section(slug, section_id)


@bp.post("/scrivania/<slug>/paper/commenti/<uuid:note_id>/stato")
@requires(Permission.comment_paper)
def settle_note(slug: str, note_id: uuid.UUID) -> Response:
    """Say that a comment was dealt with, or open it again."""
    settled = request.form.get("fatto") == "si"
    note = services.settle_note(
        db(), process_id=context().id, note_id=note_id, settled=settled, actor=actor(), now=now()
    )
    if note.finding_id is not None:
        return _finding(slug, note.finding_id)
    return _section(slug, note.section_id or note_id)


@bp.post("/scrivania/<slug>/paper/sezioni/<uuid:section_id>/approvazioni")
@requires(Permission.edit_paper)
def ask_approval(slug: str, section_id: uuid.UUID) -> Response | tuple[str, int]:
    """Ask people to approve a section."""
    form = ApprovalForm(formdata=None)
    keys = [key for raw in request.form.getlist("people") if (key := clean_key(raw))]
    try:
        asked = services.ask_approval(
            db(), process_id=context().id, section_id=section_id, account_ids=keys, actor=actor(), now=now()
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return section_page(section_id, ask=form, status=422)
    flash(ngettext("Chiesto a %(num)d persona.", "Chiesto a %(num)d persone.", asked), "success")
    return _section(slug, section_id)


@bp.post("/scrivania/<slug>/paper/sezioni/<uuid:section_id>/risposta")
@requires(Permission.comment_paper)
def answer_approval(slug: str, section_id: uuid.UUID) -> Response | tuple[str, int]:
    """Approve a section, or ask for changes."""
    form = AnswerForm()
    approved = form.verdict.data == "approved"
    if not form.validate():
        return section_page(section_id, answer=form, status=422)
    try:
        services.answer_approval(
            db(), process_id=context().id, section_id=section_id, approved=approved, note=form.note.data or "", actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return section_page(section_id, answer=form, status=422)
    flash(_("Sezione approvata.") if approved else _("Modifiche chieste."), "success")
    return _section(slug, section_id)
