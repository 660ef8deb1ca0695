"""What people say about a draft in consultation, and what those who write the paper answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Conflict, Difference, Forbidden, Invalid, NotFound, PhaseClosed
from consult.core.permissions import Actor
from consult.core.vocabulary import Stance, ThingKind
from consult.discussion import queries as discussion_queries
from consult.discussion import services as discussion
from consult.discussion.models import Comment
from consult.discussion.types import CommentState, ReportReason
from consult.position_paper.models import CommentAnswer, ConsultedFinding, DraftConsultation
from consult.position_paper.types import WRITERS, Audience, DraftVerdict
from consult.process.models import Process
from consult.process.queries import roles_in, slug_of
from consult.process.services import remember_notice

KIND = ThingKind.draft_finding
MIN_SENTENCE, MAX_SENTENCE = 10, 2_000


def comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_id: uuid.UUID,
    text: str,
    stance: Stance,
    actor: Actor,
    now: datetime,
    show_name: bool = True,
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Comment a finding of a draft, or the whole of it, while it is open by the database's clock. Raises PhaseClosed, Forbidden."""
    waiting, writer = _hold_open(session, process_id, target_id, actor)
    key = discussion.comment(
        session, process_id=process_id, target_kind=KIND, target_id=target_id, text=text, stance=stance, actor=actor, now=now,
        pseudonym=None if show_name or writer else "", by_author=writer, waiting=waiting,
    )  # fmt: skip  # one call of named values reads better so
    return _written(session, key, waiting, notice_id, actor, now)


