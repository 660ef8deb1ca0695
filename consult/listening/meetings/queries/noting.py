"""Reads of notes, with what is known of them beside their source, and of remarks on minutes."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.framework.models import Strategy
from consult.listening.meetings.models import MeetingNote, MeetingRemark, MeetingTable
from consult.listening.meetings.types import NoteRow, RemarkRow
from consult.listening.sources.queries import of_unit


def notes(session: Session, *, meeting_id: uuid.UUID, public_only: bool) -> list[NoteRow]:
    """What was said at a meeting, in order; for the public only what is live and shown."""
    found = of_unit(session, unit_id=meeting_id, live_only=public_only)
    beside = {
        row.source_id: row
        for row in session.execute(
            select(
                MeetingNote.source_id, MeetingNote.table_id, MeetingTable.number, MeetingTable.title, MeetingNote.strategy_id,
                Strategy.code, Strategy.title.label("strategy"), MeetingNote.stance, MeetingNote.round,
            )
            .outerjoin(MeetingTable, MeetingTable.id == MeetingNote.table_id)
            .outerjoin(Strategy, Strategy.id == MeetingNote.strategy_id)
            .where(MeetingNote.meeting_id == meeting_id)
        )
    }  # fmt: skip  # one row of columns reads better so
    rows = []
    for card in found:
        if public_only and card.visibility != "public":
            continue
        more = beside.get(card.id)
        rows.append(
            NoteRow(
                card, more.table_id, more.number, more.title or "", more.strategy_id, more.code, more.strategy, more.stance, more.round
            )
            if more
            else NoteRow(card, None, None, "", None, None, None, None, 1)
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
