"""What became of what somebody said, over the whole thread: of a person, of an organisation, of a receipt.

Everything here is what anyone may read of it; who said what is known only from rows that carry the person (contributions with an account,
pseudonymous answers while their key lasts, proposals). Anonymous answers are reached by their receipt alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.queries import ProposalCard
from consult.coplanning.proposals.types import READABLE
from consult.listening.interviews.models import Interview
from consult.listening.meetings import queries as meetings
from consult.listening.meetings.models import Meeting, MeetingRegistration
from consult.listening.sources.models import Source
from consult.listening.sources.types import Receipt
from consult.listening.surveys import queries as surveys
from consult.overview import rules
from consult.overview.queries.thread import thread
from consult.overview.queries.thread_nodes import Loader
from consult.overview.types import Node
from consult.people.models import Organisation, OrganisationMember
from consult.process.models import Process

MOST = 200
Place = tuple[uuid.UUID, str]


def onward_of_sources(
    session: Session, *, by_process: Mapping[Place, Sequence[uuid.UUID]]
) -> dict[uuid.UUID, tuple[Node, ...]]:
    """What became of sources, by source; `by_process` names them by (key, name in addresses) of their process."""
    found: dict[uuid.UUID, tuple[Node, ...]] = {}
    for (process_id, slug), keys in by_process.items():
        loader = Loader(session, process_id=process_id, slug=slug, staff=False)
        found |= loader.sources_onward(keys)
    return found


def united(onward: Mapping[uuid.UUID, tuple[Node, ...]], keys: Iterable[uuid.UUID]) -> tuple[Node, ...]:
    """What became of several sources that were said together, each thing once."""
    return rules.united([node for key in keys for node in onward.get(key, ())])


def places(session: Session) -> dict[str, Place]:
    """Key and name of every process, by name."""
    rows = session.execute(select(Process.id, Process.slug).order_by(Process.slug))
    return {row.slug: (row.id, row.slug) for row in rows}


def proposal_nodes(
    session: Session, *, cards: Sequence[ProposalCard], slugs: Mapping[uuid.UUID, str]
) -> dict[uuid.UUID, Node]:
    """Proposals with the finding each answers, its disposition and its actions: below each stand first what it answers, then what it led to."""
    found: dict[uuid.UUID, Node] = {}
    for process_id in dict.fromkeys(card.process_id for card in cards):
        here = [card for card in cards if card.process_id == process_id]
        loader = Loader(session, process_id=process_id, slug=slugs[process_id], staff=False)
        findings = loader.findings_with_sources([card.finding_id for card in here if card.finding_id], 0)
        for card, node in zip(here, loader.proposals_with_actions(here), strict=True):
            answers = findings.get(card.finding_id) if card.finding_id else None
            above = (replace(answers, children=(), more=0),) if answers and not node.hidden else ()
            found[card.id] = replace(node, children=(*above, *node.children))
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receipt leads to: a kind, where, when, and what became of it. `title` is empty where the words are nobody else's business."""

    kind: str
    process_slug: str
    process_title: str
    title: str
    given_on: date | None
    waiting: bool
    nodes: tuple[Node, ...]
    thread: tuple[str, uuid.UUID] | None
    #: No moderator has read it yet, where one reads first.
    unread: bool = False


def of_receipt(session: Session, *, found: Receipt) -> Answer:
    """What became of a contribution or of an answered questionnaire."""
    onward = onward_of_sources(session, by_process={(found.process_id, found.process_slug): found.source_ids})
    return Answer(
        kind=str(found.kind), process_slug=found.process_slug, process_title=found.process_title, title=found.title,
        given_on=found.given_on, waiting=found.waiting, nodes=united(onward, found.source_ids),
        thread=("source", found.source_ids[0]) if found.published and found.source_ids else None, unread=found.unread,
    )  # fmt: skip  # one row of values reads better so


def of_paper_proposal(session: Session, *, code_hash: bytes) -> Answer | None:
    """What became of a proposal that came on paper, or None for a code that is none of a proposal."""
    place = proposals.by_receipt(session, code_hash=code_hash)
    if place is None:
        return None
    card = proposals.cards(session, ids=[place[1]])[place[1]]
    title = session.execute(select(Process.title).where(Process.id == card.process_id)).scalar_one()
    node = proposal_nodes(session, cards=[card], slugs={card.process_id: place[0]})[card.id]
    return Answer(
        kind="proposal", process_slug=place[0], process_title=title, title=card.title if card.readable else "", given_on=None,
        waiting=False, nodes=(node,), thread=("proposal", card.id) if card.readable else None, unread=place[2],
    )  # fmt: skip  # one row of values reads better so


def of_meeting(session: Session, *, code: str) -> Answer | None:
    """What became of what was said at a meeting, by the short code that its tables show, or None."""
    place = meetings.by_code(session, code=code)
    if place is None:
        return None
    process = session.execute(select(Process.id, Process.title).where(Process.slug == place[0])).one()
    loader = Loader(session, process_id=process.id, slug=place[0], staff=False)
    found = thread(loader, kind="meeting", thing_id=place[1])
    if found is None:
        # The minutes are not public yet: the code says only which meeting it is.
        row = session.execute(select(Meeting.title, Meeting.starts_at).where(Meeting.id == place[1])).one()
        return Answer("meeting", place[0], process.title, row.title, row.starts_at.date(), True, (), None)
    day = found.here.at.date() if found.here.at else None
    return Answer("meeting", place[0], process.title, found.here.title, day, False, found.down, ("meeting", place[1]))


@dataclass(frozen=True, slots=True)
class AttendedMeeting:
    """A meeting somebody of the organisation came to; `told` once its minutes are public."""

    slug: str
    id: uuid.UUID
    title: str
    starts_at: datetime
    told: bool


