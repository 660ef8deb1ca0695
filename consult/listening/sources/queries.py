"""Reads of sources: for the aggregation, for cards on pages, for denominators."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, Uuid, any_, cast, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from consult.core.paging import Page, cursor_key, cursor_number, cut_page, decode_cursor
from consult.framework.models import Municipality, Zone
from consult.listening.sources.models import Source, SourceRevision
from consult.listening.sources.rules import how_it_went, public_card
from consult.listening.sources.types import Denominator, SourceCard, TakenBack

_CARD = (
    Source.id, Source.process_id, Source.text, Source.channel, Source.zone_id, Zone.code, Zone.name, Municipality.name, Source.speaker_kind,
    Source.language, Source.visibility, Source.quotable, Source.attribution, Source.state, Source.said_on, Source.revision, Source.unit_kind,
    Source.unit_id, Source.position, Source.note_kind, Source.agreed, Source.voice_id, Source.asked,
)  # fmt: skip  # the order of SourceCard's fields


def select_cards() -> Select[*tuple[Any, ...]]:
    """The statement that reads the columns of a card, for lists that add their own conditions and order."""
    return (
        select(*_CARD)
        .select_from(Source)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .outerjoin(Municipality, Municipality.id == Source.municipality_id)
    )


def cards(session: Session, *, ids: Sequence[uuid.UUID], public_only: bool) -> dict[uuid.UUID, SourceCard]:
    """Cards of some sources, in one statement. With `public_only` texts that may be neither shown nor quoted are empty."""
    if not ids:
        return {}
    # One array instead of a placeholder for each key: the same statement for two sources and for five thousand.
    wanted = Source.id == any_(literal(list(ids), ARRAY(Uuid)))
    rows = (SourceCard(*row) for row in session.execute(select_cards().where(wanted).order_by(Source.id)))
    return {card.id: public_card(card) if public_only else card for card in rows}


def card(session: Session, *, source_id: uuid.UUID, process_id: uuid.UUID, unread: bool = False) -> SourceCard | None:
    """One source of a process as staff sees it, or None; one that no moderator has read yet only with `unread`."""
    statement = select_cards().where(Source.id == source_id, Source.process_id == process_id)
    if not unread:
        statement = statement.where(Source.state != "waiting")
    row = session.execute(statement).one_or_none()
    return SourceCard(*row) if row else None


def of_unit(session: Session, *, unit_id: uuid.UUID, live_only: bool = False) -> list[SourceCard]:
    """The sources of an interview, meeting, question or document, in their order."""
    statement = select_cards().where(Source.unit_id == unit_id).order_by(Source.position, Source.id)
    if live_only:
        statement = statement.where(Source.state == "live")
    return [SourceCard(*row) for row in session.execute(statement)]


def page_of_unit(
    session: Session,
    *,
    unit_id: uuid.UUID,
    live_only: bool = False,
    cursor: str | None = None,
    size: int = 60,
    last_first: bool = False,
) -> Page[SourceCard]:
    """A page of the sources of an interview, meeting, question or document, in their order or, `last_first`, the other way round."""
    place = tuple_(Source.position, Source.id)
    order = (Source.position.desc(), Source.id.desc()) if last_first else (Source.position, Source.id)
    statement = select_cards().where(Source.unit_id == unit_id).order_by(*order).limit(size + 1)
    if live_only:
        statement = statement.where(Source.state == "live")
    after = decode_cursor(cursor, 2)
    if after:
        start = tuple_(*map(literal, (min(cursor_number(after[0]), 2**31 - 1), cursor_key(after[1]))))
        statement = statement.where(place < start if last_first else place > start)
    rows = [SourceCard(*row) for row in session.execute(statement)]
    return cut_page(rows, size, lambda row: (row.position, row.id))


def ids_of_voice(session: Session, *, voice_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """The sources of one answered questionnaire or interview, by id."""
    return tuple(session.execute(select(Source.id).where(Source.voice_id == voice_id).order_by(Source.id)).scalars())


def denominators(session: Session, *, process_id: uuid.UUID) -> list[Denominator]:
    """Live sources and voices per channel, zone and kind of speaker: the denominators of every share. Channels are never added up."""
    place = (Source.channel, Source.zone_id, Source.speaker_kind)
    # One row per voice first: both groupings hash then, where counting distinct voices would sort every source.
    voices = (
        select(*place, func.count().label("sources"))
        .where(Source.process_id == process_id, Source.state == "live")
        .group_by(*place, func.coalesce(Source.voice_id, Source.id))
        .subquery()
    )
    said = voices.c
    statement = (
        select(said.channel, Zone.code, said.speaker_kind, cast(func.sum(said.sources), Integer), func.count())
        .outerjoin(Zone, Zone.id == said.zone_id)
        .group_by(said.channel, Zone.code, said.speaker_kind)
        .order_by(said.channel, Zone.code, said.speaker_kind)
    )
    return [Denominator(*row) for row in session.execute(statement)]


def revisions(session: Session, *, source_id: uuid.UUID) -> list[SourceRevision]:
    """What a source said before, oldest first; texts redacted for privacy are empty."""
    return list(
        session.execute(
            select(SourceRevision).where(SourceRevision.source_id == source_id).order_by(SourceRevision.revision)
        ).scalars()
    )


def text_then(session: Session, *, source_id: uuid.UUID, at: datetime) -> str | None:
    """What a source said at one moment. None where nothing changed since, or what it said then was redacted for privacy."""
    return session.execute(
        select(SourceRevision.text)
        .where(SourceRevision.source_id == source_id, SourceRevision.changed_at > at)
        .order_by(SourceRevision.revision)
        .limit(1)
    ).scalar_one_or_none()


def stream(session: Session, *, statement: Select[*tuple[Any, ...]], batch: int = 1000) -> Iterator[SourceCard]:
    """Cards of a statement piece by piece, for exports that must not hold everything in memory."""
    for row in session.execute(statement, execution_options={"yield_per": batch}):
        yield SourceCard(*row)


def taken_back(session: Session, *, source_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, TakenBack]:
    """Of the withdrawn among some sources: how they went; in one statement."""
    kept, used = SourceRevision, aliased(SourceRevision)
    last = select(func.max(used.revision)).where(used.source_id == Source.id, used.state != "withdrawn")
    rows = session.execute(
        select(Source.id, Source.consented, kept.change, kept.reason_code, kept.changed_by, kept.state)
        .join(kept, kept.source_id == Source.id)
        .where(
            Source.id.in_(sorted(source_ids)),
            Source.state == "withdrawn",
            kept.revision >= last.correlate(Source).scalar_subquery(),
        )
        .order_by(Source.id, kept.revision)
    )
    return {
        key: how_it_went([(row[2], row[3], row[4], row[5]) for row in changes], consented=changes[0].consented)
        for key, changes in ((key, list(group)) for key, group in groupby(rows, lambda row: row.id))
    }
