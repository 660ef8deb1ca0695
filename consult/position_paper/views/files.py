"""The files of an edition on a page of their own: what can be taken along, how far the rest is, and why one is missing.

The page asks for itself again while something is being built, and pages that show the same part ask for it here: they are long.
"""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission, allows
from consult.position_paper import queries
from consult.position_paper.rules import WHY_NO_FILE
from consult.position_paper.types import FileFailure
from consult.position_paper.views.blueprint import bp
from consult.web.access import facts, requires
from consult.web.labels import add_words
from consult.web.session import context, db

add_words(FileFailure, {code: _l(words) for code, words in WHY_NO_FILE.items()})


@bp.get("/processi/<slug>/position-paper/versioni/<int:number>/documenti")
@requires(Permission.view_process)
def version_files(slug: str, number: int) -> str:
    """The files of a published version."""
    version = queries.version(db(), process_id=context().id, number=number) if number else None
    if version is None:
        raise NotFound
    return render_template(
        "position_paper/files.html",
        number=number,
        consulted=0,
        files=queries.files(db(), paper_id=version.paper_id, version_number=number),
        edition=_("Versione %(n)s", n=number),
    )


@bp.get("/processi/<slug>/position-paper/bozze/<int:number>/documenti")
@requires(Permission.view_process)
def consulted_files(slug: str, number: int) -> str:
    """The files of a draft in consultation, once it has begun; before, for who sees it being written."""
    writing = allows(Permission.see_paper_workshop, facts())
    row = queries.consultation(db(), process_id=context().id, number=number, begun_only=not writing)
    if row is None:
        raise NotFound
    return render_template(
        "position_paper/files.html",
        number=0,
        consulted=number,
        files=queries.files(db(), paper_id=row.paper_id, version_number=0, draft_number=number),
        edition=_("Bozza in consultazione n. %(n)s", n=number),
    )


@bp.get("/scrivania/<slug>/paper/documenti")
@requires(Permission.see_paper_workshop)
def draft_files(slug: str) -> str:
    """The files of the draft as it is being written."""
    paper = queries.paper(db(), process_id=context().id)
    if paper is None:
        raise NotFound
    return render_template(
        "position_paper/files.html",
        number=0,
        consulted=0,
        files=queries.files(db(), paper_id=paper.id, version_number=0),
        edition=_("Bozza"),
    )
