"""Telling author, supporters and followers what became of a proposal: once for each disposition, never to anybody else, and of all that one
act decided in one letter."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.models import Proposal
from consult.core import jobs, settling
from consult.core.vocabulary import Outcome, Role, ThingKind
from consult.discussion import queries as discussion
from consult.moderation import emails, rules
from consult.moderation.models import Disposition, ModerationAct, ModerationAppeal
from consult.moderation.queries import own_decisions, waiting
from consult.moderation.queries.queue import first_words
from consult.moderation.types import AppealState, DispositionState, Verb
from consult.notices.services import notify, thread_of
from consult.plan import queries as plan
from consult.process.models import Process
from consult.process.queries import slug_of, who_settles

#: Which room tells people of a comment, by what it is about.
_TELLS_COMMENT = {
    str(ThingKind.proposal): "coplanning.tell_comment",
    str(ThingKind.draft_finding): "position_paper.tell_comment",
}


def ask_to_tell(session: Session, act_id: uuid.UUID, now: datetime) -> None:
    """Ask for the telling of everything that an act decided, once nobody can undo it any more."""
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(session, "moderation.tell", key=act_id, not_before=later, act_id=act_id)


def ask_to_tell_reversal(session: Session, disposition_id: uuid.UUID) -> None:
    """Ask to tell the same people that the decision they were told of was taken back."""
    jobs.enqueue(session, "moderation.tell_reversal", key=disposition_id, disposition_id=disposition_id)


def ask_to_tell_read(
    session: Session,
    act_id: uuid.UUID,
    *,
    kind: ThingKind,
    thing_id: uuid.UUID,
    shown: bool,
    now: datetime,
    batch_id: uuid.UUID | None = None,
) -> None:
    """Ask to tell the author of a text that waited, and for a comment those it concerns, once nobody can undo the act any more; once for
    all acts of a batch."""
    later = now + timedelta(seconds=rules.TELL_AFTER_SECONDS)
    jobs.enqueue(
        session, "moderation.tell_read", key=batch_id or act_id, not_before=later, **({"batch_id": batch_id} if batch_id else {"act_id": act_id})
    )
    if shown and kind is ThingKind.comment:
        card = discussion.cards(session, ids=[thing_id])[thing_id]
        topic = _TELLS_COMMENT.get(card.target_kind, "coplanning.tell_comment")
        # The key names the act: after an undo the comment may appear by another.
        jobs.enqueue(session, topic, key=f"{thing_id}:{act_id}", not_before=later, comment_id=thing_id)
    elif shown and kind is ThingKind.amendment:
        jobs.enqueue(
            session,
            "coplanning.tell_amendment",
            key=f"{thing_id}:{act_id}",
            not_before=later,
            amendment_id=thing_id,
            what="new",
        )


def tell_read_together(session: Session, *, batch_id: uuid.UUID, now: datetime) -> int:
    """Tell the authors of texts that were decided together, whoever wrote several in one letter; returns how many notices.

    Whose text was left as it was is told nothing: for them nothing happened.
    """
    acts = session.execute(
        select(ModerationAct.id).where(ModerationAct.batch_id == batch_id).order_by(ModerationAct.thing_kind, ModerationAct.id)
    ).scalars()
    return sum(tell_read(session, act_id=key, now=now, together=batch_id) for key in list(acts))


def tell_read(session: Session, *, act_id: uuid.UUID, now: datetime, together: uuid.UUID | None = None) -> int:
    """Tell the author of a text that a moderator read first what became of it; returns how many were told."""
    text = waiting.read_text(session, act_id=act_id)
    if text is None:
        return 0
    endpoint, values = _where(text, act_id)
    first = emails.read_subject if text.verb in (Verb.published, Verb.refused) else emails.moved_subject
    return notify(
        session,
        account_ids=[text.account_id],
        kind="moderation",
        words=lambda language: (
            first(text.kind, text.shown, language),
            emails.read_body(text.title, rules.words_of(text.reason_code) if text.reason_code else "", language),
        ),
        link_endpoint=endpoint,
        link_values=values,
        process_id=text.process_id,
        key=f"read:{act_id}",
        together=together,
        now=now,
    )


def _where(text: waiting.ReadText, act_id: uuid.UUID) -> tuple[str, dict[str, object]]:
    """Where a text that was decided on can be seen now; where it was taken away, why, and how to appeal."""
    if not text.shown:
        return "appeals.show", {"slug": text.slug, "act_id": act_id}
    if text.kind == ThingKind.source:
        return "home.mine", {}
    if text.kind == ThingKind.statement:
        return "opinions.show", {"slug": text.slug, "conversation_id": text.about_id}
    if text.draft is not None:
        return "position_paper.draft_finding", {"slug": text.slug, "number": text.draft, "target_id": text.about_id}
    endpoint = "proposals.amendments" if text.kind == ThingKind.amendment else "proposals.show"
    return endpoint, {"slug": text.slug, "proposal_id": text.about_id}


def tell_appeal(session: Session, *, appeal_id: uuid.UUID, now: datetime) -> int:
    """Tell the other moderators of a new appeal, or the author of its answer; returns how many were told."""
    found = session.execute(
        select(ModerationAppeal, ModerationAct.acted_by, Process.slug)
        .join(ModerationAct, ModerationAct.id == ModerationAppeal.act_id)
        .join(Process, Process.id == ModerationAppeal.process_id)
        .where(ModerationAppeal.id == appeal_id)
    ).one_or_none()
    if found is None:
        return 0
    row, first, slug = found
    waits = row.state == AppealState.open
    if waits:
        # Where nobody else moderates, who manages the process is told at once: somebody has to be found.
        people = who_settles(session, process_id=row.process_id, involved=[first, row.appellant_id], late=False)
        account_ids, role = people.account_ids, people.role
    else:
        account_ids, role = [row.appellant_id] if row.appellant_id else [], Role.account
    until = settling.answer_by(row.filed_at)
    decision = None if waits else own_decisions.own_decision(session, process_id=row.process_id, act_id=row.act_id)
    title = first_words(decision.text) if decision else ""

    def words(language: str) -> tuple[str, str]:
        body = (
            emails.appeal_waits(role, until, language)
            if waits
            else emails.appeal_body(row.state, row.answer, title, language)
        )
        return emails.appeal_subject(row.state, language), body

    # A manager does not see the appeal before the day they may answer it, an administrator never: both can give somebody the role.
    endpoint = "appeals.show" if not waits else "second_look.index" if role is Role.moderator else "process_admin.members"
    return notify(
        session,
        account_ids=account_ids,
        kind="moderation",
        words=words,
        link_endpoint=endpoint,
        link_values={"slug": slug} if waits else {"slug": slug, "act_id": row.act_id},
        process_id=row.process_id,
        key=f"appeal:{appeal_id}:{row.decided_at.isoformat() if row.decided_at else 'open'}",
        now=now,
    )


def tell(session: Session, *, act_id: uuid.UUID, now: datetime) -> int:
    """Tell people of the dispositions of an act that stand, whoever is concerned by several in one letter; returns how many notices.

    One that was undone, or whose proposal is hidden, is told to nobody.
    """
    rows = session.execute(
        select(Disposition)
        .join(Proposal, Proposal.id == Disposition.proposal_id)
        .where(
            Disposition.act_id == act_id, Disposition.state == str(DispositionState.published), Disposition.told_at.is_(None)
        )
        .order_by(Proposal.number)
        .with_for_update(of=Disposition)
    ).scalars()  # fmt: skip  # one condition per name reads better so
    told = 0
    for row in list(rows):
        row.told_at = now
        told += _tell(session, row, "outcome", now)
    return told


def tell_with(session: Session, *, disposition_id: uuid.UUID, now: datetime) -> int:
    """Tell people of the whole act that gave a disposition; returns how many notices. So ask web processes of the release before this one,
    which name a disposition for each job, while they are being replaced: the next release needs it no more."""
    act_id = session.execute(select(Disposition.act_id).where(Disposition.id == disposition_id)).scalar_one_or_none()
    return tell(session, act_id=act_id, now=now) if act_id else 0


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
    slug = slug_of(session, process_id=row.process_id)

    def words(language: str, is_author: bool) -> tuple[str, str]:
        return (
            emails.subject(what, Outcome(row.outcome), [a.code for a in actions], is_author, language),
            emails.body(what, card.number, card.title, row.public_reason, row.reversal_reason, language),
        )

    told = 0
    for account_ids, is_author in (([card.author_id] if card.author_id else [], True), (sorted(near), False)):
        told += notify(
            session,
            account_ids=account_ids,
            kind="outcome",
            words=partial(words, is_author=is_author),
            link_endpoint="thread.show",
            link_values={"slug": slug, "kind": "proposal", "thing_id": card.id},
            process_id=row.process_id,
            key=f"disposition:{row.id}" if what == "outcome" else f"disposition:{row.id}:reversed",
            thread=thread_of(ThingKind.proposal, card.id),
            thread_title=card.title,
            together=row.act_id if what == "outcome" else None,
            now=now,
        )
    session.flush()
    return told