def reply(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_id: uuid.UUID,
    comment_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    show_name: bool = True,
    notice_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Answer a comment on a draft, while it is open; who wrote the comment is told."""
    waiting, writer = _hold_open(session, process_id, target_id, actor)
    key = discussion.reply(
        session, comment_id=comment_id, target_kind=KIND, target_id=target_id, text=text, actor=actor, now=now,
        pseudonym=None if show_name or writer else "", by_author=writer, waiting=waiting,
    )  # fmt: skip  # one call of named values reads better so
    return _written(session, key, waiting, notice_id, actor, now)


def _written(
    session: Session, key: uuid.UUID, waiting: bool, notice_id: uuid.UUID | None, actor: Actor, now: datetime
) -> uuid.UUID:
    remember_notice(session, notice_id=notice_id, actor=actor, kind=ThingKind.comment, now=now)
    if not waiting:
        jobs.enqueue(session, "position_paper.tell_comment", key=key, comment_id=key)
    return key


def _hold_open(session: Session, process_id: uuid.UUID, target_id: uuid.UUID, actor: Actor) -> tuple[bool, bool]:
    """Hold the draft's dates until the end of this transaction; whether a moderator reads first, and whether the writers speak."""
    if actor.account_id is None:
        raise Forbidden("Per commentare bisogna accedere.")
    # A shared lock: whoever moves the closing date waits for those who are writing, and the other way round.
    row = session.execute(
        select(DraftConsultation.id, DraftConsultation.audience, Process.premoderate_comments)
        .join(ConsultedFinding, ConsultedFinding.consultation_id == DraftConsultation.id)
        .join(Process, Process.id == DraftConsultation.process_id)
        .where(
            ConsultedFinding.id == target_id,
            DraftConsultation.process_id == process_id,
            DraftConsultation.opens_at <= func.clock_timestamp(),
        )
        .with_for_update(read=True, of=DraftConsultation)
    ).one_or_none()
    if row is None:
        raise NotFound("Questa bozza non c’è.")
    # Asked after the lock is there: the date may have moved meanwhile.
    still = session.execute(
        select(DraftConsultation.id).where(
            DraftConsultation.id == row.id, DraftConsultation.closes_at > func.clock_timestamp()
        )
    ).scalar_one_or_none()
    if still is None:
        raise PhaseClosed(
            "La consultazione si è appena chiusa, quindi non abbiamo potuto ricevere quello che hai scritto. Il testo è qui sotto: puoi copiarlo."
        )
    roles = roles_in(session, process_id=process_id, account_id=actor.account_id)
    if row.audience == Audience.readers and not roles:
        raise Forbidden("Questa bozza la commenta solo chi è stato invitato.")
    return row.premoderate_comments, bool(roles.intersection(WRITERS))


def withdraw_comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_id: uuid.UUID,
    comment_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Take one's own comment back, at any time and also while it waits for a moderator; the answers to it stay."""
    card = discussion_queries.cards(session, ids=[comment_id]).get(comment_id)
    if card is None or card.target_kind != KIND or card.target_id != target_id:
        raise NotFound("Questo commento non c’è.")
    discussion.withdraw(session, comment_id=comment_id, process_id=process_id, actor=actor, now=now)


def report_comment(
    session: Session,
    *,
    process_id: uuid.UUID,
    target_id: uuid.UUID,
    comment_id: uuid.UUID,
    reason: ReportReason,
    note: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Report a comment on a draft to the moderators; False when this person did so before."""
    if not discussion_queries.is_visible_under(session, comment_id=comment_id, target_kind=KIND, target_id=target_id):
        raise NotFound("Questo commento non c’è.")
    return discussion.report(
        session, process_id=process_id, target_kind=ThingKind.comment, target_id=comment_id, reason=reason, note=note, actor=actor, now=now
    )  # fmt: skip  # one call of named values reads better so


def answer_comments(
    session: Session,
    *,
    process_id: uuid.UUID,
    number: int,
    seen: Mapping[uuid.UUID, int],
    verdict: DraftVerdict,
    sentence: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Say in public what became of some comments on a draft; returns how many. Their authors are told.

    `seen` has the version of each comment's answer as its writer saw it, 0 for none. One that somebody answered meanwhile stops all
    of them: Conflict with both sentences. Raises Invalid without a sentence, or without comments.
    """
    words = sentence.strip()
    if not MIN_SENTENCE <= len(words) <= MAX_SENTENCE:
        raise Invalid("Serve una frase che dica perché.", {"sentence": "Scrivi da 10 a 2000 caratteri."})
    if not seen:
        raise Invalid("Nessun commento scelto.", {"comments": "Scegli almeno un commento."})
    rows = session.execute(
        select(Comment.id, Comment.target_id)
        .join(ConsultedFinding, ConsultedFinding.id == Comment.target_id)
        .join(DraftConsultation, DraftConsultation.id == ConsultedFinding.consultation_id)
        .where(
            Comment.id.in_(list(seen)),
            Comment.target_kind == str(KIND),
            Comment.parent_id.is_(None),
            Comment.state == str(CommentState.visible),
            DraftConsultation.process_id == process_id,
            DraftConsultation.number == number,
        )
    )
    targets = {row[0]: row[1] for row in rows}
    if set(targets) != set(seen):
        raise NotFound("Uno dei commenti scelti non c’è più.")
    values = {
        "verdict": str(verdict), "sentence": words, "answered_by": actor.account_id, "answered_name": actor.name[:120], "answered_at": now,
    }  # fmt: skip  # one row of values reads better so
    # In one order for everybody, so that two who answer the same comments wait for each other and never in a ring.
    for comment_id in sorted(seen):
        statement = insert(CommentAnswer).values(
            comment_id=comment_id, target_id=targets[comment_id], version=1, **values
        )
        version = session.execute(
            statement.on_conflict_do_update(
                index_elements=["comment_id"],
                set_={**values, "version": CommentAnswer.version + 1},
                where=CommentAnswer.version == seen[comment_id],
            ).returning(CommentAnswer.version)
        ).scalar_one_or_none()
        if version is None or version != seen[comment_id] + 1:
            raise _answered(session, process_id, number, comment_id, words)
        jobs.enqueue(
            session, "position_paper.tell_answer", key=f"{comment_id}:{version}", comment_id=comment_id, version=version
        )
        record(
            session, actor=actor, action="comment.answered", kind=ThingKind.comment, object_id=comment_id, process_id=process_id,
            verdict=str(verdict), version=version,
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    return len(seen)


def _answered(session: Session, process_id: uuid.UUID, number: int, comment_id: uuid.UUID, yours: str) -> Conflict:
    there = session.execute(
        select(CommentAnswer.sentence, CommentAnswer.answered_name, CommentAnswer.version).where(
            CommentAnswer.comment_id == comment_id
        )
    ).one_or_none()
    slug = slug_of(session, process_id=process_id)
    return Conflict(
        "Qualcun altro ha appena risposto a uno di questi commenti.",
        link_endpoint="position_paper.consultation_desk",
        link_values={"slug": slug, "number": str(number)},
        differences=(Difference("Risposta", there.sentence if there else "", yours),),
        changed_by=there.answered_name if there else None,
        current_version=there.version if there else 0,
    )


__all__ = [
    "MAX_SENTENCE",
    "MIN_SENTENCE",
    "answer_comments",
    "comment",
    "reply",
    "report_comment",
    "withdraw_comment",
]
