"""Amendments: proposing a change to somebody's proposal, changing or taking it back, and the author's yes or no.

Everyone locks the proposal first, then the amendment. What was written against older words is carried over to the present ones where
the two changes don't meet; where they do, the page says so and nobody's words are overwritten.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import (
    Amendment,
    Proposal,
    ProposalCoauthor,
    ProposalFollow,
    ProposalVersion,
)
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.services.submission import CO_PLANNING, check_words
from consult.coplanning.proposals.types import UNSEEN, AmendmentState
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound
from consult.core.markdown import render_user_text
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
#: What an author answers: at least one short sentence where the answer is no.
MIN_ANSWER, MAX_ANSWER = 10, 1_000
TOPIC = "coplanning.tell_amendment"
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
        raise _closed(session, row)
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
            **_address(session, process_id, proposal_id, there),
        )
    key = uuid.uuid4()
    session.add(
        Amendment(
            id=key, process_id=process_id, proposal_id=proposal_id, author_id=actor.account_id, show_name=show_name,
            pseudonym="" if show_name else pseudonym, base_version=base_version, title=title, text=text, reason=reason,
            state=A.waiting if first else A.open, state_at=now, created_at=now,
        )
    )  # fmt: skip  # one row of values reads better so
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.amendment, now=now)
    _record(session, key, process_id, "proposed", actor, proposal=proposal_id)
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
    proposal, row = _both(session, process_id, amendment_id)
    _check_own(row, actor)
    if row.version != version or row.state not in (A.open, A.waiting):
        pairs = (("Titolo", row.title, title), ("Testo", row.text, text))
        raise Conflict(
            "La modifica nel frattempo è cambiata, o ha avuto una risposta. Qui sotto trovi come è ora e quello che hai scritto.",
            differences=tuple(Difference(name, theirs, yours) for name, theirs, yours in pairs if theirs != yours),
            current_version=row.version,
            **_address(session, process_id, row.proposal_id, row.id),
        )
    if not rules.may_be_amended(proposal.state, proposal.outcome, proposal.author_id):
        raise _closed(session, proposal)
    _check(title, text, reason, words_at(session, proposal, base_version))
    row.base_version, row.title, row.text, row.reason, row.edited_at = base_version, title, text, reason, now
    row.version, row.text_version = row.version + 1, row.text_version + 1
    _record(session, row.id, process_id, "edited", actor, version=row.version)


def withdraw_amendment(
    session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Take one's own amendment back before it is answered; one that nobody else ever read leaves no trace to be read."""
    _proposal_row, row = _both(session, process_id, amendment_id)
    _check_own(row, actor)
    _move(session, row, A.dropped if row.state == A.waiting else A.withdrawn, version, now)
    veil(session, kind=ThingKind.amendment, thing_id=row.id, on=True)
    _record(session, row.id, process_id, "withdrawn", actor)


