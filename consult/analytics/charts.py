"""Charts of what people answered, as SVG strings for narrow and wide pages: labels above the bars, so that a phone can read them.

Like `figures`: attributes only, role="img" with title and description, direct labels, no colour as the only carrier of meaning;
the page puts the same numbers in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from consult.analytics.figures import DARK_FROM, SHADES, begin, plain_number, shortened

WIDTH = 480
LETTER = 7.2
INK, LINE, FILL, PALE = "#17324d", "#5b6f82", "#0066cc", "#e6ecf2"
# From one end of a scale to the other, each told from its neighbour also in grey; the text on each has contrast 4.5 to 1 or more.
STEPS = ("#12447a", "#2f6cad", "#93b8e0", "#dfe8f2", "#f3dcb8", "#e0a04a", "#8a4b00")
LIGHT_TEXT = frozenset({"#12447a", "#2f6cad", "#8a4b00"})


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `share` of the whole width, `text` beside it; `low` and `high` draw an interval. Share None: not shown."""

    label: str
    share: float | None
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a stacked chart: shares in the order of the categories; None: not shown."""

    label: str
    shares: Sequence[float | None]


def bars(rows: Sequence[Bar], *, title: str, description: str) -> str:
    """Horizontal bars, each under its label; the grey behind is the whole."""
    row, plot = 46, 400
    height = max(1, len(rows)) * row
    parts = begin(WIDTH, height, title, description, "answers")
    for place, bar in enumerate(rows):
        top = place * row
        parts.append(_words(0, top + 14, shortened(bar.label, 62), full=bar.label))
        parts.append(f'<rect x="0" y="{top + 20}" width="{plot}" height="16" fill="{PALE}"/>')
        if bar.share is not None:
            wide = plain_number(max(0.0, min(1.0, bar.share)) * plot)
            parts.append(f'<rect x="0" y="{top + 20}" width="{wide}" height="16" fill="{FILL}"/>')
        if bar.low is not None and bar.high is not None:
            left, right = plain_number(bar.low * plot), plain_number(bar.high * plot)
            parts.append(
                f'<path d="M{left} {top + 28}H{right}M{left} {top + 23}V{top + 33}M{right} {top + 23}V{top + 33}" stroke="{INK}" '
                f'stroke-width="2" fill="none"/>'
            )
        parts.append(_words(plot + 8, top + 33, bar.text))
    return "".join([*parts, "</svg>"])


def stacked(
    rows: Sequence[Strip], categories: Sequence[str], *, title: str, description: str, hidden: str, rest: bool = False
) -> str:
    """One strip a row, cut by category, with the share in each piece that is wide enough; the categories above, numbered in words.

    `rest`: the last category is none of the others, and stays white, so that what was chosen stands out.
    """
    colours = [*_steps(len(categories) - 1, STEPS[:4]), "#ffffff"] if rest else _steps(len(categories))
    head = 22 * ((len(categories) + 1) // 2) + 8
    row = 48
    height = head + max(1, len(rows)) * row
    parts = begin(WIDTH, height, title, description, "strips")
    for place, name in enumerate(categories):
        left, top = (place % 2) * (WIDTH // 2), 22 * (place // 2)
        parts.append(
            f'<rect x="{left}" y="{top + 3}" width="14" height="14" fill="{colours[place]}" stroke="{LINE}" stroke-width="0.7"/>'
        )
        parts.append(_words(left + 20, top + 15, shortened(name, 28), full=name))
    for number, strip in enumerate(rows):
        top = head + number * row
        parts.append(_words(0, top + 14, shortened(strip.label, 64), full=strip.label))
        if any(share is None for share in strip.shares):
            parts.append(
                f'<rect x="0" y="{top + 20}" width="{WIDTH}" height="20" fill="none" stroke="{LINE}" stroke-dasharray="4 3"/>'
            )
            parts.append(_words(8, top + 35, hidden))
            continue
        from_left = 0.0
        for place, share in enumerate(strip.shares):
            wide = (share or 0) * WIDTH
            if wide <= 0:
                continue
            colour = colours[place]
            parts.append(
                f'<rect x="{plain_number(from_left)}" y="{top + 20}" width="{plain_number(wide)}" height="20" fill="{colour}" '
                f'stroke="{LINE if colour == "#ffffff" else "#ffffff"}" stroke-width="{"0.7" if colour == "#ffffff" else "1"}"/>'
            )
            text = f"{round((share or 0) * 100)}%"
            if wide > len(text) * LETTER + 6:
                ink = "#ffffff" if colour in LIGHT_TEXT else INK
                parts.append(_words(from_left + wide / 2, top + 35, text, ink=ink, anchor="middle", size=12.5))
            from_left += wide
    return "".join([*parts, "</svg>"])


def heat(
    rows: Sequence[str],
    columns_: Sequence[str],
    shares: Sequence[Sequence[float | None]],
    *,
    title: str,
    description: str,
    hidden: str,
) -> str:
    """A grid of shares, darker for more, each with its figure; the columns are numbered and named above."""
    head = 20 * len(columns_) + 26
    step = max(34, min(90, (WIDTH - 190) // max(1, len(columns_))))
    row = 34
    parts = begin(max(WIDTH, 190 + step * len(columns_)), head + row * max(1, len(rows)), title, description, "heat")
    for place, name in enumerate(columns_):
        parts.append(_words(0, 20 * place + 15, f"{place + 1}  {shortened(name, 60)}", full=name))
        parts.append(_words(190 + place * step + step / 2, head - 6, str(place + 1), anchor="middle"))
    for number, name in enumerate(rows):
        top = head + number * row
        parts.append(_words(0, top + 21, shortened(name, 25), full=name))
        for place in range(len(columns_)):
            share = shares[number][place]
            left = 190 + place * step
            level = 0 if not share else min(len(SHADES) - 1, 1 + int(share * (len(SHADES) - 1)))
            dash = ' stroke-dasharray="3 2"' if share is None else ""
            parts.append(
                f'<rect x="{left + 1}" y="{top + 1}" width="{step - 2}" height="{row - 2}" fill="{SHADES[level]}" stroke="{LINE}" '
                f'stroke-width="0.7"{dash}/>'
            )
            text = hidden if share is None else f"{round(share * 100)}%"
            parts.append(
                _words(
                    left + step / 2,
                    top + 21,
                    text,
                    ink="#ffffff" if level >= DARK_FROM else INK,
                    anchor="middle",
                    size=12.5,
                )
            )
    return "".join([*parts, "</svg>"])


def _steps(number: int, colours: Sequence[str] = STEPS) -> list[str]:
    if number <= 1:
        return [colours[0]]
    if number > len(colours):
        return [colours[i % len(colours)] for i in range(number)]
    return [colours[round(i * (len(colours) - 1) / (number - 1))] for i in range(number)]


def columns(
    values: Sequence[int | None], *, first: str, last: str, title: str, description: str, wanted: Sequence[str] = ()
) -> str:
    """Upright bars one beside the other, for days or points of a scale; `wanted` are labels under each, else first and last only."""
    height, base = 190, 160
    number = max(1, len(values))
    step = WIDTH / number
    largest = max((value or 0 for value in values), default=0) or 1
    parts = begin(WIDTH, height, title, description, "columns")
    for place, value in enumerate(values):
        left, wide = place * step + step * 0.1, step * 0.8
        if value is None:
            parts.append(
                f'<rect x="{plain_number(left)}" y="{base - 14}" width="{plain_number(wide)}" height="14" fill="none" stroke="{LINE}" '
                f'stroke-dasharray="3 2"/>'
            )
            continue
        tall = value / largest * (base - 24)
        parts.append(
            f'<rect x="{plain_number(left)}" y="{plain_number(base - tall)}" width="{plain_number(wide)}" height="{plain_number(tall)}" '
            f'fill="{FILL}"/>'
        )
        if wide > len(str(value)) * LETTER:
            parts.append(_words(left + wide / 2, base - tall - 5, str(value), anchor="middle", size=12.5))
    parts.append(f'<line x1="0" y1="{base}" x2="{WIDTH}" y2="{base}" stroke="{LINE}"/>')
    if wanted:
        for place, text in enumerate(wanted):
            parts.append(
                _words(
                    place * step + step / 2,
                    base + 17,
                    shortened(text, max(2, int(step / LETTER))),
                    anchor="middle",
                    full=text,
                )
            )
    else:
        parts.append(_words(0, base + 17, first))
        parts.append(_words(WIDTH, base + 17, last, anchor="end"))
    return "".join([*parts, "</svg>"])


def _words(
    left: float, line: float, text: str, *, ink: str = INK, anchor: str = "start", size: float = 14, full: str = ""
) -> str:
    whole = f"<title>{escape(full)}</title>" if full and full != text else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return (
        f'<text x="{plain_number(left)}" y="{plain_number(line)}" font-size="{plain_number(size)}" fill="{ink}"{side}>'
        f"{whole}{escape(text)}</text>"
    )
