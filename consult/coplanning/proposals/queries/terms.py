"""What waits for an author's word: until when, what of it is nearly over, what of it can't come to anything any more.

Two things wait so: what one author asks of another (`Regrouping`), and a change that somebody proposes to the words (`Amendment`). Both
have their term, and both end with the phase, since nothing comes in after it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, exists, func, literal, literal_column, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from consult.coplanning.proposals.models import Amendment, Proposal, Regrouping, RegroupingPart
from consult.coplanning.proposals.types import READABLE, AmendmentState, LapseCause, ProposalState, RegroupingState
from consult.core import settling
from consult.core.db import UtcDateTime
from consult.core.vocabulary import PhaseKind
from consult.process.models import Phase, Process

#: States in which nobody can carry on, or change, a proposal any more by what its author says.
_PASSED = [str(state) for state in (ProposalState.withdrawn, ProposalState.merged, ProposalState.divided)]
#: A decision that may still be taken back with one key ends nothing.
_GRACE = timedelta(minutes=1)
_CO_PLANNING: Any = literal_column(f"'{PhaseKind.co_planning}'")


def _open_phase(process_id: Any, now: Any) -> tuple[Any, ...]:
    return (
        Phase.process_id == process_id, Phase.kind == _CO_PLANNING, Phase.opens_at <= now,
        or_(Phase.closes_at.is_(None), Phase.closes_at > now),
    )  # fmt: skip  # one condition per phrase reads better so


def phase_end(process_id: Any, now: Any) -> Any:
    """When co-planning stops taking things in; nothing while it has no such day, or is over."""
    open_ended = func.bool_or(Phase.closes_at.is_(None))
    return (
        select(case((open_ended, None), else_=func.max(Phase.closes_at)))
        .where(*_open_phase(process_id, now))
        .correlate_except(Phase)
        .scalar_subquery()
    )


#: Until when one author may answer what another asks, as far as the question goes.
_ASKED_TERM = Regrouping.asked_at + func.make_interval(0, 0, 0, settling.ANSWER_DAYS)


def _asked_until(now: Any) -> Any:
    """Until when what one author asks of another can be answered."""
    return func.least(_ASKED_TERM, phase_end(Regrouping.process_id, now))


def _passed_by(now: datetime) -> Any:
    earlier = now - _GRACE
    return or_(
        and_(Proposal.outcome.is_not(None), Proposal.outcome_at <= earlier),
        and_(Proposal.state.in_(_PASSED), Proposal.state_at <= earlier),
    )


def _cause(late: Any, comes_in: Any, passed: Any, gone: Any) -> Any:
    return case(
        (gone, literal(str(LapseCause.gone))), (passed, literal(str(LapseCause.settled))), (~comes_in, literal(str(LapseCause.closed))),
        (late, literal(str(LapseCause.late))),
    )  # fmt: skip  # one cause per phrase reads better so


def lapsing_questions(
    session: Session, *, now: datetime, regrouping_id: uuid.UUID | None = None
) -> dict[uuid.UUID, LapseCause]:
    """Questions between authors that wait in vain, the oldest first, and why: their time is over, nothing comes in any more, or one of the
    two proposals was decided, merged or taken back meanwhile, or has no author left. One that is hidden may be shown again: it waits.

    With `regrouping_id` only that one is looked at.
    """
    mine = (RegroupingPart.regrouping_id == Regrouping.id, Proposal.id == RegroupingPart.proposal_id)
    cause = _cause(
        Regrouping.asked_at <= settling.late(settling.over(now)),
        exists().where(*_open_phase(Regrouping.process_id, now)),
        exists().where(*mine, _passed_by(now)),
        exists().where(*mine, Proposal.author_id.is_(None)),
    )
    statement = select(Regrouping.id, cause).where(
        Regrouping.state == literal_column(f"'{RegroupingState.asked}'"), cause.is_not(None)
    )
    if regrouping_id is not None:
        statement = statement.where(Regrouping.id == regrouping_id)
    rows = session.execute(statement.order_by(Regrouping.asked_at, Regrouping.id))
    return {key: LapseCause(why) for key, why in rows}


def lapsing_amendments(
    session: Session, *, now: datetime, amendment_id: uuid.UUID | None = None
) -> dict[uuid.UUID, LapseCause]:
    """Changes that wait in vain for the author's word, the oldest first, and why; those of a hidden proposal by their date or phase alone.

    With `amendment_id` only that one is looked at.
    """
    cause = _cause(
        Amendment.answer_by <= settling.over(now),
        exists().where(*_open_phase(Amendment.process_id, now)),
        _passed_by(now),
        Proposal.author_id.is_(None),
    )
    statement = (
        select(Amendment.id, cause)
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .where(Amendment.state == literal_column(f"'{AmendmentState.open}'"), cause.is_not(None))
    )
    if amendment_id is not None:
        statement = statement.where(Amendment.id == amendment_id)
    rows = session.execute(statement.order_by(Amendment.answer_by, Amendment.id))
    return {key: LapseCause(why) for key, why in rows}


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that waits for an author's word, whose time is nearly over: what, which, and until when."""

    kind: str
    id: uuid.UUID
    until: datetime


