"""Dispositions in preparation: written one by one or for many proposals, seen by nobody else, then published together as one act.

Publishing goes through `dispositions`, so all that holds for one decision holds for each of many: its lock, its record, the links to
actions, and that author and supporters are told once, when nobody can undo it any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalState
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import Outcome, ThingKind
from consult.moderation import rules
from consult.moderation.models import DispositionDraft
from consult.moderation.services import dispositions
from consult.moderation.types import Chosen, Prepared
from consult.people import queries as people
from consult.plan import queries as plan
from consult.plan.types import ActionFields
from consult.process.queries import slug_of
from consult.process.services import hold_phase_open


def prepare(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    seen: int,
    version: int,
    prepared: Prepared,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep the disposition of one proposal for later; `seen` is the proposal's version, `version` the draft's, 0 where there was none.

    Raises Invalid with a sentence for each field, Conflict, with both texts, where a colleague saved another draft meanwhile.
    """
    row = _undecided(session, process_id, [proposal_id])[proposal_id]
    _check(session, process_id, {proposal_id: row}, prepared)
    if prepared.passage and rules.find_passage(row.text, prepared.passage) is None:
        raise Invalid(
            "Il passaggio non è nel testo della proposta.",
            {"passage": Sentence("Queste parole non sono nella proposta: copia il passaggio così com’è.")},
        )
    draft = _draft(session, proposal_id)
    current = draft.version if draft is not None and draft.act_id is None else 0
    if current != version:
        raise _stale(session, process_id, draft, prepared)
    _write(session, process_id, {proposal_id: seen}, prepared, actor, now, version=current + 1)


