"""Telling people of amendments: the proposal's author of a new one, who proposed it of the answer, supporters and followers of new words."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import emails, queries
from consult.coplanning.proposals.models import Amendment
from consult.coplanning.proposals.types import AmendmentState
from consult.core.vocabulary import ThingKind
from consult.notices.services import notify, thread_of
from consult.process.models import Process

#: In which state an amendment must still be when it is told.
_TOLD_WHILE = {
    "new": AmendmentState.open,
    "accepted": AmendmentState.accepted,
    "declined": AmendmentState.declined,
}


def tell_amendment(session: Session, *, amendment_id: uuid.UUID, what: str, now: datetime) -> int:
    """Tell whom a new amendment, or the answer to it, concerns; returns how many were told.

    One that is hidden or taken back meanwhile, or whose proposal may not be read, is told to nobody; twice asked, told once.
    """
    row = session.execute(select(Amendment).where(Amendment.id == amendment_id)).scalar_one_or_none()
    if row is None or row.state != _TOLD_WHILE[what]:
        return 0
    card = queries.cards(session, ids=[row.proposal_id])[row.proposal_id]
    if not card.readable:
        return 0
    if what == "new":
        return _tell(session, row, card, "new", {card.author_id}, now)
    told = _tell(session, row, card, what, {row.author_id}, now)
    if what == "accepted":
        near = {
            *queries.supporters(session, proposal_id=card.id), *queries.followers(session, proposal_id=card.id)
        } - {card.author_id, row.author_id}  # fmt: skip  # one row reads better so
        told += _tell(session, row, card, "changed", near, now)
    return told


def _tell(
    session: Session,
    row: Amendment,
    card: queries.ProposalCard,
    what: str,
    people: Collection[uuid.UUID | None],
    now: datetime,
) -> int:
    slug = session.execute(select(Process.slug).where(Process.id == row.process_id)).scalar_one()
    reason = {"new": row.reason, "accepted": row.answer, "declined": row.answer, "changed": row.reason}[what]
    return notify(
        session,
        account_ids=[person for person in people if person],
        kind="amendment",
        words=lambda language: (
            emails.amendment_subject(what, title=card.title, language=language),
            emails.amendment_body(what, words=reason, language=language),
        ),
        link_endpoint="proposals.amendment",
        link_values={"slug": slug, "proposal_id": card.id, "amendment_id": row.id},
        process_id=row.process_id,
        key=f"amendment:{row.id}:{what}",
        thread=thread_of(ThingKind.proposal, card.id),
        thread_title=card.title,
        names=[thread_of(ThingKind.amendment, row.id)],
        now=now,
    )
