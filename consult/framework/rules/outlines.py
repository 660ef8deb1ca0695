"""Outlines of zones: what a GeoJSON file says of them, fewer points, and their place on a sheet. Pure.

Coordinates are degrees of longitude and latitude (RFC 7946). Fewer points: Douglas and Peucker (1973), by distance on the sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.framework.rules.nodes import Problems, fold_name

Point = tuple[float, float]
Ring = list[Point]
#: Names under which a feature says which zone it is part of; the first that names a zone stands.
_NAMES = ("zone_code", "code", "codice", "cod_zona", "zona", "zone", "id", "name", "nome", "denominazione")
#: How many points a file may have, and how many are kept for all zones together: enough for a screen, light for a telephone.
MOST_POINTS, KEPT_POINTS = 400_000, 2_400
#: Width of the sheet on which outlines are drawn.
WIDTH = 640
_SHAPES = {"Polygon": 1, "MultiPolygon": 2}


def read_outlines(data: Any, zones: Mapping[str, str]) -> dict[str, list[Ring]]:
    """Rings of each zone out of a GeoJSON collection; `zones` gives the name of each code. Raises Invalid with every problem.

    A zone may be drawn by several features, as where the file holds its municipalities.
    """
    problems = Problems()
    features = data.get("features") if isinstance(data, Mapping) else None
    if not isinstance(features, list) or not features:
        raise Invalid(
            "Il file non si può importare così com’è: niente è stato cambiato.",
            {"features": "Qui ci vuole un elenco di confini: un file GeoJSON di tipo FeatureCollection."},
        )
    folded = {fold_name(name): code for code, name in zones.items()}
    found: dict[str, list[Ring]] = {}
    left = MOST_POINTS
    for number, feature in enumerate(features, 1):
        place = f"features[{number}]"
        code = _zone_of(feature, zones, folded)
        if code is None:
            problems.complain(
                place, "Non si capisce di quale zona sono questi confini: serve il suo codice in zone_code."
            )
            continue
        rings = _rings(feature.get("geometry"), place, problems)
        left -= sum(map(len, rings))
        if left < 0:
            problems.complain(place, "I confini hanno troppi punti: al massimo %(max)s in tutto.", max=MOST_POINTS)
            break
        found.setdefault(code, []).extend(rings)
    problems.refuse()
    return _lighter(found)


def _zone_of(feature: Any, zones: Mapping[str, str], folded: Mapping[str, str]) -> str | None:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(properties, Mapping):
        return None
    named = {str(name).lower(): value for name, value in properties.items()}
    for name in _NAMES:
        value = named.get(name)
        if not isinstance(value, str | int) or isinstance(value, bool):
            continue
        written = str(value).strip()
        code = written if written in zones else written.lstrip("0") if written.lstrip("0") in zones else None
        code = code or folded.get(fold_name(written))
        if code:
            return code
    return None


def _rings(geometry: Any, place: str, problems: Problems) -> list[Ring]:
    depth = _SHAPES.get(str(geometry.get("type"))) if isinstance(geometry, Mapping) else None
    if depth is None or not isinstance(geometry, Mapping):
        problems.complain(place, "Servono confini chiusi: Polygon o MultiPolygon.")
        return []
    given = geometry.get("coordinates")
    lists = given if isinstance(given, list) else []
    if depth == 2:
        lists = [ring for shape in lists if isinstance(shape, list) for ring in shape]
    rings = [[_point(p, place, problems) for p in ring] for ring in lists if isinstance(ring, list)]
    if not rings or any(len(ring) < 4 for ring in rings):
        problems.complain(place, "Servono confini chiusi: Polygon o MultiPolygon.")
        return []
    return rings


def _point(value: Any, place: str, problems: Problems) -> Point:
    if isinstance(value, list) and len(value) >= 2:
        x, y = value[:2]
        if all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in (x, y)):
            if abs(x) <= 180 and abs(y) <= 90:
                return float(x), float(y)
            problems.complain(
                place,
                "Le coordinate non sono gradi di longitudine e latitudine: esportare il file in WGS 84 (EPSG:4326).",
            )
            return 0.0, 0.0
    problems.complain(place, "Un punto dei confini non si legge.")
    return 0.0, 0.0


def _lighter(found: Mapping[str, list[Ring]]) -> dict[str, list[Ring]]:
    """The same outlines with few enough points; detail goes evenly everywhere, and rings too small to be seen go altogether."""
    sheet = sheet_of(ring for rings in found.values() for ring in rings)
    tolerance = 0.3
    while True:
        kept = {
            code: [thin for ring in rings if len(thin := _thinned(ring, sheet, tolerance)) >= 4] or rings[:1]
            for code, rings in found.items()
        }
        if sum(len(ring) for rings in kept.values() for ring in rings) <= KEPT_POINTS or tolerance > 8:
            return {
                code: [[(round(x, 5), round(y, 5)) for x, y in ring] for ring in rings] for code, rings in kept.items()
            }
        tolerance *= 1.6


def _thinned(ring: Ring, sheet: Sheet, tolerance: float) -> Ring:
    near: list[tuple[float, float, Point]] = []
    for point in ring:
        x, y = sheet.place(point)
        # What lies within a fraction of the tolerance of the last kept point can't be seen: long files are short after one pass.
        if not near or math.hypot(x - near[-1][0], y - near[-1][1]) > tolerance / 4:
            near.append((x, y, point))
    keep = {0, len(near) - 1}
    # A ring ends where it begins: the farthest point from there halves it, so that both halves have a length.
    far = max(range(len(near)), key=lambda i: math.hypot(near[i][0] - near[0][0], near[i][1] - near[0][1]))
    keep.add(far)
    spans = [(0, far), (far, len(near) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        (ax, ay, _a), (bx, by, _b) = near[start], near[end]
        length = math.hypot(bx - ax, by - ay)

        def off(
            i: int, ax: float = ax, ay: float = ay, bx: float = bx, by: float = by, length: float = length
        ) -> float:
            x, y = near[i][0] - ax, near[i][1] - ay
            return abs(x * (by - ay) - y * (bx - ax)) / length if length else math.hypot(x, y)

        worst = max(range(start + 1, end), key=off)
        if off(worst) > tolerance:
            keep.add(worst)
            spans += [(start, worst), (worst, end)]
    thin = [near[i][2] for i in sorted(keep)]
    return thin if thin[0] == thin[-1] else [*thin, thin[0]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plane on which a small part of the earth is drawn without stretching: a degree of longitude counts as long as it is there."""

    west: float
    north: float
    across: float
    down: float
    height: float
    width: float = WIDTH

    def place(self, point: Point) -> Point:
        """Where a point of the earth (longitude, latitude) stands on the sheet, in its own units from the upper left."""
        return (point[0] - self.west) * self.across, (self.north - point[1]) * self.down

    def holds(self, point: Point) -> bool:
        """Whether a point of the earth lies on the sheet."""
        x, y = self.place(point)
        return 0 <= x <= self.width and 0 <= y <= self.height


