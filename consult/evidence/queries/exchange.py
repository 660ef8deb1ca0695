"""Reads of imports of coded work, and of the interviews that a text may become the transcript of."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, cast, exists, func, select, tuple_
from sqlalchemy.orm import Session, defer

from consult.core.paging import Page, cut_page, decode_cursor
from consult.evidence.models import CodingImport
from consult.evidence.types import ImportRow
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source

IMPORTS_PER_PAGE = 20


def coding_imports(session: Session, *, process_id: uuid.UUID, cursor: str | None = None) -> Page[ImportRow]:
    """A page of imports, the newest first; numbers are those of the report."""
    row = CodingImport
    statement = (
        select(
            row.id, row.name, row.kind, row.state, row.created_at, row.ended_at, cast(row.report["codes"][0].astext, Integer),
            func.coalesce(func.jsonb_array_length(row.trail["codings"]), 0),
        )
        .where(row.process_id == process_id)
        .order_by(row.created_at.desc(), row.id.desc())
        .limit(IMPORTS_PER_PAGE + 1)
    )  # fmt: skip  # the order of ImportRow's fields
    after = decode_cursor(cursor, 2)
    if after and after[0] and after[1]:
        try:
            place = (datetime.fromisoformat(after[0]), uuid.UUID(after[1]))
        except ValueError:
            place = None
        if place is not None:
            statement = statement.where(tuple_(row.created_at, row.id) < place)
    rows = [ImportRow(*found) for found in session.execute(statement)]
    return cut_page(rows, IMPORTS_PER_PAGE, lambda r: (r.created_at.isoformat(), r.id))


def coding_import(
    session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID
) -> tuple[ImportRow, dict[str, Any]] | None:
    """One import and its report; None where there is none of that key."""
    row = session.execute(
        select(CodingImport)
        .where(CodingImport.id == import_id, CodingImport.process_id == process_id)
        # What was read of a large project is megabytes that the page does not show.
        .options(defer(CodingImport.content))
    ).scalar_one_or_none()
    if row is None:
        return None
    codings = len(row.trail.get("codings", []))
    listed = ImportRow(
        row.id, row.name, row.kind, row.state, row.created_at, row.ended_at, row.report["codes"][0], codings, row.failure, row.seen, row.total
    )  # fmt: skip  # one row of values reads better so
    return listed, row.report


def interviews_without_words(
    session: Session, *, process_id: uuid.UUID, limit: int = 300
) -> list[tuple[uuid.UUID, str, str]]:
    """Interviews that may be transcribed and coded, and are not yet: (key, role, organisation), by role."""
    words = exists().where(Source.unit_id == Interview.id, Source.state == "live")
    rows = session.execute(
        select(Interview.id, Interview.role, Interview.organisation)
        .where(Interview.process_id == process_id, Interview.consent_transcribe, Interview.consent_code, ~words)
        .order_by(Interview.role, Interview.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
