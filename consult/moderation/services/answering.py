"""Telling people what became of what they said: cited in a published paper, taken up into an action, the action adopted or withdrawn.

Each change is told once to each person, by keys that name the change. Only people whose words carry an account are known here (free
contributions signed in, proposals, supports, follows); answers to questionnaires are never traced back to somebody to be told of, and
who wants to know finds them on their own page or by the receipt.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal, ProposalFollow, ProposalSupport
from consult.coplanning.proposals.types import READABLE
from consult.core.vocabulary import ThingKind
from consult.listening.contributions.models import Contribution
from consult.listening.sources.models import Source
from consult.moderation import emails
from consult.notices.models import Notification
from consult.notices.services import Words, notify, thread_of
from consult.plan.models import ActionChange, DraftAction, Promotion
from consult.plan.types import ActionState, ChangeKind
from consult.position_paper.models import PaperVersion, PublishedFinding
from consult.process.queries import slug_of

TITLES_SHOWN = 10
#: States of an action whose coming is told.
TOLD = frozenset({ActionState.adopted, ActionState.withdrawn, ActionState.draft})


def tell_published(session: Session, *, version_id: uuid.UUID, now: datetime) -> int:
    """Tell who contributed, with an account, in which findings of a new version their words stand for the first time; returns how many.

    One notice for each person and version, whatever the number of findings; those that an earlier version named already are left out.
    """
    version = session.get(PaperVersion, version_id)
    if version is None:
        return 0
    earlier = select(PaperVersion.content).where(
        PaperVersion.paper_id == version.paper_id, PaperVersion.number < version.number
    )
    before = {pair for content in session.execute(earlier).scalars() for pair in _cited(content)}
    pairs = [pair for pair in _cited(version.content) if pair not in before]
    who = _contributors(session, {source for _finding, source in pairs})
    found: dict[uuid.UUID, dict[uuid.UUID, None]] = {}
    for finding, source in pairs:
        if source in who:
            found.setdefault(who[source], {})[finding] = None
    titles = dict(
        session.execute(
            select(PublishedFinding.finding_id, PublishedFinding.title).where(PublishedFinding.version_id == version_id)
        ).all()
    )
    slug = slug_of(session, process_id=version.process_id)

    def words(language: str, named: Sequence[str]) -> tuple[str, str]:
        body = emails.cited_body(named[:TITLES_SHOWN], version.number, language)
        return emails.cited_subject(len(named), language), body

    told = 0
    for account_id, findings in found.items():
        named = [titles[key] for key in findings if key in titles]
        if not named:
            continue
        one = next(iter(findings)) if len(findings) == 1 else None
        told += notify(
            session,
            account_ids=[account_id],
            kind="cited",
            words=partial(words, named=named),
            link_endpoint="thread.show" if one else "home.mine",
            link_values={"slug": slug, "kind": "finding", "thing_id": one} if one else {},
            process_id=version.process_id,
            key=f"cited:{version_id}",
            now=now,
            thread=thread_of(ThingKind.finding, one) if one else "",
            thread_title=named[0] if one else "",
        )
    return told


def tell_taken_up(session: Session, *, act_id: uuid.UUID, now: datetime) -> int:
    """Tell whose words stand in a finding that an action rests on it; returns how many. A link that was taken back is told to nobody."""
    row = session.execute(
        select(Promotion, DraftAction)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(Promotion.cause_id == act_id, Promotion.finding_id.is_not(None), Promotion.ended_at.is_(None))
    ).first()
    if row is None or row[0].finding_id is None:
        return 0
    link, action = row
    finding: uuid.UUID = row[0].finding_id
    people = _cited_in(session, {finding})
    title = session.execute(
        select(PublishedFinding.title)
        .join(PaperVersion, PaperVersion.id == PublishedFinding.version_id)
        .where(PublishedFinding.finding_id == finding)
        .order_by(PaperVersion.number.desc())
        .limit(1)
    ).scalar_one_or_none()
    if title is None:
        return 0
    return _tell_all(
        session, people, action, now, kind="taken_up", key=f"taken_up:{act_id}", thing=(ThingKind.finding, finding), title=title,
        words=lambda language: (
            emails.taken_up_subject(action.code, language), emails.taken_up_body(title, action.title, link.reason, language),
        ),
    )  # fmt: skip  # one row of values reads better so


def tell_given_back(session: Session, *, act_id: uuid.UUID, now: datetime) -> int:
    """Tell those who were told that an action rests on their words that it no longer does; returns how many.

    A link that was put back meanwhile, or of which nobody was told, is told to nobody.
    """
    row = session.execute(
        select(Promotion, DraftAction)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(Promotion.cause_id == act_id, Promotion.finding_id.is_not(None))
    ).first()
    if row is None:
        return 0
    link, action = row
    finding, ended = link.finding_id, link.ended_at
    if finding is None or ended is None:
        return 0
    people = set(
        session.execute(
            select(Notification.account_id)
            .where(Notification.key == f"taken_up:{act_id}")
            .order_by(Notification.account_id)
        ).scalars()
    )
    change = session.execute(
        select(ActionChange.note)
        .where(
            ActionChange.action_id == action.id, ActionChange.kind == ChangeKind.unlinked, ActionChange.changed_at == ended
        )
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip  # one condition per name reads better so
    return _tell_all(
        session, people, action, now, kind="taken_up", key=f"given_back:{act_id}:{ended.isoformat()}",
        thing=(ThingKind.finding, finding), title=f"{action.code} {action.title}",
        words=lambda language: (
            emails.given_back_subject(action.code, language), emails.given_back_body(action.title, change or "", language),
        ),
    )  # fmt: skip  # one row of values reads better so


def tell_action(session: Session, *, action_id: uuid.UUID, version: int, now: datetime) -> int:
    """Tell everyone whose words an action rests on that it was adopted, withdrawn, or taken up again; returns how many.

    A change that was followed by another before it was told is told to nobody: the later one is.
    """
    action = session.get(DraftAction, action_id)
    change = session.execute(
        select(ActionChange).where(ActionChange.action_id == action_id, ActionChange.version == version)
    ).scalar_one_or_none()
    if action is None or change is None or change.kind != ChangeKind.state or change.after.get("state") != action.state:
        return 0
    return _tell_all(
        session, _behind(session, action_id), action, now, kind="action", key=f"action:{action_id}:{version}",
        thing=(ThingKind.action, action_id), title=f"{action.code} {action.title}",
        words=lambda language: (
            emails.action_subject(action.state, action.code, language), emails.action_body(action.title, change.note, language),
        ),
    )  # fmt: skip  # one row of values reads better so


def _tell_all(
    session: Session,
    people: Collection[uuid.UUID],
    action: DraftAction,
    now: datetime,
    *,
    kind: str,
    key: str,
    thing: tuple[ThingKind, uuid.UUID],
    title: str,
    words: Words,
) -> int:
    slug = slug_of(session, process_id=action.process_id)
    return notify(
        session,
        account_ids=people,
        kind=kind,
        words=words,
        link_endpoint="thread.show",
        link_values={"slug": slug, "kind": thing[0], "thing_id": thing[1]},
        process_id=action.process_id,
        key=key,
        now=now,
        thread=thread_of(*thing),
        thread_title=title,
    )


def _cited(content: Mapping[str, Any]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(finding, source) of everything a version cites, in its order."""
    return [
        (uuid.UUID(finding["id"]), uuid.UUID(source["id"]))
        for section in content.get("sections", ())
        for finding in section["findings"]
        for source in finding["sources"]
    ]


