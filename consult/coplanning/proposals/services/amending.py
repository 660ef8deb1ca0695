"""Amendments: proposing a change to somebody's proposal, changing it, taking it back, reporting and moderating it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Amendment, AmendmentVersion, Proposal
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.services.amendment_rows import (
    TOPIC,
    address,
    both,
    closed,
    length,
    move,
    note,
    words_at,
)
from consult.coplanning.proposals.services.checks import check_words
from consult.coplanning.proposals.services.submission import CO_PLANNING
from consult.coplanning.proposals.types import UNSEEN, AmendmentState
from consult.core import jobs, settling
from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.discussion import services as discussion
from consult.discussion.types import ReportReason
from consult.notices.services import veil
from consult.people.models import Account
from consult.process.models import Process
from consult.process.services import hold_phase_open, remember_notice

MIN_WHY, MAX_WHY = 10, 1_000
A = AmendmentState


def propose_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    base_version: int,
    title: str,
    text: str,
    reason: str,
    actor: Actor,
    now: datetime,
    show_name: bool = True,
    pseudonym: str = "",
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Propose other words for a proposal, written against its version `base_version`; its author is told. Returns the key.

    Raises PhaseClosed, Forbidden without a verified address, Invalid with fields, and Conflict where the proposal can't be amended
    any more or this person has an amendment that still waits for its answer.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    row = _proposal(session, process_id, proposal_id)
    if not rules.may_amend(row.state, row.outcome, row.author_id, actor.account_id):
        raise closed(session, row)
    _check(title, text, reason, words_at(session, row, base_version))
    proved = select(Account.email_verified_at.is_not(None)).where(
        Account.id == actor.account_id, Account.erased_at.is_(None)
    )
    verified, first = session.execute(
        select(proved.scalar_subquery(), Process.premoderate_proposals).where(Process.id == process_id)
    ).one()
    if not verified:
        raise Forbidden(
            "Per proporre una modifica bisogna prima confermare il proprio indirizzo: apri il collegamento nel messaggio che ti abbiamo mandato."
        )
    there = session.execute(
        select(Amendment.id).where(
            Amendment.proposal_id == proposal_id, Amendment.author_id == actor.account_id, Amendment.state.in_([A.open, A.waiting])
        )
    ).scalar_one_or_none()  # fmt: skip  # one condition per name reads better so
    if there is not None:
        raise Conflict(
            "Hai già proposto una modifica a questa proposta, e aspetta una risposta: puoi cambiarla o ritirarla.",
            **address(session, process_id, proposal_id, there),
        )
    key = uuid.uuid4()
    session.add(
        Amendment(
            id=key, process_id=process_id, proposal_id=proposal_id, author_id=actor.account_id, show_name=show_name,
            pseudonym="" if show_name else pseudonym, base_version=base_version, title=title, text=text, reason=reason,
            state=A.waiting if first else A.open, state_at=now, created_at=now, answer_by=None if first else settling.answer_by(now),
        )
    )  # fmt: skip  # one row of values reads better so
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.amendment, now=now)
    note(session, key, process_id, "proposed", actor, proposal=proposal_id)
    if not first:
        jobs.enqueue(session, TOPIC, key=f"{key}:new", amendment_id=key, what="new")
    return key


def edit_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    amendment_id: uuid.UUID,
    version: int,
    base_version: int,
    title: str,
    text: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Change one's own amendment while it waits, also to write it against newer words of the proposal.

    Raises Conflict for a stale version with both texts, or where it was answered meanwhile.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    proposal, row = both(session, process_id, amendment_id)
    _check_own(row, actor)
    if row.version != version or row.state not in (A.open, A.waiting):
        pairs = (("Titolo", row.title, title), ("Testo", row.text, text))
        raise Conflict(
            "La modifica nel frattempo è cambiata, o ha avuto una risposta. Qui sotto trovi come è ora e quello che hai scritto.",
            differences=tuple(Difference(name, theirs, yours) for name, theirs, yours in pairs if theirs != yours),
            current_version=row.version,
            **address(session, process_id, row.proposal_id, row.id),
        )
    if not rules.may_be_amended(proposal.state, proposal.outcome, proposal.author_id):
        raise closed(session, proposal)
    _check(title, text, reason, words_at(session, proposal, base_version))
    session.add(
        AmendmentVersion(
            id=uuid.uuid4(), amendment_id=row.id, number=row.text_version, base_version=row.base_version, title=row.title, text=row.text,
            reason=row.reason, written_at=row.edited_at or row.created_at,
        )
    )  # fmt: skip  # one row of values reads better so
    row.base_version, row.title, row.text, row.reason, row.edited_at = base_version, title, text, reason, now
    row.version, row.text_version = row.version + 1, row.text_version + 1
    note(session, row.id, process_id, "edited", actor, version=row.version)


def withdraw_amendment(
    session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Take one's own amendment back before it is answered; one that nobody else ever read leaves no trace to be read."""
    _proposal_row, row = both(session, process_id, amendment_id)
    _check_own(row, actor)
    move(session, row, A.dropped if row.state == A.waiting else A.withdrawn, version, now)
    veil(session, kind=ThingKind.amendment, thing_id=row.id, on=True)
    note(session, row.id, process_id, "withdrawn", actor)


