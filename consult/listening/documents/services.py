"""Writes on documents: recording one, adding passages."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, ThingKind
from consult.listening.documents import rules
from consult.listening.documents.models import Document, DocumentPassage
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource


def add_document(
    session: Session,
    *,
    process_id: uuid.UUID,
    title: str,
    actor: Actor,
    now: datetime,
    author: str = "",
    dated_on: date | None = None,
    language: str = "it",
) -> uuid.UUID:
    """Record a document."""
    document = Document(process_id=process_id, title=title, author=author, dated_on=dated_on, language=language)
    session.add(document)
    session.flush()
    record(
        session,
        actor=actor,
        action="document.added",
        kind=ThingKind.document,
        object_id=document.id,
        process_id=process_id,
    )
    return document.id


def add_passages(
    session: Session,
    *,
    process_id: uuid.UUID,
    document_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    first_page: int | None = None,
) -> int:
    """Add citable passages, parted by blank lines; returns how many. Each is a public source that is never counted as a voice."""
    document = session.execute(
        select(Document).where(Document.id == document_id, Document.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if document is None:
        raise NotFound("Questo documento non c'è.")
    passages = rules.split_passages(text, first_page)
    if not passages:
        raise Invalid("Nel testo non c'è nessun brano.", {"text": "Incolla almeno un brano."})
    if len(passages) > rules.MAX_PASSAGES:
        raise Invalid("Troppi brani in una volta.", {"text": "Al massimo 2000 brani per volta."})
    start = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == document_id)
    ).scalar_one()
    keys = add_sources(
        session,
        process_id=process_id,
        rows=[
            NewSource(
                channel=Channel.document, text=words, language=document.language, unit_kind="document", unit_id=document_id,
                position=start + number, visibility="public", quotable="name", attribution=document.title, said_on=document.dated_on,
            )
            for number, (words, _page) in enumerate(passages, 1)
        ],
    )  # fmt: skip  # one row of values reads better so
    session.add_all(
        DocumentPassage(source_id=key, document_id=document_id, page=page)
        for key, (_words, page) in zip(keys, passages, strict=True)
    )
    record(
        session, actor=actor, action="document.passages_added", kind=ThingKind.document, object_id=document_id, process_id=process_id,
        passages=len(passages),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(passages)
