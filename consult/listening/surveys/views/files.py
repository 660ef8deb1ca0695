"""Files of answers and the printed sheet: asked for, watched while they are written, downloaded."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Forbidden
from consult.core.permissions import Permission
from consult.files import queries as stored
from consult.files.types import MEDIA_TYPES
from consult.listening.surveys import queries, services
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.ports.storage import storage_for
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, glue, now


@bp.get(f"{ONE}/file")
@requires(Permission.see_listening_desk)
def files(slug: str, questionnaire_id: uuid.UUID) -> str:
    """What can be had, what is being written, what is ready."""
    rows = queries.files(db(), questionnaire_id=questionnaire_id)
    return render_template(
        "listening/surveys/files.html",
        questionnaire=find(questionnaire_id),
        rows=rows,
        has_uploads=any(q.kind == "file" for q in queries.questions(db(), questionnaire_id=questionnaire_id)),
        running=any(row.running for row in rows),
    )


@bp.post(f"{ONE}/file")
@requires(Permission.ask_for_survey_file)
def ask_for_file(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Ask for a file."""
    services.ask_for_file(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        kind=request.form.get("tipo", ""),
        language=str(get_locale() or "it"),
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("surveys.files", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.get(f"{ONE}/file/<uuid:file_id>")
@requires(Permission.see_listening_desk)
def download(slug: str, questionnaire_id: uuid.UUID, file_id: uuid.UUID) -> FlaskResponse:
    """The bytes of a file that is ready, piece by piece."""
    find(questionnaire_id)
    row = queries.file(db(), file_id=file_id, questionnaire_id=questionnaire_id)
    if row and row.outdated:
        raise Forbidden(_("Dopo questo file alcune parole sono state ritirate o nascoste: chiedine uno nuovo, che non le contiene."))
    kept = stored.one(db(), file_id=row.file_id, process_id=context().id) if row and row.file_id else None
    if kept is None:
        raise NotFound
    try:
        pieces = storage_for(glue().settings).pieces(kept.storage_key)
    except FileNotFoundError as error:
        raise NotFound from error
    name = quote(kept.name)
    return FlaskResponse(
        pieces,
        mimetype=MEDIA_TYPES[kept.kind].partition(";")[0],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Length": str(kept.size)},
    )
