"""Building and keeping the files of a paper, each beside the source revisions its quotes were read at."""

from __future__ import annotations

import hashlib
import logging
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
from consult.ports.press import PressFailed
from consult.position_paper import queries
from consult.position_paper.models import Paper, PaperFile
from consult.position_paper.services.content import build
from consult.position_paper.services.export.citations import Cited, citations
from consult.position_paper.services.requesting import fail_file, note_built
from consult.position_paper.services.showing import Consulted, ShownPaper, show_paper
from consult.position_paper.types import FILE_KINDS, FileFailure

log = logging.getLogger(__name__)

#: Module and function that write each kind.
WRITERS = {
    "html": ("page", "to_html"),
    "pdf": ("pdf", "to_pdf"),
    "docx": ("word", "to_docx"),
    "odt": ("opendocument", "to_odt"),
    "json": ("record", "to_json"),
}


def build_file(
    session: Session,
    *,
    paper_id: uuid.UUID,
    version_number: int,
    kind: str,
    settings: Settings,
    now: datetime,
    draft_number: int = 0,
    turn: datetime | None = None,
) -> None:
    """Build and store one file of a version (0: the draft as it is now, or the named draft in consultation), with the quotes in it.

    It is served only while the revisions its quotes were read at are still the present ones. One that the typesetter refuses, or that
    takes too much, is noted with the reason, and whoever asked is told. `turn`: the moment of the request it is
    built for. Does nothing for an unknown paper, version or format.
    """
    paper = session.execute(select(Paper).where(Paper.id == paper_id)).scalar_one_or_none()
    found = (
        edition(session, process_id=paper.process_id, version_number=version_number, draft_number=draft_number, now=now)
        if paper
        else None
    )
    if found is None or kind not in FILE_KINDS:
        return
    shown, moment = found
    cited = citations(session, paper=shown)
    one: dict[str, Any] = {
        "paper_id": paper_id, "version_number": version_number, "draft_number": draft_number, "kind": kind, "turn": turn,
    }  # fmt: skip  # one row of values reads better so
    try:
        body = _write(shown, cited, kind=kind, settings=settings, now=moment, version=version_number or None)
    except PressFailed as failed:
        log.warning(
            "paper %s, version %s, draft %s: no %s: %s", paper_id, version_number, draft_number, kind, failed.diagnostic()
        )
        fail_file(session, **one, why=FileFailure.too_much if failed.limits else FileFailure.refused, now=now)
        return
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
        .values(
            id=uuid.uuid4(),
            paper_id=paper_id,
            version_number=version_number,
            draft_number=draft_number,
            format=kind,
            **values,
        )
        .on_conflict_do_update(index_elements=["paper_id", "version_number", "draft_number", "format"], set_=values)
    )
    note_built(session, **one, now=now)
    session.flush()


def write(
    session: Session, paper: ShownPaper, *, kind: str, settings: Settings, now: datetime, version: int | None
) -> bytes:
    """The bytes of a file of one of FILE_KINDS; `version` None is a draft."""
    return _write(paper, citations(session, paper=paper), kind=kind, settings=settings, now=now, version=version)


def _write(
    paper: ShownPaper, cited: Mapping[str, Cited], *, kind: str, settings: Settings, now: datetime, version: int | None
) -> bytes:
    module, name = WRITERS[kind]
    writer: Callable[..., bytes] = getattr(import_module(f"consult.position_paper.services.export.{module}"), name)
    return writer(paper, settings=settings, now=now, version=version, cited=cited)


def edition(
    session: Session, *, process_id: uuid.UUID, version_number: int, draft_number: int = 0, now: datetime
) -> tuple[ShownPaper, datetime] | None:
    """A version as it may be read now with its moment; a draft in consultation; or (0) the draft as it is being written."""
    if draft_number:
        return _in_consultation(session, process_id, draft_number)
    if version_number == 0:
        content = build(session, process_id=process_id, publishable_only=False)
        return None if content is None else (show_paper(session, content=content), now)
    version = queries.version(session, process_id=process_id, number=version_number)
    if version is None:
        return None
    newer = queries.newer_version(session, paper_id=version.paper_id, number=version.number)
    return replace(show_paper(session, content=version.content), newer=newer), version.published_at


def _in_consultation(session: Session, process_id: uuid.UUID, number: int) -> tuple[ShownPaper, datetime] | None:
    found = queries.frozen_draft(session, process_id=process_id, number=number, begun_only=False)
    if found is None:
        return None
    listed = queries.consulted(session, consultation_id=found.row.id)
    targets = {target.finding_id: target.id for target in listed if target.finding_id is not None}
    return replace(show_paper(session, content=found.content), consulted=Consulted(number, targets)), found.row.made_at
