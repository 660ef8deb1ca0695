"""Files of answers at the desk: upload, columns, preview, report, rows not taken, undo."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Permission
from consult.core.sentences import sentence_of
from consult.core.spreadsheets import csv_lines
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.listening.contributions import queries, rules, services
from consult.listening.contributions.forms import AnswersFileForm, MappingForm
from consult.listening.contributions.views.blueprint import bp
from consult.ports.storage import storage_for
from consult.web.access import large_files, requires
from consult.web.identity import actor
from consult.web.session import context, db, glue, now
from consult.web.words import say

DESK = "/scrivania/<slug>/importa"
ONE = f"{DESK}/<uuid:import_id>"
KINDS = (FileKind.csv, FileKind.text, FileKind.xlsx)
PREVIEW = 10


def _list(form: AnswersFileForm) -> str:
    page = queries.imports(db(), process_id=context().id, cursor=request.args.get("dopo"))
    slug = context().slug
    return render_template(
        "listening/contributions/imports.html",
        form=form,
        rows=page.rows,
        next_url=url_for("contributions.imports", slug=slug, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("contributions.imports", slug=slug) if request.args.get("dopo") else None,
    )


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def imports(slug: str) -> str:
    """The files that came in, and the form of one more."""
    return _list(AnswersFileForm())


@bp.post(DESK)
@large_files
@requires(Permission.run_listening)
def bring(slug: str) -> tuple[str, int] | AnyResponse:
    """Let a file in."""
    form = AnswersFileForm()
    try:
        upload = read_upload(**form.file.sent(), kinds=KINDS)
        import_id = services.bring_file(
            db(), process_id=context().id, upload=upload, storage=storage_for(glue().settings), actor=actor(), now=now()
        )
    except Invalid as error:
        form.validate()
        form.put_errors(error.fields)
        return _list(form), 422
    return redirect(url_for("contributions.one_import", slug=slug, import_id=import_id), 303)


def _found(import_id: uuid.UUID) -> queries.ImportPage:
    row = queries.one_import(db(), process_id=context().id, import_id=import_id)
    if row is None:
        raise NotFound
    return row


def _said(parts: list[Any]) -> str:
    """A reason as it was kept, in the reader's language."""
    return say(sentence_of(parts))


def _page(row: queries.ImportPage, form: MappingForm | None = None) -> str:
    """The columns and first rows of a file that waits to be mapped, or what became of one that was."""
    if row.state != "draft":
        return render_template("listening/contributions/import.html", row=row, said=_said)
    table, whole = services.table_in_storage(
        db(), process_id=context().id, import_id=row.id, storage=storage_for(glue().settings)
    )
    rows = [good.values for good in table.rows]
    if form is None:
        mapping = rules.guess_mapping(table.columns, rows)
        form = MappingForm(data=mapping).fill(table.columns)
    else:
        mapping = {name: form[name].data for name in rules.MAPPED if form[name].data in table.columns}
    return render_template(
        "listening/contributions/mapping.html",
        row=row,
        form=form,
        columns=table.columns,
        total=len(table.rows) if whole else row.total,
        whole=whole,
        unreadable=[
            (bad.line, say(services.table_reason(bad.reason, len(bad.fields), len(table.columns))))
            for bad in table.bad[:20]
        ],
        unreadable_count=len(table.bad),
        empty_texts=sum(not values.get(mapping.get("text", ""), "").strip() for values in rows),
        preview=[{name: values[column] for name, column in mapping.items()} for values in rows[:PREVIEW]],
        mapping=mapping,
        days={
            values[mapping["date"]]: rules.read_day(values[mapping["date"]], latest=now().date())
            for values in rows[:PREVIEW]
        }
        if "date" in mapping
        else {},
    )


@bp.get(ONE)
@requires(Permission.see_listening_desk)
def one_import(slug: str, import_id: uuid.UUID) -> str | Response:
    """A file of answers: being read, to be mapped, on its way, or with its report."""
    row = _found(import_id)
    if row.state == "draft" and "HX-Request" in request.headers:
        # The page that asked showed how far the reading was: there is another page to look at now.
        return Response("", headers={"HX-Refresh": "true"})
    return _page(row)


@bp.post(ONE)
@requires(Permission.run_listening)
def start_import(slug: str, import_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Ask for the import with these columns."""
    row = _found(import_id)
    if row.state == "reading":
        raise Conflict("Il file si sta ancora leggendo: tra poco si può andare avanti.")
    table, _whole = services.table_in_storage(
        db(), process_id=context().id, import_id=row.id, storage=storage_for(glue().settings)
    )
    form = MappingForm().fill(table.columns)
    if not form.validate_on_submit():
        return _page(row, form), 422
    if request.form.get("preview"):
        return _page(row, form), 200
    mapping = {name: form[name].data for name in rules.MAPPED if form[name].data}
    services.start_import(db(), process_id=context().id, import_id=import_id, mapping=mapping, actor=actor(), now=now())
    return redirect(url_for("contributions.one_import", slug=slug, import_id=import_id), 303)


@bp.post(f"{ONE}/togli")
@requires(Permission.run_listening)
def undo_import(slug: str, import_id: uuid.UUID) -> AnyResponse:
    """Take a whole import back."""
    n = services.undo_import(db(), process_id=context().id, import_id=import_id, actor=actor(), now=now())
    if n is not None:
        flash(ngettext("%(num)d fonte ritirata.", "%(num)d fonti ritirate.", n), "success")
    return redirect(url_for("contributions.one_import", slug=slug, import_id=import_id), 303)


@bp.post(f"{ONE}/altra-colonna")
@requires(Permission.run_listening)
def another_column(slug: str, import_id: uuid.UUID) -> AnyResponse:
    """Begin again with the same file, for another question."""
    key = services.another_column(db(), process_id=context().id, import_id=import_id, actor=actor(), now=now())
    return redirect(url_for("contributions.one_import", slug=slug, import_id=key), 303)


@bp.get(f"{ONE}/scartate.csv")
@requires(Permission.see_listening_desk)
def bad_rows(slug: str, import_id: uuid.UUID) -> Response:
    """The rows that were not taken, with their reasons and as they stood in the file, to be corrected and brought again."""
    row = _found(import_id)
    if not row.has_file:
        raise NotFound
    columns, stood = services.cells_in_storage(
        db(), process_id=context().id, import_id=import_id, lines={bad[0] for bad in row.bad}, storage=storage_for(glue().settings)
    )  # fmt: skip  # one call reads better so

    def lines() -> Iterator[list[object]]:
        for line, *reason in row.bad:
            yield [line, _said(reason), *stood.get(line, [])]

    header = [_("riga"), _("motivo"), *columns]
    return Response(
        stream_with_context(csv_lines(header, lines())),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="righe-non-prese.csv"'},
    )
