"""The door and the store."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.core import jobs
from consult.core.errors import NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.files.models import StoredFile
from consult.files.rules import MAXIMUM_BYTES, clean_name, kind_of, promises_another, refuse, without_traces
from consult.files.types import FileKind, FileRow, Upload
from consult.ports.storage import Storage

#: No request and no task lasts this long.
SPARE = timedelta(hours=6)


def read_upload(
    stream: IO[bytes] | None,
    name: str | None,
    *,
    kinds: Collection[FileKind],
    maximum: int = MAXIMUM_BYTES,
    bare: bool = False,
) -> Upload:
    """Let a file in: at most `maximum` bytes, of one of `kinds` by its content. Raises Invalid with a sentence at `file`.

    `bare`: pictures lose what cameras and programs wrote beside them, for files that anyone may open.
    """
    if stream is None or not name:
        raise refuse("Scegli un file.")
    data = stream.read(maximum + 1)
    if len(data) > maximum:
        raise refuse(
            Sentence("Il file è troppo grande: può avere al massimo %(n)s MB.", n=maximum // (1024 * 1024) or 1)
        )
    kind = kind_of(data)
    if kind not in kinds:
        wanted = ", ".join(sorted({"text": "txt"}.get(each, str(each)) for each in kinds)).upper()
        raise refuse(Sentence("Questo tipo di file qui non serve. Si può caricare: %(kinds)s.", kinds=wanted))
    if promises_another(name, kind):
        raise refuse("Il contenuto non corrisponde al tipo di file.")
    return Upload(clean_name(name, kind), kind, without_traces(data, kind) if bare else data)


def read_once(stream: IO[bytes] | None, name: str | None, *, maximum: int) -> bytes:
    """The bytes of a file that a child reads at once, whatever it is, and that is never kept or served. Raises Invalid at `file`."""
    if stream is None or not name:
        raise refuse("Scegli un file.")
    data = stream.read(maximum + 1)
    if len(data) > maximum:
        raise refuse(
            Sentence("Il file è troppo grande: può avere al massimo %(n)s MB.", n=maximum // (1024 * 1024) or 1)
        )
    if not data:
        raise refuse("Il file è vuoto.")
    return data


def keep(
    session: Session, *, upload: Upload, process_id: uuid.UUID | None, storage: Storage, actor: Actor, now: datetime
) -> uuid.UUID:
    """Store a file; returns its key. The bytes are written first: a rollback leaves bytes that nobody points at, never a row without bytes."""
    key = secrets.token_hex(16)
    storage.put(key, upload.data)
    file = StoredFile(
        process_id=process_id,
        storage_key=key,
        name=upload.name,
        kind=str(upload.kind),
        size=len(upload.data),
        digest=hashlib.sha256(upload.data).digest(),
        uploaded_by=actor.account_id,
        uploaded_at=now,
    )
    session.add(file)
    session.flush()
    return file.id


def keep_written(
    session: Session,
    *,
    path: Path,
    name: str,
    kind: FileKind,
    process_id: uuid.UUID | None,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Store a file that we wrote ourselves, however large: it is never whole in memory. The file at `path` is gone afterwards."""
    key, digest, size = secrets.token_hex(16), hashlib.sha256(), path.stat().st_size
    with path.open("rb") as stream:
        while piece := stream.read(256 * 1024):
            digest.update(piece)
    storage.take(key, path)
    file = StoredFile(
        process_id=process_id, storage_key=key, name=clean_name(name, kind), kind=str(kind), size=size, digest=digest.digest(),
        uploaded_by=actor.account_id, uploaded_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(file)
    session.flush()
    return file.id


def content(file: FileRow, *, storage: Storage) -> bytes:
    """The bytes of a stored file. Raises NotFound where the storage has lost them."""
    try:
        return storage.get(file.storage_key)
    except FileNotFoundError as error:
        raise NotFound("Questo file non c’è più.") from error


def forget(session: Session, *, file_ids: Sequence[uuid.UUID]) -> None:
    """Forget files that nothing names any more: rows now, bytes at the next sweep, so that a rollback loses nothing."""
    if file_ids:
        session.execute(delete(StoredFile).where(StoredFile.id.in_(file_ids)))


def ask_for_sweep(session: Session, *, now: datetime) -> None:
    """Once a day, ask for bytes that no row names to be removed."""
    jobs.enqueue(session, "files.sweep", key=now.date().isoformat(), day=now.date().isoformat())


def sweep(session: Session, *, storage: Storage, now: datetime, spare: timedelta = SPARE) -> int:
    """Remove bytes that no row names: of uploads that were cut short, and of forgotten files; returns how many.

    Bytes younger than `spare` stay: the transaction that names them may not have ended.
    """
    removed = 0
    waiting = storage.keys(before=now - spare)
    while keys := list(itertools.islice(waiting, 500)):
        known = set(session.execute(select(StoredFile.storage_key).where(StoredFile.storage_key.in_(keys))).scalars())
        for key in keys:
            if key not in known:
                storage.delete(key)
                removed += 1
    return removed


class _PersonalData:
    """Implements `core.protocols.PersonalData` for files: they belong to the process, the uploader's name goes."""

    name = "file_caricati"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Names of the files the person uploaded."""
        rows = session.execute(
            select(StoredFile.name, StoredFile.kind, StoredFile.size, StoredFile.uploaded_at)
            .where(StoredFile.uploaded_by == account_id)
            .order_by(StoredFile.uploaded_at, StoredFile.id)
        )
        return [
            {"name": row.name, "kind": row.kind, "size": row.size, "uploaded_at": row.uploaded_at.isoformat()}
            for row in rows
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Forget who uploaded, and the names they gave their files."""
        mine = StoredFile.uploaded_by == account_id
        session.execute(update(StoredFile).where(mine).values(uploaded_by=None, name=StoredFile.kind))


PERSONAL_DATA = _PersonalData()
