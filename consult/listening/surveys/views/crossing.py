"""Two questions together as they are shown: the table of people, a chart of it, and what the one measures by the answers to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from consult.analytics import charts
from consult.analytics.asked import NO_ANSWER, OUT
from consult.analytics.by_group import Measure
from consult.analytics.crossing import Crossing
from consult.analytics.nested import FIRST, NEXT, REST
from consult.listening.surveys import queries, rules
from consult.listening.surveys.types import QuestionRow
from consult.listening.surveys.views.figures import (
    Shown,
    Table,
    between,
    code_words,
    decimal,
    few_of,
    several,
    why_no_mean,
    why_no_median,
    why_no_points,
    word,
)
from consult.web.spreads import counted, few, figure, percent

#: Kinds whose codes go from less to more: each row is drawn as a strip, cut where the next begins.
_ORDERED = frozenset({"likert", "scale", "number", "date", "yes_no", "matrix"})
_MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be chosen for a table of two questions: under a heading where a question can be crossed in several ways."""

    heading: str
    choices: list[tuple[str, str]] = field(default_factory=list)


def offered(facets: Sequence[queries.Facet]) -> list[Offered]:
    """The facets for a list to choose from."""
    found: list[Offered] = []
    of: dict[Any, Offered] = {}
    for facet in facets:
        question = facet.question
        several_ways = bool(question.rows) or rules.told_by_place(question)
        if question.id not in of:
            of[question.id] = Offered(question.text if several_ways else "")
            found.append(of[question.id])
        words = f"{_way(facet)} · {question.text}" if several_ways else question.text
        of[question.id].choices.append((facet.key, words))
    return found


def _way(facet: queries.Facet) -> str:
    question = facet.question
    if question.rows:
        return next((row.label for row in question.rows if row.code == facet.part), facet.part)
    if question.kind == "ranking":
        if not facet.part:
            return str(_("prima scelta"))
        name = next((option.label for option in question.options if option.code == facet.part), facet.part)
        return str(_("posto di «%(option)s»", option=name))
    return ""


def why_not(first: queries.Facet, second: queries.Facet) -> str:
    """Why two facets give no table."""
    kinds = {first.question.kind, second.question.kind}
    if first.question.id == second.question.id:
        return str(_("Scegli due domande diverse, o due righe diverse della stessa tabella."))
    if kinds == {"points"}:
        return str(
            _(
                "Due domande a punti non si incrociano tra loro: i punti si leggono risposta per risposta di un’altra domanda."
            )
        )
    return str(
        _("Il posto di una voce si incrocia con le altre domande; con graduatorie e punti si incrocia la prima scelta.")
    )


def facet_title(facet: queries.Facet) -> str:
    """The question, and which part of it."""
    way = _way(facet)
    return f"{facet.question.text} – {way}" if way else facet.question.text


def facet_words(facet: queries.Facet, frame: queries.Frame) -> dict[str, str]:
    """The words of each code along a side."""
    question = facet.question
    found = code_words(question, frame)
    if question.kind == "ranking" and facet.part:
        own = {str(n): str(_("%(n)s° posto", n=n)) for n in range(1, len(question.options))}
        rest = _("più in basso, o non ordinata")
        found |= own | {FIRST: str(_("%(n)s° posto", n=1)), NEXT: str(_("2° o 3° posto")), REST: str(rest)}
    found[OUT] = str(_("Non so, o nessuna risposta"))
    if question.kind == "ranking" and question.ways_out:
        found[NO_ANSWER] = str(_("Non so, o nessuna risposta"))
    return found


