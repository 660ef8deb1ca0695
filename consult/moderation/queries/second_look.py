"""Reads of appeals and second readings: what waits for one moderator, and one of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from consult.core import settling
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.queries.queue import PAGE_SIZE, QueueRow, titles
from consult.moderation.types import AppealState, ReadingState

_UNDO_OVER = timedelta(seconds=rules.TELL_AFTER_SECONDS)


def _open_appeals(account_id: uuid.UUID | None, late_before: datetime | None = None) -> tuple[Any, ...]:
    """Appeals one person may answer: not against their own decision, not their own; a manager (`late_before`) only those that waited long."""
    waited = () if late_before is None else (ModerationAppeal.filed_at <= late_before,)
    return (
        *waited,
        ModerationAppeal.state == AppealState.open,
        or_(ModerationAct.acted_by.is_(None), ModerationAct.acted_by != account_id),
        or_(ModerationAppeal.appellant_id.is_(None), ModerationAppeal.appellant_id != account_id),
    )


def _open_readings(account_id: uuid.UUID | None, now: datetime, late_before: datetime | None = None) -> tuple[Any, ...]:
    """Second readings one moderator may make: as the second what another decided, as the third where two others differ; a manager
    (`late_before`) only the latter, where they waited long."""
    states = [ReadingState.waiting, ReadingState.disputed] if late_before is None else [ReadingState.disputed]
    waited = () if late_before is None else (ModerationReading.second_at <= late_before,)
    return (
        *waited,
        ModerationReading.state.in_(states),
        ModerationAct.undone_at.is_(None),
        ModerationAct.acted_at < now - _UNDO_OVER,
        or_(ModerationAct.acted_by.is_(None), ModerationAct.acted_by != account_id),
        or_(ModerationReading.second_by.is_(None), ModerationReading.second_by != account_id),
    )


def _page(session: Session, table: Any, since: Any, conditions: Sequence[Any], cursor: str | None) -> Page[QueueRow]:
    statement = (
        select(table.id, ModerationAct.thing_kind, ModerationAct.thing_id, since)
        .join(ModerationAct, ModerationAct.id == table.act_id)
        .where(*conditions)
    )
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(tuple_(since, table.id) > tuple_(cursor_moment(after[0]), cursor_key(after[1])))
    rows = session.execute(statement.order_by(since, table.id).limit(PAGE_SIZE + 1)).all()
    page = cut_page(rows, PAGE_SIZE, lambda r: (r[3].isoformat(), r[0]))
    words = titles(session, [(row[1], row[2]) for row in page.rows])
    return Page([QueueRow(r[1], r[0], words.get(r[2], ""), r[3]) for r in page.rows], page.next_cursor)


def appeals(
    session: Session,
    *,
    process_id: uuid.UUID,
    account_id: uuid.UUID | None,
    late_before: datetime | None = None,
    cursor: str | None = None,
) -> Page[QueueRow]:
    """Appeals that this person may answer, the longest waiting first; the rows carry the appeals' keys."""
    conditions = (ModerationAppeal.process_id == process_id, *_open_appeals(account_id, late_before))
    return _page(session, ModerationAppeal, ModerationAppeal.filed_at, conditions, cursor)


def readings(
    session: Session,
    *,
    process_id: uuid.UUID,
    account_id: uuid.UUID | None,
    now: datetime,
    late_before: datetime | None = None,
    cursor: str | None = None,
) -> Page[QueueRow]:
    """Second readings that this person may make, the longest waiting first; the rows carry the readings' keys."""
    conditions = (ModerationReading.process_id == process_id, *_open_readings(account_id, now, late_before))
    return _page(session, ModerationReading, ModerationReading.drawn_at, conditions, cursor)


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """An appeal for who may answer it: the decision, its reason, the author's words."""

    id: uuid.UUID
    thing_kind: str
    thing_id: uuid.UUID
    verb: str
    reason_code: str
    note: str
    acted_at: datetime
    words: str
    filed_at: datetime


