"""What merging and splitting have in common: locks, checks, lineage, the act and its telling."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import (
    Proposal,
    ProposalCoauthor,
    ProposalFollow,
    ProposalLineage,
    Regrouping,
    RegroupingPart,
)
from consult.coplanning.proposals.services.checks import check_words
from consult.coplanning.proposals.types import Lineage, ProposalState, RegroupingState, SplitPart
from consult.core import jobs
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Strategy
from consult.process.models import Process
from consult.process.queries import slug_of

MIN_REASON, MAX_REASON = 20, 2_000
#: What is taken back within so many seconds was told to nobody.
PATIENCE_S = 20
TELL = "coplanning.tell_regrouping"


def carry_out(
    session: Session,
    act: Regrouping,
    wholes: Mapping[uuid.UUID, Proposal],
    into: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> None:
    """The act takes effect: states, lineage, the authors among the followers, and the telling."""
    kind = Lineage(act.kind)
    act.state, act.made_at = str(RegroupingState.standing), now
    # Nobody objects to what they agreed to.
    act.objections_until = None if act.by_authors else now + timedelta(days=rules.OBJECTION_DAYS)
    session.flush()
    for key in sorted(wholes):
        row = wholes[key]
        move(row, ProposalState.merged if kind == Lineage.merged_into else ProposalState.divided, now)
        for target in into:
            link(session, act, key, target, kind, act.reason, actor, now)
        with_others = session.execute(
            select(ProposalCoauthor.account_id)
            .where(ProposalCoauthor.proposal_id == key)
            .order_by(ProposalCoauthor.since)
        ).scalars()
        writers = {person for person in (row.author_id, *with_others) if person}
        if writers:
            # Who wrote it goes on being told what becomes of it.
            told = [
                {"proposal_id": t, "account_id": person, "created_at": now} for t in into for person in sorted(writers)
            ]
            session.execute(insert(ProposalFollow).values(told).on_conflict_do_nothing())
        record(
            session, actor=actor, action=f"proposal.{row.state}", kind=ThingKind.proposal, object_id=key,
            process_id=act.process_id, act=act.id, into=[str(t) for t in into],
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    ask_to_tell(session, act, "made", now)


def move(row: Proposal, state: ProposalState, now: datetime) -> None:
    """Put a locked proposal in a state."""
    row.state, row.state_at = str(state), now
    row.version += 1


def link(
    session: Session,
    act: Regrouping,
    from_id: uuid.UUID,
    to_id: uuid.UUID,
    kind: Lineage,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the lineage of two proposals, or put the row of an earlier time in force again."""
    # The same two may be merged, taken apart and merged again: the row of the last time is the one that stands.
    values = {
        "from_id": from_id, "to_id": to_id, "kind": str(kind), "reason": reason, "created_at": now, "created_by": actor.account_id,
        "regrouping_id": act.id, "undone_at": None,
    }  # fmt: skip  # one row of values reads better so
    new = insert(ProposalLineage).values(id=uuid.uuid4(), **values)
    session.execute(new.on_conflict_do_update(index_elements=["from_id", "to_id", "kind"], set_=values))


def remember(
    session: Session,
    process_id: uuid.UUID,
    kind: Lineage,
    state: RegroupingState,
    reason: str,
    by_authors: bool,
    actor: Actor,
    now: datetime,
) -> Regrouping:
    """Write a new act."""
    act = Regrouping(
        id=uuid.uuid4(), process_id=process_id, kind=str(kind), state=str(state), by_authors=by_authors, reason=reason, asked_at=now,
        asked_by=actor.account_id, end_reason="",
    )  # fmt: skip  # one row of values reads better so
    session.add(act)
    session.flush()
    return act


def end(session: Session, act: Regrouping, state: RegroupingState, why: str, actor: Actor, now: datetime) -> None:
    """Refuse an act or take it back, with a reason."""
    act.state, act.ended_at, act.ended_by, act.end_reason = str(state), now, actor.account_id, why
    note(session, act, str(state), actor)