def show_crossing(first: queries.Facet, second: queries.Facet, found: Crossing, frame: queries.Frame) -> list[Shown]:
    """The table of two questions: people, and what part of the row they are; then what either measures by the answers to the other."""
    # Points stand along no side: they are only measured by the answers to the other question.
    columns = [c for c in found.columns if found.column_sums.get(c) != 0]
    rows = [r for r in found.rows if found.row_sums.get(r) != 0]
    shown: list[Shown] = []
    if rows and columns:
        shown.append(_people(first, second, found, rows, columns, frame))
    for question, by, measures, codes in (
        (first.question, second, found.by_column, columns),
        (second.question, first, found.by_row, rows),
    ):
        kept = {code: measures[code] for code in codes if code not in {NO_ANSWER, OUT} and code in measures}
        if kept:
            shown.append(_measures(question, by, kept, frame))
    last = shown[-1] if shown else Shown()
    cells = [found.cells[row, column] for row in rows for column in columns]
    if cells and all(cell is None for cell in cells) and "ranking" in {first.question.kind, second.question.kind}:
        last.sentences.append(
            _(
                "Con queste risposte il posto di una voce non si può mostrare gruppo per gruppo. Con la prima scelta si vede anche "
                "il posto che ogni voce prende in ciascun gruppo."
            )
        )
    elif any(few() in row for part in shown for table in part.tables for row in table.rows):
        last.sentences.append(
            _("Nascosto: un gruppo di meno di cinque persone, o un numero da cui si potrebbe ricavare per differenza.")
        )
    last.sentences.append(_("La tabella conta le risposte di tutti: i filtri per zona e voce qui non valgono."))
    return shown or [last]


def _people(
    first: queries.Facet,
    second: queries.Facet,
    found: Crossing,
    rows: Sequence[str],
    columns: Sequence[str],
    frame: queries.Frame,
) -> Shown:
    title = f"{facet_title(first)} × {facet_title(second)}"
    names_of_rows, names_of_columns = facet_words(first, frame), facet_words(second, frame)
    hidden = few()
    table: list[list[Any]] = []
    shares: list[list[float | None]] = []
    for row in rows:
        whole = found.row_sums[row]
        counts = [found.cells[row, column] for column in columns]
        line = [n / whole if n is not None and whole else None for n in counts]
        shares.append(line)
        cells = [hidden if n is None else counted(n, part) for n, part in zip(counts, line, strict=True)]
        table.append([word(row, names_of_rows), *cells, hidden if whole is None else whole])
    names = [word(column, names_of_columns) for column in columns]
    sums = [found.column_sums[column] for column in columns]
    table.append([_("Tutti"), *(hidden if n is None else n for n in sums), ""])
    said = _("Quote di riga; gli stessi numeri sono nella tabella.")
    labels = [word(row, names_of_rows) for row in rows]
    in_order = second.question.kind in _ORDERED or (second.question.kind == "ranking" and bool(second.part))
    if in_order and not several(second.question) and len(columns) <= _MOST_STEPS:
        strips = [charts.Strip(name, line) for name, line in zip(labels, shares, strict=True)]
        rest = columns[-1] in {NO_ANSWER, OUT} and len(columns) > 1
        svg = charts.stacked(strips, names, title=title, description=said, hidden=hidden, rest=rest)
    else:
        svg = charts.heat(labels, names, shares, title=title, hidden="–", description=said)
    heads = [*names, _("Tutti")]
    shown = Shown(wide=True)
    shown.figures.append(figure(svg, said))
    shown.tables.append(
        Table(title, [facet_title(first), *({"label": name, "numeric": True} for name in heads)], table)
    )
    return shown


