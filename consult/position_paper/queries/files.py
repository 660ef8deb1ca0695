"""Built files of versions, how far those are that were asked for, and whether what they quote may still be read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Uuid,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from consult.listening.sources.models import Source
from consult.position_paper.models import PaperFile, PaperFileRequest


@dataclass(frozen=True, slots=True)
class FileRow:
    """A built file, without its body."""

    id: uuid.UUID
    format: str
    version_number: int
    sha256: str
    built_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class FilesState:
    """The files of an edition: those there are by format, how many were asked for and how many of these still wait, and which could
    not be built when they were asked for last, with the reason of each.

    `older`: formats whose file is from before what was asked for last, which waits or failed; the others may show another text.
    """

    built: dict[str, FileRow]
    asked: int
    waiting: int
    failed: dict[str, str]
    older: frozenset[str] = frozenset()


#: What a page shows before there is a paper.
NO_FILES = FilesState({}, 0, 0, {})


def files(session: Session, *, paper_id: uuid.UUID, version_number: int, draft_number: int = 0) -> FilesState:
    """Files of a version (0: the draft), or of a draft in consultation, and how far those are that were asked for; one statement.

    Where the latest request failed, the file from before is among them only while it may be served.
    """

    def of(table: type[PaperFile | PaperFileRequest], *columns: Any) -> Any:
        here = (table.paper_id == paper_id, table.version_number == version_number, table.draft_number == draft_number)
        return select(table.format, *columns).where(*here).subquery()

    size = func.length(PaperFile.body).label("size")
    f = of(PaperFile, PaperFile.id, PaperFile.sha256, PaperFile.built_at, size, PaperFile.quotes)
    r = of(PaperFileRequest, PaperFileRequest.asked_at, PaperFileRequest.done_at, PaperFileRequest.why)
    kind = func.coalesce(f.c.format, r.c.format)
    quote, source_id, broken = _quotes(f.c.quotes)
    withdrawn = exists(select(1).select_from(quote.outerjoin(Source, Source.id == source_id)).where(broken).correlate(f))
    # Thousands of quotes are compared with their sources only where nothing newer is going to stand there.
    refused = case((r.c.why != "", withdrawn), else_=literal(False)).label("refused")
    rows = session.execute(
        select(f.c.id, kind.label("format"), f.c.sha256, f.c.built_at, f.c.size, r.c.asked_at, r.c.done_at, r.c.why, refused)
        .select_from(f.join(r, f.c.format == r.c.format, full=True))
        .order_by(kind)
    ).all()
    built = {
        row.format: FileRow(row.id, row.format, version_number, row.sha256, row.built_at, row.size)
        for row in rows
        if row.id and not row.refused
    }
    asked = [row for row in rows if row.asked_at]
    failed = {row.format: row.why for row in asked if row.why}
    unmet = [row for row in asked if row.done_at is None]
    older = frozenset(row.format for row in unmet if row.format in built)
    return FilesState(built, len(asked), len(unmet) - len(failed), failed, older)


def file_body(
    session: Session, *, paper_id: uuid.UUID, version_number: int, kind: str, draft_number: int = 0
) -> bytes | None:
    """The bytes of a built file while everything it quotes may still be read as it was; None where there is none, or not any more.

    The bytes are read together with the list of what they quote, and that list is compared with the sources afterwards: whatever was
    withdrawn before this answer is not in it, also when the file is built anew at this very moment.
    """
    found = session.execute(
        select(PaperFile.body, PaperFile.quotes).where(
            PaperFile.paper_id == paper_id,
            PaperFile.version_number == version_number,
            PaperFile.draft_number == draft_number,
            PaperFile.format == kind,
        )
    ).one_or_none()
    if found is None or not consents_hold(session, quotes=[(q[0], q[1]) for q in found.quotes]):
        return None
    return bytes(found.body)


def consents_hold(session: Session, *, quotes: Iterable[tuple[str, int]]) -> bool:
    """Whether every source quoted in a file stands as it did when it was built (same revision), and every one named (0) still stands."""
    wanted = {uuid.UUID(source_id): revision for source_id, revision in quotes}
    if not wanted:
        return True
    there = Source.id == any_(literal(sorted(wanted), ARRAY(Uuid)))
    rows = session.execute(select(Source.id, Source.revision).where(there, Source.state == "live"))
    found = {row.id: row.revision for row in rows}
    return all(key in found and revision in {0, found[key]} for key, revision in wanted.items())


def _quotes(of: Any) -> tuple[FromClause, ColumnElement[uuid.UUID], ColumnElement[bool]]:
    """What a file quotes, the key of the source of each, and when that source no longer stands as it was read."""
    quote = func.jsonb_array_elements(of).table_valued("value").lateral("quote")
    key, revision = quote.c.value.op("->>")(0), quote.c.value.op("->>")(1)
    broken = or_(Source.id.is_(None), Source.state != "live", cast(revision, Integer).not_in([0, Source.revision]))
    return quote, cast(key, Uuid), broken


def editions_with_stale_files(session: Session, *, paper_id: uuid.UUID) -> list[tuple[int, int]]:
    """(version, 0) or (0, draft in consultation) where a built file quotes what was withdrawn or changed since."""
    quote, source_id, broken = _quotes(PaperFile.quotes)
    statement = (
        select(PaperFile.version_number, PaperFile.draft_number)
        .join(quote, PaperFile.paper_id == paper_id)
        .outerjoin(Source, Source.id == source_id)
        .where(PaperFile.version_number + PaperFile.draft_number > 0, broken)
        .distinct()
        .order_by(PaperFile.version_number, PaperFile.draft_number)
    )
    return [(row.version_number, row.draft_number) for row in session.execute(statement)]
