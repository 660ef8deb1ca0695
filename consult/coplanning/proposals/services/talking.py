"""The discussion of a proposal: comments, replies, reports. Counts move in the same transaction, by `count_comments`."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import rules
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.services.submission import CO_PLANNING
from consult.coplanning.proposals.types import READABLE, ProposalState
from consult.core.errors import Forbidden, NotFound
from consult.core.jobs import enqueue
from consult.core.permissions import Actor
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion import queries as discussion_queries
from consult.discussion import services as discussion
from consult.discussion.types import ReactionKind, ReportReason
from consult.process.models import Process
from consult.process.services import hold_phase_open, remember_notice


def comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    text: str,
    stance: Stance,
    actor: Actor,
    now: datetime,
    show_name: bool = True,
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Comment a published proposal while co-planning is open; its author and followers are told.

    Where a moderator reads comments first, it waits, and they are told once it appears.
    """
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    by_author, pseudonym, waiting = _signature(session, process_id, proposal_id, actor, show_name)
    key = discussion.comment(
        session,
        process_id=process_id,
        target_kind=ThingKind.proposal,
        target_id=proposal_id,
        text=text,
        stance=stance,
        actor=actor,
        now=now,
        pseudonym=pseudonym,
        by_author=by_author,
        waiting=waiting,
        on_count=_count_while_published,
    )
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.comment, now=now)
    if not waiting:
        enqueue(session, "coplanning.tell_comment", key=key, comment_id=key)
    return key


def reply(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    comment_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    stance: Stance = Stance.neutral,
    show_name: bool = True,
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Answer a comment of a published proposal; who wrote the comment is told too."""
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    by_author, pseudonym, waiting = _signature(session, process_id, proposal_id, actor, show_name)
    key = discussion.reply(
        session,
        comment_id=comment_id,
        target_kind=ThingKind.proposal,
        target_id=proposal_id,
        text=text,
        stance=stance,
        actor=actor,
        now=now,
        pseudonym=pseudonym,
        by_author=by_author,
        waiting=waiting,
        on_count=_count_while_published,
    )
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.comment, now=now)
    if not waiting:
        enqueue(session, "coplanning.tell_comment", key=key, comment_id=key)
    return key


def withdraw_comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    comment_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Take one's own comment back, also while it waits for a moderator; the answers to it stay."""
    if not _stands_under(session, proposal_id, comment_id) and not _waits_under(
        session, proposal_id, comment_id, actor
    ):
        raise NotFound("Questo commento non c’è.")
    discussion.withdraw(
        session, comment_id=comment_id, process_id=process_id, actor=actor, now=now, on_count=count_comments
    )


def react(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    comment_id: uuid.UUID,
    kind: ReactionKind,
    on: bool,
    actor: Actor,
    now: datetime,
) -> bool:
    """Mark a comment of a published proposal as agreed with or useful, or take the mark back; False where nothing changes."""
    hold_phase_open(session, process_id=process_id, kinds=CO_PLANNING)
    statement = select(Proposal.id).where(
        Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state == ProposalState.published
    )
    if session.execute(statement).scalar_one_or_none() is None:
        raise NotFound("Questa proposta non c’è.")
    return discussion.react(
        session,
        comment_id=comment_id,
        target_kind=ThingKind.proposal,
        target_id=proposal_id,
        kind=kind,
        on=on,
        actor=actor,
        now=now,
    )


def report(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    reason: ReportReason,
    note: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Report a proposal to the moderators; False when this person did so before."""
    statement = select(Proposal.id).where(
        Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state.in_(READABLE)
    )
    if session.execute(statement).scalar_one_or_none() is None:
        raise NotFound("Questa proposta non c’è.")
    return discussion.report(
        session,
        process_id=process_id,
        target_kind=ThingKind.proposal,
        target_id=proposal_id,
        reason=reason,
        note=note,
        actor=actor,
        now=now,
    )


def report_comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    proposal_id: uuid.UUID,
    comment_id: uuid.UUID,
    reason: ReportReason,
    note: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Report a comment to the moderators; False when this person did so before."""
    if not _stands_under(session, proposal_id, comment_id):
        raise NotFound("Questo commento non c’è.")
    return discussion.report(
        session,
        process_id=process_id,
        target_kind=ThingKind.comment,
        target_id=comment_id,
        reason=reason,
        note=note,
        actor=actor,
        now=now,
    )


def count_comments(session: Session, target_kind: str, target_id: uuid.UUID, step: int) -> None:
    """The discussion's `on_count` for proposals, whatever their state; moderation passes it when it hides or restores a comment."""
    if target_kind == ThingKind.proposal:
        session.execute(
            update(Proposal).where(Proposal.id == target_id).values(comments_count=Proposal.comments_count + step)
        )


def _count_while_published(session: Session, target_kind: str, target_id: uuid.UUID, step: int) -> None:
    # The row lock of this update decides between a comment and a proposal that is being hidden at the same moment.
    counted = session.execute(
        update(Proposal)
        .where(Proposal.id == target_id, Proposal.state == ProposalState.published)
        .values(comments_count=Proposal.comments_count + step)
        .returning(Proposal.id)
    ).scalar_one_or_none()
    if counted is None:
        raise NotFound("Questa proposta non c’è.")


def _signature(
    session: Session, process_id: uuid.UUID, proposal_id: uuid.UUID, actor: Actor, show_name: bool
) -> tuple[bool, str | None, bool]:
    """Whether the author speaks, under which signature, and whether a moderator reads it first.

    An author who wrote under a pseudonym is not unmasked by an answer.
    """
    if actor.account_id is None:
        raise Forbidden("Per commentare bisogna accedere.")
    row = session.execute(
        select(Proposal.author_id, Proposal.show_name, Proposal.pseudonym, Process.premoderate_comments)
        .join(Process, Process.id == Proposal.process_id)
        .where(Proposal.id == proposal_id, Proposal.process_id == process_id, Proposal.state == ProposalState.published)
    ).one_or_none()
    if row is None:
        raise NotFound("Questa proposta non c’è.")
    if rules.is_author(row.author_id, actor.account_id):
        return True, None if row.show_name else row.pseudonym, row.premoderate_comments
    return False, None if show_name else "", row.premoderate_comments


def _waits_under(session: Session, proposal_id: uuid.UUID, comment_id: uuid.UUID, actor: Actor) -> bool:
    if actor.account_id is None:
        return False
    waiting = discussion_queries.own_waiting(
        session, target_kind=ThingKind.proposal, target_id=proposal_id, account_id=actor.account_id
    )
    return comment_id in {card.id for card in waiting}


def _stands_under(session: Session, proposal_id: uuid.UUID, comment_id: uuid.UUID) -> bool:
    return discussion_queries.is_visible_under(
        session, comment_id=comment_id, target_kind=ThingKind.proposal, target_id=proposal_id
    )