def note(session: Session, act: Regrouping, what: str, actor: Actor, **meta: Any) -> None:
    """Write an act into the record."""
    record(
        session, actor=actor, action=f"regrouping.{what}", kind=ThingKind.regrouping, object_id=act.id, process_id=act.process_id, **meta
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def ask_to_tell(session: Session, act: Regrouping, what: str, now: datetime) -> None:
    """Ask for the telling of what happened to an act."""
    later = now + timedelta(seconds=PATIENCE_S) if what == "made" else None
    jobs.enqueue(session, TELL, key=f"{act.id}:{what}", not_before=later, regrouping_id=act.id, what=what)


def open_act(
    session: Session, process_id: uuid.UUID, regrouping_id: uuid.UUID, state: RegroupingState
) -> tuple[Regrouping, list[RegroupingPart], dict[uuid.UUID, Proposal]]:
    """The act in this state with its parts, locked after their proposals."""
    concerned = select(RegroupingPart.proposal_id).where(RegroupingPart.regrouping_id == regrouping_id)
    keys = list(session.execute(concerned.order_by(RegroupingPart.proposal_id)).scalars())
    rows = locked(session, process_id, keys)
    act = session.execute(
        select(Regrouping)
        .where(Regrouping.id == regrouping_id, Regrouping.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if act is None:
        raise NotFound("Questa unione o divisione non c’è.")
    if act.state != state:
        raise Conflict("Nel frattempo è già stata decisa o annullata: guarda come è ora.", **address(session, act))
    parts = session.execute(
        select(RegroupingPart)
        .where(RegroupingPart.regrouping_id == regrouping_id)
        .order_by(RegroupingPart.proposal_id)
        .execution_options(populate_existing=True)
    ).scalars()
    return act, list(parts), rows


def locked(session: Session, process_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Proposal]:
    """Proposals of a process, locked in the order of their keys. Raises NotFound where one is missing."""
    wanted = sorted(set(ids))
    found = session.execute(
        select(Proposal)
        .where(Proposal.id.in_(wanted), Proposal.process_id == process_id)
        .order_by(Proposal.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalars()
    rows = {row.id: row for row in found}
    if len(rows) != len(wanted):
        raise NotFound("Una delle proposte non c’è.")
    return rows


def check_choice(from_ids: Sequence[uuid.UUID], into_id: uuid.UUID) -> None:
    """Raise Invalid unless there is something to carry on, and something else that carries it on."""
    if not from_ids or into_id in from_ids or len(set(from_ids)) > rules.MOST_MERGED:
        raise Invalid(
            "Scegli proposte diverse di questo processo, e una che le porti avanti.",
            {"into": "Scegli almeno un’altra proposta, e quella che continua."},
        )


def check_fit(
    session: Session, process_id: uuid.UUID, rows: Mapping[uuid.UUID, Proposal], seen: Mapping[uuid.UUID, int]
) -> None:
    """Raise Conflict where one of the proposals changed since it was seen, or does not stand by itself any more."""
    for key in sorted(rows):
        row = rows[key]
        if key in seen and row.version != seen[key]:
            sentence = Sentence("La proposta %(n)s è cambiata mentre la leggevi: guarda come è ora.", n=row.number)
        elif not rules.may_be_regrouped(row.state, row.outcome):
            sentence = Sentence(
                "La proposta %(n)s è già stata unita, divisa, ritirata o decisa: non si può più unire né dividere.",
                n=row.number,
            )
        else:
            continue
        raise Conflict(
            sentence,
            link_endpoint="proposals.show",
            link_values={"slug": slug_of(session, process_id=process_id), "proposal_id": str(key)},
            current_version=row.version,
        )


def check_parts(session: Session, process_id: uuid.UUID, parts: Sequence[SplitPart]) -> None:
    """Raise Invalid, with a sentence for each field, where words or strategy of a part don't fit."""
    wrong: dict[str, str] = {}
    known = set(
        session.execute(
            select(Strategy.id)
            .join(Process, Process.frame_id == Strategy.frame_id)
            .where(Process.id == process_id, Strategy.id.in_([p.strategy_id for p in parts]))
        ).scalars()
    )
    for number, part in enumerate(parts, 1):
        try:
            check_words(part.title, part.text)
        except Invalid as refusal:
            wrong |= {f"{name}_{number}": sentence for name, sentence in refusal.fields.items()}
        if part.strategy_id not in known:
            wrong[f"strategy_{number}"] = Sentence("Scegli una strategia del piano.")
    if wrong:
        raise Invalid("Una delle parti non va ancora bene.", wrong)


def check_reason(reason: str) -> None:
    """Raise Invalid where a reason is too short or too long."""
    if not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        raise Invalid("Serve un motivo che tutti possano leggere.", {"reason": length()})


def length() -> Sentence:
    """How long a reason may be."""
    return Sentence("Servono da %(min)d a %(max)d caratteri.", min=MIN_REASON, max=MAX_REASON)


def asked_before(session: Session, proposal_id: uuid.UUID) -> bool:
    """Whether a question about this proposal is still waiting."""
    statement = (
        select(Regrouping.id)
        .join(RegroupingPart, RegroupingPart.regrouping_id == Regrouping.id)
        .where(
            RegroupingPart.proposal_id == proposal_id,
            RegroupingPart.role == "from",
            Regrouping.state == RegroupingState.asked,
        )
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none() is not None


def address(session: Session, act: Regrouping) -> dict[str, Any]:
    """Where an act is shown, for refusals."""
    values = {"slug": slug_of(session, process_id=act.process_id), "regrouping_id": str(act.id)}
    return {"link_endpoint": "proposals.regrouping", "link_values": values}
