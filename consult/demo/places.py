"""Keys of zones, municipalities and strategies by their codes, for loading."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from consult.framework import queries


@dataclass(frozen=True, slots=True)
class Places:
    """What the texts name by code, as keys."""

    zones: dict[str, uuid.UUID]
    municipalities: dict[str, uuid.UUID]
    strategies: dict[str, uuid.UUID]


def read_places(session: Session, *, frame_id: uuid.UUID, territory_id: uuid.UUID) -> Places:
    """All zones, municipalities and strategies of the demonstration."""
    return Places(
        zones={z.code: z.id for z in queries.zones(session, territory_id=territory_id)},
        municipalities={m.name: m.id for m in queries.municipalities(session, territory_id=territory_id)},
        strategies={s.code: s.id for s in queries.strategies(session, frame_id=frame_id)},
    )
