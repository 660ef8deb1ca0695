"""Telling people of amendments: the proposal's author of a new one and of the end of its time, who proposed it of the answer or that none came,
supporters and followers of new words."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from consult.coplanning.proposals import emails, queries
from consult.coplanning.proposals.queries import ShownAmendment
from consult.coplanning.proposals.types import AmendmentState
from consult.core import settling
from consult.core.vocabulary import ThingKind
from consult.notices.services import notify, thread_of
from consult.process.models import Process

#: In which state an amendment must still be when it is told.
_TOLD_WHILE = {
    "new": AmendmentState.open,
    "soon": AmendmentState.open,
    "accepted": AmendmentState.accepted,
    "declined": AmendmentState.declined,
    "lapsed": AmendmentState.lapsed,
}


def tell_amendment(session: Session, *, amendment_id: uuid.UUID, what: str, now: datetime) -> int:
    """Tell whom a new amendment, the end of its time, or the answer to it, concerns; returns how many were told.

    One that is hidden or taken back meanwhile, or whose proposal may not be read, is told to nobody; twice asked, told once.
    """
    process_id = queries.process_of_amendment(session, amendment_id=amendment_id)
    row = queries.any_amendment(session, process_id=process_id, amendment_id=amendment_id) if process_id else None
    if row is None or row.state != _TOLD_WHILE[what]:
        return 0
    card = queries.cards(session, ids=[row.proposal_id])[row.proposal_id]
    if not card.readable:
        return 0
    if what == "soon" and not queries.ending(session, now=now, amendment_id=row.id):
        return 0
    if what in ("new", "soon"):
        return _tell(session, row, card, what, {card.author_id}, now)
    told = _tell(session, row, card, what, {row.author_id}, now)
    if what == "lapsed":
        told += _tell(session, row, card, "left", {card.author_id}, now)
    if what == "accepted":
        near = {
            *queries.supporters(session, proposal_id=card.id), *queries.followers(session, proposal_id=card.id)
        } - {card.author_id, row.author_id}  # fmt: skip  # one row reads better so
        told += _tell(session, row, card, "changed", near, now)
    return told


def _tell(
    session: Session,
    row: ShownAmendment,
    card: queries.ProposalCard,
    what: str,
    people: Collection[uuid.UUID | None],
    now: datetime,
) -> int:
    slug = session.get_one(Process, row.process_id).slug
    reason = row.answer if what in ("accepted", "declined") else "" if what in ("lapsed", "left") else row.reason
    # What lapsed did so after a day of its own; what waits may end with the phase before.
    term = settling.term(row.answer_by, None) if what in ("lapsed", "left") else row.term

    def words(language: str) -> tuple[str, str]:
        return (
            emails.amendment_subject(what, title=card.title, language=language),
            emails.amendment_body(what, words=reason, until=term, cause=row.lapsed_because, language=language),
        )

    return notify(
        session,
        account_ids=[person for person in people if person],
        kind="amendment",
        words=words,
        link_endpoint="proposals.amendment",
        link_values={"slug": slug, "proposal_id": card.id, "amendment_id": row.id},
        process_id=row.process_id,
        key=f"amendment:{row.id}:{what}" + (f":{row.until.date().isoformat()}" if what == "soon" and row.until else ""),
        thread=thread_of(ThingKind.proposal, card.id),
        thread_title=card.title,
        names=[thread_of(ThingKind.amendment, row.id)],
        now=now,
    )