@dataclass(frozen=True, slots=True)
class SaidInName:
    """A proposal in an organisation's name, with its thread; `by_member`: whether who wrote it is confirmed to speak for it."""

    card: ProposalCard
    slug: str
    node: Node
    by_member: bool


@dataclass(frozen=True, slots=True)
class OrganisationAnswers:
    """Everything that was said in an organisation's name, as far as anyone may read it."""

    id: uuid.UUID
    name: str
    kind: str
    proposals: Sequence[SaidInName]
    interviews: Sequence[tuple[str, str, date | None, tuple[Node, ...]]]
    meetings: Sequence[AttendedMeeting]
    #: Title of each questionnaire answered through an invitation to it, and what became of the answers; never their words.
    questionnaires: Sequence[tuple[str, tuple[Node, ...]]] = ()


def of_organisation(
    session: Session, *, organisation_id: uuid.UUID, account_id: uuid.UUID
) -> OrganisationAnswers | None:
    """What became of what an organisation said, for who is confirmed to speak for it; None for anybody else."""
    row = session.execute(
        select(Organisation.id, Organisation.name, Organisation.kind)
        .join(OrganisationMember, OrganisationMember.organisation_id == Organisation.id)
        .where(
            Organisation.id == organisation_id,
            OrganisationMember.account_id == account_id,
            OrganisationMember.state == "accepted",
        )
    ).one_or_none()
    if row is None:
        return None
    name = row.name.lower()
    slugs = {r.id: r.slug for r in session.execute(select(Process.id, Process.slug).where(Process.state != "draft"))}
    return OrganisationAnswers(
        *row, _proposals(session, organisation_id, name, slugs), _interviews(session, name), _meetings(session, name),
        _questionnaires(session, name),
    )  # fmt: skip  # one row of values reads better so


def _questionnaires(session: Session, name: str) -> list[tuple[str, tuple[Node, ...]]]:
    """Pseudonymous questionnaires answered for the organisation; the respondent was told that this is seen, and that words are not."""
    answered = surveys.answered_for(session, organisation=name)
    by_process: dict[Place, list[uuid.UUID]] = {}
    for a in answered:
        by_process.setdefault((a.process_id, a.process_slug), []).extend(a.source_ids)
    onward = onward_of_sources(session, by_process=by_process)
    return [(a.title, united(onward, a.source_ids)) for a in answered]


def _proposals(
    session: Session, organisation_id: uuid.UUID, name: str, slugs: Mapping[uuid.UUID, str]
) -> list[SaidInName]:
    keys = session.execute(
        select(Proposal.id)
        .where(
            func.lower(func.trim(Proposal.organisation)) == name,
            Proposal.state.in_(READABLE),
            Proposal.process_id.in_(list(slugs)),
        )
        .order_by(Proposal.created_at.desc(), Proposal.id)
        .limit(MOST)
    ).scalars()
    order = list(keys)
    cards = proposals.cards(session, ids=order)
    speaking = set(
        session.execute(
            select(OrganisationMember.account_id).where(
                OrganisationMember.organisation_id == organisation_id, OrganisationMember.state == "accepted"
            )
        ).scalars()
    )
    shown = [cards[key] for key in order]
    nodes = proposal_nodes(session, cards=shown, slugs=slugs)
    return [SaidInName(c, slugs[c.process_id], nodes[c.id], c.author_id in speaking) for c in shown]


def _interviews(session: Session, name: str) -> list[tuple[str, str, date | None, tuple[Node, ...]]]:
    """Interviews given for the organisation by who agreed to be quoted by name: (process, role, day, what became of it).

    Whoever asked for less is not told of here, not even that they were interviewed.
    """
    rows = session.execute(
        select(Interview.id, Interview.role, Interview.held_on, Process.id, Process.slug)
        .join(Process, Process.id == Interview.process_id)
        .where(
            func.lower(func.trim(Interview.organisation)) == name, Interview.consent_quote == "name", Process.state != "draft"
        )
        .order_by(Interview.held_on.desc().nulls_last(), Interview.id)
        .limit(MOST)
    ).all()  # fmt: skip  # one condition per line reads better so
    said: dict[uuid.UUID, list[uuid.UUID]] = {row[0]: [] for row in rows}
    pieces = session.execute(
        select(Source.unit_id, Source.id)
        .where(Source.unit_id.in_(list(said)), Source.state == "live", Source.quotable == "name")
        .order_by(Source.unit_id, Source.position, Source.id)
    )
    for unit_id, key in pieces:
        if unit_id is not None:
            said[unit_id].append(key)
    by_process: dict[Place, list[uuid.UUID]] = {}
    for row in rows:
        by_process.setdefault((row[3], row[4]), []).extend(said[row[0]])
    onward = onward_of_sources(session, by_process=by_process)
    return [(row[4], row[1], row[2], united(onward, said[row[0]])) for row in rows]


def _meetings(session: Session, name: str) -> list[AttendedMeeting]:
    """Meetings to which somebody came for the organisation: the minutes name it too."""
    rows = session.execute(
        select(Process.slug, Meeting.id, Meeting.title, Meeting.starts_at, Meeting.minutes_published_at.is_not(None))
        .join(Process, Process.id == Meeting.process_id)
        .join(MeetingRegistration, MeetingRegistration.meeting_id == Meeting.id)
        .where(
            func.lower(func.trim(MeetingRegistration.organisation)) == name,
            MeetingRegistration.came.is_(True),
            Meeting.state == "published",
            Process.state != "draft",
        )
        .distinct()
        .order_by(Meeting.starts_at.desc(), Meeting.id)
        .limit(MOST)
    )
    return [AttendedMeeting(*row) for row in rows]
