"""Reads that all kinds of rounds share. A round in preparation or given up is found only where drafts are asked for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import Session

from consult.coplanning.rounds import rules
from consult.coplanning.rounds.models import DatedRound
from consult.coplanning.rounds.types import RoundState
from consult.core.paging import Page, cursor_key, cursor_moment, cut_page, decode_cursor

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A round as lists and its page show it."""

    id: uuid.UUID
    process_id: uuid.UUID
    version: int
    state: str
    title: str
    question: str
    created_at: datetime
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    counted_at: datetime | None
    people: int

    def is_open(self, now: datetime) -> bool:
        """Whether people may take part now."""
        return rules.is_open(self.state, self.closes_at, now)

    @property
    def turnout(self) -> int | None:
        """How many took part; None where they are so few that somebody could be recognised."""
        return self.people if self.people == 0 or self.people >= rules.LEAST else None


R = TypeVar("R", bound=DatedRow)


def columns(model: Any, people: ColumnElement[int]) -> tuple[Any, ...]:
    """What a row of any kind begins with, in the order of `DatedRow`; `people` counts who took part."""
    return (
        model.id, model.process_id, model.version, model.state, model.title, model.question, model.created_at, model.opened_at,
        model.closes_at, model.closed_at, model.counted_at, people,
    )  # fmt: skip  # one row of names reads better so


def public(model: type[DatedRound]) -> ColumnElement[bool]:
    """Rounds that anyone may see."""
    return model.state.in_([RoundState.open, RoundState.closed])


def page_of(
    session: Session,
    statement: Any,
    model: type[DatedRound],
    row: type[R],
    *,
    process_id: uuid.UUID,
    drafts: bool,
    cursor: str | None,
    size: int,
) -> Page[R]:
    """Rounds of a process, the latest first; with `drafts` also those in preparation or given up."""
    statement = statement.where(model.process_id == process_id)
    if not drafts:
        statement = statement.where(public(model))
    after = decode_cursor(cursor, 2)
    if after:
        reached = tuple_(cursor_moment(after[0]), cursor_key(after[1]))
        statement = statement.where(tuple_(model.created_at, model.id) < reached)
    found = session.execute(statement.order_by(model.created_at.desc(), model.id.desc()).limit(size + 1))
    return cut_page([row(*values) for values in found], size, lambda r: (r.created_at.isoformat(), r.id))


def one_of(
    session: Session,
    statement: Any,
    model: type[DatedRound],
    row: type[R],
    *,
    process_id: uuid.UUID,
    round_id: uuid.UUID,
    drafts: bool,
) -> R | None:
    """One round; None where there is none to see."""
    statement = statement.where(model.id == round_id, model.process_id == process_id)
    found = session.execute(statement if drafts else statement.where(public(model))).one_or_none()
    return row(*found) if found else None
