"""The disposition of each proposal, promotion into draft actions, and taking a decision back.

Everyone locks the proposals first, in the order of their keys, then compares version and standing disposition, then writes:
of two moderators at the same moment the second waits for the first and then reads what the first decided.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalState
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import N_, Sentence
from consult.core.vocabulary import Outcome, PhaseKind, ThingKind
from consult.moderation import rules
from consult.moderation.models import Disposition
from consult.moderation.services.telling import ask_to_tell, ask_to_tell_reversal
from consult.moderation.types import Chosen, DispositionState, Promoted
from consult.people import queries as people
from consult.plan import queries as plan_queries
from consult.plan import services as plan
from consult.plan.models import DraftAction, Promotion
from consult.plan.types import ActionFields, ActionOrigin, ActionState, Ground
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open

DECIDING = (PhaseKind.co_planning, PhaseKind.drafting)
MAX_REASON = 2_000


def promote(
    session: Session,
    *,
    process_id: uuid.UUID,
    chosen: Sequence[Chosen],
    outcome: Outcome,
    reason_code: str,
    public_reason: str,
    body: str,
    actor: Actor,
    now: datetime,
    action_id: uuid.UUID | None = None,
    new_action: ActionFields | None = None,
    act_id: uuid.UUID | None = None,
) -> Promoted:
    """Make proposals of one strategy part of one draft action, existing (`action_id`) or new (`new_action`), in this transaction.

    `act_id` makes it part of an act that began before, to be undone as one. Raises Conflict, with a link to the action or proposal,
    where somebody decided or changed one of them first; Invalid, with a
    sentence for each field, where the outcome carries no links, the reason does not fit, or a passage is not in its proposal.
    """
    hold_phase_open(session, process_id=process_id, kinds=DECIDING, or_closing=True)
    if not rules.carries_links(outcome):
        raise Invalid(
            "Con questo esito la proposta non diventa parte di un’azione.", {"outcome": "Scegli un altro esito."}
        )
    check_words(outcome, reason_code, public_reason, body)
    if (action_id is None) == (new_action is None):
        raise Invalid(
            "Scegli un’azione, oppure scrivine una nuova.", {"action": "Scegli un’azione, oppure scrivine una nuova."}
        )
    seen = {c.proposal_id: c for c in chosen}
    if not chosen or len(seen) != len(chosen) or len(chosen) > rules.MAX_TOGETHER:
        raise Invalid(Sentence("Si possono promuovere insieme da 1 a %(n)s proposte diverse.", n=rules.MAX_TOGETHER))
    rows = lock_proposals(session, process_id, list(seen))
    _check_undecided(session, process_id, rows, {key: c.version for key, c in seen.items()})
    strategies = {row.strategy_id for row in rows.values()}
    if len(strategies) > 1:
        raise Invalid("Le proposte promosse insieme devono appartenere alla stessa strategia.")
    spans = _passages(rows, seen)
    act_id = act_id or uuid.uuid4()
    if new_action is not None:
        action, code = plan.create_action(
            session, process_id=process_id, strategy_id=strategies.pop(), fields=new_action, origin=ActionOrigin.promoted,
            actor=actor, now=now,
        )  # fmt: skip  # one row of values reads better so
    else:
        action, code = action_of(session, process_id, action_id)
    created = action if new_action is not None else None
    keys = {
        key: _write(session, rows[key], act_id, outcome, reason_code, public_reason, body, created, actor, now)
        for key in sorted(rows)
    }
    grounds = [
        Ground(proposal_id=key, passage=rows[key].text[slice(*spans[key])], start=spans[key][0], cause_id=disposition)
        for key, disposition in keys.items()
    ]
    plan.link(session, process_id=process_id, action_id=action, grounds=grounds, actor=actor, now=now)
    return Promoted(action, code, created is not None, act_id, tuple(keys.values()))


def decide(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    version: int,
    outcome: Outcome,
    reason_code: str,
    public_reason: str,
    body: str,
    actor: Actor,
    now: datetime,
    act_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give a proposal an outcome that leads to no action (postponed, not competent, rejected); returns the key of the act.

    Raises as `promote` does.
    """
    hold_phase_open(session, process_id=process_id, kinds=DECIDING, or_closing=True)
    if rules.carries_links(outcome):
        raise Invalid(
            "Con questo esito la proposta entra in un’azione: va promossa.", {"outcome": "Scegli un altro esito."}
        )
    check_words(outcome, reason_code, public_reason, body)
    rows = lock_proposals(session, process_id, [proposal_id])
    _check_undecided(session, process_id, rows, {proposal_id: version})
    act_id = act_id or uuid.uuid4()
    _write(session, rows[proposal_id], act_id, outcome, reason_code, public_reason, body, None, actor, now)
    return act_id


