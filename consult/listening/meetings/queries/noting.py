"""Reads of notes, with what is known of them beside their source, and of remarks on minutes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from consult.core.paging import Page
from consult.framework.models import Strategy
from consult.listening.meetings.models import MeetingNote, MeetingRemark, MeetingTable
from consult.listening.meetings.types import NoteRow, RemarkRow
from consult.listening.sources.models import Source
from consult.listening.sources.queries import card, of_unit, page_of_unit
from consult.listening.sources.types import SourceCard

NOTES_PER_PAGE = 40


def notes(session: Session, *, meeting_id: uuid.UUID, public_only: bool) -> list[NoteRow]:
    """What was said at a meeting, in order; for the public only what is live and shown."""
    found = of_unit(session, unit_id=meeting_id, live_only=public_only)
    shown = [card for card in found if not public_only or card.visibility == "public"]
    return _with_the_rest(session, shown, MeetingNote.meeting_id == meeting_id)


def last_notes(session: Session, *, meeting_id: uuid.UUID, cursor: str | None = None) -> Page[NoteRow]:
    """A page of what was said at a meeting, the last first; with how many there are in all."""
    page = page_of_unit(session, unit_id=meeting_id, cursor=cursor, size=NOTES_PER_PAGE, last_first=True)
    total = session.execute(select(func.count()).where(Source.unit_id == meeting_id)).scalar_one()
    rows = _with_the_rest(session, page.rows, MeetingNote.source_id.in_([card.id for card in page.rows]))
    return Page(rows, page.next_cursor, total)


def one_note(session: Session, *, process_id: uuid.UUID, meeting_id: uuid.UUID, source_id: uuid.UUID) -> NoteRow | None:
    """One thing that was said at a meeting, or None."""
    found = card(session, source_id=source_id, process_id=process_id)
    if found is None or found.unit_id != meeting_id:
        return None
    return _with_the_rest(session, [found], MeetingNote.source_id == source_id)[0]


def _with_the_rest(session: Session, cards: Sequence[SourceCard], which: ColumnElement[bool]) -> list[NoteRow]:
    """Notes with what is known of them beside their source; in one statement."""
    beside = {
        row.source_id: row
        for row in session.execute(
            select(
                MeetingNote.source_id, MeetingNote.table_id, MeetingTable.number, MeetingTable.title, MeetingNote.strategy_id,
                Strategy.code, Strategy.title.label("strategy"), MeetingNote.stance, MeetingNote.round,
            )
            .outerjoin(MeetingTable, MeetingTable.id == MeetingNote.table_id)
            .outerjoin(Strategy, Strategy.id == MeetingNote.strategy_id)
            .where(which)
        )
    }  # fmt: skip  # one row of columns reads better so
    rows = []
    for said in cards:
        more = beside.get(said.id)
        rows.append(
            NoteRow(
                said, more.table_id, more.number, more.title or "", more.strategy_id, more.code, more.strategy, more.stance, more.round
            )
            if more
            else NoteRow(said, None, None, "", None, None, None, None, 1)
        )  # fmt: skip  # one row of values reads better so
    return rows


def remarks(session: Session, *, meeting_id: uuid.UUID) -> list[RemarkRow]:
    """What attendees said of the minutes, oldest first."""
    statement = (
        select(
            MeetingRemark.id, MeetingRemark.source_id, MeetingRemark.text, MeetingRemark.name, MeetingRemark.state,
            MeetingRemark.answer, MeetingRemark.made_at,
        )
        .where(MeetingRemark.meeting_id == meeting_id)
        .order_by(MeetingRemark.made_at, MeetingRemark.id)
    )  # fmt: skip  # the order of RemarkRow's fields
    return [RemarkRow(*row) for row in session.execute(statement)]