def report_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    amendment_id: uuid.UUID,
    reason: ReportReason,
    note: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Report an amendment to the moderators; False when this person did so before."""
    return discussion.report(
        session, process_id=process_id, target_kind=ThingKind.amendment, target_id=amendment_id, reason=reason, note=note, actor=actor, now=now
    )  # fmt: skip  # one call of named values reads better so


def change_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    amendment_id: uuid.UUID,
    to: AmendmentState | None,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    **meta: Any,
) -> None:
    """A moderator's act: hide it, let it wait again, or (`to` None) show it as what it was. `meta` goes into the record.

    Once a moderator lets one that waited appear, the proposal's author is told; the room above asks for it, when nobody can undo.
    """
    _proposal_row, row = both(session, process_id, amendment_id)
    to_state = to or A(row.shown_state)
    if to_state == A.open:
        other = select(Amendment.id).where(
            Amendment.proposal_id == row.proposal_id, Amendment.author_id == row.author_id, Amendment.id != row.id,
            Amendment.state.in_([A.open, A.waiting]),
        )  # fmt: skip  # one condition per name reads better so
        if session.execute(other).first():
            raise Conflict("Chi l’ha proposta ne ha già un’altra che aspetta risposta: questa resta com’è.")
    move(session, row, to_state, version, now)
    veil(session, kind=ThingKind.amendment, thing_id=row.id, on=to is not None)
    note(session, row.id, process_id, row.state, actor, **meta)


def _check(title: str, text: str, reason: str, base: Words) -> None:
    wrong: dict[str, str] = {}
    try:
        check_words(title, text)
    except Invalid as refusal:
        wrong |= refusal.fields
    if (title, text) == (base.title, base.text):
        wrong.setdefault("text", Sentence("Il testo è uguale a quello di adesso: cambia ciò che vorresti diverso."))
    if not MIN_WHY <= len(reason.strip()) <= MAX_WHY:
        wrong["reason"] = length(MIN_WHY, MAX_WHY)
    if wrong:
        raise Invalid("Alla modifica manca qualcosa.", wrong)


def _proposal(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID) -> Proposal:
    row = session.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None or row.state in UNSEEN:
        raise NotFound("Questa proposta non c’è.")
    return row


def _check_own(row: Amendment, actor: Actor) -> None:
    if row.state in (A.hidden, A.dropped):
        raise NotFound("Questa modifica non c’è.")
    if not rules.is_author(row.author_id, actor.account_id):
        raise Forbidden("Solo chi ha proposto la modifica può cambiarla o ritirarla.")
