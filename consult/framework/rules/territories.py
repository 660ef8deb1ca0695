"""What a territory file says: zones with their place on the schematic map, and municipalities. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from consult.core.normalise import clean_line
from consult.framework.rules.nodes import Node, Problems, no_twins, slug_given
from consult.framework.types import (
    ReadMunicipality,
    ReadTerritory,
    ReadZone,
)

_ISTAT = re.compile(r"[0-9]{6}")


def read_territory(data: Any, *, name: str = "") -> ReadTerritory:
    """A territory out of JSON values; `name` stands where the file gives none. Raises Invalid with every problem found."""
    problems = Problems()
    top = Node(data, "", problems)
    title = top.text("name", 200) or clean_line(name)
    if not title:
        problems.complain("name", "Il nome del territorio manca: scrivilo nel modulo o nel file.")
    nodes = top.nodes("zones", 500, required=True)
    codes = [node.code("code") for node in nodes]
    no_twins([(f"zones[{i}].code", code) for i, code in enumerate(codes, 1)], problems, "un’altra zona")
    tiles = _tiles(nodes, problems)
    zones = [
        ReadZone(
            code,
            node.text("name", 120, required=True),
            node.number("residents"),
            node.number("municipalities", maximum=10_000),
            row,
            column,
        )
        for node, code, (row, column) in zip(nodes, codes, tiles, strict=True)
    ]
    places = [town for node, code in zip(nodes, codes, strict=True) for town in _towns(node, code)]
    territory = ReadTerritory(slug_given(top, title), title, top.text("source", 2000), zones, places)
    problems.refuse()
    return territory


def _towns(node: Node, zone_code: str) -> list[ReadMunicipality]:
    found = []
    for place, item in node.items("main_places", 2000):
        town = Node({"name": item} if isinstance(item, str) else item, place, node.problems)
        found.append(_town(town, zone_code, place))
    return found


def _town(node: Node, zone_code: str, place: str) -> ReadMunicipality:
    istat = node.text("istat_code", 20).zfill(6) if node.value.get("istat_code") not in {None, ""} else None
    if istat and not _ISTAT.fullmatch(istat):
        node.problems.complain(f"{place}.istat_code", "«%(istat)s» non è un codice ISTAT: ha sei cifre.", istat=istat)
    return ReadMunicipality(node.text("name", 120, required=True), zone_code, istat, node.number("residents"), place)


def _tiles(nodes: Sequence[Node], problems: Problems) -> list[tuple[int, int]]:
    """Places in the schematic map, from 0: those of the file; where it gives none, rows of a grid about as wide as high."""
    given = [(node.number("tile_row", maximum=60), node.number("tile_column", maximum=60)) for node in nodes]
    taken: set[tuple[int, int]] = set()
    for node, (row, column) in zip(nodes, given, strict=True):
        if (row is None) != (column is None):
            problems.complain(f"{node.place}.tile_row", "Servono tutte e due, tile_row e tile_column, oppure nessuna.")
        if row is not None and column is not None:
            if (row, column) in taken:
                problems.complain(f"{node.place}.tile_row", "Un’altra zona ha già questo posto nella mappa schematica.")
            taken.add((row, column))
    width = max(1, math.ceil(math.sqrt(len(nodes))))
    below = max((row for row, _column in taken), default=-1) + 1
    free = ((below + i // width, i % width) for i in range(len(nodes)))
    return [(r, c) if r is not None and c is not None else next(free) for r, c in given]
