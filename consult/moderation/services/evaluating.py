"""Asking evaluators and offices about proposals, and what they answer. One evaluation for each proposal and evaluator or office.

Several people of an office may open the same evaluation: whoever saves second is told who saved first, with both texts.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalState
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import Evaluation, EvaluationOverlap
from consult.moderation.queries import evaluations as queries
from consult.moderation.queries import offices as office_list
from consult.moderation.services import reminding
from consult.moderation.types import TO_DO, Asked, EvaluationState, Judgement, OverlapKind
from consult.people import queries as people
from consult.process.queries import slug_of

S = EvaluationState
#: What is kept as it was filled in; the costs are made a range first.
_SAID = (
    "competence", "competent_bodies", "feasibility", "feasibility_words", "cost_words", "opinion", "outcome", "reason_code"
)  # fmt: skip  # one list of names reads better so
#: The texts of an evaluation as a person who saves second sees them side by side.
_COMPARED = (
    ("Competenza di chi", "competent_bodies"),
    ("Fattibilità", "feasibility_words"),
    ("Costo", "cost_words"),
    ("Parere", "opinion"),
)


def ask(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_ids: Collection[uuid.UUID],
    of: Collection[Asked],
    due_at: datetime,
    question: str,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Ask for evaluations of some proposals by a deadline; returns how many were asked for now, and how many stood already.

    One that was handed back or withdrawn is asked for again. Each person is told once, however many proposals. Raises Invalid
    without proposals or people, for a deadline in the past, and for people who evaluate nothing here.
    """
    _check_asking(session, process_id, proposal_ids, of, due_at, now)
    keys = list(
        session.execute(
            select(Proposal.id)
            .where(
                Proposal.id.in_(proposal_ids),
                Proposal.process_id == process_id,
                Proposal.state == ProposalState.published,
                Proposal.outcome.is_(None),
            )
            .order_by(Proposal.id)
            .with_for_update(key_share=True)
        ).scalars()
    )
    if not keys:
        raise Invalid("Nessuna delle proposte scelte aspetta ancora un esito.")
    there = {
        (row.proposal_id, Asked(row.account_id, row.office_id)): row
        for row in session.execute(
            select(Evaluation).where(Evaluation.proposal_id.in_(keys)).order_by(Evaluation.id).with_for_update()
        ).scalars()
    }
    new = []
    again = 0
    for who in of:
        for key in keys:
            row = there.get((key, who))
            if row is None:
                new.append(
                    {
                        "id": uuid.uuid4(), "process_id": process_id, "proposal_id": key, "account_id": who.account_id,
                        "office_id": who.office_id, "due_at": due_at, "asked_at": now, "asked_by": actor.account_id,
                        "question": question,
                    }
                )  # fmt: skip  # one row of values reads better so
            elif row.state in (S.declined, S.withdrawn):
                row.state, row.version, row.ended_why = S.asked, row.version + 1, ""
                row.due_at, row.asked_at, row.asked_by, row.question = due_at, now, actor.account_id, question
                again += 1
    if new:
        session.execute(insert(Evaluation), new)
    record(
        session, actor=actor, action="evaluations.asked", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        proposals=len(keys), evaluators=len(of), new=len(new) + again,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    if new or again:
        reminding.tell_asked(session, process_id=process_id, due_at=due_at, question=question, now=now)
    return len(new) + again, len(keys) * len(of) - len(new) - again


def _check_asking(
    session: Session,
    process_id: uuid.UUID,
    proposal_ids: Collection[uuid.UUID],
    of: Collection[Asked],
    due_at: datetime,
    now: datetime,
) -> None:
    wrong: dict[str, str] = {}
    if not proposal_ids or len(proposal_ids) > rules.MAX_CHOSEN:
        wrong["proposals"] = Sentence("Scegli da 1 a %(n)s proposte.", n=rules.MAX_CHOSEN)
    evaluators = {row.account_id for row in office_list.evaluators(session, process_id=process_id)}
    offices = {row.id: row for row in office_list.offices(session, process_id=process_id)}
    if not of:
        wrong["evaluators"] = Sentence("Scegli almeno una persona o un ufficio.")
    elif any(who.account_id not in evaluators and who.office_id not in offices for who in of):
        wrong["evaluators"] = Sentence("Scegli persone e uffici dall’elenco.")
    elif any(who.office_id in offices and not offices[who.office_id].people for who in of):
        wrong["evaluators"] = Sentence(
            "Uno degli uffici scelti non ha ancora persone: nessuno leggerebbe la richiesta."
        )
    if due_at <= now:
        wrong["due"] = Sentence("Il termine deve essere nel futuro.")
    if wrong:
        raise Invalid("Alla richiesta manca qualcosa.", wrong)


def save(
    session: Session,
    *,
    process_id: uuid.UUID,
    evaluation_id: uuid.UUID,
    version: int,
    judgement: Judgement,
    overlaps: Mapping[tuple[OverlapKind, uuid.UUID], str],
    deliver: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what an evaluator filled in, and deliver it where `deliver`; a delivered one may be corrected until the proposal is decided.

    `overlaps`: what the evaluator accepts, with the method by which it was suggested, empty where they named it. Raises NotFound for
    who was not asked, Conflict for a stale version or a proposal that is decided, Invalid with a sentence for each field.
    """
    row = _asked_of(session, process_id, evaluation_id, actor)
    proposal = session.execute(select(Proposal).where(Proposal.id == row.proposal_id)).scalar_one()
    _check_open(session, row, proposal)
    if row.version != version:
        raise _stale(session, row, judgement)
    delivering = deliver or row.state == S.delivered
    wrong = rules.wrong_in(judgement, delivering=delivering)
    if wrong:
        raise Invalid("Alla valutazione manca qualcosa.", wrong)
    for name in _SAID:
        setattr(row, name, getattr(judgement, name))
    row.cost_from, row.cost_to = rules.whole_range(judgement)
    row.saved_at, row.saved_by, row.version = now, actor.account_id, row.version + 1
    if delivering:
        row.state, row.delivered_at, row.proposal_version = S.delivered, now, proposal.text_version
    else:
        row.state = S.started
    session.execute(delete(EvaluationOverlap).where(EvaluationOverlap.evaluation_id == row.id))
    if overlaps:
        session.execute(
            insert(EvaluationOverlap),
            [
                {
                    "evaluation_id": row.id,
                    "kind": str(kind),
                    "thing_id": thing_id,
                    "origin": "machine" if method else "human",
                    "method": method,
                }
                for (kind, thing_id), method in sorted(overlaps.items())
            ],
        )
    _record(session, row, "evaluation.delivered" if delivering else "evaluation.saved", actor)
    if delivering:
        reminding.ask_to_look(session, proposal_id=row.proposal_id, now=now)


def decline(
    session: Session,
    *,
    process_id: uuid.UUID,
    evaluation_id: uuid.UUID,
    version: int,
    why: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Hand a request back: it is not for this evaluator or office. The moderator reads why."""
    row = _asked_of(session, process_id, evaluation_id, actor)
    if len(why.strip()) < 5:
        raise Invalid("Serve un motivo.", {"why": "Scrivi perché: chi ha chiesto saprà a chi rivolgersi."})
    if row.version != version or row.state not in TO_DO:
        raise _stale(session, row, Judgement())
    row.state, row.ended_why, row.version = S.declined, why, row.version + 1
    row.saved_at, row.saved_by = now, actor.account_id
    _record(session, row, "evaluation.declined", actor)
    reminding.ask_to_look(session, proposal_id=row.proposal_id, now=now)


def withdraw(
    session: Session, *, process_id: uuid.UUID, evaluation_ids: Sequence[uuid.UUID], actor: Actor, now: datetime
) -> int:
    """Ask no longer; what was delivered stays. Returns how many requests were withdrawn."""
    rows = _to_do(session, process_id, evaluation_ids)
    for row in rows:
        row.state, row.version = S.withdrawn, row.version + 1
        _record(session, row, "evaluation.withdrawn", actor)
    for proposal_id in sorted({row.proposal_id for row in rows}):
        reminding.ask_to_look(session, proposal_id=proposal_id, now=now)
    return len(rows)


def set_deadline(
    session: Session,
    *,
    process_id: uuid.UUID,
    evaluation_ids: Sequence[uuid.UUID],
    due_at: datetime,
    actor: Actor,
    now: datetime,
) -> int:
    """Give another deadline to what is still to be done; returns to how many. People are reminded of the new one."""
    if due_at <= now:
        raise Invalid("Il termine deve essere nel futuro.", {"due": "Il termine deve essere nel futuro."})
    rows = _to_do(session, process_id, evaluation_ids)
    for row in rows:
        # The version stays: a deadline that moves must not cost an evaluator what they are typing.
        row.due_at = due_at
        _record(session, row, "evaluation.deadline", actor)
    return len(rows)


def _to_do(session: Session, process_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> list[Evaluation]:
    statement = (
        select(Evaluation)
        .where(Evaluation.id.in_(ids), Evaluation.process_id == process_id, Evaluation.state.in_(TO_DO))
        .order_by(Evaluation.id)
        .with_for_update()
    )
    return list(session.execute(statement).scalars())


def _asked_of(session: Session, process_id: uuid.UUID, evaluation_id: uuid.UUID, actor: Actor) -> Evaluation:
    row = session.execute(
        select(Evaluation)
        .where(
            Evaluation.id == evaluation_id,
            Evaluation.process_id == process_id,
            queries.asked_of(actor.account_id),
            Evaluation.state != S.withdrawn,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("Questa valutazione non c’è, o è stata chiesta ad altri.")
    return row


def _check_open(session: Session, row: Evaluation, proposal: Proposal) -> None:
    if proposal.state == ProposalState.published and proposal.outcome is None and row.state != S.declined:
        return
    sentence = (
        Sentence("Questa richiesta è stata rimandata: la valutazione non si può più salvare.")
        if row.state == S.declined
        else Sentence("La proposta nel frattempo è stata decisa o tolta: la valutazione non si può più cambiare.")
    )
    raise Conflict(sentence, link_endpoint="evaluations.worklist", link_values={"slug": slug_of(session, process_id=row.process_id)})


def _stale(session: Session, row: Evaluation, judgement: Judgement) -> Conflict:
    differences = tuple(
        Difference(name, getattr(row, field), getattr(judgement, field))
        for name, field in _COMPARED
        if getattr(row, field) != getattr(judgement, field)
    )
    return Conflict(
        "Qualcun altro ha salvato questa valutazione mentre la scrivevi. Qui sotto trovi come è ora e quello che hai scritto.",
        differences=differences,
        changed_by=people.name_of(session, account_id=row.saved_by),
        current_version=row.version,
        link_endpoint="evaluations.fill_in",
        link_values={"slug": slug_of(session, process_id=row.process_id), "evaluation_id": str(row.id)},
    )


def _record(session: Session, row: Evaluation, action: str, actor: Actor) -> None:
    record(
        session, actor=actor, action=action, kind=ThingKind.evaluation, object_id=row.id, process_id=row.process_id,
        proposal=row.proposal_id, version=row.version,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
