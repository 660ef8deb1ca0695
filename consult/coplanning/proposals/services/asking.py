"""What authors ask of each other: that one proposal carry another on. It is done once the other agrees; whoever asked may take it back, and
what nobody answers in two weeks lapses (`ending`).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal, RegroupingPart
from consult.coplanning.proposals.services.carrying import (
    address,
    ask_to_tell,
    asked_before,
    carry_out,
    check_fit,
    check_reason,
    end,
    locked,
    open_act,
    remember,
)
from consult.coplanning.proposals.services.submission import CO_PLANNING
from consult.coplanning.proposals.types import UNSEEN, Lineage, RegroupingState
from consult.core import settling
from consult.core.errors import Conflict, Forbidden, Invalid
from consult.core.permissions import Actor
from consult.process.services import hold_phase_open


def ask_to_merge(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    into_number: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """An author asks that another's proposal carry theirs on; it is done once the other author agrees. Returns the key of the act.

    Raises Forbidden for somebody else's proposal, Invalid where the other can't carry it on or has been asked already.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    check_reason(reason)
    into_id = session.execute(
        select(Proposal.id).where(Proposal.process_id == process_id, Proposal.number == into_number)
    ).scalar_one_or_none()
    if into_id is None or into_id == proposal_id:
        raise Invalid("Non c’è una proposta con questo numero.", {"number": "Scrivi il numero di un’altra proposta."})
    rows = locked(session, process_id, [proposal_id, into_id])
    if not rules.is_author(rows[proposal_id].author_id, actor.account_id):
        raise Forbidden("Solo chi ha scritto la proposta può chiederlo.")
    if rows[into_id].state in UNSEEN:
        raise Invalid("Non c’è una proposta con questo numero.", {"number": "Scrivi il numero di un’altra proposta."})
    check_fit(session, process_id, rows, {})
    if rows[into_id].author_id is None:
        raise Invalid(
            "Chi ha scritto l’altra proposta non c’è più.",
            {"number": "Chi l’ha scritta ha cancellato il proprio account: nessuno può accettare."},
        )
    if asked_before(session, proposal_id):
        raise Invalid("Hai già chiesto di unire questa proposta: aspetta la risposta, o ritira la richiesta.")
    act = remember(session, process_id, Lineage.merged_into, RegroupingState.asked, reason, True, actor, now)
    session.add(RegroupingPart(regrouping_id=act.id, proposal_id=proposal_id, role="from", agreed_at=now))
    both = rows[into_id].author_id == actor.account_id
    session.add(RegroupingPart(regrouping_id=act.id, proposal_id=into_id, role="into", agreed_at=now if both else None))
    session.flush()
    if both:
        carry_out(session, act, {proposal_id: rows[proposal_id]}, [into_id], actor, now)
    else:
        ask_to_tell(session, act, "asked", now)
    return act.id


def agree(session: Session, *, process_id: uuid.UUID, regrouping_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """The other author agrees: the merge is done. Raises Forbidden for anybody else, Conflict where it was settled meanwhile."""
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    act, parts, rows = open_act(session, process_id, regrouping_id, RegroupingState.asked)
    mine = [
        p for p in parts if rules.is_author(rows[p.proposal_id].author_id, actor.account_id) and p.agreed_at is None
    ]
    if not mine:
        raise Forbidden("Solo chi ha scritto l’altra proposta può accettare.")
    if settling.answer_by(act.asked_at) <= settling.over(now):
        raise Conflict("Il tempo per rispondere è finito: chi l’aveva chiesto può chiederlo di nuovo.", **address(session, act))
    check_fit(session, process_id, rows, {})
    for part in mine:
        part.agreed_at = now
    session.flush()
    if all(part.agreed_at for part in parts):
        into = [p.proposal_id for p in parts if p.role == "into"]
        carry_out(session, act, {k: row for k, row in rows.items() if k not in into}, into, actor, now)


def decline(
    session: Session, *, process_id: uuid.UUID, regrouping_id: uuid.UUID, why: str, actor: Actor, now: datetime
) -> None:
    """The other author says no, or whoever asked takes the question back: nothing happens to the proposals, and the other one is told."""
    act, parts, rows = open_act(session, process_id, regrouping_id, RegroupingState.asked)
    if not any(rules.is_author(rows[p.proposal_id].author_id, actor.account_id) for p in parts):
        raise Forbidden("Solo chi ha scritto una delle proposte può rispondere.")
    state = RegroupingState.withdrawn if act.asked_by == actor.account_id else RegroupingState.refused
    end(session, act, state, why, actor, now)
    ask_to_tell(session, act, str(state), now)
