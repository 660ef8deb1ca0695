"""Telling people about a draft in consultation: that it opened, what was said, what became of it. Twice asked, told once."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.vocabulary import Role, ThingKind
from consult.discussion import queries as discussion
from consult.discussion.models import Comment
from consult.discussion.types import CommentState
from consult.notices.services import notify, thread_of
from consult.position_paper import emails, queries
from consult.position_paper.models import CommentAnswer, ConsultedFinding, DraftConsultation, PaperVersion
from consult.position_paper.types import WRITERS, ConsultedCard
from consult.process.models import Process
from consult.process.queries import with_roles

#: Who was invited to read the paper.
_READERS = (Role.reader, Role.reviewer)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a notice is about."""

    process_id: uuid.UUID
    key: str
    thread: str = ""
    title: str = ""
    #: Texts whose words it repeats, beside the thread's own.
    names: tuple[str, ...] = ()


def _tell(
    session: Session,
    people: Collection[uuid.UUID | None],
    place: _Place,
    what: emails.DraftNews,
    endpoint: str,
    values: dict[str, object],
    now: datetime,
) -> int:
    """Tell some people, each in their language."""
    return notify(
        session,
        account_ids=[person for person in people if person],
        kind="draft",
        words=lambda language: (what.subject(language), what.body(language)),
        link_endpoint=endpoint,
        link_values=values,
        process_id=place.process_id,
        key=place.key,
        thread=place.thread,
        thread_title=place.title,
        names=place.names,
        now=now,
    )


def tell_consultation(session: Session, *, consultation_id: uuid.UUID, what: str, now: datetime) -> int:
    """Tell those invited to read that a draft is open, or those who write that it has closed; nobody where a date moved meanwhile."""
    row = session.execute(
        select(
            DraftConsultation.process_id, DraftConsultation.number, DraftConsultation.opens_at, DraftConsultation.closes_at, Process.slug,
            Process.title,
        )
        .join(Process, Process.id == DraftConsultation.process_id)
        .where(DraftConsultation.id == consultation_id)
    ).one_or_none()  # fmt: skip  # one column per name reads better so
    if row is None or now < (row.opens_at if what == "opened" else row.closes_at):
        return 0
    if what == "opened" and now >= row.closes_at:
        return 0
    people = with_roles(session, process_id=row.process_id, roles=_READERS if what == "opened" else WRITERS)
    place = _Place(row.process_id, f"draft:{consultation_id}:{what}")
    news = emails.DraftNews(what, row.title, number=row.number, closes_at=row.closes_at)
    endpoint = "position_paper.draft" if what == "opened" else "position_paper.consultation_desk"
    return _tell(session, people, place, news, endpoint, {"slug": row.slug, "number": row.number}, now)


def _card(session: Session, comment_id: uuid.UUID) -> tuple[discussion.CommentCard, ConsultedCard] | None:
    """A comment on a draft that anyone may read, with where it stands, or None."""
    card = discussion.cards(session, ids=[comment_id]).get(comment_id)
    if card is None or card.state != CommentState.visible or card.target_kind != ThingKind.draft_finding:
        return None
    stands = queries.consulted_cards(session, ids=[card.target_id]).get(card.target_id)
    return (card, stands) if stands is not None else None


