"""Who may be asked to evaluate: people and offices."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from consult.core.vocabulary import Role
from consult.moderation.models import EvaluationOffice, EvaluationOfficeMember
from consult.people.models import Account
from consult.process.models import Membership


@dataclass(frozen=True, slots=True)
class EvaluatorRow:
    """A person who evaluates in a process."""

    account_id: uuid.UUID
    name: str


def evaluators(session: Session, *, process_id: uuid.UUID) -> list[EvaluatorRow]:
    """The evaluators of a process, by name."""
    rows = session.execute(
        select(Membership.account_id, Account.display_name)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.process_id == process_id, Membership.role == str(Role.evaluator))
        .order_by(Account.display_name, Account.id)
    )
    return [EvaluatorRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """An office with its people who still evaluate here, as (key, name)."""

    id: uuid.UUID
    name: str
    people: Sequence[Sequence[str]]


def offices(session: Session, *, process_id: uuid.UUID) -> list[OfficeRow]:
    """The offices of a process with their people, by name; in one statement."""
    people = (
        select(
            func.coalesce(
                func.json_agg(
                    aggregate_order_by(func.json_build_array(Account.id, Account.display_name), Account.display_name, Account.id)
                ),
                func.json_build_array(),
            )
        )
        .select_from(EvaluationOfficeMember)
        .join(Account, Account.id == EvaluationOfficeMember.account_id)
        .join(
            Membership,
            and_(
                Membership.account_id == Account.id,
                Membership.process_id == process_id,
                Membership.role == str(Role.evaluator),
            ),
        )
        .where(EvaluationOfficeMember.office_id == EvaluationOffice.id)
        .correlate(EvaluationOffice)
        .scalar_subquery()
    )  # fmt: skip  # one column per name reads better so
    rows = session.execute(
        select(EvaluationOffice.id, EvaluationOffice.name, people)
        .where(EvaluationOffice.process_id == process_id)
        .order_by(EvaluationOffice.name, EvaluationOffice.id)
    )
    return [OfficeRow(*row) for row in rows]
