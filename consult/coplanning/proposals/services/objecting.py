"""Objections of authors to a merge or split that moderators made, and their answers: by another moderator, or in the end by a manager."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.services.carrying import MAX_REASON, MIN_REASON, address, length, note, open_act
from consult.coplanning.proposals.services.regrouping import DECIDING, take_back_act
from consult.coplanning.proposals.types import RegroupingState
from consult.core import jobs, settling
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.process.queries import roles_in
from consult.process.services import await_answers

TELL_OBJECTION = "coplanning.tell_objection"


def object_to(
    session: Session, *, process_id: uuid.UUID, regrouping_id: uuid.UUID, text: str, actor: Actor, now: datetime
) -> None:
    """An author objects to a merge or split of their proposal within the period; moderators answer. Raises as the others do."""
    if not MIN_REASON <= len(text.strip()) <= MAX_REASON:
        raise Invalid("L’obiezione è troppo corta o troppo lunga.", {"text": length()})
    act, parts, rows = open_act(session, process_id, regrouping_id, RegroupingState.standing)
    # Of what somebody wrote first of all the proposal that was merged or split speaks, not what came of it.
    mine = sorted(
        (p for p in parts if rules.is_author(rows[p.proposal_id].author_id, actor.account_id)), key=lambda p: p.role != "from"
    )
    if not mine:
        raise Forbidden("Solo chi ha scritto una delle proposte può opporsi.")
    if not rules.may_object(act.state, act.objections_until, now):
        raise Conflict("Il tempo per opporsi è finito.", **address(session, act))
    if any(p.objected_at for p in mine):
        raise Conflict("Hai già detto che non sei d’accordo: i moderatori risponderanno.", **address(session, act))
    mine[0].objection, mine[0].objected_at = text, now
    note(session, act, "objected", actor, proposal=mine[0].proposal_id)
    key = f"{act.id}:{mine[0].proposal_id}"
    jobs.enqueue(session, TELL_OBJECTION, key=key, regrouping_id=act.id, proposal_id=mine[0].proposal_id)
    jobs.enqueue(
        session, TELL_OBJECTION, key=f"{key}:late", not_before=settling.answer_by(now), regrouping_id=act.id,
        proposal_id=mine[0].proposal_id,
    )  # fmt: skip  # one call of named values reads better so


def answer_objection(
    session: Session,
    *,
    process_id: uuid.UUID,
    regrouping_id: uuid.UUID,
    proposal_id: uuid.UUID,
    upheld: bool,
    answer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Another moderator than who did it or who objects answers an objection, or a manager once none did for two weeks; where it was
    right, the whole act is taken back. No phase is asked for: an objection may come after the last one is settled.

    Raises Forbidden for anybody else."""
    if not MIN_REASON <= len(answer.strip()) <= MAX_REASON:
        raise Invalid("La risposta è troppo corta o troppo lunga.", {"answer": length()})
    if upheld:
        # A proposal that stands by itself again wants its own outcome, also where the phase was settled meanwhile. Phases before proposals.
        await_answers(session, process_id=process_id, kinds=DECIDING, actor=actor)
    act, parts, rows = open_act(session, process_id, regrouping_id, RegroupingState.standing)
    part = next((p for p in parts if p.proposal_id == proposal_id and p.objected_at), None)
    if part is None:
        raise NotFound("Questa obiezione non c’è.")
    roles = roles_in(session, process_id=process_id, account_id=actor.account_id)
    if not settling.may_settle(
        involved=[act.asked_by, rows[proposal_id].author_id], who=actor.account_id, roles=roles, since=part.objected_at, now=now
    ):
        raise Forbidden(
            "A un’obiezione risponde un moderatore diverso da chi ha deciso e da chi si oppone; dopo due settimane, chi gestisce il processo."
        )
    if part.answered_at:
        raise Conflict("Qualcun altro ha già risposto a questa obiezione.", **address(session, act))
    part.answer, part.answered_at, part.upheld = answer, now, upheld
    note(session, act, "objection_answered", actor, proposal=proposal_id, upheld=upheld)
    if upheld:
        take_back_act(session, act, parts, rows, answer, actor, now)
    else:
        jobs.enqueue(
            session,
            "coplanning.tell_regrouping",
            key=f"{act.id}:answer:{proposal_id}",
            regrouping_id=act.id,
            what="answered",
        )