def tell_comment(session: Session, *, comment_id: uuid.UUID, now: datetime) -> int:
    """Tell who is answered of a reply, and those who write the paper, at most once an hour, that comments came in."""
    found = _card(session, comment_id)
    if found is None:
        return 0
    card, stands = found
    told = 0
    answered = discussion.cards(session, ids=[card.parent_id]).get(card.parent_id) if card.parent_id else None
    if answered is not None and answered.author_id not in {None, card.author_id}:
        place = _Place(
            stands.process_id, f"comment:{card.id}", thread_of(ThingKind.draft_finding, stands.id), stands.title,
            (thread_of(ThingKind.comment, card.id),),
        )  # fmt: skip  # one row of values reads better so
        news = emails.DraftNews("replied", stands.title, number=stands.draft, words=card.text)
        values = {"slug": stands.slug, "number": stands.draft, "target_id": stands.id, "comment_id": answered.id}
        told += _tell(session, [answered.author_id], place, news, "position_paper.draft_conversation", values, now)
    writers = [
        person
        for person in with_roles(session, process_id=stands.process_id, roles=WRITERS)
        if person != card.author_id
    ]
    hour = _Place(stands.process_id, f"draft:{stands.process_id}:{stands.draft}:comments:{now:%Y%m%d%H}")
    news = emails.DraftNews("commented", stands.title, number=stands.draft)
    values = {"slug": stands.slug, "number": stands.draft}
    return told + _tell(session, writers, hour, news, "position_paper.consultation_desk", values, now)


def tell_answer(session: Session, *, comment_id: uuid.UUID, version: int, now: datetime) -> int:
    """Tell the author of a comment what became of it; nobody where the answer was changed again meanwhile."""
    found = _card(session, comment_id)
    answer = session.execute(
        select(CommentAnswer.verdict, CommentAnswer.sentence).where(
            CommentAnswer.comment_id == comment_id, CommentAnswer.version == version
        )
    ).one_or_none()
    if found is None or answer is None:
        return 0
    card, stands = found
    if card.author_id is None:
        return 0
    place = _Place(
        stands.process_id, f"answer:{comment_id}:{version}", thread_of(ThingKind.draft_finding, stands.id), stands.title
    )
    news = emails.DraftNews(
        "answered", stands.title, number=stands.draft, words=answer.sentence, verdict=answer.verdict
    )
    values = {"slug": stands.slug, "number": stands.draft, "target_id": stands.id, "comment_id": comment_id}
    return _tell(session, [card.author_id], place, news, "position_paper.draft_conversation", values, now)


def tell_final(session: Session, *, version_id: uuid.UUID, now: datetime) -> int:
    """Tell whoever commented the latest draft that the paper is published, with the way to what became of all comments."""
    version = session.execute(
        select(
            PaperVersion.process_id, PaperVersion.paper_id, PaperVersion.number, PaperVersion.published_at, Process.slug
        )
        .join(Process, Process.id == PaperVersion.process_id)
        .where(PaperVersion.id == version_id)
    ).one_or_none()
    if version is None:
        return 0
    latest = session.execute(
        select(DraftConsultation.id, DraftConsultation.number)
        .where(DraftConsultation.paper_id == version.paper_id, DraftConsultation.opens_at <= version.published_at)
        .order_by(DraftConsultation.number.desc())
        .limit(1)
    ).one_or_none()
    # Versions that follow without a new draft are no news for those who commented an old one; one that repeats another for consent's
    # sake follows no draft.
    before = select(func.max(PaperVersion.published_at)).where(
        PaperVersion.paper_id == version.paper_id,
        PaperVersion.number < version.number,
        PaperVersion.redacts.is_(None),
    )
    if latest is None or _already_followed(session, latest.id, session.execute(before).scalar_one()):
        return 0
    authors = (
        select(Comment.author_id)
        .join(ConsultedFinding, ConsultedFinding.id == Comment.target_id)
        .where(ConsultedFinding.consultation_id == latest.id, Comment.state == str(CommentState.visible))
    )
    people = set(session.execute(authors).scalars())
    place = _Place(version.process_id, f"draft:{latest.id}:final:{version.number}")
    news = emails.DraftNews("published", "", number=latest.number, version=version.number)
    values = {"slug": version.slug, "number": latest.number}
    return _tell(session, people, place, news, "position_paper.draft_comments", values, now)


def _already_followed(session: Session, consultation_id: uuid.UUID, published_before: datetime | None) -> bool:
    """Whether a version came out between this draft and the one that is told of now."""
    if published_before is None:
        return False
    opened = session.execute(
        select(DraftConsultation.opens_at).where(DraftConsultation.id == consultation_id)
    ).scalar_one()
    return published_before > opened
