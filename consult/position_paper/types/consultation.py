"""Drafts in consultation, comments on them and their answers, as values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    """Who may comment a draft in consultation. Codes never change."""

    accounts = "accounts"
    readers = "readers"


class DraftVerdict(StrEnum):
    """What became of a comment on a draft. Codes never change."""

    accepted = "accepted"
    accepted_in_part = "accepted_in_part"
    not_accepted = "not_accepted"


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    """A draft in consultation, without its content. `comments` are those anyone may read, `answered` how many of them have an answer."""

    id: uuid.UUID
    paper_id: uuid.UUID
    number: int
    words: str
    audience: str
    opens_at: datetime
    closes_at: datetime
    version: int
    signed_name: str
    made_at: datetime
    comments: int
    answered: int

    def stage(self, now: datetime) -> str:
        """coming, open or closed, at a moment of the database's clock."""
        if now < self.opens_at:
            return "coming"
        return "open" if now < self.closes_at else "closed"


@dataclass(frozen=True, slots=True)
class Tally:
    """Comments on a finding that anyone may read, and what became of them."""

    comments: int = 0
    accepted: int = 0
    accepted_in_part: int = 0
    not_accepted: int = 0

    @property
    def answered(self) -> int:
        """How many have an answer."""
        return self.accepted + self.accepted_in_part + self.not_accepted

    @property
    def waiting(self) -> int:
        """How many have none yet."""
        return self.comments - self.answered


@dataclass(frozen=True, slots=True)
class ConsultedRow:
    """What comments are about: a finding of a draft, or the draft as a whole (`finding_id` None)."""

    id: uuid.UUID
    finding_id: uuid.UUID | None
    number: int
    title: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The public answer to a comment."""

    comment_id: uuid.UUID
    verdict: str
    sentence: str
    version: int
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsultedComment:
    """A comment on a draft as anyone may read it, with its answer. `parent_id` is set in files alone, where replies stand too."""

    id: uuid.UUID
    draft: int
    target_id: uuid.UUID
    finding_id: uuid.UUID | None
    number: int
    title: str
    author: str | None
    stance: str
    text: str
    html: str
    created_at: datetime
    replies: int
    answer: AnswerRow | None
    parent_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsultedCard:
    """Where a comment stands, as other rooms name it."""

    id: uuid.UUID
    process_id: uuid.UUID
    slug: str
    draft: int
    number: int
    title: str