def sheet_of(rings: Iterable[Ring]) -> Sheet:
    """The sheet on which some rings fit, with a little margin. Raises Invalid where there is nothing to draw."""
    points = [point for ring in rings for point in ring]
    if not points:
        raise Invalid(Sentence("Nel file non ci sono confini."))
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = math.cos(math.radians((south + north) / 2)) or 1.0
    span = max((east - west) * narrow, (north - south) / 1.25, 1e-4) * 1.04
    west, north = west - span * 0.02 / narrow, north + span * 0.02
    tall = (north - south) + span * 0.02
    return Sheet(west, north, WIDTH / (span / narrow), WIDTH / span, round(tall * WIDTH / span, 1))


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """A zone as it is drawn: its path, and where its number stands."""

    id: Any
    code: str
    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class OutlineMap:
    """All zones that have an outline, on one sheet."""

    sheet: Sheet
    zones: Sequence[DrawnZone]

    def mark(self, latitude: float | None, longitude: float | None) -> Point | None:
        """Where a point stands on the sheet; None where there is no point, or it lies beside the sheet."""
        if latitude is None or longitude is None or not self.sheet.holds((longitude, latitude)):
            return None
        x, y = self.sheet.place((longitude, latitude))
        return round(x, 1), round(y, 1)


#: Outlines are drawn with fewer points than the border has: so many kilometres beyond them still count as inside.
MARGIN_KM = 2.0
_KM_PER_DEGREE = 111.2


def lies_inside(rings: Sequence[Sequence[Sequence[float]]], *, latitude: float, longitude: float) -> bool:
    """Whether a point lies within some outlines, or a little beyond them. A ring within another one is a hole."""
    narrow = math.cos(math.radians(latitude)) or 1e-9
    inside, nearest = False, math.inf
    for ring in rings:
        # In kilometres from the point, which is the middle of this plane.
        placed = [((p[0] - longitude) * narrow * _KM_PER_DEGREE, (p[1] - latitude) * _KM_PER_DEGREE) for p in ring]
        for (ax, ay), (bx, by) in pairwise(placed):
            if (ay > 0) != (by > 0) and ax + (bx - ax) * ay / (ay - by) > 0:
                inside = not inside
            nearest = min(nearest, _from_middle(ax, ay, bx, by))
    return inside or nearest <= MARGIN_KM


def _from_middle(ax: float, ay: float, bx: float, by: float) -> float:
    """How far a stretch lies from the middle of the plane."""
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    return math.hypot(ax + along * dx, ay + along * dy)


def draw(outlines: Sequence[tuple[Any, str, str, Sequence[Sequence[Sequence[float]]]]]) -> OutlineMap:
    """The map of some zones, each given as key, code, name and rings."""
    read = [(key, code, name, [[(p[0], p[1]) for p in ring] for ring in rings]) for key, code, name, rings in outlines]
    sheet = sheet_of(ring for *_zone, rings in read for ring in rings)
    drawn = []
    for key, code, name, rings in read:
        placed = [[sheet.place(p) for p in ring] for ring in rings]
        path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring[:-1]) + "Z" for ring in placed)
        x, y = _middle(max(placed, key=_area))
        drawn.append(DrawnZone(key, code, name, path, round(x, 1), round(y, 1)))
    return OutlineMap(sheet, drawn)


def _area(ring: Ring) -> float:
    return abs(_doubled(ring)) / 2


def _doubled(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _middle(ring: Ring) -> Point:
    """Centre of gravity of a ring; the middle of its points where it has no area."""
    twice = _doubled(ring)
    if abs(twice) < 1e-9:
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    pairs = list(pairwise(ring))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    return x, y
