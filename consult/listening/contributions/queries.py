"""Reads of contributions: a person's own, and what a receipt leads to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.core.vocabulary import ThingKind
from consult.files.models import StoredFile
from consult.listening.contributions.models import (
    Contribution,
    ContributionDoor,
    ContributionFile,
    ContributionWaiting,
)
from consult.listening.sources.models import Source, SourceImport
from consult.listening.sources.types import Receipt
from consult.process.models import Process

IMPORTS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class OwnContribution:
    """A contribution as its author finds it."""

    id: uuid.UUID
    process_slug: str
    process_title: str
    source_id: uuid.UUID
    text: str
    state: str
    visibility: str
    given_on: date


def own(session: Session, *, account_id: uuid.UUID, limit: int = 200) -> list[OwnContribution]:
    """The contributions of one person, newest first."""
    statement = (
        select(
            Contribution.id,
            Process.slug,
            Process.title,
            Source.id,
            Source.text,
            Source.state,
            Source.visibility,
            Contribution.given_on,
        )
        .join(Source, Source.id == Contribution.source_id)
        .join(Process, Process.id == Contribution.process_id)
        .where(Contribution.account_id == account_id)
        .order_by(Contribution.given_on.desc(), Contribution.id)
        .limit(limit)
    )
    return [OwnContribution(*row) for row in session.execute(statement)]


def by_receipt(session: Session, *, code_hash: bytes) -> Receipt | None:
    """What a receipt code leads to, or None."""
    row = session.execute(
        select(
            Process.id, Process.slug, Process.title, Source.id, Source.visibility, Contribution.given_on, Source.state
        )
        .join(Source, Source.id == Contribution.source_id)
        .join(Process, Process.id == Contribution.process_id)
        .where(Contribution.receipt_hash == code_hash)
    ).one_or_none()
    if row is None:
        return None
    return Receipt(
        kind=ThingKind.contribution,
        process_id=row[0],
        process_slug=row[1],
        process_title=row[2],
        title="Contributo libero",
        source_ids=(row[3],),
        published=row[4] == "public" and row[6] != "waiting",
        unread=row[6] == "waiting",
        given_on=row[5],
    )


@dataclass(frozen=True, slots=True)
class Given:
    """A contribution just given, for its confirmation page."""

    id: uuid.UUID
    receipt_hash: bytes
    source_id: uuid.UUID
    public: bool
    on_paper: bool
    unread: bool = False


def given(session: Session, *, process_id: uuid.UUID, contribution_id: uuid.UUID) -> Given | None:
    """One contribution of a process, or None."""
    row = session.execute(
        select(
            Contribution.id,
            Contribution.receipt_hash,
            Source.id,
            Source.visibility == "public",
            Contribution.on_paper,
            Source.state == "waiting",
        )
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.id == contribution_id, Contribution.process_id == process_id)
    ).one_or_none()
    return Given(*row) if row else None


def count(session: Session, *, process_id: uuid.UUID) -> int:
    """How many contributions a process has received, whatever became of their texts; not those that no moderator has read yet."""
    statement = (
        select(func.count())
        .select_from(Contribution)
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.process_id == process_id, Source.state != "waiting")
    )
    return int(session.execute(statement).scalar_one())


@dataclass(frozen=True, slots=True)
class Door:
    """How a process takes contributions."""

    proof: bool = False
    files: bool = True


def door(session: Session, *, process_id: uuid.UUID) -> Door:
    """Whether an address is proved first and whether files may come along; the usual where nothing was set."""
    row = session.execute(
        select(ContributionDoor.proof, ContributionDoor.files).where(ContributionDoor.process_id == process_id)
    ).one_or_none()
    return Door(*row) if row else Door()


def waiting(session: Session, *, process_id: uuid.UUID, waiting_id: uuid.UUID) -> str | None:
    """The text of a contribution that waits for its proof, or None."""
    found = session.execute(
        select(ContributionWaiting.given).where(
            ContributionWaiting.id == waiting_id, ContributionWaiting.process_id == process_id
        )
    ).scalar_one_or_none()
    return str(found["text"]) if found else None


@dataclass(frozen=True, slots=True)
class FileOfContribution:
    """A file sent along with a contribution."""

    contribution_id: uuid.UUID
    file_id: uuid.UUID
    name: str
    kind: str
    size: int


def files_of_source(session: Session, *, source_id: uuid.UUID) -> list[FileOfContribution]:
    """The files that came with the contribution a source was made from; none once it was withdrawn."""
    rows = session.execute(
        select(Contribution.id, StoredFile.id, StoredFile.name, StoredFile.kind, StoredFile.size)
        .join(ContributionFile, ContributionFile.contribution_id == Contribution.id)
        .join(StoredFile, StoredFile.id == ContributionFile.file_id)
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.source_id == source_id, Source.state != "withdrawn")
        .order_by(StoredFile.name, StoredFile.id)
    )
    return [FileOfContribution(*row) for row in rows]


def file_in_contribution(
    session: Session, *, process_id: uuid.UUID, contribution_id: uuid.UUID, file_id: uuid.UUID
) -> bool:
    """Whether this file came with this contribution of this process, and was not withdrawn with it."""
    statement = (
        select(ContributionFile.file_id)
        .join(Contribution, Contribution.id == ContributionFile.contribution_id)
        .join(Source, Source.id == Contribution.source_id)
        .where(
            ContributionFile.file_id == file_id,
            Contribution.id == contribution_id,
            Contribution.process_id == process_id,
            Source.state != "withdrawn",
        )
    )
    return session.execute(statement).scalar_one_or_none() is not None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file of answers as the list shows it."""

    id: uuid.UUID
    name: str
    state: str
    mapping: dict[str, str]
    added: int
    refused: int
    has_file: bool
    created_at: datetime
    ended_at: datetime | None


