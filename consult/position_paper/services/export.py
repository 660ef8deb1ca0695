"""Files of the paper: a self-contained HTML page and a tagged PDF, from the same blocks.

What people wrote goes into the PDF as data, never as markup (`ports.typesetting`).
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config import ROOT, Settings
from consult.ports.typesetting import typeset
from consult.position_paper.models import Paper, PaperFile, PaperVersion
from consult.position_paper.services.blocks import blocks, translations
from consult.position_paper.services.content import build
from consult.position_paper.services.showing import ShownPaper, show_paper

_TEMPLATES = ROOT / "templates" / "position_paper"


def build_files(
    session: Session, *, paper_id: uuid.UUID, version_number: int, settings: Settings, now: datetime
) -> None:
    """Build and store HTML and PDF of a version (0: the draft as it is now), with the quotes that stand in them.

    A file is kept beside the source revisions its quotes were read at; it is served only while they are still the present ones.
    """
    paper = session.execute(select(Paper).where(Paper.id == paper_id)).scalar_one_or_none()
    if paper is None:
        return
    content: Mapping[str, Any] | None
    moment, number = now, None
    if version_number == 0:
        content = build(session, process_id=paper.process_id, publishable_only=False)
    else:
        version = session.execute(
            select(PaperVersion).where(PaperVersion.paper_id == paper_id, PaperVersion.number == version_number)
        ).scalar_one_or_none()
        if version is None:
            return
        content, moment, number = version.content, version.published_at, version.number
    if content is None:
        return
    shown = show_paper(session, content=content)
    bodies = {
        "html": to_html(shown, settings=settings, now=moment, version=number),
        "pdf": to_pdf(shown, settings=settings, now=moment, version=number),
    }
    for kind, body in bodies.items():
        values = {
            "body": body,
            "sha256": hashlib.sha256(body).hexdigest(),
            "quotes": [list(q) for q in shown.quotes],
            "built_at": now,
        }
        session.execute(
            insert(PaperFile)
            .values(id=uuid.uuid4(), paper_id=paper_id, version_number=version_number, format=kind, **values)
            .on_conflict_do_update(index_elements=["paper_id", "version_number", "format"], set_=values)
        )
    session.flush()


def to_html(paper: ShownPaper, *, settings: Settings, now: datetime, version: int | None) -> bytes:
    """One HTML file that needs nothing else: style, figures and text are inside."""
    found, drawings = blocks(paper, settings=settings, now=now, version=version)
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    environment.install_gettext_translations(translations(paper.language), newstyle=True)  # type: ignore[attr-defined]  # Added by the extension.
    style = (_TEMPLATES / "export.css").read_bytes()
    page = environment.get_template("position_paper/export.html").render(
        paper=paper,
        blocks=found,
        contents=[b for b in found if b["kind"] == "heading" and b["level"] <= 2],
        style=_data(style, "text/css"),
        figures={name: _data(svg.encode(), "image/svg+xml") for name, svg in drawings.items()},
        authority=settings.authority_name,
        version=version,
    )
    return page.encode()


def to_pdf(paper: ShownPaper, *, settings: Settings, now: datetime, version: int | None) -> bytes:
    """A tagged PDF with bookmarks and language; byte for byte the same for the same paper, version and moment."""
    found, drawings = blocks(paper, settings=settings, now=now, version=version)
    _ = translations(paper.language).ugettext
    data = {
        "title": paper.title,
        "process": paper.process["title"],
        "author": settings.authority_name,
        "lang": paper.language,
        "contents": _("Indice"),
        "page": _("Pagina"),
        "kind": _("Bozza") if version is None else _("Versione %s") % version,
        "blocks": found,
    }
    folder = Path(tempfile.mkdtemp(prefix="paper-"))
    try:
        for name, svg in drawings.items():
            (folder / f"{name}.svg").write_text(svg, "utf-8")
        shutil.copyfile(_TEMPLATES / "report.typ", folder / "report.typ")
        return typeset(folder, "report.typ", data, settings=settings, now=now)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _data(body: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"
