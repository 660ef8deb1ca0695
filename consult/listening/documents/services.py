"""Writes on documents and their passages."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.documents.models import Document, DocumentPassage
from consult.listening.documents.rules import split_passages
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.process.models import Process


def add_document(
    session: Session,
    *,
    process_id: uuid.UUID,
    title: str,
    actor: Actor,
    now: datetime,
    author: str = "",
    dated: date | None = None,
) -> uuid.UUID:
    """Enter a document."""
    document = Document(process_id=process_id, title=title, author=author, dated=dated, created_at=now)
    session.add(document)
    session.flush()
    record(
        session,
        actor=actor,
        action="document.entered",
        kind=ThingKind.document,
        object_id=document.id,
        process_id=process_id,
    )
    session.flush()
    return document.id


def edit_document(
    session: Session,
    *,
    process_id: uuid.UUID,
    document_id: uuid.UUID,
    version: int,
    title: str,
    author: str,
    dated: date | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Save what is known of a document. Raises Conflict where it is stale."""
    done = session.execute(
        update(Document)
        .where(Document.id == document_id, Document.process_id == process_id, Document.version == version)
        .values(title=title, author=author, dated=dated, version=version + 1)
        .returning(Document.id)
    ).scalar_one_or_none()
    if done is None:
        current = session.execute(
            select(Document).where(Document.id == document_id, Document.process_id == process_id)
        ).scalar_one_or_none()
        if current is None:
            raise NotFound("Questo documento non c'è.")
        raise Conflict(
            "Qualcun altro ha salvato questo documento mentre lo modificavi.",
            link_endpoint="documents.edit",
            link_values={
                "slug": session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one(),
                "document_id": str(document_id),
            },
            differences=(Difference("Titolo", current.title, title), Difference("Autore", current.author, author)),
            current_version=current.version,
        )
    record(
        session,
        actor=actor,
        action="document.edited",
        kind=ThingKind.document,
        object_id=document_id,
        process_id=process_id,
    )
    session.flush()


def add_passages(
    session: Session,
    *,
    process_id: uuid.UUID,
    document_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    page: str = "",
) -> list[uuid.UUID]:
    """Add passages after those that are there; returns their sources. "[p. 12]" before a passage gives its page. Raises Invalid."""
    document = session.execute(
        select(Document).where(Document.id == document_id, Document.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if document is None:
        raise NotFound("Questo documento non c'è.")
    passages = split_passages(text, page)
    if not passages:
        raise Invalid("Serve almeno un passaggio.", {"text": "Scrivi o incolla almeno un passaggio."})
    last = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == document_id)
    ).scalar_one()
    keys = add_sources(
        session,
        process_id=process_id,
        rows=[
            NewSource(
                channel=Channel.document,
                text=passage.text,
                unit_kind=str(ThingKind.document),
                unit_id=document_id,
                position=last + i,
                visibility="public",
                quotable="role",
                attribution=document.title[:200],  # The column for attributions holds less than a title may.
                said_on=document.dated,
            )
            for i, passage in enumerate(passages, 1)
        ],
    )
    session.execute(
        insert(DocumentPassage),
        [{"source_id": key, "document_id": document_id, "page": p.page} for key, p in zip(keys, passages, strict=True)],
    )
    record(
        session,
        actor=actor,
        action="document.passages_added",
        kind=ThingKind.document,
        object_id=document_id,
        process_id=process_id,
        passages=len(keys),
    )
    session.flush()
    return keys
