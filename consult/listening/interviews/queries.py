"""Reads of interviews: the list with coverage, and one with its passages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.framework.models import Zone
from consult.listening.interviews.models import Interview, InterviewConsent
from consult.listening.sources.models import Source


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """An interview in the list."""

    id: uuid.UUID
    role: str
    organisation: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    speaker_kind: str | None
    status: str
    held_on: date | None
    quote_consent: str
    passages: int


@dataclass(frozen=True, slots=True)
class InterviewCard:
    """One interview with everything its page shows."""

    id: uuid.UUID
    role: str
    organisation: str
    person_name: str
    zone_id: uuid.UUID | None
    zone_code: str | None
    zone_name: str | None
    speaker_kind: str | None
    status: str
    held_on: date | None
    guide: str
    may_record: bool
    may_transcribe: bool
    may_code: bool
    quote_consent: str
    embargo_until: date | None
    version: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage of an interview."""

    id: uuid.UUID
    position: int
    text: str
    state: str
    revision: int


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One recorded consent."""

    number: int
    text_version: str
    may_transcribe: bool
    may_code: bool
    quote_consent: str
    embargo_until: date | None
    given_at: datetime


def interviews(session: Session, *, process_id: uuid.UUID) -> list[InterviewRow]:
    """All interviews of a process by zone and role; there are some dozens."""
    passages = (
        select(func.count())
        .where(Source.unit_id == Interview.id, Source.unit_kind == "interview", Source.state == "live")
        .correlate(Interview)
        .scalar_subquery()
    )
    statement = (
        select(
            Interview.id, Interview.role, Interview.organisation, Interview.zone_id, Zone.code, Zone.name, Interview.speaker_kind,
            Interview.status, Interview.held_on, Interview.quote_consent, passages,
        )
        .outerjoin(Zone, Zone.id == Interview.zone_id)
        .where(Interview.process_id == process_id)
        .order_by(Zone.position, Interview.role, Interview.id)
    )  # fmt: skip  # one column per name reads better in two lines
    return [InterviewRow(*row) for row in session.execute(statement)]


def interview(session: Session, *, process_id: uuid.UUID, interview_id: uuid.UUID) -> InterviewCard | None:
    """One interview of a process, or None."""
    statement = (
        select(
            Interview.id, Interview.role, Interview.organisation, Interview.person_name, Interview.zone_id, Zone.code, Zone.name,
            Interview.speaker_kind, Interview.status, Interview.held_on, Interview.guide, Interview.may_record,
            Interview.may_transcribe, Interview.may_code, Interview.quote_consent, Interview.embargo_until, Interview.version,
        )
        .outerjoin(Zone, Zone.id == Interview.zone_id)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
    )  # fmt: skip  # one column per name reads better in two lines
    row: Any = session.execute(statement).one_or_none()
    return InterviewCard(*row) if row else None


def passages(session: Session, *, interview_id: uuid.UUID) -> list[PassageRow]:
    """The passages of an interview, in the order they were said."""
    statement = (
        select(Source.id, Source.position, Source.text, Source.state, Source.revision)
        .where(Source.unit_id == interview_id, Source.unit_kind == "interview")
        .order_by(Source.position, Source.id)
        .limit(2000)
    )
    return [PassageRow(*row) for row in session.execute(statement)]


def consents(session: Session, *, interview_id: uuid.UUID) -> list[ConsentRow]:
    """Consent as it was recorded over time, newest first."""
    statement = (
        select(
            InterviewConsent.number, InterviewConsent.text_version, InterviewConsent.may_transcribe, InterviewConsent.may_code,
            InterviewConsent.quote_consent, InterviewConsent.embargo_until, InterviewConsent.given_at,
        )
        .where(InterviewConsent.interview_id == interview_id)
        .order_by(InterviewConsent.number.desc())
    )  # fmt: skip  # one column per name reads better in two lines
    return [ConsentRow(*row) for row in session.execute(statement)]
