"""Reads of the review: comments in the margin, approvals, who may be asked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from consult.core.vocabulary import Role
from consult.people.models import Account
from consult.position_paper.models import MarginNote, SectionApproval
from consult.process.models import Membership

#: Roles that see the workshop and may be asked to approve a section.
ASKED = (Role.facilitator, Role.manager, Role.reviewer, Role.reader)
NOTES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A comment in the margin."""

    id: uuid.UUID
    finding_id: uuid.UUID | None
    section_id: uuid.UUID | None
    sentence: int | None
    quoted: str
    text: str
    author_id: uuid.UUID
    author_name: str
    created_at: datetime
    settled_at: datetime | None


def notes(
    session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID | None = None, section_id: uuid.UUID | None = None
) -> list[NoteRow]:
    """Comments on a finding or a section, open ones first, then by time."""
    n = MarginNote
    statement: Any = (
        select(
            n.id,
            n.finding_id,
            n.section_id,
            n.sentence,
            n.quoted,
            n.text,
            n.author_id,
            n.author_name,
            n.created_at,
            n.settled_at,
        )
        .where(n.process_id == process_id)
        .order_by(n.settled_at.is_not(None), n.created_at, n.id)
        .limit(NOTES_SHOWN)
    )
    statement = (
        statement.where(n.finding_id == finding_id) if finding_id else statement.where(n.section_id == section_id)
    )
    return [NoteRow(*row) for row in session.execute(statement)]


def open_notes(session: Session, *, process_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """How many open comments each finding and section has."""
    place = func.coalesce(MarginNote.finding_id, MarginNote.section_id)
    statement = (
        select(place, func.count())
        .where(MarginNote.process_id == process_id, MarginNote.settled_at.is_(None))
        .group_by(place)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A person asked to approve a section, with the answer and the fingerprint it was given on."""

    id: uuid.UUID
    section_id: uuid.UUID
    account_id: uuid.UUID
    account_name: str
    asked_at: datetime
    state: str
    note: str
    text_sha256: str
    answered_at: datetime | None


def approvals(session: Session, *, process_id: uuid.UUID, section_id: uuid.UUID | None = None) -> list[ApprovalRow]:
    """The latest request to each person, by section and name."""
    a = SectionApproval
    statement: Any = (
        select(
            a.id, a.section_id, a.account_id, a.account_name, a.asked_at, a.state, a.note, a.text_sha256, a.answered_at
        )
        .where(a.process_id == process_id)
        .ext(distinct_on(a.section_id, a.account_name, a.account_id))
        .order_by(a.section_id, a.account_name, a.account_id, a.asked_at.desc())
    )
    if section_id is not None:
        statement = statement.where(a.section_id == section_id)
    return [ApprovalRow(*row) for row in session.execute(statement)]


def approvers(session: Session, *, manifest: Mapping[str, Any]) -> list[str]:
    """Names of who approved what a version froze, as far as they are still here."""
    keys = [uuid.UUID(each["approval"]) for each in manifest.get("approvals", ())]
    if not keys:
        return []
    a = SectionApproval
    names = select(a.account_name).where(a.id.in_(keys), a.account_name != "").distinct().order_by(a.account_name)
    return list(session.execute(names).scalars())


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """A person who may be asked."""

    account_id: uuid.UUID
    name: str
    role: str


def reviewers(session: Session, *, process_id: uuid.UUID) -> list[ReviewerRow]:
    """People of the process who see the workshop, by role and name."""
    statement = (
        select(Membership.account_id, Account.display_name, Membership.role)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.process_id == process_id, Membership.role.in_([str(role) for role in ASKED]))
        .order_by(Membership.role, Account.display_name, Membership.account_id)
    )
    return [ReviewerRow(*row) for row in session.execute(statement)]
