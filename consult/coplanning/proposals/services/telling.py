"""Telling people of what was said about a proposal. Outcomes are told by moderation."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import emails, queries, rules
from consult.core.vocabulary import ThingKind
from consult.discussion import queries as discussion
from consult.discussion.types import CommentState
from consult.notices.services import notify
from consult.people.models import Account
from consult.process.models import Process


def tell_comment(session: Session, *, comment_id: uuid.UUID, now: datetime) -> int:
    """Tell the author of the proposal, who wrote the comment that is answered, and followers; returns how many were told.

    Whoever wrote the comment is left out. A comment hidden or withdrawn meanwhile is told to nobody; twice asked, told once.
    """
    card = discussion.cards(session, ids=[comment_id]).get(comment_id)
    if card is None or card.state != CommentState.visible or card.target_kind != ThingKind.proposal:
        return 0
    proposal = queries.cards(session, ids=[card.target_id]).get(card.target_id)
    if proposal is None or not proposal.readable:
        return 0
    answered = discussion.cards(session, ids=[card.parent_id]).get(card.parent_id) if card.parent_id else None
    author_id, answered_id = proposal.author_id, answered.author_id if answered else None
    people = {author_id, answered_id, *queries.followers(session, proposal_id=proposal.id)} - {None, card.author_id}
    languages = session.execute(
        select(Account.id, Account.locale).where(Account.id.in_(people)).order_by(Account.id)
    ).all()
    slug = session.execute(select(Process.slug).where(Process.id == proposal.process_id)).scalar_one()
    told = 0
    for account_id, language in languages:
        told += notify(
            session,
            account_ids=[account_id],
            kind="comment",
            subject=emails.comment_subject(
                proposal.title, answered=account_id == answered_id, own=account_id == author_id, language=language
            ),
            body=rules.excerpt(card.html),
            link_endpoint="proposals.conversation",
            link_values={"slug": slug, "proposal_id": proposal.id, "comment_id": card.parent_id or card.id},
            process_id=proposal.process_id,
            key=f"comment:{card.id}",
            now=now,
        )
    return told
