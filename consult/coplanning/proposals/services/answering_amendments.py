"""The author's answer to a change that somebody proposed: yes, and the words become a new version; or no, with a sentence.

What was written against older words is carried over to the present ones where the two changes don't meet; where they do, the page says
so and nobody's words are overwritten.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Amendment, Proposal, ProposalCoauthor, ProposalFollow, ProposalVersion
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.services.amendment_rows import (
    TOPIC,
    address,
    both,
    closed,
    length,
    move,
    moved,
    note,
    words_at,
)
from consult.coplanning.proposals.services.checks import check_words
from consult.coplanning.proposals.services.submission import CO_PLANNING
from consult.coplanning.proposals.types import UNSEEN, AmendmentState
from consult.core import jobs, settling
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.markdown import render_user_text
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.process.services import hold_phase_open

#: What an author answers: at least one short sentence where the answer is no.
MIN_ANSWER, MAX_ANSWER = 10, 1_000
A = AmendmentState


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
    proposal, row = both(session, process_id, amendment_id)
    _check_author(proposal, actor)
    if not rules.may_be_amended(proposal.state, proposal.outcome, proposal.author_id):
        raise closed(session, proposal)
    if proposal.version != proposal_version:
        raise Conflict(
            "La proposta è cambiata dopo che hai aperto la pagina: guarda come diventa ora, poi decidi.",
            current_version=proposal.version,
            **address(session, process_id, row.proposal_id, row.id),
        )
    _check_waits(session, row, now)
    words = rules.carried_over(
        words_at(session, proposal, row.base_version), Words(proposal.title, proposal.text), Words(row.title, row.text)
    )
    if words is None:
        raise Conflict(
            "Il testo è cambiato proprio dove la modifica interviene: chi l’ha proposta può riportarla sul testo di oggi.",
            **address(session, process_id, row.proposal_id, row.id),
        )
    if len(answer) > MAX_ANSWER:
        raise Invalid("La risposta è troppo lunga.", {"answer": length(0, MAX_ANSWER)})
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
    move(session, row, A.accepted, version, now)
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
    note(session, row.id, process_id, "accepted", actor)
    jobs.enqueue(session, TOPIC, key=f"{row.id}:accepted", amendment_id=row.id, what="accepted")
    return proposal.text_version


def decline_amendment(
    session: Session,
    *,
    process_id: uuid.UUID,
    amendment_id: uuid.UUID,
    version: int,
    answer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The author leaves the words as they are, with a sentence for who proposed the change and for anyone."""
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    proposal, row = both(session, process_id, amendment_id)
    _check_author(proposal, actor)
    _check_waits(session, row, now)
    if not MIN_ANSWER <= len(answer.strip()) <= MAX_ANSWER:
        raise Invalid("Serve una frase per chi l’ha proposta.", {"answer": length(MIN_ANSWER, MAX_ANSWER)})
    row.answer, row.answered_at, row.answered_by, row.shown_state = answer, now, actor.account_id, str(A.declined)
    move(session, row, A.declined, version, now)
    note(session, row.id, process_id, "declined", actor)
    jobs.enqueue(session, TOPIC, key=f"{row.id}:declined", amendment_id=row.id, what="declined")


def _check_waits(session: Session, row: Amendment, now: datetime) -> None:
    # A hidden one may come back as what it was, but nobody answers it meanwhile.
    if row.state != A.open:
        raise moved(session, row)
    if row.answer_by is not None and row.answer_by <= settling.over(now):
        raise Conflict(
            "Il tempo per rispondere è finito: chi ha proposto la modifica può proporla di nuovo.",
            **address(session, row.process_id, row.proposal_id, row.id),
        )


def _check_author(proposal: Proposal, actor: Actor) -> None:
    if proposal.state in UNSEEN:
        raise NotFound("Questa proposta non c’è.")
    if not rules.is_author(proposal.author_id, actor.account_id):
        raise Forbidden("Solo chi ha scritto la proposta può rispondere.")
