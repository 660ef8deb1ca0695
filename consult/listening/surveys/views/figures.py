"""A result as it is shown: the right chart, the table with the same numbers, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from consult.analytics import charts
from consult.analytics.asked import NO_ANSWER
from consult.analytics.by_group import LEAST_MEAN
from consult.analytics.results import Result
from consult.analytics.suppression import LEAST_QUARTERS
from consult.analytics.tallies import Allocation, Choice, Ranking, Spread
from consult.core.vocabulary import SpeakerKind
from consult.listening.surveys import queries
from consult.listening.surveys.rules import most_of
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, QuestionRow
from consult.web.labels import label
from consult.web.spreads import Figure, counted, few, figure, percent, place_words, portion_words, spread_out


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers beside a chart."""

    caption: str
    columns: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    folded: bool = False
    #: Whether its caption is to be seen: where it stands beside another one.
    named: bool = False


@dataclass(slots=True)
class Shown:
    """All of one question's result."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    #: Whether its chart stands above its table: one with many columns.
    wide: bool = False


def code_words(question: QuestionRow, frame: queries.Frame) -> dict[str, str]:
    """The words of each code that the question can be answered with."""
    found = {option.code: option.label for option in question.options}
    kind = question.kind
    if kind in {"yes_no", "consent"}:
        found = {"yes": _("Sì"), "no": _("No")}
    elif kind == "speaker":
        found = {str(each): label(each) for each in SpeakerKind}
    elif kind == "place":
        found = {f"z:{zone.id}": f"{zone.code} {zone.name}" for zone in frame.zones}
    elif kind == "strategy":
        found = {s.code: f"{s.code} {s.title}" for s in frame.strategies}
    elif kind == "axis":
        found = {str(s.axis_number): f"{s.axis_number}. {s.axis_title}" for s in frame.strategies}
    elif kind == "scale":
        named = {question.settings.get("min", 1): "min_label", question.settings.get("max", 5): "max_label"}
        found = {str(n): f"{n} ({question.settings[name]})" for n, name in named.items() if question.settings.get(name)}
    found[OTHER] = question.settings.get("other_label") or _("Altro")
    return found | {
        DONT_KNOW: _("Non so"),
        PREFER_NOT: _("Preferisco non rispondere"),
        NO_ANSWER: _("Nessuna risposta"),
    }


def show(question: QuestionRow, result: Result, frame: queries.Frame) -> Shown:
    """Chart, tables and sentences of a result."""
    shown = Shown()
    words = code_words(question, frame)
    if result.few:
        shown.sentences.append(_("Meno di cinque persone hanno risposto: non si mostra."))
        return shown
    if result.grid and question.kind not in {"ranking", "points"}:
        _grid(question, result, words, shown)
    if result.order is not None:
        _ranking(question, result.order, words, shown)
        if result.grid:
            _spread(question, result.grid, words, shown, _("Quante volte in ciascun posto"), place_words())
    if result.points is not None:
        _points(question, result.points, words, shown)
        if result.grid:
            _spread(question, result.grid, words, shown, _("Quanta parte dei propri punti"), portion_words())
    if question.kind in {"number", "scale"}:
        shown.sentences += _in_short(question, result.numbers)
    if result.lines:
        _lines(question, result.lines, words, shown)
    if question.kind == "matrix_multiple" or several(question):
        shown.sentences.append(_("Si potevano scegliere più voci: le quote non sommano a cento."))
    if result.hidden or _hides(shown):
        shown.sentences.append(
            _("Nascosto: un gruppo di meno di cinque persone, o un numero da cui si potrebbe ricavare per differenza.")
        )
    return shown


def _in_short(question: QuestionRow, n: Spread | None) -> list[str]:
    """Mean, median and quartiles in a sentence, and why those are not told that are not."""
    if n is None:
        return [why_no_mean()]
    unit = f" {question.settings['unit']}" if question.settings.get("unit") else ""
    if n.median is None or n.low_quarter is None or n.high_quarter is None:
        return [_("Media %(mean)s%(unit)s.", mean=decimal(n.mean), unit=unit), why_no_mean()]
    told = {
        "mean": decimal(n.mean), "median": decimal(n.median), "low": decimal(n.low_quarter), "high": decimal(n.high_quarter),
        "unit": unit,
    }  # fmt: skip  # one row of values reads better so
    if n.deviation is None:
        return [
            _(
                "Media %(mean)s%(unit)s, mediana %(median)s%(unit)s; metà delle risposte sta tra %(low)s e %(high)s.",
                **told,
            )
        ]
    return [
        _(
            "Media %(mean)s%(unit)s, mediana %(median)s%(unit)s; metà delle risposte sta tra %(low)s e %(high)s (scarto %(deviation)s).",
            deviation=decimal(n.deviation),
            **told,
        )
    ]


def why_no_mean() -> str:
    """Why a mean, a median or quartiles are not told."""
    return str(
        _(
            "La media si dice da %(mean)s risposte in su, mediana e quarti da %(quarters)s, e di norma solo dove il grafico non nasconde nulla: "
            "altrimenti se ne ricaverebbero le risposte di pochi.",
            mean=LEAST_MEAN,
            quarters=LEAST_QUARTERS,
        )
    )


def why_no_points() -> str:
    """Why points are not told."""
    return str(
        _(
            "Di alcune voci non ci sono punti né quota: se ne ricaverebbe a che posto le hanno messe poche persone. Quelle che sono vicine "
            "stanno allo stesso posto."
        )
    )


def why_no_median() -> str:
    """Why medians of points are not told."""
    return str(
        _(
            "Mediana e quarti si dicono da %(quarters)s persone in su: di poche sarebbero le loro stesse risposte.",
            quarters=LEAST_QUARTERS,
        )
    )


def few_of(found: Allocation | None) -> bool:
    """Whether there are means of points without their medians."""
    return found is not None and any(s.spread is not None and s.spread.median is None for s in found.shares)


def between(spread: Spread) -> str:
    """Where half of the answers stand; nothing where it is not told."""
    if spread.low_quarter is None or spread.high_quarter is None:
        return ""
    return f"{decimal(spread.low_quarter)}–{decimal(spread.high_quarter)}"


def several(question: QuestionRow) -> bool:
    """Whether more than one of the lines can be chosen."""
    return question.kind in {"multiple", "strategy", "axis"} and most_of(question) != 1


def _hides(shown: Shown) -> bool:
    return any(few() in row for table in shown.tables for row in table.rows)


def decimal(value: float) -> str:
    """A number with at most two decimals."""
    return str(format_decimal(round(value, 2)))


def word(code: str, words: Mapping[str, str]) -> str:
    """What a code is called; a bin of numbers by its ends."""
    if code in words:
        return words[code]
    if ".." in code:
        low, high = code.split("..")
        return str(_("da %(low)s a meno di %(high)s", low=decimal(float(low)), high=decimal(float(high))))
    return code


def _lines(question: QuestionRow, lines: Sequence[Choice], words: Mapping[str, str], shown: Shown) -> None:
    kept = [line for line in lines if line.count != 0 or question.kind not in {"place", "speaker", "strategy", "axis"}]
    names = [word(line.code, words) for line in kept]
    # Where how many answered may not be said, there are counts and no shares.
    shares = any(line.share is not None for line in kept)
    most = max((line.count or 0 for line in kept), default=0)
    rows = [
        [name, few() if line.count is None else line.count, *([percent(line.share)] if shares else ())]
        for name, line in zip(names, kept, strict=True)
    ]
    said = "; ".join(f"{row[0]}: {row[1]}" for row in rows)
    if question.kind in {"scale", "number", "date"}:
        drawn = [line for line in kept if line.code not in {DONT_KNOW, PREFER_NOT}]
        labels = [line.code if question.kind == "scale" else word(line.code, words) for line in drawn]
        svg = charts.columns(
            [line.count for line in drawn], first=labels[0] if labels else "", last=labels[-1] if labels else "",
            wanted=labels if question.kind == "scale" else (), title=question.text, description=said,
        )  # fmt: skip  # one row of values reads better so
    else:
        svg = charts.bars(
            [
                charts.Bar(
                    name,
                    line.share if shares or line.count is None or not most else line.count / most,
                    few() if line.count is None else percent(line.share) or str(line.count),
                )
                for name, line in zip(names, kept, strict=True)
            ],
            title=question.text,
            description=said,
        )
    if any(line.code not in {DONT_KNOW, PREFER_NOT} for line in kept):
        shown.figures.append(figure(svg, said))
    columns = [
        _("Risposta"),
        {"label": _("Quante"), "numeric": True},
        *([{"label": _("Su chi ha risposto"), "numeric": True}] if shares else ()),
    ]
    shown.tables.append(Table(question.text, columns, rows))


def _grid(question: QuestionRow, result: Result, words: Mapping[str, str], shown: Shown) -> None:
    rows = {row.code: row.label for row in question.rows}
    names = [words.get(option.code, option.code) for option in question.options]
    hidden = few()
    table = [
        [rows.get(row, row), *(hidden if c.count is None else counted(c.count, c.share) for c in lines)]
        for row, lines in result.grid
    ]
    said = "; ".join(
        f"{row[0]}: " + ", ".join(f"{n} {v}" for n, v in zip(names, row[1:], strict=True)) for row in table
    )
    if question.kind == "matrix":
        strips = [charts.Strip(rows.get(row, row), [c.share for c in lines]) for row, lines in result.grid]
        svg = charts.stacked(strips, names, title=question.text, description=said, hidden=hidden)
    else:
        shares = [[c.share for c in lines] for _row, lines in result.grid]
        labels = [rows.get(row, row) for row, _lines_ in result.grid]
        svg = charts.heat(labels, names, shares, title=question.text, description=said, hidden="–")
    shown.figures.append(figure(svg, said))
    columns = [_("Riga"), *({"label": name, "numeric": True} for name in names)]
    shown.tables.append(Table(question.text, columns, table))


def _ranking(question: QuestionRow, order: Ranking, words: Mapping[str, str], shown: Shown) -> None:
    hidden = few()
    # Of a group no counts are told, only the order: whole columns of nothing would help nobody.
    counted = any(p.first is not None or p.named is not None for p in order.places)

    def people(n: int | None) -> str:
        return hidden if n is None else f"{n} ({percent(n / order.ballots)})"

    rows = [
        [
            words.get(p.code, p.code), p.place, hidden if p.points is None else decimal(p.points), percent(p.share),
            *((people(p.first), people(p.named)) if counted else ()),
        ]
        for p in order.places
    ]  # fmt: skip  # one row of values reads better so
    said = "; ".join(f"{row[1]}. {row[0]}" for row in rows)
    bars = [
        charts.Bar(f"{p.place}. {words.get(p.code, p.code)}", p.share, hidden if p.share is None else percent(p.share))
        for p in order.places
    ]
    shown.figures.append(figure(charts.bars(bars, title=question.text, description=said), said))
    shown.sentences.append(
        _(
            "%(n)s persone hanno messo le voci in ordine. Ogni voce prende un punto per ciascuna di quelle che le stanno sotto, mezzo per quelle "
            "alla pari; le voci lasciate fuori stanno insieme in fondo. La quota è sui punti che avrebbe se tutti la mettessero prima.",
            n=order.ballots,
        )
    )
    if any(p.points is None for p in order.places):
        shown.sentences.append(why_no_points())
    numbers = [_("Prima per"), _("Ordinata da")] if counted else []
    numeric = [_("Posto"), _("Punti"), _("Quota"), *numbers]
    columns = [_("Voce"), *({"label": name, "numeric": True} for name in numeric)]
    shown.tables.append(Table(question.text, columns, rows))


def _spread(
    question: QuestionRow,
    grid: Sequence[tuple[str, Sequence[Choice]]],
    words: Mapping[str, str],
    shown: Shown,
    title: str,
    heads: Mapping[str, str],
) -> None:
    drawn = spread_out(grid, words, heads, title=title, about=question.text)
    shown.figures.append(drawn.figure)
    shown.tables.append(Table(title, drawn.columns, drawn.rows))


def _points(question: QuestionRow, found: Allocation, words: Mapping[str, str], shown: Shown) -> None:
    hidden = few()
    each = found.total / found.people if found.people else 1
    # Of a group it is not told how many gave any.
    counted = any(share.givers is not None for share in found.shares)
    rows: list[list[Any]] = []
    bars: list[charts.Bar] = []
    for share in found.shares:
        name = words.get(share.code, share.code)
        if share.spread is None or share.share is None:
            rows.append([name, *[hidden] * (5 if counted else 4)])
            bars.append(charts.Bar(name, None, hidden))
            continue
        s = share.spread
        givers = hidden if share.givers is None else share.givers
        middle = hidden if s.median is None else decimal(s.median)
        rows.append(
            [name, percent(share.share), decimal(s.mean), middle, between(s) or hidden, *([givers] if counted else [])]
        )
        ends = [None if n is None else n / each for n in (s.low_quarter, s.high_quarter)]
        bars.append(charts.Bar(name, share.share, percent(share.share), *ends))
    said = "; ".join(f"{row[0]}: {row[1]}" for row in rows)
    shown.figures.append(figure(charts.bars(bars, title=question.text, description=said), said))
    shown.sentences.append(
        _(
            "%(n)s persone hanno distribuito %(each)s punti ciascuna. La linea sulla barra va dal primo al terzo quarto di quanto hanno dato.",
            n=found.people, each=decimal(each),
        )
    )  # fmt: skip  # one row of values reads better so
    if few_of(found):
        shown.sentences.append(why_no_median())
    heads = [
        _("Quota dei punti"),
        _("Media"),
        _("Mediana"),
        _("Metà delle persone tra"),
        *([_("Ne hanno dati")] if counted else []),
    ]
    columns = [_("Voce"), *({"label": name, "numeric": True} for name in heads)]
    shown.tables.append(Table(question.text, columns, rows))


def show_days(by_day: Sequence[tuple[Any, int | None]], title: str) -> Shown:
    """Answers per day."""
    shown = Shown()
    if by_day:
        said = "; ".join(f"{format_date(day, 'short')}: {few() if n is None else n}" for day, n in by_day)
        svg = charts.columns(
            [n for _day, n in by_day], first=format_date(by_day[0][0], "d MMM"), last=format_date(by_day[-1][0], "d MMM"), title=title,
            description=said,
        )  # fmt: skip  # one row of values reads better so
        shown.figures.append(figure(svg, said))
        rows = [[format_date(day, "medium"), few() if n is None else n] for day, n in by_day]
        shown.tables.append(
            Table(title, [_("Giorno"), {"label": _("Risposte"), "numeric": True}], rows, folded=len(rows) > 14)
        )
    return shown
