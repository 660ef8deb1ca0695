"""Public list and page of documents; the facilitator's pages for adding them."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
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


def _found(document_id: uuid.UUID) -> queries.DocumentRow:
    found = queries.document(db(), process_id=context().id, document_id=document_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/processi/<slug>/documenti")
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """The documents read in the preliminary phase."""
    return render_template("listening/documents/list.html", rows=queries.documents(db(), process_id=context().id))


@bp.get("/processi/<slug>/documenti/<uuid:document_id>")
@requires(Permission.see_listening)
def show(slug: str, document_id: uuid.UUID) -> str:
    """One document with its passages; staff add more here."""
    found = _found(document_id)
    return render_template(
        "listening/documents/show.html",
        document=found,
        passages=queries.passages(db(), document_id=document_id),
        form=PassagesForm(formdata=None),
    )


@bp.get("/scrivania/<slug>/documenti/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new document."""
    return render_template("listening/documents/new.html", form=DocumentForm())


@bp.post("/scrivania/<slug>/documenti/nuovo")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Record a document."""
    form = DocumentForm()
    if not form.validate_on_submit():
        return render_template("listening/documents/new.html", form=form), 422
    key = services.add_document(
        db(),
        process_id=context().id,
        title=form.title.data,
        author=form.author.data or "",
        dated_on=form.dated_on.data,
        actor=actor(),
        now=now(),
    )
    flash(_("Documento aggiunto. Ora si possono incollare i brani da citare."), "success")
    return redirect(url_for("documents.show", slug=slug, document_id=key), 303)


@bp.post("/scrivania/<slug>/documenti/<uuid:document_id>/brani")
@requires(Permission.run_listening)
def add_passages(slug: str, document_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add passages to cite."""
    found = _found(document_id)
    form = PassagesForm()
    try:
        if form.validate_on_submit():
            n = services.add_passages(
                db(), process_id=context().id, document_id=document_id, text=form.text.data, actor=actor(), now=now()
            )
            flash(_("%(n)s brani aggiunti.", n=n), "success")
            return redirect(url_for("documents.show", slug=slug, document_id=document_id), 303)
    except Invalid as refusal:
        form.put_errors(refusal.fields)
    passages = queries.passages(db(), document_id=document_id)
    return render_template("listening/documents/show.html", document=found, passages=passages, form=form), 422
