"""Files of coded work: what an import did, what it takes to take it back, and how pages read both."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Trail:
    """What an import did, taken down as it goes, so that it can be taken back."""

    codes_added: list[uuid.UUID] = field(default_factory=list)
    #: Code, its version after the import, and what it said before.
    codes_changed: list[tuple[uuid.UUID, int, dict[str, Any]]] = field(default_factory=list)
    sets_added: list[uuid.UUID] = field(default_factory=list)
    #: Set by its name in files, and its name, description and members before.
    sets_changed: list[tuple[uuid.UUID, str, str, list[str]]] = field(default_factory=list)
    codings: list[uuid.UUID] = field(default_factory=list)
    sources: list[uuid.UUID] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be kept."""
        return {
            "codes_added": [str(key) for key in self.codes_added],
            "codes_changed": [
                [str(key), version, {**before, "parent_id": str(before["parent_id"]) if before["parent_id"] else None}]
                for key, version, before in self.codes_changed
            ],
            "sets_added": [str(key) for key in self.sets_added],
            "sets_changed": [[str(key), name, text, members] for key, name, text, members in self.sets_changed],
            "codings": [str(key) for key in self.codings],
            "sources": [str(key) for key in self.sources],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Trail:
        """Again as it was."""
        return cls(
            [uuid.UUID(key) for key in values["codes_added"]],
            [
                (uuid.UUID(key), version, {**before, "parent_id": uuid.UUID(before["parent_id"]) if before["parent_id"] else None})
                for key, version, before in values["codes_changed"]
            ],
            [uuid.UUID(key) for key in values["sets_added"]],
            [(uuid.UUID(key), name, text, members) for key, name, text, members in values["sets_changed"]],
            [uuid.UUID(key) for key in values["codings"]],
            [uuid.UUID(key) for key in values["sources"]],
        )  # fmt: skip  # one row of values reads better so


@dataclass(frozen=True, slots=True)
class CodebookReport:
    """What an import did to the codebook."""

    added: int
    changed: int
    unchanged: int
    sets: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextReport:
    """A text of a file: the interview it is (None: it is none of this process), and what became of its pieces."""

    guid: uuid.UUID
    name: str
    pieces: int
    interview_id: uuid.UUID | None = None
    interview: str = ""
    added: int = 0
    already: int = 0
    lost: int = 0
    transcribed: bool = False


@dataclass(frozen=True, slots=True)
class ProjectReport:
    """What an import did: the codebook, each text, and what it could not use, one sentence each."""

    codebook: CodebookReport
    texts: tuple[TextReport, ...]
    notes: tuple[str, ...]

    @property
    def codings(self) -> int:
        """Pieces coded anew."""
        return sum(text.added for text in self.texts)

    @property
    def already(self) -> int:
        """Pieces that were coded so before."""
        return sum(text.already for text in self.texts)


#: States of an import that the worker is at.
AT_WORK = frozenset({"reading", "trying", "taking", "undoing"})


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import in the list."""

    id: uuid.UUID
    name: str
    kind: str
    state: str
    created_at: datetime
    ended_at: datetime | None
    codes: int
    codings: int
    failure: list[Any] | None = None
    seen: int = 0
    total: int = 0

    @property
    def running(self) -> bool:
        """Whether the worker is at it."""
        return self.state in AT_WORK
