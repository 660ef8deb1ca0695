"""Answers collected elsewhere: bring the file, say what its columns are, look, take in, undo."""

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
from consult.core.sentences import sentence_of
from consult.core.vocabulary import SpeakerKind
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import ResponsesForm
from consult.listening.surveys.rules.responses import IDENTITY, targets_of
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.ports.storage import storage_for
from consult.web.access import large_files, requires
from consult.web.identity import actor
from consult.web.labels import label
from consult.web.session import context, db, glue, now
from consult.web.words import say

LIST = f"{ONE}/risposte-altrove"
IMPORT = f"{LIST}/<uuid:import_id>"


def _list(questionnaire_id: uuid.UUID, form: ResponsesForm) -> str:
    page = queries.imports(db(), questionnaire_id=questionnaire_id, cursor=request.args.get("dopo"))
    address: dict[str, Any] = {"slug": context().slug, "questionnaire_id": questionnaire_id}
    return render_template(
        "listening/surveys/responses.html",
        questionnaire=find(questionnaire_id),
        form=form,
        imports=page.rows,
        next_url=url_for("surveys.responses", **address, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("surveys.responses", **address) if request.args.get("dopo") else None,
    )


@bp.get(LIST)
@requires(Permission.see_listening_desk)
def responses(slug: str, questionnaire_id: uuid.UUID) -> str:
    """Files that were brought, and the form to bring one."""
    return _list(questionnaire_id, ResponsesForm(formdata=None))


@bp.post(LIST)
@large_files
@requires(Permission.run_listening)
def bring_responses(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Bring a file of answers."""
    find(questionnaire_id)
    form = ResponsesForm()
    try:
        key = services.begin_import(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, storage=storage_for(glue().settings), actor=actor(), now=now(),
            upload=read_upload(**form.file.sent(), kinds=(FileKind.csv, FileKind.xlsx, FileKind.text)),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"file": error.said_of("file")})
        return _list(questionnaire_id, form), 422
    return redirect(url_for("surveys.map_responses", slug=slug, questionnaire_id=questionnaire_id, import_id=key), 303)


def _found(questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> queries.ImportRow:
    row = queries.one_import(db(), questionnaire_id=questionnaire_id, import_id=import_id)
    if row is None:
        raise NotFound
    return row


def _mapping() -> dict[int, str]:
    found = {
        int(name.removeprefix("c-")): value
        for name, value in request.form.items()
        if name.startswith("c-") and name[2:].isdecimal() and len(name) < 6 and value
    }
    if len(set(found.values())) < len(found):
        raise Invalid("Due colonne rispondono alla stessa cosa: se ne sceglie una sola.")
    return found


def _said(parts: list[Any]) -> str:
    """A kept sentence in the reader's language; older imports kept the words alone."""
    return say(sentence_of(parts) if len(parts) > 1 else str(parts[0]))


def refusals(bad: list[list[Any]]) -> list[tuple[str, int, str]]:
    """Refused lines by reason, those with most lines first: which lines (neighbours as a range), how many, why."""
    lines: dict[str, list[int]] = {}
    for line, *parts in bad:
        lines.setdefault(_said(parts), []).append(line)
    listed = sorted(lines.items(), key=lambda each: (-len(each[1]), each[1][0]))
    return [(_ranges(numbers), len(numbers), why) for why, numbers in listed]


def _too_many(row: queries.ImportRow) -> list[tuple[str, int]]:
    """Groups of which the file brings more than a target that stops takes, with how many more."""
    found = (row.looked or {}).get("too_many") or {}
    zones = framework.zones(db(), territory_id=context().territory_id) if found else []
    names = {str(zone.id): f"{zone.code} {zone.name}" for zone in zones} | {str(k): label(k) for k in SpeakerKind}
    return [(names[code], found[code]) for code in names if code in found]


def _ranges(numbers: list[int]) -> str:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in found)


@bp.get(IMPORT)
@requires(Permission.see_listening_desk)
def map_responses(slug: str, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> str:
    """The columns of a file and what they answer, and what they would give; while the worker is at it, how far; then what became of it."""
    row = _found(questionnaire_id, import_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    table = None
    if row.state == "mapping":
        table = services.first_rows(
            db(), process_id=context().id, import_id=import_id, storage=storage_for(glue().settings)
        )
    chosen = {int(n): target for n, target in row.mapping.items()}
    return render_template(
        "listening/surveys/map_responses.html",
        questionnaire=find(questionnaire_id),
        row=row,
        table=table,
        chosen=chosen,
        targets={IDENTITY: _("il numero o codice della riga"), **targets_of(questions)},
        said=_said,
        refusals=refusals(row.bad),
        too_many=_too_many(row),
        unasked=[q for q in questions if q.required and not any(t.split("|")[0] == q.code for t in chosen.values())],
    )


@bp.post(IMPORT)
@requires(Permission.run_listening)
def take_responses(slug: str, questionnaire_id: uuid.UUID, import_id: uuid.UUID) -> Response:
    """Look at what the rows would give, or take them in; a large file is given to the worker."""
    _found(questionnaire_id, import_id)
    services.work_through(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, import_id=import_id, mapping=_mapping(),
        incomplete=bool(request.form.get("incomplete")), beyond=bool(request.form.get("beyond")),
        work="take" if request.form.get("azione") == "importa" else "look",
        storage=storage_for(glue().settings), actor=actor(), now=now(),
    )  # fmt: skip  # one call reads better so
    row = _found(questionnaire_id, import_id)
    if row.state == "done":
        flash(ngettext("%(num)s risposta aggiunta.", "%(num)s risposte aggiunte.", row.added), "success")
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
    if number is None:
        flash(_("Sono tante: le risposte si tolgono tra poco."), "info")
    else:
        flash(ngettext("%(num)s risposta tolta.", "%(num)s risposte tolte.", number), "success")
    return redirect(url_for("surveys.responses", slug=slug, questionnaire_id=questionnaire_id), 303)
