"""Places of quoted words in sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A quote: where it stands in a source, at which revision, and the hash of its words. Never the words."""

    source_id: str
    start: int
    end: int
    sha256: str
    revision: int

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "source_id": self.source_id,
            "start": self.start,
            "end": self.end,
            "sha256": self.sha256,
            "revision": self.revision,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Place:
        """Back from storage."""
        return cls(value["source_id"], value["start"], value["end"], value["sha256"], value["revision"])
