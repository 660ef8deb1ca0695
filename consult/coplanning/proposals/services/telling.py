"""Telling people of what was said about a proposal, and of merges and splits. Outcomes are told by moderation."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import emails, queries, rules
from consult.coplanning.proposals.models import Regrouping
from consult.coplanning.proposals.queries import ConcernedProposal, ShownRegrouping
from consult.coplanning.proposals.services.carrying import PATIENCE_S
from consult.coplanning.proposals.types import Lineage, RegroupingState
from consult.core.vocabulary import ThingKind
from consult.discussion import queries as discussion
from consult.discussion.types import CommentState
from consult.notices.services import notify, thread_of
from consult.process.queries import slug_of


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
    slug = slug_of(session, process_id=proposal.process_id)

    def words(language: str, some: Collection[uuid.UUID | None]) -> tuple[str, str]:
        subject = emails.comment_subject(
            proposal.title, answered=answered_id in some, own=author_id in some, language=language
        )
        return subject, rules.excerpt(card.html)

    told = 0
    # Who wrote what was answered, who wrote the proposal, and who follows it read other subjects.
    for some in ({answered_id} & people, {author_id} & people - {answered_id}, people - {author_id, answered_id}):
        told += notify(
            session,
            account_ids=[person for person in some if person],
            kind="comment",
            words=partial(words, some=some),
            link_endpoint="proposals.conversation",
            link_values={"slug": slug, "proposal_id": proposal.id, "comment_id": card.parent_id or card.id},
            process_id=proposal.process_id,
            key=f"comment:{card.id}",
            thread=thread_of(ThingKind.proposal, proposal.id),
            thread_title=proposal.title,
            names=[thread_of(ThingKind.comment, card.id)],
            now=now,
        )
    return told


#: In which state an act must still be when it is told.
_TOLD_WHILE = {
    "asked": RegroupingState.asked,
    "soon": RegroupingState.asked,
    "made": RegroupingState.standing,
    "answered": RegroupingState.standing,
    "refused": RegroupingState.refused,
    "withdrawn": RegroupingState.withdrawn,
    "lapsed": RegroupingState.lapsed,
    "undone": RegroupingState.undone,
}


def tell_regrouping(session: Session, *, regrouping_id: uuid.UUID, what: str, now: datetime) -> int:
    """Tell authors, supporters and followers of a merge or split what happened to it; returns how many were told.

    What was taken back before it was told, a reminder of an end that moved away, and proposals that are hidden, are told to nobody; twice
    asked, told once.
    """
    process_id = session.execute(
        select(Regrouping.process_id).where(Regrouping.id == regrouping_id)
    ).scalar_one_or_none()
    act = queries.regrouping(session, process_id=process_id, regrouping_id=regrouping_id) if process_id else None
    if act is None or act.state != _TOLD_WHILE[what]:
        return 0
    if what == "undone" and not _was_told(session, act):
        return 0
    if what == "soon" and not queries.ending(session, now=now, regrouping_id=act.id):
        return 0
    wholes, heads = act.of_role("from"), act.of_role("into")
    concerned = {
        "asked": [(p, "author", wholes) for p in heads],
        "soon": [(p, "author", wholes) for p in heads],
        "refused": [(p, "author", heads) for p in wholes],
        "withdrawn": [(p, "into", wholes) for p in heads],
        "lapsed": [(p, "author", heads) for p in wholes] + [(p, "into", wholes) for p in heads],
        "answered": [(p, "author", heads) for p in act.parts if p.answered_at and p.readable],
    }.get(what)
    if concerned is not None:
        return sum(_tell(session, act, what, p, role, {p.author_id}, others, now) for p, role, others in concerned)
    told = sum(_tell(session, act, what, p, "author", {p.author_id}, heads, now) for p in wholes)
    if act.kind == Lineage.merged_into:
        told += sum(_tell(session, act, what, p, "into", {p.author_id}, wholes, now) for p in heads)
    reach, authors = queries.regrouping_reach(session, ids=[p.id for p in wholes]), {p.author_id for p in act.parts}
    return told + sum(_tell(session, act, what, p, "near", reach[p.id] - authors, heads, now) for p in wholes)


def _was_told(session: Session, act: ShownRegrouping) -> bool:
    # Undoing is told only where the doing was, or where there is nobody else to have told of it.
    return (
        act.made_at is not None
        and act.ended_at is not None
        and (act.ended_at - act.made_at).total_seconds() > PATIENCE_S
    )


def _tell(
    session: Session,
    act: ShownRegrouping,
    what: str,
    about: ConcernedProposal,
    role: str,
    people: Collection[uuid.UUID | None],
    others: Sequence[ConcernedProposal],
    now: datetime,
) -> int:
    """Tell some people, each in their language."""
    slug = slug_of(session, process_id=act.process_id)
    named = "; ".join(f"n. {p.number} «{p.title}»" for p in others)
    ended = dict.fromkeys(("undone", "refused", "withdrawn", "lapsed"), act.end_reason)
    reason = (ended | {"answered": about.answer}).get(what, act.reason)
    # A supporter of what was merged is led straight to what carries it on; authors to the page where they can answer.
    straight = role == "near" and what == "made" and len(others) == 1

    def words(language: str) -> tuple[str, str]:
        other = others[0].title if others else ""
        subject = emails.regrouping_subject(
            what, kind=act.kind, role=role, title=about.title, other=other, language=language
        )
        return subject, emails.regrouping_body(
            what, role=role, reason=reason, others=named, until=act.term, cause=act.lapsed_because, language=language
        )

    return notify(
        session,
        account_ids=[person for person in people if person],
        kind="regrouping",
        words=words,
        link_endpoint="proposals.show" if straight else "proposals.regrouping",
        link_values={"slug": slug, "proposal_id": others[0].id}
        if straight
        else {"slug": slug, "regrouping_id": act.id},
        process_id=act.process_id,
        key=f"regrouping:{act.id}:{what}" + {"answered": f":{about.id}", "soon": f":{act.until.date().isoformat()}"}.get(what, ""),
        thread=thread_of(ThingKind.proposal, about.id),
        thread_title=about.title,
        names=[thread_of(ThingKind.proposal, p.id) for p in others],
        now=now,
    )
