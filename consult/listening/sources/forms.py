"""The field "zone or municipality", asked alike wherever a place is asked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from consult.framework.queries import MunicipalityRow, ZoneRow
from consult.web.forms import clean_key


def place_choices(
    zones: Sequence[ZoneRow], municipalities: Sequence[MunicipalityRow], *, empty: Any
) -> dict[str, list[tuple[str, Any]]]:
    """Choices of a drop-down in groups: first each zone as a whole, then the loaded municipalities by zone."""
    groups: dict[str, list[tuple[str, Any]]] = {"": [("", empty)]}
    groups["Zone omogenee"] = [(f"z:{zone.id}", f"Zona {zone.code} {zone.name}") for zone in zones]
    for zone in zones:
        towns = [(f"m:{town.id}", town.name) for town in municipalities if town.zone_id == zone.id]
        if towns:
            groups[f"Comuni della zona {zone.code} {zone.name}"] = towns
    return groups


def read_place(
    value: str | None, municipalities: Sequence[MunicipalityRow]
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The zone and municipality that were chosen; the zone follows from the municipality."""
    kind, _colon, rest = (value or "").partition(":")
    key = clean_key(rest)
    if key is None:
        return None, None
    if kind == "z":
        return key, None
    town = next((t for t in municipalities if t.id == key), None)
    return (town.zone_id, town.id) if town else (None, None)
