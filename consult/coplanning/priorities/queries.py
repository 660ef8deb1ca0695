"""Reads of prioritisation rounds. A round in preparation or given up is in `rounds` only where drafts are asked for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, literal, select
from sqlalchemy.orm import Session

from consult.coplanning.priorities import rules
from consult.coplanning.priorities.models import (
    PriorityBallot,
    PriorityInvitation,
    PriorityOption,
    PriorityRound,
    PriorityTurnout,
)
from consult.coplanning.priorities.types import RoundAudience
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import UNSEEN, ProposalState
from consult.coplanning.rounds.queries import PAGE_SIZE, DatedRow, columns, one_of, page_of
from consult.core.paging import Page
from consult.framework.models import Axis, Strategy, Zone
from consult.people.models import Account


@dataclass(frozen=True, slots=True)
class RoundRow(DatedRow):
    """A round as lists and its page show it; `people` are those who answered."""

    method: str
    target: str
    audience: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    budget: int
    most_ranked: int
    options: int


def _count(table: Any) -> Any:
    return (
        select(func.count())
        .select_from(table)
        .where(table.round_id == PriorityRound.id)
        .correlate(PriorityRound)
        .scalar_subquery()
    )


def _rounds() -> Any:
    return select(
        *columns(PriorityRound, _count(PriorityBallot)), PriorityRound.method, PriorityRound.target, PriorityRound.audience,
        PriorityRound.zone_id, Zone.code, Zone.name, PriorityRound.budget, PriorityRound.most_ranked, _count(PriorityOption),
    ).outerjoin(Zone, Zone.id == PriorityRound.zone_id)  # fmt: skip  # one column per name reads better so


def rounds(
    session: Session, *, process_id: uuid.UUID, drafts: bool = False, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[RoundRow]:
    """Rounds of a process, the latest first; with `drafts` also those in preparation or given up."""
    return page_of(
        session, _rounds(), PriorityRound, RoundRow, process_id=process_id, drafts=drafts, cursor=cursor, size=size
    )  # fmt: skip  # one call of named values reads better so


def one(session: Session, *, process_id: uuid.UUID, round_id: uuid.UUID, drafts: bool = False) -> RoundRow | None:
    """One round; None where there is none to see."""
    return one_of(session, _rounds(), PriorityRound, RoundRow, process_id=process_id, round_id=round_id, drafts=drafts)


def results(session: Session, *, round_id: uuid.UUID) -> dict[str, Any] | None:
    """The results of a counted round, as they may be read now."""
    found = session.execute(
        select(PriorityRound.results).where(PriorityRound.id == round_id, PriorityRound.counted_at.is_not(None))
    ).scalar_one_or_none()
    return rules.as_told_now(found) if found else None


@dataclass(frozen=True, slots=True)
class OptionRow:
    """A thing to weigh. The words of a hidden proposal are left out."""

    id: uuid.UUID
    code: str
    title: str
    text: str
    group: str
    proposal_id: uuid.UUID | None
    strategy_id: uuid.UUID | None

    @property
    def key(self) -> str:
        """Its key as ballots spell it."""
        return str(self.id)


def options(session: Session, *, round_id: uuid.UUID) -> list[OptionRow]:
    """What a round weighs, in its order, in one statement."""
    of_proposal = Strategy.id == func.coalesce(PriorityOption.strategy_id, Proposal.strategy_id)
    rows = session.execute(
        select(
            PriorityOption.id, Strategy.code, Strategy.title, Strategy.description, Axis.number, Axis.title, PriorityOption.proposal_id,
            PriorityOption.strategy_id, Proposal.number, Proposal.title, Proposal.excerpt, Proposal.state,
        )
        .outerjoin(Proposal, Proposal.id == PriorityOption.proposal_id)
        .join(Strategy, of_proposal)
        .join(Axis, Axis.id == Strategy.axis_id)
        .where(PriorityOption.round_id == round_id)
        .order_by(PriorityOption.position, PriorityOption.id)
    )  # fmt: skip  # one column per name reads better so
    found = []
    for (
        key,
        code,
        title,
        description,
        axis,
        axis_title,
        proposal_id,
        strategy_id,
        number,
        words,
        excerpt,
        state,
    ) in rows:
        if proposal_id is None:
            found.append(OptionRow(key, code, title, description, f"{axis}. {axis_title}", None, strategy_id))
        elif state in UNSEEN:
            found.append(OptionRow(key, f"n. {number}", "…", "", "", None, None))
        else:
            found.append(OptionRow(key, f"n. {number}", words, excerpt, "", proposal_id, None))
    return found


def titles_of(session: Session, *, round_id: uuid.UUID) -> dict[str, str]:
    """Code and title of each option by its key."""
    return {o.key: f"{o.code} {o.title}" for o in options(session, round_id=round_id)}


@dataclass(frozen=True, slots=True)
class OwnBallot:
    """What a person said in an open round."""

    zone_id: uuid.UUID | None
    speaker_kind: str
    choices: Any


@dataclass(frozen=True, slots=True)
class Participation:
    """How a person stands to a round: may they take part, what they said, whether they took part in a counted one."""

    verified: bool
    invited: bool
    ballot: OwnBallot | None
    took_part: bool
    own_zone: str | None

    def allowed(self, audience: str) -> bool:
        """Whether the round is for them."""
        return self.verified and (audience == RoundAudience.registered or self.invited)


def participation(session: Session, *, round_id: uuid.UUID, account_id: uuid.UUID) -> Participation:
    """How a person stands to a round, in one statement."""
    here = (PriorityInvitation.round_id == round_id, PriorityInvitation.account_id == account_id)
    row = session.execute(
        select(
            Account.email_verified_at.is_not(None),
            exists().where(*here),
            PriorityBallot.id,
            PriorityBallot.zone_id,
            PriorityBallot.speaker_kind,
            PriorityBallot.choices,
            exists().where(PriorityTurnout.round_id == round_id, PriorityTurnout.account_id == account_id),
            Account.zone_code,
        )
        .outerjoin(
            PriorityBallot, (PriorityBallot.account_id == Account.id) & (PriorityBallot.round_id == literal(round_id))
        )
        .where(Account.id == account_id)
    ).one()
    ballot = OwnBallot(row[3], row[4], row[5]) if row[2] else None
    return Participation(bool(row[0]), bool(row[1]), ballot, bool(row[6]), row[7])


def invited_count(session: Session, *, round_id: uuid.UUID) -> int:
    """How many people are invited."""
    statement = select(func.count()).where(PriorityInvitation.round_id == round_id)
    return int(session.execute(statement).scalar_one())


def chosen(session: Session, *, round_id: uuid.UUID) -> tuple[list[uuid.UUID], list[int]]:
    """Keys of strategies and numbers of proposals of a round, for its form."""
    rows = session.execute(
        select(PriorityOption.strategy_id, Proposal.number)
        .outerjoin(Proposal, Proposal.id == PriorityOption.proposal_id)
        .where(PriorityOption.round_id == round_id)
        .order_by(PriorityOption.position)
    ).all()
    return [s for s, _n in rows if s], [n for _s, n in rows if n]


def shortlist(session: Session, *, process_id: uuid.UUID, size: int = 12) -> list[tuple[int, str, int]]:
    """The most supported published proposals that wait for an outcome: number, title, supports; a help for who prepares a round."""
    rows = session.execute(
        select(Proposal.number, Proposal.title, Proposal.supports_count)
        .where(Proposal.process_id == process_id, Proposal.state == ProposalState.published, Proposal.outcome.is_(None))
        .order_by(Proposal.supports_count.desc(), Proposal.number)
        .limit(size)
    )
    return [(number, title, supports) for number, title, supports in rows]