def to_answer(
    session: Session,
    *,
    process_id: uuid.UUID,
    appeal_id: uuid.UUID,
    account_id: uuid.UUID | None,
    late_before: datetime | None = None,
) -> ToAnswer | None:
    """One open appeal, where this person may answer it."""
    row = session.execute(
        select(
            ModerationAppeal.id, ModerationAct.thing_kind, ModerationAct.thing_id, ModerationAct.verb, ModerationAct.reason_code,
            ModerationAct.note, ModerationAct.acted_at, ModerationAppeal.words, ModerationAppeal.filed_at,
        )
        .join(ModerationAct, ModerationAct.id == ModerationAppeal.act_id)
        .where(
            ModerationAppeal.id == appeal_id, ModerationAppeal.process_id == process_id, *_open_appeals(account_id, late_before)
        )
    ).one_or_none()  # fmt: skip  # one column per name reads better so
    return ToAnswer(*row) if row else None


@dataclass(frozen=True, slots=True)
class ToRead:
    """A text to be read again, when it was decided on, and when a second reader differed. What was decided is not in it."""

    id: uuid.UUID
    thing_kind: str
    thing_id: uuid.UUID
    disputed: bool
    decided_at: datetime
    differed_at: datetime | None


def to_read(
    session: Session,
    *,
    process_id: uuid.UUID,
    reading_id: uuid.UUID,
    account_id: uuid.UUID | None,
    now: datetime,
    late_before: datetime | None = None,
) -> ToRead | None:
    """One second reading, where this person may make it."""
    row = session.execute(
        select(
            ModerationReading.id, ModerationAct.thing_kind, ModerationAct.thing_id, ModerationReading.state == ReadingState.disputed,
            ModerationAct.acted_at, ModerationReading.second_at,
        )
        .join(ModerationAct, ModerationAct.id == ModerationReading.act_id)
        .where(
            ModerationReading.id == reading_id, ModerationReading.process_id == process_id,
            *_open_readings(account_id, now, late_before),
        )
    ).one_or_none()  # fmt: skip  # one column per name reads better so
    return ToRead(*row) if row else None


def waiting_parts(*, process_ids: Sequence[uuid.UUID], account_id: uuid.UUID | None, now: datetime) -> tuple[Any, Any]:
    """(process, code, how many, since when) of the appeals and the second readings that wait for a moderator, for one statement of several."""
    return _parts(process_ids, account_id, now)


def late_parts(*, process_ids: Sequence[uuid.UUID], account_id: uuid.UUID | None, now: datetime) -> tuple[Any, Any]:
    """The same of those that nobody looked at for two weeks, which wait for a manager."""
    return _parts(process_ids, account_id, now, late_before=settling.late(now), suffix="_late")


def _parts(
    process_ids: Sequence[uuid.UUID],
    account_id: uuid.UUID | None,
    now: datetime,
    *,
    late_before: datetime | None = None,
    suffix: str = "",
) -> tuple[Any, Any]:

    def part(code: str, table: Any, since: Any, conditions: Sequence[Any]) -> Any:
        return (
            select(
                table.process_id.label("process_id"), cast(literal(code), String).label("code"), func.count().label("number"),
                func.min(since).label("since"),
            )
            .join(ModerationAct, ModerationAct.id == table.act_id)
            .where(table.process_id.in_(process_ids), *conditions)
            .group_by(table.process_id)
        )  # fmt: skip  # one column per name reads better so

    return (
        part(f"appeals{suffix}", ModerationAppeal, ModerationAppeal.filed_at, _open_appeals(account_id, late_before)),
        part(
            f"second_readings{suffix}",
            ModerationReading,
            ModerationReading.drawn_at,
            _open_readings(account_id, now, late_before),
        ),
    )


def numbers(
    session: Session,
    *,
    process_id: uuid.UUID,
    account_id: uuid.UUID | None,
    now: datetime,
    late_before: datetime | None = None,
) -> dict[str, int]:
    """How many appeals and second readings wait for this person in a process, by code; in one statement."""
    parts = _parts([process_id], account_id, now, late_before=late_before)
    return {code: number for _process_id, code, number, _since in session.execute(union_all(*parts))}
