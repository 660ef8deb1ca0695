"""Figures as SVG strings, made on the server: attributes and classes only, no inline style, so a strict CSP can stay.

Each has role="img" with a title and a description, direct labels and no colour as the only carrier of meaning; pages put
the same numbers in a table beside it. Colours come from the stylesheet through the classes `fig-*`, with attributes as
fallback for files that stand alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

TILE = 112
GAP = 6
# Light to dark; the text on the two darkest is white (contrast at least 4.5 to 1 on each).
SHADES = ("#f0f4f9", "#cfdff1", "#93b8e0", "#2f6cad", "#12447a")
DARK_FROM = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """One zone of the tile map; `column` and `row` count from 0. Value None: not shown (few voices)."""

    code: str
    name: str
    column: int
    row: int
    value: float | None
    note: str = ""


def begin(width: int, height: int, title: str, description: str, kind: str) -> list[str]:
    """The first parts of a figure: its element, title and description."""
    name = "fig" + hashlib.sha256(f"{kind}|{title}|{description}".encode()).hexdigest()[:8]
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="fig fig-{kind}" viewBox="-1 -1 {width + 2} {height + 2}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="{name}-t {name}-d" font-family="Titillium Web, sans-serif">',
        f'<title id="{name}-t">{escape(title)}</title>',
        f'<desc id="{name}-d">{escape(description)}</desc>',
    ]


def plain_number(value: float) -> str:
    """A coordinate or value with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def tile_map(
    tiles: Sequence[Tile], *, title: str, description: str, hidden: str = "non mostrato", unit: str = ""
) -> str:
    """A schematic map: one square per zone with its name and value, darker for more; few voices are hatched by a dash."""
    columns = max((tile.column for tile in tiles), default=0) + 1
    rows = max((tile.row for tile in tiles), default=0) + 1
    largest = max((tile.value or 0 for tile in tiles), default=0) or 1
    parts = begin(columns * TILE, rows * TILE, title, description, "tiles")
    for tile in sorted(tiles, key=lambda tile: (tile.row, tile.column, tile.code)):
        left, top, side = tile.column * TILE, tile.row * TILE, TILE - GAP
        step = 0 if not tile.value else min(len(SHADES) - 1, 1 + int(tile.value / largest * (len(SHADES) - 2) + 0.5))
        ink = "#ffffff" if step >= DARK_FROM else "#17324d"
        dash = ' stroke-dasharray="4 3"' if tile.value is None else ""
        parts.append(
            f'<g class="fig-tile fig-step-{step}"><title>{escape(tile.name)}</title><rect x="{left}" y="{top}" width="{side}" '
            f'height="{side}" fill="{SHADES[step]}" stroke="#5b6f82"{dash}/>'
        )
        for line, words in enumerate(_wrapped(tile.name, 14, 3)):
            parts.append(
                f'<text x="{left + 7}" y="{top + 19 + 15 * line}" font-size="12.5" fill="{ink}">{escape(words)}</text>'
            )
        text = f"{plain_number(tile.value)}{unit}" if tile.value is not None else hidden
        size = 20 if tile.value is not None else 12.5
        parts.append(
            f'<text x="{left + 7}" y="{top + side - 22}" font-size="{size}" font-weight="700" fill="{ink}">{escape(text)}</text>'
        )
        if tile.note:
            note = escape(shortened(tile.note, 18))
            parts.append(f'<text x="{left + 7}" y="{top + side - 7}" font-size="11.5" fill="{ink}">{note}</text>')
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def _wrapped(text: str, width: int, most: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(shortened(word, width))
    return lines if len(lines) <= most else [*lines[: most - 1], shortened(" ".join(lines[most - 1 :]), width)]