def reverse(
    session: Session, *, process_id: uuid.UUID, disposition_id: uuid.UUID, why: str, actor: Actor, now: datetime
) -> None:
    """Take a published disposition back, with a reason: the proposal waits for a decision again, the old one stays on record.

    An action that was born with it and rests on nothing else is withdrawn. Raises Conflict where it was taken back already.
    """
    if len(why.strip()) < 10:
        raise Invalid("Serve un motivo.", {"why": "Scrivi perché l’esito viene ritirato: si legge nella storia."})
    found = _standing(session, process_id, [disposition_id])
    take_back(session, found, why=why, actor=actor, now=now)


def take_back(session: Session, dispositions: Sequence[Disposition], *, why: str, actor: Actor, now: datetime) -> None:
    """End these dispositions and their links; used by `reverse` and by undo, after their own checks."""
    born: set[uuid.UUID] = set()
    for row in dispositions:
        row.state, row.reversed_at, row.reversed_by = str(DispositionState.reversed), now, actor.account_id
        row.reversal_reason = why
        plan.unlink(session, cause_id=row.id, actor=actor, now=now)
        proposals.clear_outcome(session, proposal_id=row.proposal_id, actor=actor, now=now)
        record(
            session,
            actor=actor,
            action="disposition.reversed",
            kind=ThingKind.disposition,
            object_id=row.id,
            process_id=row.process_id,
            proposal=row.proposal_id,
        )
        if row.created_action_id:
            born.add(row.created_action_id)
        if row.told_at:
            ask_to_tell_reversal(session, row.id)
    session.flush()
    for action_id in sorted(born):
        withdraw_if_empty(session, action_id, why, actor, now)


def standing_of_act(session: Session, process_id: uuid.UUID, act_id: uuid.UUID) -> list[Disposition]:
    """The dispositions of one act, locked after their proposals; empty where the act decided nothing."""
    ids = list(
        session.execute(
            select(Disposition.id).where(Disposition.act_id == act_id, Disposition.process_id == process_id)
        ).scalars()
    )
    return _standing(session, process_id, ids) if ids else []