def _contributors(session: Session, sources: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Who gave, with an account, the live contributions among some sources."""
    rows = session.execute(
        select(Contribution.source_id, Contribution.account_id)
        .join(Source, Source.id == Contribution.source_id)
        .where(
            Contribution.source_id == func.any(list(sources)), Contribution.account_id.is_not(None), Source.state == "live"
        )
    )  # fmt: skip  # one condition per line reads better so
    return {source: account for source, account in rows if account is not None}


def _cited_in(session: Session, findings: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Accounts whose contributions stand in some findings, as the latest version of each says."""
    if not findings:
        return set()
    numbers = (
        select(PublishedFinding.finding_id, func.max(PaperVersion.number).label("number"), PaperVersion.paper_id)
        .join(PaperVersion, PaperVersion.id == PublishedFinding.version_id)
        .where(PublishedFinding.finding_id.in_(list(findings)))
        .group_by(PublishedFinding.finding_id, PaperVersion.paper_id)
        .subquery()
    )
    rows = session.execute(
        select(numbers.c.finding_id, PaperVersion.content).join(
            numbers, (PaperVersion.paper_id == numbers.c.paper_id) & (PaperVersion.number == numbers.c.number)
        )
    )
    sources = {source for finding, content in rows for named, source in _cited(content) if named == finding}
    return set(_contributors(session, sources).values())


def _behind(session: Session, action_id: uuid.UUID) -> set[uuid.UUID]:
    """Everyone with an account whose words an action rests on: authors, supporters, followers, and who is cited in its findings."""
    links = session.execute(
        select(Promotion.proposal_id, Promotion.finding_id, Proposal.finding_id)
        .outerjoin(Proposal, (Proposal.id == Promotion.proposal_id) & (Proposal.state.in_(READABLE)))
        .where(Promotion.action_id == action_id, Promotion.ended_at.is_(None))
    ).all()
    about = [row[0] for row in links if row[0]]
    shown = select(Proposal.id).where(Proposal.id.in_(about), Proposal.state.in_(READABLE))
    people = session.execute(
        union(
            select(Proposal.author_id).where(Proposal.id.in_(shown)),
            select(ProposalSupport.account_id).where(ProposalSupport.proposal_id.in_(shown)),
            select(ProposalFollow.account_id).where(ProposalFollow.proposal_id.in_(shown)),
        )
    ).scalars()
    near = {key for key in people if key is not None}
    return near | _cited_in(session, {key for row in links for key in row[1:] if key})
