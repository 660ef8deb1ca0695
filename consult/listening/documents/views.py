"""Documents: the public page of one, and the desk where they are entered."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.paging import Page
from consult.core.permissions import Permission
from consult.core.sentences import sentence_of
from consult.files import queries as files
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.files.views import attachment
from consult.listening.documents import queries, services
from consult.listening.documents.forms import DocumentFileForm, DocumentForm, PassagesForm
from consult.ports.storage import storage_for
from consult.web.access import large_files, requires
from consult.web.identity import actor
from consult.web.session import context, db, glue, now
from consult.web.words import say

bp = Blueprint("documents", __name__)
DESK = "/scrivania/<slug>/documenti"
KINDS = (FileKind.pdf, FileKind.docx, FileKind.odt, FileKind.text, FileKind.csv)


def _document(document_id: uuid.UUID) -> queries.DocumentRow:
    found = queries.document(db(), process_id=context().id, document_id=document_id)
    if found is None:
        raise NotFound
    return found


def _list(*, desk: bool) -> str:
    page = queries.documents(db(), process_id=context().id, cursor=request.args.get("dopo"))
    return render_template(
        "listening/documents/list.html", rows=page.rows, desk=desk, **_pager("documents.desk" if desk else "documents.public_list", page)
    )  # fmt: skip  # one call reads better so


def _pager(endpoint: str, page: Page[Any], **address: Any) -> dict[str, str | None]:
    """Where a list goes on, and where it begins."""
    here = {"slug": context().slug, **address}
    return {
        "next_url": url_for(endpoint, **here, dopo=page.next_cursor) if page.next_cursor else None,
        "first_url": url_for(endpoint, **here) if request.args.get("dopo") else None,
    }


@bp.get("/processi/<slug>/documenti")
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """The documents read for the process."""
    return _list(desk=False)


@bp.get("/processi/<slug>/documenti/<uuid:document_id>")
@requires(Permission.see_listening)
def public_page(slug: str, document_id: uuid.UUID) -> str:
    """A document's passages, each a source."""
    document = _document(document_id)
    page = queries.passages(db(), document_id=document_id, live_only=True, cursor=request.args.get("dopo"))
    return render_template(
        "listening/documents/public.html", document=document, passages=page.rows,
        **_pager("documents.public_page", page, document_id=document_id),
    )  # fmt: skip  # one call reads better so


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All documents, for staff."""
    return _list(desk=True)


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
    return redirect(url_for("documents.text", slug=slug, document_id=key), 303)


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
    page = queries.passages(db(), document_id=document.id, live_only=False, cursor=request.args.get("dopo"))
    return render_template(
        "listening/documents/show.html", document=document, form=form, passages=page.rows,
        **_pager("documents.show", page, document_id=document.id),
    )  # fmt: skip  # one call reads better so


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


def _text(document: queries.DocumentRow, form: DocumentFileForm, error: str = "") -> str:
    words = " ".join(request.args.get("q", "").split())[:200]
    page = queries.paragraphs(db(), document_id=document.id, cursor=request.args.get("dopo"), words=words)
    here: dict[str, Any] = {"slug": context().slug, "document_id": document.id, **({"q": words} if words else {})}
    return render_template(
        "listening/documents/text.html",
        document=document,
        form=form,
        page=page,
        words=words,
        error=error,
        failure=say(sentence_of(document.failure)) if document.failure else "",
        here=here,
        **_pager("documents.text", page, document_id=document.id, q=words or None),
    )


@bp.get(f"{DESK}/<uuid:document_id>/testo")
@requires(Permission.see_listening_desk)
def text(slug: str, document_id: uuid.UUID) -> str:
    """The text of the document's file, to choose what is worth citing; without a file, the place to bring one."""
    return _text(_document(document_id), DocumentFileForm())


@bp.post(f"{DESK}/<uuid:document_id>/testo")
@requires(Permission.run_listening)
def choose(slug: str, document_id: uuid.UUID) -> tuple[str, int] | Response:
    """Make the ticked paragraphs passages."""
    document = _document(document_id)
    positions = [int(value) for value in request.form.getlist("position") if value.isdigit() and len(value) < 10]
    try:
        made = services.choose_paragraphs(
            db(), process_id=context().id, document_id=document_id, positions=positions, actor=actor(), now=now()
        )
    except Invalid as error:
        return _text(document, DocumentFileForm(formdata=None), error.fields["positions"]), 422
    flash(ngettext("%(num)d passaggio aggiunto.", "%(num)d passaggi aggiunti.", len(made)), "success")
    here: dict[str, Any] = {
        "slug": slug,
        "document_id": document_id,
        "q": request.args.get("q") or None,
        "dopo": request.args.get("dopo") or None,
    }
    return redirect(url_for("documents.text", **here), 303)


@bp.post(f"{DESK}/<uuid:document_id>/file")
@large_files
@requires(Permission.run_listening)
def bring_file(slug: str, document_id: uuid.UUID) -> tuple[str, int] | Response:
    """Take the document's own file and read its text."""
    document, form = _document(document_id), DocumentFileForm()
    try:
        upload = read_upload(**form.file.sent(), kinds=KINDS)
        n = services.bring_file(
            db(), process_id=context().id, document_id=document_id, upload=upload, storage=storage_for(glue().settings),
            actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.validate()
        form.put_errors(error.fields)
        return _text(document, form), 422
    if n is not None:
        flash(ngettext("Letto %(num)d paragrafo.", "Letti %(num)d paragrafi.", n), "success")
    return redirect(url_for("documents.text", slug=slug, document_id=document_id), 303)


@bp.get("/processi/<slug>/documenti/<uuid:document_id>/file")
@requires(Permission.see_listening)
def file(slug: str, document_id: uuid.UUID) -> Response:
    """The document's own file, as a download."""
    document = _document(document_id)
    stored = files.one(db(), file_id=document.file_id, process_id=context().id) if document.file_id else None
    if stored is None:
        raise NotFound
    return attachment(stored)
