"""What the composition root hands to lower rooms, so that no import runs up the house."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from consult.core.errors import Conflict
from consult.core.permissions import Facts
from consult.core.vocabulary import PhaseKind, ThingKind


@dataclass(frozen=True, slots=True)
class PhaseFacts:
    """One dated phase, with whether it is open by the database's clock."""

    id: uuid.UUID
    kind: PhaseKind
    title: str
    opens_at: datetime | None
    closes_at: datetime | None
    is_open: bool
    #: Its date is past, and something in it still waits for an answer.
    is_closing: bool = False


@dataclass(frozen=True, slots=True)
class ProcessContext:
    """What a page of a process needs to know: loaded in one statement."""

    id: uuid.UUID
    slug: str
    title: str
    name: str
    published: bool
    frame_id: uuid.UUID
    territory_id: uuid.UUID
    language: str
    phases: tuple[PhaseFacts, ...]
    facts: Facts
    now: datetime
    #: Kinds of text that a moderator reads before anybody else.
    premoderated: frozenset[ThingKind] = frozenset()

    def is_open(self, kind: PhaseKind) -> bool:
        """Whether a phase of this kind is open now."""
        return kind in self.facts.open_phases

    def phase(self, kind: PhaseKind) -> PhaseFacts | None:
        """The phase of a kind, or None where the process has none."""
        return next((p for p in self.phases if p.kind == kind), None)


class ContextLoader(Protocol):
    """Finds the process a page belongs to and the roles of a person in it."""

    def load(
        self, session: Session, *, slug: str, account_id: uuid.UUID | None, administrator: bool, read: Any = None
    ) -> ProcessContext | None:
        """The context, or None where no such process exists. `read`: what was read of it already, together with the account."""

    def roles_anywhere(self, session: Session, *, account_id: uuid.UUID | None, administrator: bool) -> Facts:
        """Facts for pages outside any process: all roles the person has in any process."""

    def roles_of(self, session: Session, *, account_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
        """The roles of some accounts in any process, in one statement."""


class PersonalData(Protocol):
    """A room that keeps data about people, for export and erasure (GDPR art. 15 to 17)."""

    #: Name of the part in the export.
    name: str

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """All rows of this room about the person, as plain values."""

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Remove the person and keep counts."""


class ClosingGuard(Protocol):
    """A room above the processes that may say why a phase can't be closed yet."""

    def refusal(self, session: Session, *, process_id: uuid.UUID, kind: PhaseKind) -> Conflict | None:
        """Why the phase has to stay open, with a link to what is left to do; None where nothing speaks against closing it."""
