"""Outlines of zones out of GeoJSON: whose they are, what is wrong, fewer points, and their place on a sheet."""

from __future__ import annotations

import math
from typing import Any

import pytest

from consult.core.errors import Invalid
from consult.framework.rules.outlines import KEPT_POINTS, draw, read_outlines, sheet_of

ZONES = {"1": "Torino", "2": "AMT Ovest"}


def feature(properties: dict[str, Any], ring: list[list[float]] | None = None, kind: str = "Polygon") -> dict[str, Any]:
    ring = ring or [[7.0, 45.0], [7.5, 45.0], [7.5, 45.4], [7.0, 45.4], [7.0, 45.0]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": [ring] if kind == "Polygon" else [[ring]]}}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def circle(x: float, y: float, points: int, radius: float = 0.3) -> list[list[float]]:
    ring = [
        [x + radius * math.cos(2 * math.pi * i / points), y + radius * math.sin(2 * math.pi * i / points)] for i in range(points)
    ]
    return [*ring, ring[0]]


def test_a_zone_is_known_by_code_or_name_and_may_have_several_outlines() -> None:
    found = read_outlines(
        collection(
            feature({"zone_code": "1"}), feature({"COD_ZONA": 2}, kind="MultiPolygon"), feature({"nome": "amt óvest"}, circle(7.6, 45.2, 40))
        ),
        ZONES,
    )
    assert {code: len(rings) for code, rings in found.items()} == {"1": 1, "2": 2}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"type": "Feature"}, "features"),
        (collection(feature({"zone_code": "9"})), "features[1]"),
        (collection(feature({"zone_code": "1"}), feature({"zone_code": "2"}, [[395_000, 4_990_000]] * 4)), "features[2]"),
        (collection({"properties": {"code": "1"}, "geometry": {"type": "Point", "coordinates": [7, 45]}}), "features[1]"),
        (collection(feature({"code": "1"}, [[7, 45], [7, "x"], [8, 45], [7, 45]])), "features[1]"),
        (collection(feature({"code": "1"}, [[7, 45], [7, 46]])), "features[1]"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data: Any, place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_outlines(data, ZONES)
    assert place in refusal.value.fields


def test_fifty_thousand_points_become_few_and_keep_their_shape() -> None:
    found = read_outlines(collection(feature({"code": "1"}, circle(7.3, 45.2, 25_000)), feature({"code": "2"}, circle(8, 45, 25_000))), ZONES)
    assert sum(len(ring) for rings in found.values() for ring in rings) <= KEPT_POINTS
    for x, y in found["1"][0]:
        assert abs(math.hypot(x - 7.3, y - 45.2) - 0.3) < 0.005
    assert found["1"][0][0] == found["1"][0][-1]


def test_a_place_on_the_sheet_leads_back_to_the_same_place_on_earth() -> None:
    drawn = draw([("k", "1", "Torino", [circle(7.3, 45.2, 60)]), ("l", "2", "Ovest", [circle(7.9, 45.2, 60)])])
    sheet = drawn.sheet
    x, y = sheet.place((7.3, 45.2))
    assert abs(sheet.west + x / sheet.across - 7.3) < 1e-9
    assert abs(sheet.north - y / sheet.down - 45.2) < 1e-9
    assert abs(sheet.down / sheet.across - 1 / math.cos(math.radians(45.2))) < 0.01, "a circle stays round"
    assert drawn.mark(45.2, 7.3) == (round(x, 1), round(y, 1))
    assert drawn.mark(41.9, 12.5) is None, "Rome is not on this sheet"
    assert drawn.mark(None, None) is None
    first = drawn.zones[0]
    assert abs(first.x - x) < 1
    assert abs(first.y - y) < 1
    assert first.path.startswith("M")
    with pytest.raises(Invalid):
        sheet_of([])
