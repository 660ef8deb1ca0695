"""Reads of the confrontation: what was set against what, and provisions like a finding."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.framework.models import Provision, ReferencePlan
from consult.framework.queries import ProvisionView
from consult.position_paper.models import Confrontation, Finding
from consult.position_paper.rules import Likeness, rank

STATES = ("covered", "partly", "conflicting", "gap", "not_competent")
_STEMS = {"it": "italian", "en": "english"}


@dataclass(frozen=True, slots=True)
class ConfrontationRow:
    """A finding set against a provision, or against a plan that has none on it."""

    id: uuid.UUID
    finding_id: uuid.UUID
    plan_id: uuid.UUID
    plan_code: str
    plan_title: str
    plan_version: str
    provision_id: uuid.UUID | None
    provision_code: str | None
    provision_text: str | None
    page: int | None
    state: str
    note: str
    origin: str
    score: float | None
    version: int
    changed_by: uuid.UUID | None
    changed_at: datetime
    reply: str
    reply_name: str
    replied_at: datetime | None


def _rows() -> Any:
    c, plan = Confrontation, ReferencePlan
    return (
        select(
            c.id, c.finding_id, c.plan_id, plan.code, plan.title, plan.version, c.provision_id, Provision.code, Provision.text, Provision.page,
            c.state, c.note, c.origin, c.score, c.version, c.changed_by, c.changed_at, c.reply, c.reply_name, c.replied_at,
        )
        .join(plan, plan.id == c.plan_id)
        .outerjoin(Provision, Provision.id == c.provision_id)
    )  # fmt: skip  # the order of ConfrontationRow's fields


def confrontations(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_ids: Sequence[uuid.UUID] | None = None,
    plan_id: uuid.UUID | None = None,
) -> list[ConfrontationRow]:
    """What the findings of a paper, or those named, were set against, in every plan or in the one named, by plan and provision."""
    statement = (
        _rows()
        .where(Confrontation.process_id == process_id)
        .order_by(ReferencePlan.code, Provision.position.nulls_last(), Confrontation.id)
    )
    if finding_ids is not None:
        statement = statement.where(Confrontation.finding_id.in_(finding_ids))
    if plan_id is not None:
        statement = statement.where(Confrontation.plan_id == plan_id)
    return [ConfrontationRow(*row) for row in session.execute(statement)]


def confrontation(session: Session, *, process_id: uuid.UUID, confrontation_id: uuid.UUID) -> ConfrontationRow | None:
    """One confrontation, or None."""
    row = session.execute(
        _rows().where(Confrontation.id == confrontation_id, Confrontation.process_id == process_id)
    ).one_or_none()
    return ConfrontationRow(*row) if row else None


def confronted(session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID | None = None) -> dict[uuid.UUID, int]:
    """How many times each finding, or the one named, was set against something."""
    statement = (
        select(Confrontation.finding_id, func.count())
        .join(Finding, Finding.id == Confrontation.finding_id)
        .where(Confrontation.process_id == process_id)
        .group_by(Confrontation.finding_id)
    )
    if finding_id is not None:
        statement = statement.where(Confrontation.finding_id == finding_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def like_provisions(
    session: Session, *, provisions: Sequence[ProvisionView], title: str, text: str, strategy: str | None, language: str
) -> list[Likeness]:
    """Provisions most like a text with a title, best first; words are compared by their stems, as the database makes them. Two statements."""
    config = _STEMS.get(language, "italian")

    def stems(words: str) -> Any:
        return func.tsvector_to_array(func.to_tsvector(config, words))

    heads, told = session.execute(select(stems(title), stems(text))).one()
    wanted = [*heads, *told]
    ids = [p.id for p in provisions]
    found = session.execute(
        select(Provision.id, func.tsvector_to_array(func.to_tsvector(config, Provision.text)))
        .where(Provision.id.in_(ids))
        .order_by(Provision.id)
    )
    texts: dict[uuid.UUID, list[str]] = {row[0]: list(row[1]) for row in found}
    return rank(
        wanted,
        texts,
        alike=[p.id for p in provisions if strategy is not None and strategy in p.strategies],
        heads=heads,
    )
