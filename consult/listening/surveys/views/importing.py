"""Answers collected elsewhere: bring the file, say what its columns are, look, take in, undo."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import ResponsesForm
from consult.listening.surveys.rules.responses import IDENTITY, targets_of
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.ports.storage import storage_for
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, glue, now

LIST = f"{ONE}/risposte-altrove"
IMPORT = f"{LIST}/<uuid:import_id>"


def _list(questionnaire_id: uuid.UUID, form: ResponsesForm) -> str:
    return render_template(
        "listening/surveys/responses.html",
        questionnaire=find(questionnaire_id),
        form=form,
        imports=queries.imports(db(), questionnaire_id=questionnaire_id),
    )


@bp.get(LIST)
@requires(Permission.see_listening_desk)
def responses(slug: str, questionnaire_id: uuid.UUID) -> str:
    """Files that were brought, and the form to bring one."""
    return _list(questionnaire_id, ResponsesForm(formdata=None))


@bp.post(LIST)
@requires(Permission.run_listening)
def bring_responses(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Bring a file of answers."""
    find(questionnaire_id)
    form = ResponsesForm()
    sent = request.files.get("file")
    try:
        key = services.begin_import(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, storage=storage_for(glue().settings), actor=actor(), now=now(),
            upload=read_upload(
                sent.stream if sent else None, sent.filename if sent else None, kinds=(FileKind.csv, FileKind.xlsx, FileKind.text)
            ),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"file": error.fields.get("file", error.message)})
        return _list(questionnaire_id, form), 422
    return redirect(url_for("surveys.map_responses", slug=slug, questionnaire_id=questionnaire_id, import_id=key), 303)


def _found(questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> queries.ImportRow:
    for row in queries.imports(db(), questionnaire_id=questionnaire_id):
        if row.id == import_id:
            return row
    raise NotFound


def _mapping() -> dict[int, str]:
    found = {
        int(name.removeprefix("c-")): value
        for name, value in request.form.items()
        if name.startswith("c-") and name[2:].isdecimal() and len(name) < 6 and value
    }
    if len(set(found.values())) < len(found):
        raise Invalid("Due colonne rispondono alla stessa cosa: se ne sceglie una sola.")
    return found


def _map_page(questionnaire_id: uuid.UUID, import_id: uuid.UUID, *, looked: services.Looked | None = None) -> str:
    row = _found(questionnaire_id, import_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    sheet = None
    if row.state == "mapping":
        sheet = services.read_import(
            db(), process_id=context().id, import_id=import_id, storage=storage_for(glue().settings)
        )
    chosen = _mapping() if looked is not None else {int(n): target for n, target in row.mapping.items()}
    return render_template(
        "listening/surveys/map_responses.html",
        questionnaire=find(questionnaire_id),
        row=row,
        sheet=sheet,
        chosen=chosen,
        targets={IDENTITY: _("il numero o codice della riga"), **targets_of(questions)},
        looked=looked,
        incomplete=bool(request.form.get("incomplete")),
        unasked=[q for q in questions if q.required and not any(t.split("|")[0] == q.code for t in chosen.values())],
    )


@bp.get(IMPORT)
@requires(Permission.see_listening_desk)
def map_responses(slug: str, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> str:
    """The columns of a file and what they answer; for one that was taken in, what became of it."""
    return _map_page(questionnaire_id, import_id)


@bp.post(IMPORT)
@requires(Permission.run_listening)
def take_responses(slug: str, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> tuple[str, int] | str | Response:
    """Look at what the rows would give, or take them in."""
    _found(questionnaire_id, import_id)
    mapping, incomplete = _mapping(), bool(request.form.get("incomplete"))
    storage = storage_for(glue().settings)
    if request.form.get("azione") != "importa":
        looked = services.look(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, import_id=import_id, mapping=mapping, incomplete=incomplete,
            storage=storage,
        )  # fmt: skip  # one call reads better so
        return _map_page(questionnaire_id, import_id, looked=looked)
    done = services.finish_import(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, import_id=import_id, mapping=mapping, incomplete=incomplete,
        storage=storage, actor=actor(), now=now(),
    )  # fmt: skip  # one call reads better so
    flash(ngettext("%(num)s risposta aggiunta.", "%(num)s risposte aggiunte.", len(done.good)), "success")
    return redirect(
        url_for("surveys.map_responses", slug=slug, questionnaire_id=questionnaire_id, import_id=import_id), 303
    )


@bp.post(f"{IMPORT}/annulla")
@requires(Permission.run_listening)
def undo_responses(slug: str, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> Response:
    """Take out again what an import added."""
    number = services.undo_import(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, import_id=import_id, actor=actor(), now=now()
    )
    flash(ngettext("%(num)s risposta tolta.", "%(num)s risposte tolte.", number), "success")
    return redirect(url_for("surveys.responses", slug=slug, questionnaire_id=questionnaire_id), 303)