def _measures(question: QuestionRow, by: queries.Facet, found: Mapping[str, Measure], frame: queries.Frame) -> Shown:
    """What a question measures by the answers to the other: means and quartiles, points, places."""
    names, own = facet_words(by, frame), code_words(question, frame)
    if question.kind in {"number", "scale"} and not any(each.told for each in found.values()):
        return Shown(sentences=[why_no_mean()])
    title = _("%(question)s: per risposta a «%(other)s»", question=question.text, other=facet_title(by))
    shown = Shown(wide=True)
    if question.kind in {"number", "scale"}:
        unit = f" ({question.settings['unit']})" if question.settings.get("unit") else ""
        heads = [_("Media"), _("Mediana"), _("Metà delle risposte tra")]
        rows = [[word(code, names), *_spread_cells(each)] for code, each in found.items()]
        svg = charts.bars(_mean_bars(found, names), title=title, description=_said(heads, rows))
        shown.figures.append(figure(svg, _said(heads, rows)))
        shown.tables.append(_table(f"{title}{unit}", by, heads, rows))
        shown.sentences.append(
            _("Ogni barra è la media; la linea va dal primo al terzo quarto delle risposte di quel gruppo.")
        )
        if any(few() in row for row in rows):
            shown.sentences.append(why_no_mean())
        return shown
    options = [option.code for option in question.options]
    heads = [own.get(option, option) for option in options]
    if question.kind == "ranking":
        rows = [[word(code, names), *_place_cells(each, options)] for code, each in found.items()]
        shown.sentences.append(
            _(
                "Di ogni voce c’è il posto che prende in quel gruppo; tra parentesi, la quota dei punti che avrebbe se tutti la "
                "mettessero prima."
            )
        )
        if any(each.order and any(p.share is None for p in each.order.places) for each in found.values()):
            shown.sentences.append(why_no_points())
    else:
        rows = [[word(code, names), *_point_cells(each, options)] for code, each in found.items()]
        svg = charts.stacked(
            [charts.Strip(word(code, names), _parts_of(each, options)) for code, each in found.items()],
            heads, title=title, description=_said(heads, rows), hidden=few(),
        )  # fmt: skip  # one row of values reads better so
        shown.figures.append(figure(svg, _said(heads, rows)))
        shown.sentences.append(
            _("Di ogni voce ci sono i punti che quel gruppo le dà in media; tra parentesi, la mediana.")
        )
        if any(few_of(each.points) for each in found.values()):
            shown.sentences.append(why_no_median())
    shown.tables.append(_table(title, by, heads, rows))
    return shown


def _spread_cells(each: Measure) -> list[str]:
    n = each.numbers
    if n is None:
        return [few()] * 3
    return [decimal(n.mean), few() if n.median is None else decimal(n.median), between(n) or few()]


def _mean_bars(found: Mapping[str, Measure], names: Mapping[str, str]) -> list[charts.Bar]:
    """Means as parts of the largest number drawn; of negative ones only the text."""
    told = [each.numbers for each in found.values() if each.numbers]
    ends = [
        (n.mean, n.mean) if n.low_quarter is None or n.high_quarter is None else (n.low_quarter, n.high_quarter)
        for n in told
    ]
    most = max((max(n.mean, high) for n, (_low, high) in zip(told, ends, strict=True)), default=0) or 1
    least = min((min(n.mean, low) for n, (low, _high) in zip(told, ends, strict=True)), default=0)
    bars = []
    for code, each in found.items():
        n = each.numbers
        if n is None:
            bars.append(charts.Bar(word(code, names), None, few()))
        elif most <= 0 or least < 0:
            bars.append(charts.Bar(word(code, names), 0, decimal(n.mean)))
        elif n.low_quarter is None or n.high_quarter is None:
            bars.append(charts.Bar(word(code, names), n.mean / most, decimal(n.mean)))
        else:
            low, high = n.low_quarter / most, n.high_quarter / most
            bars.append(charts.Bar(word(code, names), n.mean / most, decimal(n.mean), low, high))
    return bars


def _place_cells(each: Measure, options: Sequence[str]) -> list[str]:
    places = {p.code: p for p in each.order.places} if each.order else {}
    return [
        few()
        if o not in places
        else f"{places[o].place}°"
        if places[o].share is None
        else f"{places[o].place}° ({percent(places[o].share)})"
        for o in options
    ]


def _point_cells(each: Measure, options: Sequence[str]) -> list[str]:
    spreads = {s.code: s.spread for s in each.points.shares} if each.points else {}
    found = [spreads.get(option) for option in options]
    return [
        few() if s is None else decimal(s.mean) if s.median is None else f"{decimal(s.mean)} ({decimal(s.median)})"
        for s in found
    ]


def _parts_of(each: Measure, options: Sequence[str]) -> list[float | None]:
    shares = {s.code: s.share for s in each.points.shares} if each.points else {}
    return [shares.get(option) for option in options]


def _said(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The rows of a table in words."""
    return "; ".join(
        f"{row[0]}: " + ", ".join(f"{head} {cell}" for head, cell in zip(heads, row[1:], strict=True)) for row in rows
    )


def _table(title: str, by: queries.Facet, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    return Table(title, [facet_title(by), *({"label": name, "numeric": True} for name in heads)], rows, named=True)
