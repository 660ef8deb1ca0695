"""Reads of decisions that took somebody's text away, as its author may read them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from consult.coplanning.opinions.models import OpinionStatement
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.core.vocabulary import ThingKind
from consult.discussion.models import Comment
from consult.listening.contributions.models import Contribution
from consult.listening.sources.models import Source
from consult.moderation import rules
from consult.moderation.models import ModerationAct, ModerationAppeal
from consult.moderation.queries.waiting import is_latest
from consult.moderation.types import Verb

_AWAY = [str(verb) for verb in rules.TAKING_AWAY]


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """A decision on somebody's text as its author may read it, with their appeal. `body`: what stands under a title, where there is one."""

    act_id: uuid.UUID
    process_id: uuid.UUID
    thing_kind: str
    thing_id: uuid.UUID
    author_id: uuid.UUID
    text: str
    body: str
    verb: str
    reason_code: str
    acted_at: datetime
    acted_by: uuid.UUID | None
    latest: bool
    appeal_id: uuid.UUID | None
    appeal_state: str | None
    words: str
    answer: str
    filed_at: datetime | None
    decided_at: datetime | None


def _author(act: ModerationAct) -> Any:
    return {
        ThingKind.proposal: select(Proposal.author_id, Proposal.title, Proposal.text).where(
            Proposal.id == act.thing_id
        ),
        ThingKind.comment: select(Comment.author_id, Comment.text, literal("")).where(Comment.id == act.thing_id),
        ThingKind.amendment: select(Amendment.author_id, Amendment.title, Amendment.text).where(
            Amendment.id == act.thing_id
        ),
        ThingKind.source: select(Contribution.account_id, Source.text, literal(""))
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.source_id == act.thing_id),
        ThingKind.statement: select(OpinionStatement.author_id, OpinionStatement.text, literal("")).where(
            OpinionStatement.id == act.thing_id, OpinionStatement.origin == "participant"
        ),
    }[ThingKind(act.thing_kind)]


def own_decision(session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID) -> OwnDecision | None:
    """A decision that took somebody's text away, with who wrote it; None where it was undone or nobody known wrote the text."""
    row = session.execute(
        select(ModerationAct, ModerationAppeal)
        .outerjoin(ModerationAppeal, ModerationAppeal.act_id == ModerationAct.id)
        .where(
            ModerationAct.id == act_id,
            ModerationAct.process_id == process_id,
            ModerationAct.verb.in_(_AWAY),
            ModerationAct.undone_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    act, appeal = row
    written = session.execute(_author(act)).one_or_none()
    if written is None or written[0] is None:
        return None
    return OwnDecision(
        act.id, act.process_id, act.thing_kind, act.thing_id, written[0], written[1], written[2], act.verb, act.reason_code, act.acted_at,
        act.acted_by, is_latest(session, act=act), appeal.id if appeal else None, appeal.state if appeal else None,
        appeal.words if appeal else "", appeal.answer if appeal else "", appeal.filed_at if appeal else None,
        appeal.decided_at if appeal else None,
    )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class AwayRow:
    """One of a person's texts that a moderator took away; `text`: its title, or its first words."""

    act_id: uuid.UUID
    process_id: uuid.UUID
    kind: str
    verb: str
    acted_at: datetime
    text: str
    appeal_state: str | None


def taken_away_from(session: Session, *, account_id: uuid.UUID, limit: int = 20) -> list[AwayRow]:
    """The latest decisions by which a person's texts were hidden or refused, those that stand; in one statement."""
    act = ModerationAct
    mine = union_all(
        select(literal("proposal").label("kind"), Proposal.id.label("id"), Proposal.title.label("text")).where(
            Proposal.author_id == account_id, Proposal.state == literal("hidden")
        ),
        select(literal("comment"), Comment.id, func.left(Comment.text, 120)).where(
            Comment.author_id == account_id, Comment.state == literal("hidden")
        ),
        select(literal("amendment"), Amendment.id, Amendment.title).where(
            Amendment.author_id == account_id, Amendment.state == literal("hidden")
        ),
        select(literal("source"), Contribution.source_id, func.left(Source.text, 120))
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.account_id == account_id, Source.state == literal("hidden")),
        select(literal("statement"), OpinionStatement.id, OpinionStatement.text).where(
            OpinionStatement.author_id == account_id,
            OpinionStatement.origin == literal("participant"),
            OpinionStatement.state == literal("hidden"),
        ),
    ).subquery()
    rows = session.execute(
        select(act.id, act.process_id, act.thing_kind, act.verb, act.acted_at, mine.c.text, ModerationAppeal.state)
        .join(mine, and_(mine.c.kind == act.thing_kind, mine.c.id == act.thing_id))
        .outerjoin(ModerationAppeal, ModerationAppeal.act_id == act.id)
        .where(act.verb.in_([str(Verb.hidden), str(Verb.refused)]), act.undone_at.is_(None))
        .order_by(act.acted_at.desc(), act.id)
        .limit(limit)
    )
    return [AwayRow(*row) for row in rows]