def ending(
    session: Session, *, now: datetime, amendment_id: uuid.UUID | None = None, regrouping_id: uuid.UUID | None = None
) -> list[Ending]:
    """What an author has few days left to answer, and had for a day at least: who was asked this morning needs no reminder yet."""
    asked_until = _asked_until(now)
    amendment_until = func.least(Amendment.answer_by, phase_end(Amendment.process_id, now))
    soon, before = now + timedelta(days=settling.REMIND_DAYS), now - timedelta(days=1)
    questions = select(literal("regrouping").label("kind"), Regrouping.id, asked_until.label("until")).where(
        Regrouping.state == literal_column(f"'{RegroupingState.asked}'"), Regrouping.asked_at <= before,
        asked_until > now, asked_until <= soon,
    )  # fmt: skip  # one condition per phrase reads better so
    changes = select(literal("amendment").label("kind"), Amendment.id, amendment_until.label("until")).where(
        Amendment.state == literal_column(f"'{AmendmentState.open}'"), Amendment.state_at <= before,
        amendment_until > now, amendment_until <= soon,
    )  # fmt: skip  # one condition per phrase reads better so
    if amendment_id is not None:
        return [Ending(*row) for row in session.execute(changes.where(Amendment.id == amendment_id))]
    if regrouping_id is not None:
        return [Ending(*row) for row in session.execute(questions.where(Regrouping.id == regrouping_id))]
    both = union_all(questions, changes).subquery()
    return [Ending(*row) for row in session.execute(select(both).order_by(both.c.until, both.c.id))]


def first_answer_by(session: Session, *, proposal_id: uuid.UUID, now: datetime) -> settling.Term | None:
    """Until when the author of a proposal can answer the change that waits longest; None where none waits."""
    waits = Amendment.state == literal_column(f"'{AmendmentState.open}'")
    row = session.execute(
        select(Amendment.answer_by, phase_end(Amendment.process_id, now))
        .where(Amendment.proposal_id == proposal_id, waits)
        .order_by(Amendment.answer_by)
        .limit(1)
    ).one_or_none()
    return settling.term(*row) if row else None


@dataclass(frozen=True, slots=True)
class AskedOfMe:
    """Something that waits for a person's own word: an amendment to what they wrote, a question of another author, a merge or split that
    they may object to. `other` is the title of the other proposal, where there is one."""

    kind: str
    id: uuid.UUID
    process_id: uuid.UUID
    proposal_id: uuid.UUID
    title: str
    other: str
    until: datetime | None
    closes_at: datetime | None

    @property
    def term(self) -> settling.Term | None:
        """Until when this person may say it: an objection until a moment, an answer until a day, or the end of the phase."""
        if self.kind == "objection":
            return settling.Term(self.until, exact=True) if self.until else None
        return settling.term(self.until, self.closes_at)


def asked_of(session: Session, *, account_id: uuid.UUID) -> list[AskedOfMe]:
    """What waits for this person's word, what ends first first; only where things still come in, in what anyone may read."""
    now = func.now()
    readable = Proposal.state.in_([literal_column(f"'{state}'") for state in READABLE])
    mine = (Proposal.author_id == account_id, readable)
    other, other_part = aliased(Proposal), aliased(RegroupingPart)
    changes = (
        select(
            literal("amendment").label("kind"), Amendment.id.label("id"), Amendment.process_id, Proposal.id.label("proposal_id"),
            Proposal.title.label("title"), literal("").label("other"),
            Amendment.answer_by.label("until"), phase_end(Amendment.process_id, now).label("closes_at"),
        )
        .join(Proposal, Proposal.id == Amendment.proposal_id)
        .where(
            *mine, Amendment.state == literal_column(f"'{AmendmentState.open}'"),
            Proposal.state == literal_column(f"'{ProposalState.published}'"), Proposal.outcome.is_(None),
            exists().where(*_open_phase(Amendment.process_id, now)),
        )
    )  # fmt: skip  # one column per name reads better so
    parts = (
        select(
            literal("question").label("kind"), Regrouping.id.label("id"), Regrouping.process_id, Proposal.id.label("proposal_id"),
            Proposal.title.label("title"), other.title.label("other"),
            _ASKED_TERM.label("until"), phase_end(Regrouping.process_id, now).label("closes_at"),
        )
        .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
        .join(Proposal, Proposal.id == RegroupingPart.proposal_id)
        .join(other_part, and_(other_part.regrouping_id == Regrouping.id, other_part.proposal_id != Proposal.id))
        .join(other, other.id == other_part.proposal_id)
        .where(
            *mine, RegroupingPart.agreed_at.is_(None), Regrouping.state == literal_column(f"'{RegroupingState.asked}'"),
            exists().where(*_open_phase(Regrouping.process_id, now)),
        )
    )  # fmt: skip  # one column per name reads better so
    # Who wrote the whole and its parts objects once.
    spoken_part, spoken = aliased(RegroupingPart), aliased(Proposal)
    objected = exists().where(
        spoken_part.regrouping_id == Regrouping.id, spoken_part.objected_at.is_not(None), spoken.id == spoken_part.proposal_id,
        spoken.author_id == account_id,
    )  # fmt: skip  # one condition per phrase reads better so
    objections = (
        select(
            literal("objection").label("kind"), Regrouping.id.label("id"), Regrouping.process_id, Proposal.id.label("proposal_id"),
            Proposal.title.label("title"), literal("").label("other"), Regrouping.objections_until.label("until"),
            literal(None, UtcDateTime()).label("closes_at"),
        )
        .ext(distinct_on(Regrouping.id))
        .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
        .join(Proposal, Proposal.id == RegroupingPart.proposal_id)
        .where(
            *mine, ~objected, Regrouping.objections_until > now,
            Regrouping.state == literal_column(f"'{RegroupingState.standing}'"),
        )
        # Of a split act the whole names it, not each of its parts.
        .order_by(Regrouping.id, RegroupingPart.role, Proposal.number)
        .subquery()
    )  # fmt: skip  # one column per name reads better so
    every = union_all(changes, parts, select(objections)).subquery()
    published = select(Process.id).where(Process.id == every.c.process_id, Process.state != "draft").exists()
    rows = session.execute(select(every).where(published).order_by(func.least(every.c.until, every.c.closes_at), every.c.id).limit(50))
    return [AskedOfMe(*row) for row in rows]