def imports(session: Session, *, process_id: uuid.UUID, cursor: str | None = None) -> Page[ImportRow]:
    """A page of the files of answers of a process, newest first."""
    statement = (
        select(
            SourceImport.id, SourceImport.name, SourceImport.state, SourceImport.mapping, SourceImport.added,
            func.jsonb_array_length(SourceImport.bad), SourceImport.file_id.is_not(None), SourceImport.created_at, SourceImport.ended_at,
        )
        .where(SourceImport.process_id == process_id)
        .order_by(SourceImport.created_at.desc(), SourceImport.id.desc())
        .limit(IMPORTS_PER_PAGE + 1)
    )  # fmt: skip  # the order of ImportRow's fields
    after = decode_cursor(cursor, 2)
    if after:
        start = (cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(SourceImport.created_at, SourceImport.id) < tuple_(*map(literal, start)))
    rows = [ImportRow(*row) for row in session.execute(statement)]
    return cut_page(rows, IMPORTS_PER_PAGE, lambda row: (row.created_at.isoformat(), row.id))


@dataclass(frozen=True, slots=True)
class ImportPage:
    """An import of a file of answers."""

    id: uuid.UUID
    name: str
    state: str
    mapping: dict[str, str]
    added: int
    already_there: int
    bad: list[Any]
    notes: list[Any]
    failure: str
    has_file: bool
    created_at: datetime
    ended_at: datetime | None
    seen: int
    total: int

    @property
    def running(self) -> bool:
        """Whether the worker is at it."""
        return self.state in {"reading", "queued", "undoing"}


def one_import(session: Session, *, process_id: uuid.UUID, import_id: uuid.UUID) -> ImportPage | None:
    """One of the files of answers of a process, or None."""
    row = session.execute(
        select(
            SourceImport.id, SourceImport.name, SourceImport.state, SourceImport.mapping, SourceImport.added, SourceImport.already_there,
            SourceImport.bad, SourceImport.notes, SourceImport.failure, SourceImport.file_id.is_not(None), SourceImport.created_at,
            SourceImport.ended_at, SourceImport.seen, SourceImport.total,
        ).where(SourceImport.process_id == process_id, SourceImport.id == import_id)
    ).one_or_none()  # fmt: skip  # the order of ImportPage's fields
    return ImportPage(*row) if row else None
