"""Writes on documents, their files and their passages."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.reading.running import BRIEF, LONG, Patience, Told, read_blocks
from consult.core.sentences import Sentence, parts_of
from consult.core.vocabulary import Channel, ThingKind
from consult.files import queries as files
from consult.files.services import content, forget, keep
from consult.files.types import FileKind, Upload
from consult.listening.documents.models import Document, DocumentParagraph, DocumentPassage
from consult.listening.documents.rules import Passage, is_large, paragraphs_of, split_passages
from consult.listening.sources.models import Source
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.ports.storage import Storage
from consult.process.queries import slug_of

TOPIC = "documents.read_file"
CITED = Sentence("Da questo file sono già stati scelti dei passaggi: un’altra edizione è un altro documento.")


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
            raise NotFound("Questo documento non c’è.")
        raise Conflict(
            "Qualcun altro ha salvato questo documento mentre lo modificavi.",
            link_endpoint="documents.edit",
            link_values={"slug": slug_of(session, process_id=process_id), "document_id": str(document_id)},
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
    document = _locked(session, process_id, document_id)
    passages = split_passages(text, page)
    if not passages:
        raise Invalid("Serve almeno un passaggio.", {"text": "Scrivi o incolla almeno un passaggio."})
    return _write(session, document, passages, actor=actor)


def _write(session: Session, document: Document, passages: Sequence[Passage], *, actor: Actor) -> list[uuid.UUID]:
    """Make passages sources, after those that are there. The caller holds the document."""
    last = session.execute(
        select(func.coalesce(func.max(Source.position), 0)).where(Source.unit_id == document.id)
    ).scalar_one()
    keys = add_sources(
        session,
        process_id=document.process_id,
        rows=[
            NewSource(
                channel=Channel.document,
                text=passage.text,
                unit_kind=str(ThingKind.document),
                unit_id=document.id,
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
        [{"source_id": key, "document_id": document.id, "page": p.page} for key, p in zip(keys, passages, strict=True)],
    )
    record(
        session,
        actor=actor,
        action="document.passages_added",
        kind=ThingKind.document,
        object_id=document.id,
        process_id=document.process_id,
        passages=len(keys),
    )
    session.flush()
    return keys


def _locked(session: Session, process_id: uuid.UUID, document_id: uuid.UUID) -> Document:
    document = session.execute(
        select(Document).where(Document.id == document_id, Document.process_id == process_id).with_for_update()
    ).scalar_one_or_none()
    if document is None:
        raise NotFound("Questo documento non c’è.")
    return document


def bring_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    document_id: uuid.UUID,
    upload: Upload,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> int | None:
    """Keep the document's own file and read its paragraphs, to choose passages from; returns how many. None is a source yet.

    A long file is read by the worker: nothing is returned then. Another file may take its place until a passage was chosen from it.
    Raises Invalid with a sentence at `file`.
    """
    document = _locked(session, process_id, document_id)
    if _is_cited(session, document_id):
        raise Invalid(CITED, {"file": CITED})
    large = is_large(upload.kind, len(upload.data))
    paragraphs = [] if large else _paragraphs(upload.data, upload.kind)
    file_id = keep(session, upload=upload, process_id=process_id, storage=storage, actor=actor, now=now)
    replaced, document.coming_id = document.coming_id, file_id
    document.seen, document.total, document.failure = 0, 0, None
    session.flush()
    forget(session, file_ids=[replaced] if replaced else [])
    if large:
        jobs.enqueue(session, TOPIC, key=file_id, document_id=document_id, file_id=file_id)
    else:
        _put_in_place(session, document, paragraphs)
    record(
        session, actor=actor, action="document.file_brought", kind=ThingKind.document, object_id=document_id, process_id=process_id,
        paragraphs=len(paragraphs),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return None if large else len(paragraphs)


def read_file(
    session: Session, *, document_id: uuid.UUID, file_id: uuid.UUID, storage: Storage, told: Told | None = None
) -> None:
    """Read a long file that was brought: safe to run again.

    It takes the place of the one before once it is read; one that can't be read goes, the document says why, and all stays as it was.
    """
    # Not held meanwhile: how far it is stands in transactions of their own, and another file may take its place.
    process_id = session.execute(
        select(Document.process_id).where(Document.id == document_id, Document.coming_id == file_id)
    ).scalar_one_or_none()
    found = files.one(session, file_id=file_id, process_id=process_id) if process_id else None
    if found is None:
        return
    paragraphs: list[Passage] = []
    failure: str | None = None
    try:
        paragraphs = _paragraphs(content(found, storage=storage), found.kind, patience=LONG, told=told)
    except (Invalid, NotFound) as error:
        failure = error.said_of("file")
    document = session.execute(
        select(Document).where(Document.id == document_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if document is None or document.coming_id != file_id:
        return
    if failure is None and _is_cited(session, document_id):
        failure = CITED
    if failure is None:
        _put_in_place(session, document, paragraphs)
    else:
        document.coming_id, document.failure = None, parts_of(failure)
        session.flush()
        forget(session, file_ids=[file_id])


def note_pages(session: Session, *, document_id: uuid.UUID, seen: int, total: int) -> None:
    """How far the worker is, in a transaction of its own."""
    session.execute(update(Document).where(Document.id == document_id).values(seen=seen, total=total))


def fail_reading(session: Session, *, document_id: uuid.UUID, file_id: uuid.UUID) -> None:
    """Say that a fault stopped the reading, in a transaction of its own: the file goes, all stays as it was, it may be brought again."""
    why = Sentence("La lettura si è fermata per un guasto: carica di nuovo il file.")
    stopped = (
        update(Document)
        .where(Document.id == document_id, Document.coming_id == file_id)
        .values(coming_id=None, failure=parts_of(why))
        .returning(Document.id)
    )
    if session.execute(stopped).scalar_one_or_none() is not None:
        forget(session, file_ids=[file_id])


def _paragraphs(data: bytes, kind: str, *, patience: Patience = BRIEF, told: Told | None = None) -> list[Passage]:
    """The paragraphs of a file. Raises Invalid with a sentence at `file`."""
    read_as = "text" if kind in {FileKind.csv, FileKind.json} else str(kind)
    paragraphs = paragraphs_of(read_blocks(data, read_as, patience=patience, told=told))
    if not paragraphs:
        sentence = "Nel file non c’è testo da citare."
        raise Invalid(sentence, {"file": sentence})
    return paragraphs


def _is_cited(session: Session, document_id: uuid.UUID) -> bool:
    chosen = select(DocumentParagraph.position).where(
        DocumentParagraph.document_id == document_id, DocumentParagraph.source_id.is_not(None)
    )
    return session.execute(chosen.limit(1)).scalar_one_or_none() is not None


def _put_in_place(session: Session, document: Document, paragraphs: Sequence[Passage]) -> None:
    """Put the file that was coming, and its paragraphs, in the place of those that were there."""
    old, document.file_id, document.coming_id = document.file_id, document.coming_id, None
    session.flush()
    forget(session, file_ids=[old] if old else [])
    session.execute(delete(DocumentParagraph).where(DocumentParagraph.document_id == document.id))
    if paragraphs:
        session.execute(
            insert(DocumentParagraph),
            [
                {"document_id": document.id, "position": i, "page": paragraph.page, "text": paragraph.text}
                for i, paragraph in enumerate(paragraphs, 1)
            ],
        )


def choose_paragraphs(
    session: Session,
    *,
    process_id: uuid.UUID,
    document_id: uuid.UUID,
    positions: Collection[int],
    actor: Actor,
    now: datetime,
) -> list[uuid.UUID]:
    """Make paragraphs of the file passages to cite, each with its page; those that are already are left alone. Returns the new sources."""
    document = _locked(session, process_id, document_id)
    rows = (
        session.execute(
            select(DocumentParagraph)
            .where(
                DocumentParagraph.document_id == document_id,
                DocumentParagraph.position.in_(sorted(positions)),
                DocumentParagraph.source_id.is_(None),
            )
            .order_by(DocumentParagraph.position)
        )
        .scalars()
        .all()
    )
    if not rows:
        raise Invalid(
            "Serve almeno un paragrafo.", {"positions": "Scegli almeno un paragrafo che non è già tra i passaggi."}
        )
    keys = _write(session, document, [Passage(row.text, row.page) for row in rows], actor=actor)
    for row, key in zip(rows, keys, strict=True):
        row.source_id = key
    session.flush()
    return keys
