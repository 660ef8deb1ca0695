"""Questionnaires from elsewhere and for elsewhere: templates of the product, files of LimeSurvey, XLSForm and our own, the document to take away."""

from __future__ import annotations

import json
import uuid

from flask import Response as FileResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.files import queries as files
from consult.files.views import attachment
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import ImportForm
from consult.listening.surveys.rules.languages import plan_words
from consult.listening.surveys.rules.reading import LARGEST_BYTES, read_questionnaire
from consult.listening.surveys.views.blueprint import DESK, ONE, bp, find
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import locale_code


def _page(form: ImportForm) -> str:
    offered = [
        (name, plan_words(plan, locale_code()), len(plan.questions), len(plan.pages))
        for name in services.template_names()
        for plan in [services.read_template(name)]
    ]
    return render_template("listening/surveys/import.html", form=form, offered=offered)


@bp.get(f"{DESK}/importa")
@requires(Permission.see_listening_desk)
def import_form(slug: str) -> str:
    """Templates to begin from, and a file to bring in."""
    return _page(ImportForm(data={"access": "invitation"}))


@bp.post(f"{DESK}/importa")
@requires(Permission.run_listening)
def import_file(slug: str) -> tuple[str, int] | str:
    """Make a draft of a file and say everything that did not come along; with "prova" only say it."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _page(form), 422
    upload = form.file.data
    try:
        found = read_questionnaire(upload.stream.read(LARGEST_BYTES + 1))
    except Invalid as error:
        form.put_errors(error.fields or {"file": error.message})
        return _page(form), 422
    key = None
    if request.form.get("azione") != "prova":
        key = services.import_questionnaire(
            db(), process_id=context().id, plan=found.plan, access=form.access.data,
            privacy="anonymous" if found.anonymous else "pseudonymous", actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    return render_template("listening/surveys/imported.html", found=found, key=key, name=upload.filename)


@bp.post(f"{DESK}/modelli/<name>")
@requires(Permission.run_listening)
def from_template(slug: str, name: str) -> Response:
    """Begin a questionnaire from a template."""
    key = services.import_questionnaire(
        db(), process_id=context().id, plan=services.read_template(name), actor=actor(), now=now(),
        access="open" if name == "residents" else "invitation",
    )  # fmt: skip  # one row of values reads better so
    flash(_("Bozza pronta: si cambia tutto, poi si pubblica."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=key), 303)


@bp.get(f"{ONE}/questionario.json")
@requires(Permission.see_listening_desk)
def export_document(slug: str, questionnaire_id: uuid.UUID) -> FileResponse:
    """The questionnaire as a document of our own, to keep or to bring in elsewhere."""
    find(questionnaire_id)
    document = services.export_questionnaire(db(), questionnaire_id=questionnaire_id)
    return FileResponse(
        json.dumps(document, ensure_ascii=False, indent=1),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="questionario-{questionnaire_id}.json"'},
    )


@bp.get(f"{ONE}/risposte/file/<uuid:file_id>")
@requires(Permission.see_listening_desk)
def answer_file(slug: str, questionnaire_id: uuid.UUID, file_id: uuid.UUID) -> Response:
    """A file that came with an answer of this questionnaire."""
    find(questionnaire_id)
    file = files.one(db(), file_id=file_id, process_id=context().id)
    if file is None or not queries.is_answered_with(db(), questionnaire_id=questionnaire_id, file_id=file_id):
        raise NotFound
    return attachment(file)
