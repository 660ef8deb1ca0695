"""Telling author, supporters and followers what became of a proposal: once for each disposition, never to anybody else."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries as proposals
from consult.core import jobs
from consult.core.vocabulary import Outcome, ThingKind
from consult.discussion import queries as discussion
from consult.moderation import emails, rules
from consult.moderation.models import Disposition
from consult.moderation.queries import outcomes, waiting
from consult.moderation.types import DispositionState
from consult.notices.services import notify, thread_of
from consult.plan import queries as plan

#: Which room tells people of a comment, by what it is about.
_TELLS_COMMENT = {
    str(ThingKind.proposal): "coplanning.tell_comment",
    str(ThingKind.draft_finding): "position_paper.tell_comment",
}


def ask_to_tell(session: Session, disposition_id: uuid.UUID, now: datetime) -> None:
    """Ask for the telling, once nobody can undo the decision any more."""
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(session, "moderation.tell", key=disposition_id, not_before=later, disposition_id=disposition_id)


def ask_to_tell_reversal(session: Session, disposition_id: uuid.UUID) -> None:
    """Ask to tell the same people that the decision they were told of was taken back."""
    jobs.enqueue(session, "moderation.tell_reversal", key=disposition_id, disposition_id=disposition_id)


def ask_to_tell_read(
    session: Session, act_id: uuid.UUID, *, kind: ThingKind, thing_id: uuid.UUID, shown: bool, now: datetime
) -> None:
    """Ask to tell the author of a text that waited, and for a comment those it concerns, once nobody can undo the act any more."""
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(session, "moderation.tell_read", key=act_id, not_before=later, act_id=act_id)
    if shown and kind is ThingKind.comment:
        card = discussion.cards(session, ids=[thing_id])[thing_id]
        topic = _TELLS_COMMENT.get(card.target_kind, "coplanning.tell_comment")
        # The key names the act: after an undo the comment may appear by another.
        jobs.enqueue(session, topic, key=f"{thing_id}:{act_id}", not_before=later, comment_id=thing_id)
    elif shown and kind is ThingKind.amendment:
        jobs.enqueue(
            session, "coplanning.tell_amendment", key=f"{thing_id}:{act_id}", not_before=later, amendment_id=thing_id, what="new"
        )


def tell_read(session: Session, *, act_id: uuid.UUID, now: datetime) -> int:
    """Tell the author of a text that a moderator read first what became of it; returns how many were told."""
    text = waiting.read_text(session, act_id=act_id)
    if text is None:
        return 0
    endpoint, values = _where(text)
    return notify(
        session,
        account_ids=[text.account_id],
        kind="moderation",
        subject=emails.read_subject(text.kind, text.shown, text.language),
        body=emails.read_body(text.title, rules.words_of(text.reason_code) if text.reason_code else "", text.language),
        link_endpoint=endpoint,
        link_values=values,
        process_id=text.process_id,
        key=f"read:{act_id}",
        now=now,
    )


def _where(text: waiting.ReadText) -> tuple[str, dict[str, object]]:
    """Where a text that was read can be seen now; where it was refused, the rules."""
    if not text.shown:
        return "moderation_policy.public", {"slug": text.slug}
    if text.kind == ThingKind.source:
        return "home.mine", {}
    if text.draft is not None:
        return "position_paper.draft_finding", {"slug": text.slug, "number": text.draft, "target_id": text.about_id}
    endpoint = "proposals.amendments" if text.kind == ThingKind.amendment else "proposals.show"
    return endpoint, {"slug": text.slug, "proposal_id": text.about_id}


def tell(session: Session, *, disposition_id: uuid.UUID, now: datetime) -> int:
    """Tell people of a disposition that stands; returns how many. One that was undone, or whose proposal is hidden, is told to nobody."""
    row = session.execute(
        select(Disposition).where(Disposition.id == disposition_id).with_for_update()
    ).scalar_one_or_none()
    if row is None or row.state != DispositionState.published or row.told_at:
        return 0
    row.told_at = now
    return _tell(session, row, "outcome", now)


def tell_reversal(session: Session, *, disposition_id: uuid.UUID, now: datetime) -> int:
    """Tell the people who were told of a disposition that it was taken back; returns how many."""
    row = session.execute(select(Disposition).where(Disposition.id == disposition_id)).scalar_one_or_none()
    if row is None or row.state != DispositionState.reversed or not row.told_at:
        return 0
    return _tell(session, row, "reversal", now)


def _tell(session: Session, row: Disposition, what: str, now: datetime) -> int:
    card = proposals.cards(session, ids=[row.proposal_id])[row.proposal_id]
    if not card.readable:
        return 0
    actions = plan.of_proposals(session, proposal_ids=[row.proposal_id]).get(row.proposal_id, [])
    near = {
        *proposals.supporters(session, proposal_id=row.proposal_id),
        *proposals.followers(session, proposal_id=row.proposal_id),
    } - {card.author_id}
    languages = outcomes.languages(session, account_ids=[*near, *([card.author_id] if card.author_id else [])])
    told = 0
    for account_ids, is_author in (([card.author_id] if card.author_id else [], True), (sorted(near), False)):
        for language in sorted(set(languages.values())):
            told += notify(
                session,
                account_ids=[key for key in account_ids if languages.get(key) == language],
                kind="outcome",
                subject=emails.subject(what, Outcome(row.outcome), [a.code for a in actions], is_author, language),
                body=emails.body(what, card.number, card.title, row.public_reason, row.reversal_reason, language),
                link_endpoint="thread.show",
                link_values={
                    "slug": outcomes.slug_of(session, process_id=row.process_id),
                    "kind": "proposal",
                    "thing_id": card.id,
                },
                process_id=row.process_id,
                key=f"disposition:{row.id}" if what == "outcome" else f"disposition:{row.id}:reversed",
                thread=thread_of(ThingKind.proposal, card.id),
                thread_title=card.title,
                now=now,
            )
    session.flush()
    return told
