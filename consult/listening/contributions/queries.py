"""Reads of contributions: a person's own, and what a receipt leads to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.vocabulary import ThingKind
from consult.listening.contributions.models import Contribution
from consult.listening.sources.models import Source
from consult.listening.sources.types import Receipt
from consult.process.models import Process


@dataclass(frozen=True, slots=True)
class OwnContribution:
    """A contribution as its author finds it."""

    id: uuid.UUID
    process_slug: str
    process_title: str
    source_id: uuid.UUID
    text: str
    state: str
    visibility: str
    given_on: date


def own(session: Session, *, account_id: uuid.UUID, limit: int = 200) -> list[OwnContribution]:
    """The contributions of one person, newest first."""
    statement = (
        select(
            Contribution.id,
            Process.slug,
            Process.title,
            Source.id,
            Source.text,
            Source.state,
            Source.visibility,
            Contribution.given_on,
        )
        .join(Source, Source.id == Contribution.source_id)
        .join(Process, Process.id == Contribution.process_id)
        .where(Contribution.account_id == account_id)
        .order_by(Contribution.given_on.desc(), Contribution.id)
        .limit(limit)
    )
    return [OwnContribution(*row) for row in session.execute(statement)]


def by_receipt(session: Session, *, code_hash: bytes) -> Receipt | None:
    """What a receipt code leads to, or None."""
    row = session.execute(
        select(Process.id, Process.slug, Process.title, Source.id, Source.visibility, Contribution.given_on)
        .join(Source, Source.id == Contribution.source_id)
        .join(Process, Process.id == Contribution.process_id)
        .where(Contribution.receipt_hash == code_hash)
    ).one_or_none()
    if row is None:
        return None
    return Receipt(
        kind=ThingKind.contribution,
        process_id=row[0],
        process_slug=row[1],
        process_title=row[2],
        title="Contributo libero",
        source_ids=(row[3],),
        published=row[4] == "public",
        given_on=row[5],
    )


@dataclass(frozen=True, slots=True)
class Given:
    """A contribution just given, for its confirmation page."""

    id: uuid.UUID
    receipt_hash: bytes
    source_id: uuid.UUID
    public: bool
    on_paper: bool


def given(session: Session, *, process_id: uuid.UUID, contribution_id: uuid.UUID) -> Given | None:
    """One contribution of a process, or None."""
    row = session.execute(
        select(
            Contribution.id, Contribution.receipt_hash, Source.id, Source.visibility == "public", Contribution.on_paper
        )
        .join(Source, Source.id == Contribution.source_id)
        .where(Contribution.id == contribution_id, Contribution.process_id == process_id)
    ).one_or_none()
    return Given(*row) if row else None


def count(session: Session, *, process_id: uuid.UUID) -> int:
    """How many contributions a process has received, whatever became of their texts."""
    statement = select(func.count()).select_from(Contribution).where(Contribution.process_id == process_id)
    return int(session.execute(statement).scalar_one())
