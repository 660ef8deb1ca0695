"""Coded work of other programs: files out, and files in with a look before, a report after, and a way back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.sentences import sentence_of
from consult.evidence import queries, rules
from consult.evidence.forms import ExchangeFileForm
from consult.evidence.rules.projects import write_project
from consult.evidence.services import bringing, exchange, projects
from consult.evidence.views.blueprint import bp
from consult.evidence.views.codebook import BOOK
from consult.files.services import read_once
from consult.web.access import large_files, requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

EXCHANGE = f"{BOOK}/scambio"
ONE = f"{EXCHANGE}/<uuid:import_id>"
#: Begins the name of the field that says which interview a text is.
CHOICE = "testo-"


@bp.get(f"{BOOK}.qdc")
@requires(Permission.see_evidence)
def codebook_file(slug: str) -> Response:
    """The codebook as a REFI-QDA file."""
    book = exchange.export_codebook(db(), process_id=context().id)
    response = current_app.response_class(rules.write_codebook(book), content_type="application/xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="codebook-{slug}.qdc"'
    return response


@bp.get(f"{BOOK}.qdpx")
@requires(Permission.see_evidence)
def project_file(slug: str) -> Response:
    """Codebook, interviews and what was coded in them, as a REFI-QDA project."""
    project = projects.export_project(db(), process_id=context().id)
    response = current_app.response_class(write_project(project, written_at=now()), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="progetto-{slug}.qdpx"'
    return response


def _page(form: ExchangeFileForm, *, status: int = 200) -> tuple[str, int]:
    rows = queries.coding_imports(db(), process_id=context().id, cursor=request.args.get("dopo"))
    return render_template("evidence/exchange/index.html", page=rows, form=form), status


@bp.get(EXCHANGE)
@requires(Permission.see_evidence)
def exchange_page(slug: str) -> tuple[str, int]:
    """Files out, the form of a file in, and the files that came in."""
    return _page(ExchangeFileForm(formdata=None))


@bp.post(EXCHANGE)
@large_files
@requires(Permission.code_sources)
def bring_file(slug: str) -> Response | tuple[str, int]:
    """Read a file; nothing is imported before somebody has seen what would happen."""
    form = ExchangeFileForm()
    sent = form.file.sent()
    try:
        data = read_once(**sent)
        key = bringing.bring(db(), process_id=context().id, name=sent["name"] or "", data=data, actor=actor(), now=now())
    except Invalid as error:
        form.put_errors({"file": error.said_of("file")})
        return _page(form, status=422)
    return redirect(url_for("evidence.one_exchange", slug=slug, import_id=key), 303)


def _said(parts: list[Any]) -> str:
    """A kept sentence in the reader's language."""
    return say(sentence_of(parts))


def _one(import_id: uuid.UUID, *, status: int = 200, refused: str = "") -> tuple[str, int]:
    found = queries.coding_import(db(), process_id=context().id, import_id=import_id)
    if found is None:
        raise NotFound
    row, report = found
    free = queries.interviews_without_words(db(), process_id=context().id) if row.state == "draft" else []
    page = render_template(
        "evidence/exchange/one.html", row=row, report=report, free=free, refused=refused, choice=CHOICE, picked=request.form,
        said=_said,
    )  # fmt: skip  # one row of values reads better so
    return page, status


@bp.get(ONE)
@requires(Permission.see_evidence)
def one_exchange(slug: str, import_id: uuid.UUID) -> tuple[str, int]:
    """What a file would do, or did."""
    return _one(import_id)


@bp.post(ONE)
@requires(Permission.code_sources)
def confirm_exchange(slug: str, import_id: uuid.UUID) -> Response | tuple[str, int]:
    """Import it, with the interviews that some of its texts become."""
    chosen: dict[uuid.UUID, uuid.UUID] = {}
    for name, value in request.form.items():
        text, interview = clean_key(name.removeprefix(CHOICE)), clean_key(value)
        if name.startswith(CHOICE) and text is not None and interview is not None:
            chosen[text] = interview
    try:
        bringing.confirm(db(), process_id=context().id, import_id=import_id, chosen=chosen, actor=actor(), now=now())
    except Invalid as error:
        return _one(import_id, status=422, refused=error.message)
    found = queries.coding_import(db(), process_id=context().id, import_id=import_id)
    if found is not None and not found[0].running:
        flash(_("Il file è stato importato."), "success")
    return redirect(url_for("evidence.one_exchange", slug=slug, import_id=import_id), 303)


@bp.post(f"{ONE}/rinuncia")
@requires(Permission.code_sources)
def drop_exchange(slug: str, import_id: uuid.UUID) -> Response:
    """Forget what was read."""
    bringing.give_up(db(), process_id=context().id, import_id=import_id)
    flash(_("Il file non è stato importato, e quello che ne era stato letto è cancellato."), "success")
    return redirect(url_for("evidence.exchange_page", slug=slug), 303)


@bp.post(f"{ONE}/annullamento")
@requires(Permission.code_sources)
def undo_exchange(slug: str, import_id: uuid.UUID) -> Response:
    """Take a whole import back."""
    notes = bringing.undo(db(), process_id=context().id, import_id=import_id, actor=actor(), now=now())
    if notes is not None:
        flash(_("Tutto quello che il file aveva aggiunto è stato tolto."), "success")
    for note in (notes or [])[:20]:
        flash(say(note), "warning")
    return redirect(url_for("evidence.one_exchange", slug=slug, import_id=import_id), 303)