def prepare_many(
    session: Session,
    *,
    process_id: uuid.UUID,
    seen: Mapping[uuid.UUID, int],
    prepared: Prepared,
    actor: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Keep one disposition, with the same words, for many proposals (key to the version that was read).

    A proposal that has a draft keeps it. Returns how many drafts were written, and how many proposals had one.
    """
    if not seen or len(seen) > rules.MAX_CHOSEN:
        raise Invalid(
            "Scegli le proposte.", {"proposals": Sentence("Scegli da 1 a %(n)s proposte.", n=rules.MAX_CHOSEN)}
        )
    rows = _undecided(session, process_id, list(seen))
    _check(session, process_id, rows, prepared)
    there = set(
        session.execute(
            select(DispositionDraft.proposal_id).where(
                DispositionDraft.proposal_id.in_(list(rows)), DispositionDraft.act_id.is_(None)
            )
        ).scalars()
    )
    new = {key: seen[key] for key in sorted(rows) if key not in there}
    if new:
        _write(session, process_id, new, prepared, actor, now, version=1)
    return len(new), len(there)


def discard(session: Session, *, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Throw a draft away. Raises NotFound where there is none."""
    gone = session.execute(
        delete(DispositionDraft)
        .where(
            DispositionDraft.proposal_id == proposal_id,
            DispositionDraft.process_id == process_id,
            DispositionDraft.act_id.is_(None),
        )
        .returning(DispositionDraft.proposal_id)
    ).scalar_one_or_none()
    if gone is None:
        raise NotFound("Questa bozza non c’è più.")
    record(
        session, actor=actor, action="disposition.draft_dropped", kind=ThingKind.proposal, object_id=proposal_id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    session.flush()


def publish(
    session: Session, *, process_id: uuid.UUID, seen: Mapping[uuid.UUID, int], actor: Actor, now: datetime
) -> uuid.UUID:
    """Publish drafts (proposal to the draft's version that was read) as one act, all or none; returns the act's key.

    Drafts of one strategy that name the same new action share it. Raises Conflict where a draft or a proposal changed since it was
    read, or somebody decided one of them; what `dispositions.promote` and `decide` raise.
    """
    hold_phase_open(session, process_id=process_id, kinds=dispositions.DECIDING, or_closing=True)
    if not seen or len(seen) > rules.MAX_PUBLISHED:
        raise Invalid(Sentence("Si pubblicano insieme da 1 a %(n)s esiti.", n=rules.MAX_PUBLISHED))
    rows = dispositions.lock_proposals(session, process_id, list(seen))
    drafts = {
        draft.proposal_id: draft
        for draft in session.execute(
            select(DispositionDraft)
            .where(DispositionDraft.proposal_id.in_(list(seen)), DispositionDraft.act_id.is_(None))
            .order_by(DispositionDraft.proposal_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
    }
    for key, version in seen.items():
        if key not in drafts or drafts[key].version != version:
            raise Conflict(
                Sentence(
                    "La bozza per la proposta %(n)s è cambiata mentre la leggevi. Nessun esito è stato pubblicato.",
                    n=rows[key].number,
                ),
                link_endpoint="disposition_drafts.index",
                link_values={"slug": slug_of(session, process_id=process_id)},
            )
    act_id = uuid.uuid4()
    born: dict[tuple[uuid.UUID, str], uuid.UUID] = {}
    for key in sorted(rows, key=lambda k: rows[k].number):
        _publish_one(session, process_id, rows[key], drafts[key], act_id, born, actor, now)
        drafts[key].act_id = act_id
    record(
        session, actor=actor, action="dispositions.published", kind=ThingKind.process, object_id=process_id, process_id=process_id,
        act=act_id, number=len(rows),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return act_id


def _publish_one(
    session: Session,
    process_id: uuid.UUID,
    proposal: Proposal,
    draft: DispositionDraft,
    act_id: uuid.UUID,
    born: dict[tuple[uuid.UUID, str], uuid.UUID],
    actor: Actor,
    now: datetime,
) -> None:
    outcome = Outcome(draft.outcome)
    if not rules.carries_links(outcome):
        dispositions.decide(
            session, process_id=process_id, proposal_id=proposal.id, version=draft.proposal_version, outcome=outcome,
            reason_code=draft.reason_code, public_reason=draft.public_reason, body=draft.body, actor=actor, now=now, act_id=act_id,
        )  # fmt: skip  # one call of named values reads better so
        return
    place = (proposal.strategy_id, draft.action_title.casefold())
    action_id = draft.action_id or born.get(place)
    made = dispositions.promote(
        session, process_id=process_id, chosen=[Chosen(proposal.id, draft.proposal_version, draft.passage or proposal.text)],
        outcome=outcome, reason_code=draft.reason_code, public_reason=draft.public_reason, body=draft.body, actor=actor, now=now,
        action_id=action_id, new_action=None if action_id else ActionFields(title=draft.action_title), act_id=act_id,
    )  # fmt: skip  # one call of named values reads better so
    if draft.action_id is None:
        born[place] = made.action_id


def reopen(session: Session, *, act_id: uuid.UUID) -> None:
    """Drafts published by this act are in preparation again, since the act was undone: nobody writes them twice."""
    session.execute(
        update(DispositionDraft)
        .where(DispositionDraft.act_id == act_id, Proposal.id == DispositionDraft.proposal_id)
        .values(act_id=None, proposal_version=Proposal.version)
    )


def _undecided(session: Session, process_id: uuid.UUID, ids: list[uuid.UUID]) -> dict[uuid.UUID, Proposal]:
    rows = dispositions.lock_proposals(session, process_id, ids)
    for row in rows.values():
        if row.outcome is not None or row.state != ProposalState.published:
            raise Conflict(
                Sentence("La proposta %(n)s ha già un esito, o non è più visibile.", n=row.number),
                link_endpoint="moderation.queue",
                link_values={"slug": slug_of(session, process_id=process_id), "voce": f"proposal:{row.id}"},
            )
    return rows


def _check(session: Session, process_id: uuid.UUID, rows: Mapping[uuid.UUID, Proposal], prepared: Prepared) -> None:
    dispositions.check_words(prepared.outcome, prepared.reason_code, prepared.public_reason, prepared.body)
    if not rules.carries_links(prepared.outcome):
        return
    strategies = {row.strategy_id for row in rows.values()}
    if len(strategies) > 1:
        raise Invalid(
            "Le proposte che entrano insieme in un’azione devono essere della stessa strategia.",
            {"outcome": Sentence("Con questo esito scegli proposte di una sola strategia.")},
        )
    if (prepared.action_id is None) == (not prepared.action_title.strip()):
        raise Invalid(
            "Manca l’azione.", {"action": Sentence("Scegli un’azione, oppure scrivi il titolo di una nuova.")}
        )
    if prepared.action_id is not None:
        open_ = plan.open_to_proposals(session, process_id=process_id, strategy_id=strategies.pop())
        if prepared.action_id not in {card.id for card in open_}:
            raise Invalid(
                "Questa azione non va bene.",
                {"action": Sentence("Scegli un’azione della stessa strategia che accoglie ancora proposte.")},
            )


def _draft(session: Session, proposal_id: uuid.UUID) -> DispositionDraft | None:
    return session.execute(
        select(DispositionDraft).where(DispositionDraft.proposal_id == proposal_id).with_for_update()
    ).scalar_one_or_none()


def _write(
    session: Session,
    process_id: uuid.UUID,
    seen: Mapping[uuid.UUID, int],
    prepared: Prepared,
    actor: Actor,
    now: datetime,
    *,
    version: int,
) -> None:
    linking = rules.carries_links(prepared.outcome)
    values = {
        "version": version, "outcome": str(prepared.outcome), "reason_code": prepared.reason_code,
        "public_reason": prepared.public_reason, "body": prepared.body, "action_id": prepared.action_id if linking else None,
        "action_title": prepared.action_title.strip() if linking else "", "passage": prepared.passage if linking else "",
        "saved_at": now, "saved_by": actor.account_id, "act_id": None,
    }  # fmt: skip  # one row of values reads better so
    statement = insert(DispositionDraft).values(
        [{"proposal_id": key, "process_id": process_id, "proposal_version": n, **values} for key, n in seen.items()]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["proposal_id"], set_={**values, "proposal_version": statement.excluded.proposal_version}
        )
    )
    for key in seen:
        record(
            session, actor=actor, action="disposition.draft_saved", kind=ThingKind.proposal, object_id=key, process_id=process_id,
            outcome=str(prepared.outcome), reason=prepared.reason_code,
        )  # fmt: skip  # one row of values reads better so
    session.flush()


def _stale(session: Session, process_id: uuid.UUID, draft: DispositionDraft | None, prepared: Prepared) -> Conflict:
    slug = slug_of(session, process_id=process_id)
    if draft is None or draft.act_id is not None:
        return Conflict(
            "Un’altra persona ha buttato via questa bozza mentre la scrivevi.",
            link_endpoint="disposition_drafts.index",
            link_values={"slug": slug},
        )
    pairs = (("Perché", draft.public_reason, prepared.public_reason), ("Chi decide", draft.body, prepared.body))
    return Conflict(
        "Un’altra persona ha salvato una bozza per questa proposta. Qui sotto trovi la sua e la tua.",
        differences=tuple(Difference(name, theirs, yours) for name, theirs, yours in pairs if theirs != yours),
        changed_by=people.name_of(session, account_id=draft.saved_by),
        current_version=draft.version,
        link_endpoint="disposition_drafts.edit",
        link_values={"slug": slug, "proposal_id": str(draft.proposal_id)},
    )