def accept_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    amendment_id: uuid.UUID,
    version: int,
    proposal_version: int,
    answer: str,
    actor: Actor,
    now: datetime,
) -> int:
    """The author takes a change up: the words become a new version, who proposed it a co-author; returns the version of the words.

    Supporters and followers are told, since what they support reads otherwise now. Raises Forbidden for anybody but the author;
    Conflict where amendment or proposal changed since they were seen, or where the text moved under the change.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    proposal, row = _both(session, process_id, amendment_id)
    _check_author(proposal, actor)
    if not rules.may_be_amended(proposal.state, proposal.outcome, proposal.author_id):
        raise _closed(session, proposal)
    if proposal.version != proposal_version:
        raise Conflict(
            "La proposta è cambiata dopo che hai aperto la pagina: guarda come diventa ora, poi decidi.",
            current_version=proposal.version,
            **_address(session, process_id, row.proposal_id, row.id),
        )
    _check_waits(session, row)
    words = rules.carried_over(
        words_at(session, proposal, row.base_version), Words(proposal.title, proposal.text), Words(row.title, row.text)
    )
    if words is None:
        raise Conflict(
            "Il testo è cambiato proprio dove la modifica interviene: chi l'ha proposta può riportarla sul testo di oggi.",
            **_address(session, process_id, row.proposal_id, row.id),
        )
    if len(answer) > MAX_ANSWER:
        raise Invalid("La risposta è troppo lunga.", {"answer": _length(0, MAX_ANSWER)})
    check_words(words.title, words.text)
    session.add(
        ProposalVersion(
            proposal_id=proposal.id, number=proposal.text_version, title=proposal.title, text=proposal.text, html=proposal.html,
            strategy_id=proposal.strategy_id, written_at=proposal.edited_at or proposal.created_at,
        )
    )  # fmt: skip  # one row of values reads better so
    proposal.title, proposal.text = words.title, words.text
    proposal.html = str(render_user_text(words.text))
    proposal.excerpt = rules.excerpt(proposal.html)
    proposal.text_version += 1
    proposal.version += 1
    proposal.edited_at = now
    row.accepted_version, row.shown_state = proposal.text_version, str(A.accepted)
    row.answer, row.answered_at, row.answered_by = answer, now, actor.account_id
    _move(session, row, A.accepted, version, now)
    if row.author_id is not None:
        session.execute(
            insert(ProposalCoauthor)
            .values(
                id=uuid.uuid4(), proposal_id=proposal.id, account_id=row.author_id, amendment_id=row.id, show_name=row.show_name,
                pseudonym=row.pseudonym, since=now,
            )
            .on_conflict_do_nothing(index_elements=["proposal_id", "account_id"])
        )  # fmt: skip  # one row of values reads better so
        session.execute(
            insert(ProposalFollow)
            .values(proposal_id=proposal.id, account_id=row.author_id, created_at=now)
            .on_conflict_do_nothing()
        )
    record(
        session, actor=actor, action="proposal.amended", kind=ThingKind.proposal, object_id=proposal.id, process_id=process_id,
        version=proposal.version, amendment=row.id,
    )  # fmt: skip  # one row of values reads better so
    _record(session, row.id, process_id, "accepted", actor)
    jobs.enqueue(session, TOPIC, key=f"{row.id}:accepted", amendment_id=row.id, what="accepted")
    return proposal.text_version


def decline_amendment(
    session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID, version: int, answer: str, actor: Actor, now: datetime
) -> None:
    """The author leaves the words as they are, with a sentence for who proposed the change and for anyone."""
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    proposal, row = _both(session, process_id, amendment_id)
    _check_author(proposal, actor)
    _check_waits(session, row)
    if not MIN_ANSWER <= len(answer.strip()) <= MAX_ANSWER:
        raise Invalid("Serve una frase per chi l'ha proposta.", {"answer": _length(MIN_ANSWER, MAX_ANSWER)})
    row.answer, row.answered_at, row.answered_by, row.shown_state = answer, now, actor.account_id, str(A.declined)
    _move(session, row, A.declined, version, now)
    _record(session, row.id, process_id, "declined", actor)
    jobs.enqueue(session, TOPIC, key=f"{row.id}:declined", amendment_id=row.id, what="declined")


def report_amendment(
    session: Session, *, process_id: uuid.UUID, amendment_id: uuid.UUID, reason: ReportReason, note: str, actor: Actor, now: datetime
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
    _proposal_row, row = _both(session, process_id, amendment_id)
    to_state = to or A(row.shown_state)
    if to_state == A.open:
        other = select(Amendment.id).where(
            Amendment.proposal_id == row.proposal_id, Amendment.author_id == row.author_id, Amendment.id != row.id,
            Amendment.state.in_([A.open, A.waiting]),
        )  # fmt: skip  # one condition per name reads better so
        if session.execute(other).first():
            raise Conflict("Chi l'ha proposta ne ha già un'altra che aspetta risposta: questa resta com'è.")
    _move(session, row, to_state, version, now)
    veil(session, kind=ThingKind.amendment, thing_id=row.id, on=to is not None)
    _record(session, row.id, process_id, row.state, actor, **meta)


def words_at(session: Session, proposal: Proposal, version: int) -> Words:
    """The words of a proposal at one version. Raises Invalid for a version that it never had."""
    if version == proposal.text_version:
        return Words(proposal.title, proposal.text)
    row = session.execute(
        select(ProposalVersion.title, ProposalVersion.text).where(
            ProposalVersion.proposal_id == proposal.id, ProposalVersion.number == version
        )
    ).one_or_none()
    if row is None:
        raise Invalid("Questa versione della proposta non c'è: ricarica la pagina. Quello che hai scritto è ancora qui.")
    return Words(row.title, row.text)


def _check(title: str, text: str, reason: str, base: Words) -> None:
    wrong: dict[str, str] = {}
    try:
        check_words(title, text)
    except Invalid as refusal:
        wrong |= refusal.fields
    if (title, text) == (base.title, base.text):
        wrong.setdefault("text", Sentence("Il testo è uguale a quello di adesso: cambia ciò che vorresti diverso."))
    if not MIN_WHY <= len(reason.strip()) <= MAX_WHY:
        wrong["reason"] = _length(MIN_WHY, MAX_WHY)
    if wrong:
        raise Invalid("Alla modifica manca qualcosa.", wrong)


def _length(least: int, most: int) -> Sentence:
    return Sentence("Servono da %(min)d a %(max)d caratteri.", min=least, max=most)


def _proposal(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID) -> Proposal:
    row = session.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None or row.state in UNSEEN:
        raise NotFound("Questa proposta non c'è.")
    return row


def _both(session: Session, process_id: uuid.UUID, amendment_id: uuid.UUID) -> tuple[Proposal, Amendment]:
    """The amendment and its proposal, locked in the order that everyone keeps; also where the proposal is not to be read."""
    found = session.execute(
        select(Amendment.proposal_id).where(Amendment.id == amendment_id, Amendment.process_id == process_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa modifica non c'è.")
    proposal = session.execute(
        select(Proposal).where(Proposal.id == found).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()
    row = session.execute(
        select(Amendment).where(Amendment.id == amendment_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    return proposal, row


def _check_waits(session: Session, row: Amendment) -> None:
    # A hidden one may come back as what it was, but nobody answers it meanwhile.
    if row.state != A.open:
        raise _moved(session, row)


def _check_own(row: Amendment, actor: Actor) -> None:
    if row.state in (A.hidden, A.dropped):
        raise NotFound("Questa modifica non c'è.")
    if not rules.is_author(row.author_id, actor.account_id):
        raise Forbidden("Solo chi ha proposto la modifica può cambiarla o ritirarla.")


def _check_author(proposal: Proposal, actor: Actor) -> None:
    if proposal.state in UNSEEN:
        raise NotFound("Questa proposta non c'è.")
    if not rules.is_author(proposal.author_id, actor.account_id):
        raise Forbidden("Solo chi ha scritto la proposta può rispondere.")


def _move(session: Session, row: Amendment, to: AmendmentState, version: int | None, now: datetime) -> None:
    if (version is not None and row.version != version) or not rules.may_move_amendment(row.state, to):
        raise _moved(session, row)
    row.state, row.state_at, row.version = str(to), now, row.version + 1
    if to in (A.withdrawn, A.open):
        row.shown_state = str(to)


def _moved(session: Session, row: Amendment) -> Conflict:
    return Conflict(
        "La modifica nel frattempo è cambiata: guarda come è ora.",
        current_version=row.version,
        **_address(session, row.process_id, row.proposal_id, row.id),
    )


def _closed(session: Session, proposal: Proposal) -> Conflict:
    slug = session.execute(select(Process.slug).where(Process.id == proposal.process_id)).scalar_one()
    return Conflict(
        "A questa proposta non si possono proporre modifiche adesso: guarda come è ora.",
        link_endpoint="proposals.show",
        link_values={"slug": slug, "proposal_id": str(proposal.id)},
        current_version=proposal.version,
    )


def _address(session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> dict[str, Any]:
    slug = session.execute(select(Process.slug).where(Process.id == process_id)).scalar_one()
    values = {"slug": slug, "proposal_id": str(proposal_id), "amendment_id": str(amendment_id)}
    return {"link_endpoint": "proposals.amendment", "link_values": values}


def _record(session: Session, key: uuid.UUID, process_id: uuid.UUID, what: str, actor: Actor, **meta: Any) -> None:
    record(
        session, actor=actor, action=f"amendment.{what}", kind=ThingKind.amendment, object_id=key, process_id=process_id, **meta
    )  # fmt: skip  # one row of values reads better so
    session.flush()
