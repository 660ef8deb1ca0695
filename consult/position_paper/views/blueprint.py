"""The blueprint all pages of the paper hang on, and the one door for its files."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.position_paper import queries
from consult.web.session import db

bp = Blueprint("position_paper", __name__)
TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "json": "application/json",
}


def download(paper_id: uuid.UUID, number: int, kind: str, name: str, back: str, *, draft_number: int = 0) -> Response:
    """A file as a download, or back to the page where it can be asked for."""
    if kind not in TYPES:
        raise NotFound
    body = queries.file_body(db(), paper_id=paper_id, version_number=number, kind=kind, draft_number=draft_number)
    if body is None:
        flash(_("Questo documento va preparato di nuovo: lo si può chiedere qui sotto."), "info")
        return redirect(back)
    response = Response(body, content_type=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
