"""Building and keeping the files of a paper, each beside the source revisions its quotes were read at."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config import Settings
from consult.position_paper import queries
from consult.position_paper.models import Paper, PaperFile, PaperVersion
from consult.position_paper.services.content import build
from consult.position_paper.services.export.citations import Cited, citations
from consult.position_paper.services.showing import ShownPaper, show_paper
from consult.position_paper.types import FILE_KINDS

#: Module and function that write each kind.
_WRITERS = {
    "html": ("page", "to_html"),
    "pdf": ("pdf", "to_pdf"),
    "docx": ("word", "to_docx"),
    "odt": ("opendocument", "to_odt"),
    "json": ("record", "to_json"),
}


def build_file(
    session: Session, *, paper_id: uuid.UUID, version_number: int, kind: str, settings: Settings, now: datetime
) -> None:
    """Build and store one file of a version (0: the draft as it is now), with the quotes that stand in it.

    It is served only while the revisions its quotes were read at are still the present ones. Does nothing for an unknown paper,
    version or format.
    """
    found = _content(session, paper_id, version_number, now)
    if found is None or kind not in FILE_KINDS:
        return
    content, moment = found
    shown = show_paper(session, content=content)
    if version_number:
        shown = replace(shown, newer=queries.newer_version(session, paper_id=paper_id, number=version_number))
    cited = citations(session, paper=shown)
    body = _write(shown, cited, kind=kind, settings=settings, now=moment, version=version_number or None)
    quoted = {key for key, _revision in shown.quotes}
    values = {
        "body": body,
        "sha256": hashlib.sha256(body).hexdigest(),
        # What is only named must still stand; what is quoted must stand as it was read.
        "quotes": [*(list(quote) for quote in shown.quotes), *([key, 0] for key in cited if key not in quoted)],
        "built_at": now,
    }
    session.execute(
        insert(PaperFile)
        .values(id=uuid.uuid4(), paper_id=paper_id, version_number=version_number, format=kind, **values)
        .on_conflict_do_update(index_elements=["paper_id", "version_number", "format"], set_=values)
    )
    session.flush()


def write(
    session: Session, paper: ShownPaper, *, kind: str, settings: Settings, now: datetime, version: int | None
) -> bytes:
    """The bytes of a file of one of FILE_KINDS; `version` None is a draft."""
    return _write(paper, citations(session, paper=paper), kind=kind, settings=settings, now=now, version=version)


def _write(
    paper: ShownPaper, cited: Mapping[str, Cited], *, kind: str, settings: Settings, now: datetime, version: int | None
) -> bytes:
    module, name = _WRITERS[kind]
    writer: Callable[..., bytes] = getattr(import_module(f"consult.position_paper.services.export.{module}"), name)
    return writer(paper, settings=settings, now=now, version=version, cited=cited)


def _content(
    session: Session, paper_id: uuid.UUID, version_number: int, now: datetime
) -> tuple[Mapping[str, Any], datetime] | None:
    """The content of a version with its date, or of the draft as it is now."""
    paper = session.execute(select(Paper).where(Paper.id == paper_id)).scalar_one_or_none()
    if paper is None:
        return None
    if version_number == 0:
        content = build(session, process_id=paper.process_id, publishable_only=False)
        return None if content is None else (content, now)
    version = session.execute(
        select(PaperVersion).where(PaperVersion.paper_id == paper_id, PaperVersion.number == version_number)
    ).scalar_one_or_none()
    return None if version is None else (version.content, version.published_at)
