"""Rows that travel within the room: frozen, no behaviour beyond small properties."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose from; the code is what is stored."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as builder and respondent see it."""

    id: uuid.UUID
    page: int
    position: int
    kind: str
    text: str
    help: str
    purpose: str
    required: bool
    options: tuple[Option, ...]
    settings: dict[str, Any]

    @property
    def field(self) -> str:
        """Its name in forms."""
        return f"q_{self.id.hex}"

    @property
    def open(self) -> bool:
        """Whether it is answered in words, which become a source."""
        return self.kind in {"short", "long"}


@dataclass(frozen=True, slots=True)
class QuestionnaireRow:
    """A questionnaire as builder and respondent see it."""

    id: uuid.UUID
    process_id: uuid.UUID
    title: str
    intro: str
    thanks: str
    privacy: str
    access: str
    state: str
    closes_at: datetime | None
    keys_deleted_on: date | None
    ballots_minted: int
    version: int
    published_at: datetime | None
    open_now: bool

    @property
    def anonymous(self) -> bool:
        """Whether who took part and what was said are never linked."""
        return self.privacy == "anonymous"


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody about to be invited, as a line of the list says."""

    line: int
    email: str
    organisation: str = ""
    speaker_kind: str | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """What a personal link opens: the questionnaire, and how far this invitation has come. No person in anonymous mode."""

    questionnaire_id: uuid.UUID
    process_id: uuid.UUID
    territory_id: uuid.UUID
    anonymous: bool
    used: bool
    invitation_id: uuid.UUID | None
    answer_id: uuid.UUID | None
    answer_version: int | None
    values: dict[str, Any]
    draft: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sent answer: "stored", "edited", or "already" there (`same`: sent again with the same code)."""

    state: str
    same: bool = True
