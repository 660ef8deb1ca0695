"""The blueprint all pages of the paper hang on, and the one door for its files."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from flask import Blueprint, flash, redirect
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.position_paper import queries
from consult.position_paper.types import FILE_KINDS
from consult.web.session import db

bp = Blueprint("position_paper", __name__)
TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "json": "application/json",
}


def say_asked(formats: Collection[str]) -> None:
    """What whoever asked for files is told: which are built now, and why the others aren't."""
    named = ", ".join(kind.upper() for kind in formats)
    if len(formats) == len(FILE_KINDS):
        said = _("I documenti si stanno preparando: tra poco si scaricano da qui.")
    elif formats:
        said = _(
            "Si preparano i documenti in %(formats)s. Gli altri sono stati chiesti meno di un minuto fa, oppure poco fa non si sono "
            "potuti preparare e si possono chiedere di nuovo più tardi.",
            formats=named,
        )
    else:
        said = _(
            "Per ora non si prepara niente di nuovo: i documenti sono stati chiesti meno di un minuto fa, oppure poco fa non si sono "
            "potuti preparare e si possono chiedere di nuovo più tardi."
        )
    flash(said, "info")


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
