"""A document of the demonstration that comes as a file: typeset here, brought through the same door as any other, cited by page."""

from __future__ import annotations

import io
import json
import shutil
import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from config import Settings
from consult.core.permissions import Actor
from consult.demo.texts import DATA
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.listening.documents import queries, services
from consult.ports.storage import storage_for
from consult.ports.typesetting import short_lived_folder, typeset

FILE_NAME = "leggere-un-territorio.pdf"


def bring_printed(
    session: Session, *, process_id: uuid.UUID, settings: Settings, actor: Actor, now: datetime
) -> uuid.UUID:
    """Typeset the document, bring its file, and choose the paragraphs that are meant to be cited; returns the document."""
    wanted = json.loads((DATA / "printed.json").read_text("utf-8"))
    with short_lived_folder() as folder:
        shutil.copyfile(DATA / "printed.typ", folder / "printed.typ")
        made = typeset(folder, "printed.typ", wanted, settings=settings, now=now)
    document_id = services.add_document(
        session, process_id=process_id, title=wanted["title"], author=wanted["author"], dated=now.date(), actor=actor, now=now
    )  # fmt: skip  # one row of values reads better so
    services.bring_file(
        session, process_id=process_id, document_id=document_id, storage=storage_for(settings), actor=actor, now=now,
        upload=read_upload(io.BytesIO(made), FILE_NAME, kinds={FileKind.pdf}),
    )  # fmt: skip  # one row of values reads better so
    starts = [p["text"][:40] for page in wanted["pages"] for p in page["paragraphs"] if p.get("cite")]
    read = queries.paragraphs(session, document_id=document_id).rows
    services.choose_paragraphs(
        session, process_id=process_id, document_id=document_id, actor=actor, now=now,
        positions=[row.position for row in read if row.text.startswith(tuple(starts))],
    )  # fmt: skip  # one row of values reads better so
    return document_id
