"""Dispositions of proposals, the rates anyone may read, and whom to tell."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, literal, literal_column, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import Proposal, ProposalZone
from consult.coplanning.proposals.types import READABLE
from consult.core.vocabulary import LINKING_OUTCOMES
from consult.framework.models import Zone
from consult.moderation import rules
from consult.moderation.models import Disposition, ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.types import DispositionState
from consult.people.models import Account
from consult.plan.models import Promotion
from consult.process.models import Process

_LINKING = [str(o) for o in LINKING_OUTCOMES]


@dataclass(frozen=True, slots=True)
class DispositionRow:
    """A disposition with who decided it and who took it back."""

    id: uuid.UUID
    act_id: uuid.UUID
    proposal_id: uuid.UUID
    outcome: str
    reason_code: str
    public_reason: str
    body: str
    state: str
    decided_at: datetime
    by: str | None
    reversed_at: datetime | None
    reversed_by: str | None
    reversal_reason: str


def of_proposals(
    session: Session, *, proposal_ids: Sequence[uuid.UUID], standing_only: bool = True
) -> dict[uuid.UUID, list[DispositionRow]]:
    """Dispositions of some proposals, latest first, in one statement."""
    if not proposal_ids:
        return {}
    who, back = aliased(Account), aliased(Account)
    statement = (
        select(
            Disposition.id, Disposition.act_id, Disposition.proposal_id, Disposition.outcome, Disposition.reason_code,
            Disposition.public_reason, Disposition.body, Disposition.state, Disposition.decided_at, who.display_name,
            Disposition.reversed_at, back.display_name, Disposition.reversal_reason,
        )
        .outerjoin(who, who.id == Disposition.decided_by)
        .outerjoin(back, back.id == Disposition.reversed_by)
        .where(Disposition.proposal_id.in_(proposal_ids))
        .order_by(Disposition.decided_at.desc(), Disposition.id)
    )  # fmt: skip  # one column per name reads better so
    if standing_only:
        statement = statement.where(Disposition.state == DispositionState.published)
    found: dict[uuid.UUID, list[DispositionRow]] = {}
    row: Any
    for row in session.execute(statement):
        line = DispositionRow(*row)
        found.setdefault(line.proposal_id, []).append(line)
    return found


@dataclass(frozen=True, slots=True)
class LatestOutcome:
    """A proposal that was decided lately, for the front pages."""

    process_slug: str
    process_title: str
    proposal_id: uuid.UUID
    number: int
    title: str
    outcome: str
    at: datetime


def latest(session: Session, *, process_id: uuid.UUID | None = None, limit: int = 5) -> list[LatestOutcome]:
    """The latest dispositions of readable proposals, of one published process or of all."""
    statement = (
        select(
            Process.slug, Process.title, Proposal.id, Proposal.number, Proposal.title, Disposition.outcome, Disposition.decided_at
        )
        .join(Proposal, Proposal.id == Disposition.proposal_id)
        .join(Process, Process.id == Disposition.process_id)
        .where(Disposition.state == DispositionState.published, Proposal.state.in_(READABLE))
        .order_by(Disposition.decided_at.desc(), Disposition.id)
        .limit(limit)
    )  # fmt: skip  # one column per name reads better so
    of_one = Disposition.process_id == process_id
    statement = statement.where(of_one if process_id is not None else Process.state != "draft")
    return [LatestOutcome(*row) for row in session.execute(statement)]


@dataclass(frozen=True, slots=True)
class RateRow:
    """How proposals of a group fared. Rates are None where the group is too small to be shown."""

    group: str
    code: str
    name: str
    total: int
    decided: int
    linked: int

    @property
    def decided_share(self) -> float | None:
        """Part that has an answer."""
        return rules.share(self.decided, self.total)

    @property
    def linked_share(self) -> float | None:
        """Part of those answered that became part of an action."""
        return rules.share(self.linked, self.decided)


def rates(session: Session, *, process_id: uuid.UUID) -> list[RateRow]:
    """How many proposals were answered and taken up: in all, by zone and by kind of author; in one statement.

    Counts proposals that anyone may read and that stand for themselves. One that names two zones counts in both.
    """
    counted = (
        func.count(),
        func.count().filter(Proposal.outcome.is_not(None)),
        func.count().filter(Proposal.outcome.in_(_LINKING)),
    )
    mine = and_(Proposal.process_id == process_id, Proposal.state == literal_column("'published'"))
    nothing: Any = literal("")
    everywhere = ~select(ProposalZone.zone_id).where(ProposalZone.proposal_id == Proposal.id).exists()
    parts = union_all(
        select(
            literal("all").label("part"), nothing.label("code"), nothing.label("name"), literal(0).label("place"), *counted
        ).where(mine),
        select(literal("zone"), Zone.code, Zone.name, Zone.position, *counted)
        .join(ProposalZone, ProposalZone.proposal_id == Proposal.id)
        .join(Zone, Zone.id == ProposalZone.zone_id)
        .where(mine)
        .group_by(Zone.id),
        select(literal("zone"), nothing, nothing, literal(9_999), *counted).where(mine, everywhere).having(func.count() > 0),
        select(literal("kind"), Proposal.author_kind, nothing, literal(0), *counted).where(mine).group_by(Proposal.author_kind),
        select(
            literal("outcome"), func.coalesce(Proposal.outcome, "waiting"), nothing, literal(0), *counted
        ).where(mine).group_by(Proposal.outcome),
    ).subquery()  # fmt: skip  # one part per line reads better so
    order = (case((parts.c.part == "all", 0), else_=1), parts.c.part, parts.c.place, parts.c.code)
    rows = session.execute(select(parts).order_by(*order))
    return [RateRow(row[0], row[1], row[2], *row[4:]) for row in rows]


@dataclass(frozen=True, slots=True)
class ActLine:
    """The last decision of a moderator, while it can be undone."""

    act_id: uuid.UUID
    what: str
    at: datetime
    by: uuid.UUID | None


def undoable(
    session: Session, *, process_id: uuid.UUID, act_id: uuid.UUID, account_id: uuid.UUID | None, now: datetime
) -> ActLine | None:
    """The act, where this person may still undo it; in one statement."""
    row: Any = session.execute(
        union_all(
            select(literal(act_id), ModerationAct.verb, ModerationAct.acted_at, ModerationAct.acted_by).where(
                or_(ModerationAct.id == act_id, ModerationAct.batch_id == act_id),
                ModerationAct.process_id == process_id,
                ModerationAct.undone_at.is_(None),
            ),
            select(Disposition.act_id, Disposition.outcome, Disposition.decided_at, Disposition.decided_by).where(
                Disposition.act_id == act_id,
                Disposition.process_id == process_id,
                Disposition.state == DispositionState.published,
            ),
            select(Promotion.cause_id, literal("taken_up"), Promotion.made_at, Promotion.made_by).where(
                Promotion.cause_id == act_id, Promotion.proposal_id.is_(None), Promotion.ended_at.is_(None)
            ),
            select(
                ModerationAppeal.id, ModerationAppeal.state, ModerationAppeal.decided_at, ModerationAppeal.decided_by
            ).where(
                ModerationAppeal.id == act_id,
                ModerationAppeal.process_id == process_id,
                ModerationAppeal.decided_at.is_not(None),
            ),
            select(
                ModerationReading.id,
                literal("read_again"),
                func.coalesce(ModerationReading.third_at, ModerationReading.second_at),
                func.coalesce(ModerationReading.third_by, ModerationReading.second_by),
            ).where(
                ModerationReading.id == act_id,
                ModerationReading.process_id == process_id,
                ModerationReading.second_at.is_not(None),
            ),
        ).limit(1)
    ).first()
    if row is None:
        return None
    line = ActLine(*row)
    return line if rules.may_undo(by=line.by, who=account_id, at=line.at, now=now) else None


def acts_on(session: Session, *, thing_id: uuid.UUID) -> list[tuple[str, str, str, datetime, str | None]]:
    """(verb, reason code, note, moment, who) of what moderators did with one text, latest first; undone acts are left out."""
    rows = session.execute(
        select(
            ModerationAct.verb, ModerationAct.reason_code, ModerationAct.note, ModerationAct.acted_at, Account.display_name
        )
        .outerjoin(Account, Account.id == ModerationAct.acted_by)
        .where(ModerationAct.thing_id == thing_id, ModerationAct.undone_at.is_(None))
        .order_by(ModerationAct.acted_at.desc(), ModerationAct.id)
    )  # fmt: skip  # one column per name reads better so
    return [(r[0], r[1], r[2], r[3], r[4]) for r in rows]


def last_body(session: Session, *, process_id: uuid.UUID) -> str:
    """The body named in the latest disposition, which is mostly the one that decides next."""
    statement = select(Disposition.body).where(Disposition.process_id == process_id)
    return session.execute(statement.order_by(Disposition.decided_at.desc()).limit(1)).scalar_one_or_none() or ""
