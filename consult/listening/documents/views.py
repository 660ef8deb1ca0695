"""Documents: the public page of one, and the desk where they are entered."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.listening.documents import queries, services
from consult.listening.documents.forms import DocumentForm, PassagesForm
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

bp = Blueprint("documents", __name__)
DESK = "/scrivania/<slug>/documenti"


def _document(document_id: uuid.UUID) -> queries.DocumentRow:
    found = queries.document(db(), process_id=context().id, document_id=document_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/processi/<slug>/documenti")
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """The documents read for the process."""
    return render_template(
        "listening/documents/list.html", rows=queries.documents(db(), process_id=context().id), desk=False
    )


@bp.get("/processi/<slug>/documenti/<uuid:document_id>")
@requires(Permission.see_listening)
def public_page(slug: str, document_id: uuid.UUID) -> str:
    """A document's passages, each a source."""
    document = _document(document_id)
    passages = queries.passages(db(), document_id=document_id, live_only=True)
    return render_template("listening/documents/public.html", document=document, passages=passages)


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All documents, for staff."""
    return render_template(
        "listening/documents/list.html", rows=queries.documents(db(), process_id=context().id), desk=True
    )


@bp.get(f"{DESK}/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new document."""
    return render_template("listening/documents/edit.html", form=DocumentForm(), document=None)


@bp.post(f"{DESK}/nuovo")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Enter a document."""
    form = DocumentForm()
    if not form.validate_on_submit():
        return render_template("listening/documents/edit.html", form=form, document=None), 422
    key = services.add_document(
        db(),
        process_id=context().id,
        title=form.title.data,
        author=form.author.data or "",
        dated=form.dated.data,
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("documents.show", slug=slug, document_id=key), 303)


@bp.get(f"{DESK}/<uuid:document_id>/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, document_id: uuid.UUID) -> str:
    """The form of a document."""
    document = _document(document_id)
    return render_template("listening/documents/edit.html", form=DocumentForm(obj=document), document=document)


@bp.post(f"{DESK}/<uuid:document_id>/modifica")
@requires(Permission.run_listening)
def save(slug: str, document_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a document."""
    form = DocumentForm()
    if not form.validate_on_submit():
        return render_template("listening/documents/edit.html", form=form, document=_document(document_id)), 422
    services.edit_document(
        db(),
        process_id=context().id,
        document_id=document_id,
        version=form.version.data or 0,
        title=form.title.data,
        author=form.author.data or "",
        dated=form.dated.data,
        actor=actor(),
        now=now(),
    )
    flash(_("Documento salvato."), "success")
    return redirect(url_for("documents.show", slug=slug, document_id=document_id), 303)


def _page(document: queries.DocumentRow, form: PassagesForm) -> str:
    passages = queries.passages(db(), document_id=document.id, live_only=False)
    return render_template("listening/documents/show.html", document=document, form=form, passages=passages)


@bp.get(f"{DESK}/<uuid:document_id>")
@requires(Permission.see_listening_desk)
def show(slug: str, document_id: uuid.UUID) -> str:
    """A document with its passages, and the place to type more."""
    return _page(_document(document_id), PassagesForm())


@bp.post(f"{DESK}/<uuid:document_id>")
@requires(Permission.run_listening)
def add(slug: str, document_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add passages."""
    document = _document(document_id)
    form = PassagesForm()
    if not form.validate_on_submit():
        return _page(document, form), 422
    try:
        made = services.add_passages(
            db(),
            process_id=context().id,
            document_id=document_id,
            text=form.text.data,
            page=form.page.data or "",
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return _page(document, form), 422
    flash(ngettext("%(num)d passaggio aggiunto.", "%(num)d passaggi aggiunti.", len(made)), "success")
    return redirect(url_for("documents.show", slug=slug, document_id=document_id), 303)
