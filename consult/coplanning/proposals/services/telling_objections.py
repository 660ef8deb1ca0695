"""Telling who has to answer that an author objects to a merge or split: moderators at once, managers once nobody did for two weeks."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import emails, queries
from consult.coplanning.proposals.models import Regrouping
from consult.coplanning.proposals.types import RegroupingState
from consult.core import settling
from consult.core.vocabulary import ThingKind
from consult.notices.services import notify, thread_of
from consult.process.models import Process
from consult.process.queries import who_settles


def tell_objection(session: Session, *, regrouping_id: uuid.UUID, proposal_id: uuid.UUID, now: datetime) -> int:
    """Tell of an objection that waits for an answer; returns how many were told. Not of one that was answered or whose act was undone."""
    row = session.execute(
        select(Regrouping.process_id, Process.slug)
        .join(Process, Process.id == Regrouping.process_id)
        .where(Regrouping.id == regrouping_id)
    ).one_or_none()
    act = queries.regrouping(session, process_id=row.process_id, regrouping_id=regrouping_id) if row else None
    part = next((p for p in act.open_objections if p.id == proposal_id and p.readable), None) if act else None
    if row is None or act is None or part is None or part.objected_at is None or act.state != RegroupingState.standing:
        return 0
    until = settling.answer_by(part.objected_at)
    late = now >= until
    kind, title = act.kind, part.title
    people = who_settles(session, process_id=row.process_id, involved=[act.asked_by, part.author_id], late=late)

    def words(language: str) -> tuple[str, str]:
        subject = emails.objection_subject(title, kind=kind, late=late, language=language)
        return subject, emails.objection_body(role=people.role, late=late, until=until, language=language)

    endpoint, values = people.link_for(row.slug, "proposals.regrouping", regrouping_id=act.id)
    return notify(
        session,
        account_ids=people.account_ids,
        kind="regrouping",
        words=words,
        link_endpoint=endpoint,
        link_values=values,
        process_id=row.process_id,
        key=f"objection:{act.id}:{part.id}:{'late' if late else 'new'}",
        thread=thread_of(ThingKind.proposal, part.id),
        thread_title=part.title,
        now=now,
    )
