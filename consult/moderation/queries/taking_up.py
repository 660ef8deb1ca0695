"""What may be taken up into actions beside proposals: published findings and public notes of meetings, with the actions they are in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.orm import Session

from consult.core.paging import Page, cursor_key, cursor_moment, cursor_number, cut_page, decode_cursor
from consult.core.vocabulary import Channel, ThingKind
from consult.framework.models import Strategy
from consult.listening.meetings.models import Meeting, MeetingNote
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.queries.queue import first_words
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.plan.queries import ActionCard
from consult.plan.rules import OPEN_TO_PROPOSALS
from consult.position_paper.models import PaperVersion, PublishedFinding

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class TakeUpRow:
    """A finding or a note in the list, with the actions that rest on it. `number` and `meeting` as far as the kind has them."""

    kind: str
    id: uuid.UUID
    title: str
    number: int | None
    strategy_id: uuid.UUID | None
    strategy_code: str | None
    meeting: str
    place: tuple[Any, ...]
    actions: Sequence[ActionCard] = ()


def findings(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID | None = None,
    bare: bool = False,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[TakeUpRow]:
    """Findings of the latest published version in order of number; `bare` only those that no action rests on. Two statements."""
    latest = select(func.max(PaperVersion.number)).where(PaperVersion.process_id == process_id).scalar_subquery()
    statement = (
        select(PublishedFinding.finding_id, PublishedFinding.title, PublishedFinding.number, Strategy.id, Strategy.code)
        .join(PaperVersion, PaperVersion.id == PublishedFinding.version_id)
        .outerjoin(Strategy, Strategy.id == PublishedFinding.strategy_id)
        .where(PaperVersion.process_id == process_id, PaperVersion.number == latest)
    )
    if strategy_id:
        statement = statement.where(PublishedFinding.strategy_id == strategy_id)
    if bare:
        statement = statement.where(
            ~exists().where(Promotion.finding_id == PublishedFinding.finding_id, Promotion.ended_at.is_(None))
        )
    after = decode_cursor(cursor, 1)
    if after:
        statement = statement.where(PublishedFinding.number > cursor_number(after[0]))
    found = session.execute(statement.order_by(PublishedFinding.number).limit(size + 1)).all()
    rows = [TakeUpRow("finding", r[0], r[1], r[2], r[3], r[4], "", (r[2],)) for r in found]
    page = cut_page(rows, size, lambda row: row.place)
    actions = plan.of_findings(session, finding_ids=[row.id for row in page.rows])
    return Page([_with(row, actions) for row in page.rows], page.next_cursor)


def notes(
    session: Session,
    *,
    process_id: uuid.UUID,
    strategy_id: uuid.UUID | None = None,
    bare: bool = False,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[TakeUpRow]:
    """Public notes of meetings, the latest meeting first; `bare` only those that no action rests on. Two statements."""
    statement = (
        select(Source.id, Source.text, Strategy.id, Strategy.code, Meeting.title, Meeting.starts_at)
        .join(Meeting, Meeting.id == Source.unit_id)
        .outerjoin(MeetingNote, MeetingNote.source_id == Source.id)
        .outerjoin(Strategy, Strategy.id == MeetingNote.strategy_id)
        .where(
            Source.process_id == process_id,
            Source.channel == Channel.meeting,
            Source.state == "live",
            Source.visibility == "public",
        )
    )
    if strategy_id:
        statement = statement.where(MeetingNote.strategy_id == strategy_id)
    if bare:
        statement = statement.where(~exists().where(Promotion.source_id == Source.id, Promotion.ended_at.is_(None)))
    after = decode_cursor(cursor, 2)
    if after:
        statement = statement.where(
            tuple_(Meeting.starts_at, Source.id) < tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        )
    found = session.execute(statement.order_by(Meeting.starts_at.desc(), Source.id.desc()).limit(size + 1)).all()
    rows = [
        TakeUpRow("source", r[0], first_words(r[1], 160), None, r[2], r[3], r[4], (r[5].isoformat(), r[0]))
        for r in found
    ]
    page = cut_page(rows, size, lambda row: row.place)
    actions = plan.of_sources(session, source_ids=[row.id for row in page.rows])
    return Page([_with(row, actions) for row in page.rows], page.next_cursor)


def _with(row: TakeUpRow, actions: dict[uuid.UUID, list[ActionCard]]) -> TakeUpRow:
    return TakeUpRow(
        row.kind, row.id, row.title, row.number, row.strategy_id, row.strategy_code, row.meeting, row.place, actions.get(row.id, ())
    )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link from a finding or a note to an action, as it stands."""

    act_id: uuid.UUID | None
    action: ActionCard
    passage: str
    reason_code: str
    reason: str
    body: str


def links(session: Session, *, kind: ThingKind, thing_id: uuid.UUID) -> tuple[int, list[LinkRow]]:
    """How many links the thing ever had, and those that stand, by code; in one statement."""
    thing = Promotion.finding_id if kind is ThingKind.finding else Promotion.source_id
    rows = session.execute(
        select(
            Promotion.ended_at, Promotion.cause_id, Promotion.passage, Promotion.reason_code, Promotion.reason, Promotion.body,
            DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id,
        )
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(thing == thing_id)
        .order_by(DraftAction.code, Promotion.id)
    ).all()  # fmt: skip  # one column per name reads better so
    standing = [LinkRow(r[1], ActionCard(*r[6:]), *r[2:6]) for r in rows if r[0] is None]
    return len(rows), standing


def may_be_put_back(session: Session, *, act_id: uuid.UUID, account_id: uuid.UUID | None, now: datetime) -> bool:
    """Whether this person ended the link just now, and may still let it stand again."""
    row = session.execute(
        select(Promotion.ended_by, Promotion.ended_at)
        .where(Promotion.cause_id == act_id, Promotion.proposal_id.is_(None), Promotion.ended_at.is_not(None))
        .limit(1)
    ).first()
    return row is not None and rules.may_undo(by=row.ended_by, who=account_id, at=row.ended_at, now=now)


def open_actions(session: Session, *, process_id: uuid.UUID) -> list[ActionCard]:
    """Actions of the whole plan that can still take something up, in the plan's order, for a form."""
    rows = session.execute(
        select(DraftAction.id, DraftAction.code, DraftAction.title, DraftAction.state, DraftAction.strategy_id)
        .join(Strategy, Strategy.id == DraftAction.strategy_id)
        .where(DraftAction.process_id == process_id, DraftAction.state.in_([str(s) for s in OPEN_TO_PROPOSALS]))
        .order_by(Strategy.position, DraftAction.number)
    )
    return [ActionCard(*row) for row in rows]


def strategy_of_note(session: Session, *, source_id: uuid.UUID) -> uuid.UUID | None:
    """The strategy that who took the note heard in it, where they named one."""
    return session.execute(
        select(MeetingNote.strategy_id).where(MeetingNote.source_id == source_id)
    ).scalar_one_or_none()
