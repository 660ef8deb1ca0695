"""Reads of the front pages: what is open, the numbers of a process, what a person said and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from consult.coplanning.opinions.models import OpinionConversation
from consult.coplanning.priorities.models import PriorityRound
from consult.coplanning.proposals.models import Proposal, ProposalZone
from consult.core.vocabulary import LINKING_OUTCOMES, PhaseKind
from consult.framework.models import Zone
from consult.listening.meetings.models import Meeting
from consult.listening.sources.types import Denominator
from consult.listening.surveys.models import Questionnaire
from consult.listening.surveys.queries import open_now
from consult.plan.models import DraftAction
from consult.position_paper.models import DraftConsultation, PaperVersion, PublishedFinding
from consult.process.models import PrivacyNotice, Process

_LINKING = [str(o) for o in LINKING_OUTCOMES]
_PUBLISHED = Proposal.state == literal_column("'published'")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a process has so far. `paper_version` is None before the first published position paper."""

    process_id: uuid.UUID
    proposals: int
    decided: int
    linked: int
    supports: int
    actions: int
    adopted: int
    paper_version: int | None
    paper_published_at: datetime | None
    findings: int
    coming_meetings: int
    open_questionnaires: int
    open_rounds: int = 0
    #: Number and last moment of the draft paper that may be commented now.
    draft_number: int | None = None
    draft_closes_at: datetime | None = None
    open_conversations: int = 0


def numbers(session: Session, *, process_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, Numbers]:
    """The numbers of some processes, in one statement."""
    if not process_ids:
        return {}
    mine = and_(Proposal.process_id == Process.id, _PUBLISHED)
    actions = and_(DraftAction.process_id == Process.id, DraftAction.state != "withdrawn")
    latest = (
        select(PaperVersion.number, PaperVersion.published_at, PaperVersion.id)
        .where(PaperVersion.process_id == Process.id)
        .order_by(PaperVersion.number.desc())
        .limit(1)
        .lateral()
    )

    consulted = (
        select(DraftConsultation.number, DraftConsultation.closes_at)
        .where(
            DraftConsultation.process_id == Process.id,
            DraftConsultation.opens_at <= func.clock_timestamp(),
            DraftConsultation.closes_at > func.clock_timestamp(),
        )
        .order_by(DraftConsultation.number.desc())
        .limit(1)
        .lateral()
    )

    def count(*conditions: Any) -> Any:
        return select(func.count()).where(*conditions).correlate(Process).scalar_subquery()

    statement = (
        select(
            Process.id,
            count(mine),
            count(mine, Proposal.outcome.is_not(None)),
            count(mine, Proposal.outcome.in_(_LINKING)),
            select(func.coalesce(func.sum(Proposal.supports_count), 0))
            .where(mine)
            .correlate(Process)
            .scalar_subquery(),
            count(actions),
            count(actions, DraftAction.state == "adopted"),
            latest.c.number,
            latest.c.published_at,
            select(func.count()).where(PublishedFinding.version_id == latest.c.id).correlate(latest).scalar_subquery(),
            count(Meeting.process_id == Process.id, Meeting.state == "published", Meeting.starts_at > now),
            count(Questionnaire.process_id == Process.id, Questionnaire.access == "open", open_now()),
            count(
                PriorityRound.process_id == Process.id,
                PriorityRound.state == "open",
                or_(PriorityRound.closes_at.is_(None), PriorityRound.closes_at > now),
            ),
            consulted.c.number,
            consulted.c.closes_at,
            count(
                OpinionConversation.process_id == Process.id,
                OpinionConversation.state == "open",
                OpinionConversation.closes_at > now,
            ),
        )
        .select_from(Process)
        .outerjoin(latest, literal_column("true"))
        .outerjoin(consulted, literal_column("true"))
        .where(Process.id.in_(process_ids))
    )
    return {row[0]: Numbers(*row) for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class ComingMeeting:
    """A meeting anyone may go to."""

    id: uuid.UUID
    title: str
    starts_at: datetime
    place: str


def coming_meetings(session: Session, *, process_id: uuid.UUID, now: datetime, limit: int = 3) -> list[ComingMeeting]:
    """The next public meetings of a process, soonest first."""
    statement = (
        select(Meeting.id, Meeting.title, Meeting.starts_at, Meeting.place)
        .where(Meeting.process_id == process_id, Meeting.state == "published", Meeting.starts_at > now)
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(limit)
    )
    return [ComingMeeting(*row) for row in session.execute(statement)]


def proposals_by_zone(session: Session, *, process_id: uuid.UUID) -> dict[str, int]:
    """How many published proposals name each zone, by the zone's code."""
    statement = (
        select(Zone.code, func.count())
        .join(ProposalZone, ProposalZone.zone_id == Zone.id)
        .join(Proposal, Proposal.id == ProposalZone.proposal_id)
        .where(Proposal.process_id == process_id, _PUBLISHED)
        .group_by(Zone.code)
        .order_by(Zone.code)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who spoke, out of the denominators: per channel the pieces and the voices; per zone, voices by channel."""

    channels: tuple[tuple[str, int, int], ...]
    zones: dict[str, dict[str, int]]
    nowhere: dict[str, int]

    def of_zone(self, code: str) -> int:
        """The largest number of voices of one channel in a zone: channels are never added up."""
        return max(self.zones.get(code, {}).values(), default=0)


def spoken(rows: Sequence[Denominator]) -> Spoken:
    """Fold the denominators: a voice has one zone and one kind, so parts of one channel may be added, channels not."""
    channels: dict[str, list[int]] = {}
    zones: dict[str, dict[str, int]] = {}
    nowhere: dict[str, int] = {}
    for row in rows:
        total = channels.setdefault(row.channel, [0, 0])
        total[0] += row.sources
        total[1] += row.voices
        place = zones.setdefault(row.zone_code, {}) if row.zone_code else nowhere
        place[row.channel] = place.get(row.channel, 0) + row.voices
    return Spoken(tuple((name, n[0], n[1]) for name, n in sorted(channels.items())), zones, nowhere)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The privacy notice in force for a phase of a published process."""

    process_title: str
    phase_kind: PhaseKind
    version: int
    text: str
    published_at: datetime


def notices_in_force(session: Session) -> list[NoticeText]:
    """The latest notice of each phase of each published process."""
    statement = (
        select(
            Process.title, PrivacyNotice.phase_kind, PrivacyNotice.version, PrivacyNotice.text, PrivacyNotice.published_at
        )
        .join(Process, Process.id == PrivacyNotice.process_id)
        .where(Process.state != "draft")
        .ext(distinct_on(Process.title, PrivacyNotice.process_id, PrivacyNotice.phase_kind))
        .order_by(Process.title, PrivacyNotice.process_id, PrivacyNotice.phase_kind, PrivacyNotice.version.desc())
    )  # fmt: skip  # one column per name reads better so
    return [NoticeText(row[0], PhaseKind(row[1]), *row[2:]) for row in session.execute(statement)]
