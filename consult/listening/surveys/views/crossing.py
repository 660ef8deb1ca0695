"""Two questions together as they are shown: the table of people, a chart of it, and what the one measures by the answers to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from consult.analytics import charts
from consult.analytics.asked import NO_ANSWER
from consult.analytics.by_group import Measure
from consult.analytics.crossing import Crossing
from consult.analytics.nested import FIRST, NEXT, REST
from consult.listening.surveys import queries
from consult.listening.surveys.types import QuestionRow
from consult.listening.surveys.views.figures import Shown, Table, code_words, decimal, several, word
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
        several_ways = bool(question.rows) or (question.kind == "ranking" and len(question.options) > 2)
        if question.id not in of:
            of[question.id] = Offered(question.text if several_ways else "")
            found.append(of[question.id])
        of[question.id].choices.append((facet.key, _way(facet) if several_ways else question.text))
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
    if question.kind == "ranking" and question.ways_out:
        found[NO_ANSWER] = str(_("Non so, o nessuna risposta"))
    return found


def show_crossing(first: queries.Facet, second: queries.Facet, found: Crossing, frame: queries.Frame) -> Shown:
    """The table of two questions: people, and what part of the row they are."""
    shown = Shown()
    names_of_rows, names_of_columns = facet_words(first, frame), facet_words(second, frame)
    # Points stand along no side: they are only measured by the answers to the other question.
    columns = [c for c in found.columns if found.column_sums.get(c) != 0]
    rows = [r for r in found.rows if found.row_sums.get(r) != 0]
    title = f"{facet_title(first)} × {facet_title(second)}"
    if rows and columns:
        _people(shown, title, first, second, found, rows, columns, names_of_rows, names_of_columns)
    kept = [code for code in columns if code != NO_ANSWER]
    _measures(
        shown, first.question, second, {code: found.by_column[code] for code in kept if code in found.by_column}, frame
    )
    kept = [code for code in rows if code != NO_ANSWER]
    _measures(shown, second.question, first, {code: found.by_row[code] for code in kept if code in found.by_row}, frame)
    cells = [found.cells[row, column] for row in rows for column in columns]
    if cells and all(cell is None for cell in cells) and "ranking" in {first.question.kind, second.question.kind}:
        shown.sentences.append(
            _(
                "Con queste risposte il posto di una voce non si può mostrare gruppo per gruppo: conviene incrociare la prima scelta."
            )
        )
    elif None in cells or any(few() in row for table in shown.tables for row in table.rows):
        shown.sentences.append(
            _("Nascosto: un gruppo di meno di cinque persone, o un numero da cui si potrebbe ricavare per differenza.")
        )
    shown.sentences.append(_("La tabella conta le risposte di tutti: i filtri per zona e voce qui non valgono."))
    return shown


def _people(
    shown: Shown,
    title: str,
    first: queries.Facet,
    second: queries.Facet,
    found: Crossing,
    rows: Sequence[str],
    columns: Sequence[str],
    names_of_rows: Mapping[str, str],
    names_of_columns: Mapping[str, str],
) -> None:
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
        rest = columns[-1] == NO_ANSWER and len(columns) > 1
        svg = charts.stacked(strips, names, title=title, description=said, hidden=hidden, rest=rest)
    else:
        svg = charts.heat(labels, names, shares, title=title, hidden="–", description=said)
    shown.figures.append(figure(svg, said))
    heads = [*names, _("Tutti")]
    shown.tables.append(
        Table(title, [facet_title(first), *({"label": name, "numeric": True} for name in heads)], table)
    )


def _measures(
    shown: Shown, question: QuestionRow, by: queries.Facet, found: Mapping[str, Measure], frame: queries.Frame
) -> None:
    """What a question measures by the answers to the other: means and quartiles, points, places."""
    if not found:
        return
    names = facet_words(by, frame)
    own = code_words(question, frame)
    hidden = few()
    title = _("%(question)s: per risposta a «%(other)s»", question=question.text, other=facet_title(by))
    if question.kind in {"number", "scale"}:
        unit = f" ({question.settings['unit']})" if question.settings.get("unit") else ""
        heads = [_("Media"), _("Mediana"), _("Metà delle risposte tra")]
        lines: list[list[Any]] = []
        for code, each in found.items():
            n = each.numbers
            cells = (
                [hidden] * 3
                if n is None
                else [decimal(n.mean), decimal(n.median), f"{decimal(n.low_quarter)}–{decimal(n.high_quarter)}"]
            )
            lines.append([word(code, names), *cells])
        shown.tables.append(_table(f"{title}{unit}", by, heads, lines))
        return
    options = [option.code for option in question.options]
    lines = []
    for code, each in found.items():
        if question.kind == "ranking":
            places = {p.code: p for p in each.order.places} if each.order else {}
            cells = [
                f"{places[o].place}° ({percent(places[o].share)})"
                if o in places and places[o].share is not None
                else hidden
                for o in options
            ]
        else:
            spreads = {s.code: s.spread for s in each.points.shares} if each.points else {}
            cells = []
            for option in options:
                spread = spreads.get(option)
                cells.append(hidden if spread is None else f"{decimal(spread.mean)} ({decimal(spread.median)})")
        lines.append([word(code, names), *cells])
    shown.tables.append(_table(title, by, [own.get(option, option) for option in options], lines))
    shown.sentences.append(
        _(
            "Di ogni voce c’è il posto che prende in quel gruppo; tra parentesi, la quota dei punti che avrebbe se tutti la mettessero prima."
        )
        if question.kind == "ranking"
        else _("Di ogni voce ci sono i punti che quel gruppo le dà in media; tra parentesi, la mediana.")
    )


def _table(title: str, by: queries.Facet, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    return Table(title, [facet_title(by), *({"label": name, "numeric": True} for name in heads)], rows, named=True)
