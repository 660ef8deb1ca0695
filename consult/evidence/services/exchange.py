"""Codebooks in and out as REFI-QDA files."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.normalise import UnreadableText, clean_text
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Code, CodeSet
from consult.evidence.queries.codebook import borrowed
from consult.evidence.rules import BookCode, BookSet, Codebook
from consult.evidence.rules.exchange import EXAMPLE
from consult.evidence.services.codebook import hold
from consult.evidence.types import CodebookReport, Trail


def export_codebook(session: Session, *, process_id: uuid.UUID) -> Codebook:
    """The codes in use and their sets. Merged and split codes stay here: a file has no room for lineage."""
    rows = session.execute(
        select(Code).where(Code.process_id == process_id, Code.state == "live").order_by(Code.position, Code.name, Code.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    gone = borrowed(session, process_id=process_id)
    below: dict[uuid.UUID | None, list[Code]] = {}
    known = {row.id for row in rows}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)

    def made(row: Code) -> BookCode:
        description = row.definition + (f"{EXAMPLE}{row.example}" if row.example and row.id not in gone else "")
        return BookCode(
            row.guid,
            row.name,
            row.codable,
            row.colour,
            description.strip(),
            tuple(made(child) for child in below.get(row.id, [])),
        )

    sets = session.execute(
        select(CodeSet).where(CodeSet.process_id == process_id).order_by(CodeSet.position, CodeSet.id)
    ).scalars()
    guids = {row.guid for row in rows}
    return Codebook(
        tuple(made(row) for row in below.get(None, [])),
        tuple(
            BookSet(one.guid, one.name, one.description, tuple(g for m in one.members if (g := uuid.UUID(m)) in guids)) for one in sets
        ),
    )  # fmt: skip  # one row of values reads better so


def import_codebook(
    session: Session, *, process_id: uuid.UUID, book: Codebook, actor: Actor, now: datetime, trail: Trail | None = None
) -> CodebookReport:
    """Add the codes of a file; those whose identifier is already here are brought up to date. Importing twice adds nothing.

    `trail` takes down what was added and what stood there before.
    """
    hold(session, process_id)
    trail = trail if trail is not None else Trail()
    here = {
        row.guid: row
        for row in session.execute(select(Code).where(Code.process_id == process_id).order_by(Code.id)).scalars()
    }
    names = {(row.parent_id, row.name.lower()): row for row in here.values() if row.state == "live"}
    last = session.execute(
        select(func.coalesce(func.max(Code.position), 0)).where(Code.process_id == process_id, Code.parent_id.is_(None))
    ).scalar_one()
    notes = list(book.notes)
    ids: dict[uuid.UUID, uuid.UUID] = {}
    added = changed = unchanged = 0
    for code, above, place in book.walk():
        definition, example = _parts(code.description)
        name = _clean(code.name)
        parent_id = ids[above.guid] if above else None
        found = here.get(code.guid)
        if found is not None and found.state in {"merged", "split"}:
            notes.append(Sentence("%(name)s: qui è stato unito o diviso, e resta così.", name=name))
            ids[code.guid] = found.merged_into_id or found.id
            unchanged += 1
            continue
        if found is None:
            twin = names.get((parent_id, name.lower()))
            if twin is not None and twin.guid != code.guid:
                notes.append(
                    Sentence(
                        "%(name)s: qui c’era già un codice con questo nome nello stesso posto, con altro identificativo.",
                        name=name,
                    )
                )
            key = uuid.uuid4()
            made = Code(
                id=key, process_id=process_id, guid=code.guid, parent_id=parent_id, position=place + (0 if above else last), name=name,
                definition=definition, example=example, colour=code.colour, codable=code.codable, made_by=actor.account_id, made_at=now,
            )  # fmt: skip  # one row of values reads better so
            ids[code.guid] = key
            added += 1
            trail.codes_added.append(key)
            session.add(made)
            session.flush()
            continue
        ids[code.guid] = found.id
        values = {
            "name": name, "definition": definition, "example": example, "colour": code.colour, "codable": code.codable,
            "parent_id": parent_id,
        }  # fmt: skip  # one row of values reads better so
        back = found.state == "withdrawn"
        if not back and all(getattr(found, field) == value for field, value in values.items()):
            unchanged += 1
            continue
        if back:
            # An earlier import of it was taken back: it comes in anew, under the key it had.
            added += 1
            trail.codes_added.append(found.id)
        else:
            changed += 1
            before = {field: getattr(found, field) for field in values}
            trail.codes_changed.append((found.id, found.version + 1, before))
        for field, value in values.items():
            setattr(found, field, value)
        found.state, found.version = "live", found.version + 1
    _sets(session, process_id, book, trail)
    record(
        session, actor=actor, action="codebook.imported", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        added=added, changed=changed,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return CodebookReport(added, changed, unchanged, len(book.sets), tuple(notes))


def _sets(session: Session, process_id: uuid.UUID, book: Codebook, trail: Trail) -> None:
    here = {row.guid: row for row in session.execute(select(CodeSet).where(CodeSet.process_id == process_id)).scalars()}
    for place, one in enumerate(book.sets, 1):
        row = here.get(one.guid)
        if row is None:
            row = CodeSet(process_id=process_id, guid=one.guid, position=len(here) + place)
            session.add(row)
            trail.sets_added.append(one.guid)
        else:
            trail.sets_changed.append((one.guid, row.name, row.description, list(row.members)))
        row.name, row.description, row.members = (
            one.name,
            _clean(one.description),
            [str(member) for member in one.members],
        )


def _clean(text: str) -> str:
    try:
        return clean_text(text)
    except UnreadableText:
        return clean_text(text.replace("\x00", "").encode("utf-8", "ignore").decode())


def _parts(description: str) -> tuple[str, str]:
    """Definition and example of a description that this program wrote; another's is all definition."""
    definition, mark, example = _clean(description).partition(EXAMPLE)
    if not mark and definition.startswith(EXAMPLE.strip() + " "):
        return "", definition.removeprefix(EXAMPLE.strip() + " ")
    return definition, example
