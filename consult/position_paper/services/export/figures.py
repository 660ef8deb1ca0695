"""Charts and the schematic map of zones as SVG, drawn on the server: the same figure in page, file and PDF. Pure.

Only presentation attributes are used, no style and no script, so that the strictest content policy shows them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_INK, _LINE, _BLUE = "#17324d", "#5d7083", "#0059b3"
_FILLS = ("#ffffff", "#e9f1fa", "#cfe0f3", "#a9c8e8", "#7fadda")
_FONT = "Titillium Web, Arial, sans-serif"
_TILE_W, _TILE_H, _GAP = 150, 84, 8
_COLUMNS = 4


def tile_map(
    zones: Sequence[Mapping[str, Any]], values: Mapping[str, str], levels: Mapping[str, int], title: str
) -> str:
    """Zones as labelled tiles, at the row and column their import gives them, else in order of number.

    `zones` have code, name, row and column; `values` a few words for each code; `levels` 0 to 4, how full the tile is.
    """
    placed = all(z["row"] is not None and z["column"] is not None for z in zones) and bool(zones)
    spots = [(z["row"], z["column"]) if placed else divmod(i, _COLUMNS) for i, z in enumerate(zones)]
    if len(set(spots)) < len(spots):
        spots = [divmod(i, _COLUMNS) for i in range(len(zones))]
    top, left = min((r for r, _c in spots), default=0), min((c for _r, c in spots), default=0)
    width = (max((c for _r, c in spots), default=0) - left + 1) * (_TILE_W + _GAP)
    height = (max((r for r, _c in spots), default=0) - top + 1) * (_TILE_H + _GAP)
    parts = []
    for zone, (row, column) in zip(zones, spots, strict=True):
        x, y = (column - left) * (_TILE_W + _GAP), (row - top) * (_TILE_H + _GAP)
        fill = _FILLS[max(0, min(4, levels.get(zone["code"], 0)))]
        parts.append(
            f'<rect x="{x + 1}" y="{y + 1}" width="{_TILE_W}" height="{_TILE_H}" fill="{fill}" stroke="{_LINE}"/>'
        )
        parts.append(_text(x + 8, y + 20, zone["code"], 14, bold=True))
        for line, words in enumerate(textwrap.wrap(zone["name"], 20)[:2]):
            parts.append(_text(x + 8, y + 38 + 16 * line, words, 13))
        parts.append(_text(x + 8, y + _TILE_H - 7, values.get(zone["code"], "–"), 13, bold=True))
    return _svg(width, height, title, parts)


def bars(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Horizontal bars with their labels and numbers written beside them; each row has a measure of its own kind."""
    longest = max((n for _label, n in rows), default=1) or 1
    parts = []
    for i, (label, number) in enumerate(rows):
        y = i * 44
        length = max(2, round(440 * number / longest))
        parts.append(_text(0, y + 15, label, 14))
        parts.append(f'<rect x="0" y="{y + 20}" width="{length}" height="16" fill="{_BLUE}"/>')
        parts.append(_text(length + 8, y + 33, f"{number}", 14, bold=True))
    return _svg(620, max(1, len(rows)) * 44, title, parts)


def _text(x: int, y: int, words: str, size: int, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-family="{_FONT}" font-size="{size}"{weight} fill="{_INK}">{escape(words)}</text>'
    )


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def level(voices: int | None, most: int) -> int:
    """How full a tile is: 0 for none, 1 for fewer than five, then by thirds of the fullest."""
    if voices == 0:
        return 0
    if voices is None or most <= 0:
        return 1
    return 2 + min(2, int(3 * voices / (most + 1)))