def _standing(session: Session, process_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> list[Disposition]:
    about = session.execute(
        select(Disposition.proposal_id).where(Disposition.id.in_(ids), Disposition.process_id == process_id)
    ).scalars()
    keys = sorted(set(about))
    if not keys:
        raise NotFound("Questo esito non c’è.")
    session.execute(select(Proposal.id).where(Proposal.id.in_(keys)).order_by(Proposal.id).with_for_update())
    rows = list(
        session.execute(
            select(Disposition)
            .where(Disposition.id.in_(ids))
            .order_by(Disposition.proposal_id, Disposition.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
    )
    if any(row.state != DispositionState.published for row in rows):
        raise Conflict(
            "Questo esito è già stato ritirato.",
            link_endpoint="proposals.show",
            link_values={"slug": slug_of(session, process_id=process_id), "proposal_id": str(rows[0].proposal_id)},
        )
    return rows


def lock_proposals(session: Session, process_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Proposal]:
    """Proposals of a process, locked in the order of their keys. Raises NotFound where one of them is not there."""
    rows = session.execute(
        select(Proposal)
        .where(Proposal.id.in_(sorted(ids)), Proposal.process_id == process_id)
        .order_by(Proposal.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    found = {row.id: row for row in rows}
    if len(found) != len(ids):
        raise NotFound("Una delle proposte non c’è.")
    return found


def _check_undecided(
    session: Session, process_id: uuid.UUID, rows: Mapping[uuid.UUID, Proposal], seen: Mapping[uuid.UUID, int]
) -> None:
    taken = session.execute(
        select(Disposition.proposal_id, Disposition.decided_by)
        .where(Disposition.proposal_id.in_(list(rows)), Disposition.state == DispositionState.published)
        .order_by(Disposition.proposal_id)
    ).first()
    if taken is not None:
        actions = plan_queries.of_proposals(session, proposal_ids=[taken.proposal_id]).get(taken.proposal_id)
        slug, number = slug_of(session, process_id=process_id), rows[taken.proposal_id].number
        if actions:
            raise Conflict(
                Sentence(
                    "La proposta %(n)s è già stata decisa: fa parte dell’azione %(code)s. Niente è stato scritto due volte.",
                    n=number,
                    code=actions[0].code,
                ),
                link_endpoint="plan.action",
                link_values={"slug": slug, "code": actions[0].code},
                changed_by=people.name_of(session, account_id=taken.decided_by),
            )
        raise Conflict(
            Sentence("La proposta %(n)s ha già un esito, dato da un’altra persona mentre la leggevi.", n=number),
            link_endpoint="proposals.show",
            link_values={"slug": slug, "proposal_id": str(taken.proposal_id)},
            changed_by=people.name_of(session, account_id=taken.decided_by),
        )
    for key, row in rows.items():
        if row.version != seen[key] or row.state != ProposalState.published:
            raise Conflict(
                Sentence(
                    "La proposta %(n)s è cambiata mentre la leggevi: guarda come è ora prima di decidere.", n=row.number
                ),
                link_endpoint="moderation.queue",
                link_values={"slug": slug_of(session, process_id=process_id), "voce": f"proposal:{key}"},
                current_version=row.version,
            )


def _passages(rows: Mapping[uuid.UUID, Proposal], seen: Mapping[uuid.UUID, Chosen]) -> dict[uuid.UUID, tuple[int, int]]:
    spans = {key: rules.find_passage(row.text, seen[key].passage) for key, row in rows.items()}
    wrong: dict[str, str] = {
        f"passage-{key}": Sentence(
            "Queste parole non sono nella proposta %(n)s: copia il passaggio così com’è.", n=rows[key].number
        )
        for key, span in spans.items()
        if span is None
    }
    if wrong:
        raise Invalid("Uno dei passaggi non è nel testo della proposta.", wrong)
    return {key: span for key, span in spans.items() if span is not None}


def check_words(outcome: Outcome, reason_code: str, public_reason: str, body: str) -> None:
    """Raise Invalid, with a sentence for each field, where the reason does not fit the outcome or the words are too few or too many."""
    wrong: dict[str, str] = {}
    if rules.deciding_reason(reason_code, outcome) is None:
        wrong["reason"] = Sentence("Scegli un motivo che vada d’accordo con l’esito.")
    if not 20 <= len(public_reason.strip()) <= MAX_REASON:
        wrong["public_reason"] = Sentence(
            "Servono da 20 a %(max)d caratteri: chi ha scritto la proposta leggerà queste parole.", max=MAX_REASON
        )
    if not body.strip() or len(body) > 200:
        wrong["body"] = Sentence("Scrivi quale organo o ufficio decide.")
    if wrong:
        raise Invalid("Alla decisione manca qualcosa.", wrong)


def _write(
    session: Session,
    proposal: Proposal,
    act_id: uuid.UUID,
    outcome: Outcome,
    reason_code: str,
    public_reason: str,
    body: str,
    created_action_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    earlier = session.execute(
        select(Disposition.id)
        .where(Disposition.proposal_id == proposal.id)
        .order_by(Disposition.decided_at.desc(), Disposition.id)
        .limit(1)
    ).scalar_one_or_none()
    row = Disposition(
        id=uuid.uuid4(), process_id=proposal.process_id, proposal_id=proposal.id, act_id=act_id, outcome=str(outcome),
        reason_code=reason_code, public_reason=public_reason, body=body, proposal_version=proposal.version,
        created_action_id=created_action_id, state=str(DispositionState.published), decided_at=now, decided_by=actor.account_id,
        supersedes_id=earlier,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    session.flush()
    proposals.record_outcome(
        session,
        proposal_id=proposal.id,
        outcome=outcome,
        reason=public_reason,
        body=body,
        actor=actor,
        now=now,
        version=proposal.version,
    )
    record(
        session,
        actor=actor,
        action="disposition.published",
        kind=ThingKind.disposition,
        object_id=row.id,
        process_id=proposal.process_id,
        proposal=proposal.id,
        outcome=str(outcome),
        reason=reason_code,
    )
    ask_to_tell(session, act_id, now)
    return row.id


def action_of(session: Session, process_id: uuid.UUID, action_id: uuid.UUID | None) -> tuple[uuid.UUID, str]:
    """Key and code of an action of this process. Raises NotFound."""
    row = session.execute(
        select(DraftAction.id, DraftAction.code).where(
            DraftAction.id == action_id, DraftAction.process_id == process_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("Questa azione non c’è.")
    return row.id, row.code


def withdraw_if_empty(session: Session, action_id: uuid.UUID, why: str, actor: Actor, now: datetime) -> None:
    """Withdraw a draft that rests on nothing any more."""
    action = session.execute(select(DraftAction).where(DraftAction.id == action_id).with_for_update()).scalar_one()
    left = session.execute(
        select(func.count()).where(Promotion.action_id == action_id, Promotion.ended_at.is_(None))
    ).scalar_one()
    if left or action.state != ActionState.draft:
        return
    plan.withdraw(
        session,
        process_id=action.process_id,
        action_id=action_id,
        version=action.version,
        actor=actor,
        now=now,
        note=why or N_("La decisione che l’aveva fatta nascere è stata annullata."),
    )
